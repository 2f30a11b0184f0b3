//! The filter language of tables.
//!
//! ```text
//! a b          both, in any column but AGE      status!=Running  a column differs
//! a b | c      (a and b) or c                   restarts>3       a number, with units: age<10m cpu>500m mem>1Gi
//! "a b"        with the blank                   name~^web        a pattern on one column, !~ for its opposite
//! !a           without a                        ns:kube-         contains; for namespaces: begins with
//! -f apigw     letters in order, in the name    label:app=web    a label; -l app=web,env in (a,b) a whole selector
//! ```
//!
//! A word is a regular expression; case does not count except in label selectors. `key=value` whose
//! key is no column asks for a label. Owns parsing, matching and highlighting; must not know what a
//! table is: it asks for cells through [`Fields`].

mod lex;
mod operand;
mod pattern;
mod term;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::ops::Range;

use self::lex::{Token, usage};
pub use self::term::Scratch;
use self::term::Term;
use super::nearest::{hint, nearest};
use super::problem::Problem;
use super::{Cell, Row, Timestamp};

/// What a filter may ask of a row: its cells as shown, by column title.
pub trait Fields {
    /// Returns the row.
    fn row(&self) -> &Row;
    /// Returns the moment at which ages are taken.
    fn now(&self) -> Timestamp;
    /// Returns the cell under a title (any case), metrics included; `None` when there is no such column.
    fn cell(&self, title: &str) -> Option<Cell>;
    /// Appends all visible cells but AGE, joined by blanks.
    fn line(&self, out: &mut String);
}

/// A parsed filter. Terms separated by blanks must all match; `|` separates alternatives.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    source: String,
    alternatives: Vec<Vec<Term>>,
}

thread_local! {
    /// For callers of [`Filter::matches`] who keep no buffers of their own.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Filter {
    /// Parses a filter as typed after `/`.
    ///
    /// # Errors
    /// [`super::ProblemKind::Usage`] with what is wrong and where.
    pub fn parse(input: &str) -> Result<Self, Problem> {
        let mut alternatives: Vec<Vec<Term>> = Vec::new();
        let mut terms = Vec::new();
        let hint = "| stands between two alternatives; quote it to look for the sign";
        let mut last_or = None;
        for token in lex::tokens(input)? {
            match token {
                Token::Or { at } if terms.is_empty() => {
                    return Err(usage(format!("nothing before | at {at}"), hint));
                }
                Token::Or { at } => {
                    alternatives.push(std::mem::take(&mut terms));
                    last_or = Some(at);
                }
                Token::Term { at, negated, said, source } => {
                    terms.push(Term::compile(at, negated, said, source)?);
                }
            }
        }
        match last_or {
            Some(at) if terms.is_empty() => return Err(usage(format!("nothing after | at {at}"), hint)),
            _ if terms.is_empty() => {}
            _ => alternatives.push(terms),
        }
        Ok(Self { source: input.to_owned(), alternatives })
    }

    /// Returns the text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether every row matches.
    pub fn is_empty(&self) -> bool {
        self.alternatives.is_empty()
    }

    /// Returns whether the row matches.
    pub fn matches(&self, fields: &dyn Fields) -> bool {
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => self.matches_with(fields, &mut scratch),
            // A `Fields` that itself filters: rare enough to pay for its own buffers.
            Err(_) => self.matches_with(fields, &mut Scratch::default()),
        })
    }

    /// Returns whether the row matches, with the caller's buffers: for loops over many rows.
    pub fn matches_with(&self, fields: &dyn Fields, scratch: &mut Scratch) -> bool {
        scratch.begin();
        self.alternatives.is_empty()
            || self.alternatives.iter().any(|terms| terms.iter().all(|term| term.holds(fields, scratch)))
    }

    /// Checks that a table with these column titles has the columns that the filter compares.
    ///
    /// # Errors
    /// [`super::ProblemKind::Usage`] with the nearest titles: a misspelt column would only hide every row.
    pub fn check<'a>(&self, titles: impl Iterator<Item = &'a str> + Clone) -> Result<(), Problem> {
        let is_known = |name: &str| titles.clone().any(|title| title.eq_ignore_ascii_case(name));
        let Some((name, source)) = self.terms().find_map(|term| term.lacks(&is_known)) else { return Ok(()) };
        let near = nearest(name, titles.clone());
        let hint = hint(&near).unwrap_or_else(|| format!("to look for the text, quote it: \"{source}\""));
        Err(usage(format!("there is no column {name:?} here"), &hint))
    }

    /// Returns whether every row that this filter shows was shown by `previous`, as far as that is
    /// plain to see: then only those rows need to be looked at.
    pub fn narrows(&self, previous: &Self) -> bool {
        match (self.alternatives.as_slice(), previous.alternatives.as_slice()) {
            (_, []) => true,
            ([now], [before]) => before.iter().all(|old| now.iter().any(|new| new.implies(old))),
            _ => false,
        }
    }

    /// Returns the byte ranges to highlight in a cell of the column `title`, in order, not overlapping:
    /// conditions on other columns say nothing about it.
    pub fn highlights(&self, title: &str, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for term in self.terms() {
            term.places(title, text, &mut found);
        }
        found.retain(|range| !range.is_empty());
        found.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    fn terms(&self) -> impl Iterator<Item = &Term> {
        self.alternatives.iter().flatten()
    }
}

//! Search in a text: every hit is found once when the pattern changes, so that `n`, `N` and the
//! count cost nothing.

use regex::{Regex, RegexBuilder};

use super::lines::Lines;
use crate::model::{Problem, ProblemKind};

/// Hits kept at most; more are not counted (the title then says `100,000+`).
pub(super) const BOUND: usize = 100_000;

/// One found piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Line.
    pub line: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// A search in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pattern: String,
    regex: Option<Regex>,
    hits: Vec<Hit>,
    current: usize,
}

impl Search {
    /// Compiles a pattern: a regular expression, in any case unless it has a capital letter.
    pub fn parse(pattern: &str) -> Result<Self, Problem> {
        if pattern.is_empty() {
            return Ok(Self::default());
        }
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(!pattern.chars().any(char::is_uppercase))
            .size_limit(1 << 20)
            .build()
            .map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                Problem::new(ProblemKind::Usage, format!("cannot search for {pattern}: {reason}"))
                    .hint("put \\ before a character that is meant as it is")
            })?;
        Ok(Self { pattern: pattern.to_owned(), regex: Some(regex), ..Self::default() })
    }

    /// Returns the pattern as typed.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Finds all hits; the current one becomes the first at or after a line.
    pub fn run(&mut self, lines: &Lines, from: usize) {
        self.hits.clear();
        let Some(regex) = &self.regex else { return };
        'lines: for (at, line) in lines.iter().enumerate() {
            for found in regex.find_iter(line).filter(|found| !found.is_empty()) {
                if self.hits.len() >= BOUND {
                    break 'lines;
                }
                self.hits.push(Hit { line: at, start: found.start(), end: found.end() });
            }
        }
        let next = self.hits.partition_point(|hit| hit.line < from);
        self.current = if next < self.hits.len() { next } else { 0 };
    }

    /// Steps `by` hits on, round the end.
    pub fn step(&mut self, by: isize) -> Option<Hit> {
        let count = isize::try_from(self.hits.len()).ok().filter(|count| *count > 0)?;
        let at = isize::try_from(self.current).unwrap_or(0).saturating_add(by).rem_euclid(count);
        self.current = usize::try_from(at).unwrap_or(0);
        self.current()
    }

    /// Returns the current hit.
    pub fn current(&self) -> Option<Hit> {
        self.hits.get(self.current).copied()
    }

    /// Returns which hit is current, from 1, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        (if self.hits.is_empty() { 0 } else { self.current + 1 }, self.hits.len())
    }

    /// Returns the hits in a line.
    pub fn in_line(&self, line: usize) -> &[Hit] {
        let from = self.hits.partition_point(|hit| hit.line < line);
        let to = self.hits.partition_point(|hit| hit.line <= line);
        self.hits.get(from..to).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_ignores_case_until_a_capital_is_typed_and_goes_round() {
        let lines = Lines::new("Error one\nok\nerror two\nERROR".into());
        let mut search = Search::parse("error").unwrap();
        search.run(&lines, 1);
        assert_eq!(search.count(), (2, 3));
        assert_eq!(search.step(1).map(|hit| hit.line), Some(3));
        assert_eq!(search.step(1).map(|hit| hit.line), Some(0));
        assert_eq!(search.step(-1).map(|hit| hit.line), Some(3));
        assert_eq!(search.in_line(2), [Hit { line: 2, start: 0, end: 5 }]);
        let mut exact = Search::parse("Error").unwrap();
        exact.run(&lines, 0);
        assert_eq!(exact.count(), (1, 1));
    }

    #[test]
    fn a_broken_pattern_says_what_is_wrong() {
        let problem = Search::parse("a(b").unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Usage);
        assert!(problem.what.contains("unclosed group"), "{problem}");
    }

    #[test]
    fn patterns_that_match_nothing_everywhere_have_no_hits() {
        let mut search = Search::parse("x*").unwrap();
        search.run(&Lines::new("aaa".into()), 0);
        assert_eq!(search.count(), (0, 0));
        assert_eq!(search.step(1), None);
    }
}

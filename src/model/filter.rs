//! The filter language of tables.

use std::ops::Range;

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

/// A parsed filter. Terms separated by blanks must all match.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    source: String,
}

impl Filter {
    /// Parses a filter as typed after `/`.
    ///
    /// # Errors
    /// [`super::ProblemKind::Usage`] with what is wrong and where.
    pub fn parse(input: &str) -> Result<Self, Problem> {
        Ok(Self { source: input.to_owned() })
    }

    /// Returns the text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether every row matches.
    pub fn is_empty(&self) -> bool {
        self.source.trim().is_empty()
    }

    /// Returns whether the row matches.
    pub fn matches(&self, _fields: &dyn Fields) -> bool {
        true
    }

    /// Returns the byte ranges of `text` to highlight, in order, not overlapping.
    pub fn highlights(&self, _text: &str) -> Vec<Range<usize>> {
        Vec::new()
    }
}

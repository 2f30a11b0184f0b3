//! Sort commands. The sorted column is also the one whose cell is copied.

use super::TableView;
use super::keys::Outcome;
use super::sort::Direction;
use crate::commands::Cmd;
use crate::kinds::Source;
use crate::model::Text;
use crate::views::Cx;

/// Which neighbour of the sorted column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// The one to the left.
    Previous,
    /// The one to the right.
    Next,
}

/// Titles that tell an object's state, best first.
const STATUS: [&str; 5] = ["STATUS", "STATE", "PHASE", "READY", "REASON"];

/// Whether a command sorts.
pub(super) fn is_sort(cmd: Cmd) -> bool {
    use Cmd::{SortAge, SortFlip, SortName, SortNamespace, SortNext, SortPrevious, SortStatus};
    matches!(cmd, SortName | SortAge | SortStatus | SortNamespace | SortPrevious | SortNext | SortFlip)
}

impl TableView {
    /// Finds the column of a fixed sort key.
    pub(super) fn sort_column(&self, cmd: Cmd) -> Result<Text, String> {
        let shape = &self.rules.shape;
        let shown = |source: Source| shape.shown().find(|column| column.source == source);
        let (column, what) = match cmd {
            Cmd::SortName => (shown(Source::Name), "NAME"),
            Cmd::SortAge => (shown(Source::Age), "AGE"),
            Cmd::SortNamespace => (shown(Source::Namespace), "NAMESPACE"),
            _ => (STATUS.iter().find_map(|title| shape.titled(title)), "STATUS"),
        };
        column.map(|column| column.title.clone()).ok_or_else(|| format!("this table shows no column {what}"))
    }

    /// Sorts by a column; by the same once more: the other way round.
    pub(super) fn sort_by(&mut self, title: Text, cx: &Cx<'_>) -> Outcome {
        let direction = match &self.sorted_by {
            Some((sorted, direction)) if *sorted == title => direction.flipped(),
            _ => Direction::Ascending,
        };
        self.sorted_by = Some((title, direction));
        self.resort(cx);
        if !self.cursor.is_chosen() {
            self.cursor.rest(&self.order);
            self.geometry.get_mut().line = 0;
        }
        Ok(vec![self.remember()])
    }

    /// Sorts by the shown column beside the sorted one, round and round.
    pub(super) fn sort_beside(&mut self, beside: Beside, cx: &Cx<'_>) -> Outcome {
        let count = self.rules.shape.len();
        if count == 0 {
            return Err("no columns yet".to_owned());
        }
        let sorted = self.sorted_by.as_ref().map(|(title, _)| title);
        let here = self.rules.shape.shown().position(|column| Some(&column.title) == sorted);
        let next = match (beside, here) {
            (Beside::Next, None) => 0,
            (Beside::Next, Some(at)) => (at + 1) % count,
            (Beside::Previous, None) => count - 1,
            (Beside::Previous, Some(at)) => (at + count - 1) % count,
        };
        match self.rules.shape.get(next).map(|column| column.title.clone()) {
            Some(title) => self.sort_by(title, cx),
            None => Ok(Vec::new()),
        }
    }

    /// Turns the order round.
    pub(super) fn sort_flip(&mut self, cx: &Cx<'_>) -> Outcome {
        match self.sorted_by.as_ref().map(|(title, _)| title.clone()) {
            Some(title) => self.sort_by(title, cx),
            None => Err("choose a column first".to_owned()),
        }
    }
}

//! Sort commands. The sorted column is also the one whose cell is copied.
//!
//! A long list comes into its new order a slice at a time, between keys. Until then it stays on screen as it was, only
//! the sign of the order is the new one, and changes wait in the store.

use super::TableView;
use super::keys::Outcome;
use super::sort::{Direction, Sort};
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

/// Rows that are read, sorted or merged at once: one to two milliseconds' work.
const SLICE: usize = 4_000;

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

    /// Brings the list into the chosen order: one of ordinary length at once, a longer one in slices.
    pub(super) fn resort(&mut self, cx: &Cx<'_>) {
        let sort = self.chosen_sort();
        (self.sorting, self.end) = (None, None);
        self.order.begin_resort();
        // Rows stand by what they are; only metrics change apart from them.
        if sort != self.rules.sort || matches!(sort.source, Source::Metric(_)) {
            self.sorting = Some(sort);
            if self.order.len() <= SLICE {
                self.finish_sorting(cx);
            }
        }
    }

    /// Finds the column of the chosen order, else of the kind's own, else by namespace and name.
    pub(super) fn chosen_sort(&self) -> Sort {
        let own = || {
            let title = self.kind.as_ref()?.order?;
            Some((Text::from(title), Direction::Ascending))
        };
        let found = self.sorted_by.clone().or_else(own).and_then(|(title, direction)| {
            self.rules.shape.titled(&title).map(|column| Sort { source: column.source, direction })
        });
        found.unwrap_or_default()
    }

    /// Returns the order that the user sees the sign of.
    pub(super) fn told_sort(&self) -> Sort {
        self.sorting.unwrap_or(self.rules.sort)
    }

    /// Goes on sorting, `most` rows at a time. Returns whether the list is in its order now.
    fn sort_on(&mut self, most: usize, cx: &Cx<'_>) -> bool {
        let Some(sort) = self.sorting else { return true };
        if !self.order.resort_some(&self.rules.judge(cx).towards(sort), most) {
            return false;
        }
        self.sorting = None;
        self.rules.sort = sort;
        self.cursor.settle(&self.order, &self.rules.judge(cx));
        if !self.go_to_end() && !self.cursor.is_chosen() {
            self.cursor.rest(&self.order);
            self.geometry.get_mut().line = 0;
        }
        true
    }

    /// Takes one slice more, if there is one. Returns whether that was the last.
    pub(super) fn sort_slice(&mut self, cx: &Cx<'_>) -> bool {
        self.sorting.is_some() && self.sort_on(SLICE, cx)
    }

    /// Sorts all that is left.
    pub(super) fn finish_sorting(&mut self, cx: &Cx<'_>) {
        while !self.sort_on(usize::MAX, cx) {}
    }

    /// Notes a movement that may be meant for the list that is on its way.
    pub(super) fn note_end(&mut self, cmd: Cmd, count: Option<u32>) {
        let is_on_its_way = self.sorting.is_some() || self.taking.is_some();
        self.end = Some(cmd).filter(|cmd| is_on_its_way && *cmd == Cmd::Bottom && count.is_none());
    }

    /// Goes where such a movement was meant to go. Returns whether there was one.
    pub(super) fn go_to_end(&mut self) -> bool {
        if self.taking.is_some() {
            return false;
        }
        let place = self.end.take().and_then(|cmd| self.destination(cmd, None));
        place.map(|place| self.travel(place)).is_some()
    }
}

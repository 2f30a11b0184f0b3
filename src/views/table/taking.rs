//! Rows that come all at once, as when a table opens over a kind that is loaded already. They are sorted, and then taken
//! into the list from the top on, a slice at a time, between keys. Changes wait in the store meanwhile.

use std::sync::Arc;

use super::TableView;
use super::arrange::{Arrangement, Ranked};
use super::order::Judge;
use crate::model::{ObjKey, Row};
use crate::views::Cx;

/// So many rows are taken at once: within ten milliseconds.
const FEW: usize = 10_000;
/// Of more, so many are read, sorted, merged or taken in one turn: some two milliseconds' work.
const SLICE: usize = 4_000;

/// Rows on their way into the list.
#[derive(Debug, Default)]
pub(super) struct Taking {
    rows: Vec<Arc<Row>>,
    /// The order that they are taken in, as far as it is made.
    arranging: Option<Arrangement>,
    /// What is still to be taken, in that order.
    ranked: std::vec::IntoIter<Ranked>,
}

impl Taking {
    /// Returns the next rows. Empty: they are not in order yet.
    fn some(&mut self, judge: &dyn Judge) -> Vec<Arc<Row>> {
        let rows = &self.rows;
        if let Some(next) = &mut self.arranging {
            if next.is_reading() {
                let unread = rows.get(next.read_so_far()..).unwrap_or_default();
                unread.iter().take(SLICE).for_each(|row| next.read(row, judge.rank(row)));
                if next.read_so_far() >= rows.len() {
                    next.end_reading();
                }
            } else {
                next.go_on(|at| rows.get(at as usize).map(|row| &**row), SLICE);
            }
            if next.is_ready() {
                self.ranked =
                    self.arranging.take().map(Arrangement::into_ranked).unwrap_or_default().into_iter();
            }
            return Vec::new();
        }
        let places = self.ranked.by_ref().take(SLICE);
        places.filter_map(|ranked| rows.get(ranked.at as usize).cloned()).collect()
    }

    fn is_done(&self) -> bool {
        self.arranging.is_none() && self.ranked.as_slice().is_empty()
    }
}

impl TableView {
    /// Takes new and different rows: so many that a turn is too short for them will follow.
    pub(super) fn take_rows(&mut self, rows: Vec<Arc<Row>>, removed: &[ObjKey], cx: &Cx<'_>) {
        if rows.len() <= FEW {
            self.apply(rows, removed, cx);
            return;
        }
        self.apply(Vec::new(), removed, cx);
        self.order.make_room(rows.len());
        let taking = self.taking.get_or_insert_default();
        taking.rows.extend(rows);
        taking.arranging = Some(Arrangement::new(self.rules.sort, taking.rows.len()));
    }

    fn apply(&mut self, rows: Vec<Arc<Row>>, removed: &[ObjKey], cx: &Cx<'_>) {
        let applied = self.order.apply(rows, removed, &self.rules.judge(cx));
        // The selected row may be among those that wait.
        if self.taking.is_none() {
            self.cursor.settle(&self.order, &self.rules.judge(cx));
            self.marks.forget_dead(&self.order);
        }
        if self.settled {
            self.recent.note(applied, cx.now);
        }
    }

    /// Does one slice more, if there is one. Returns whether the picture may differ.
    pub(super) fn take_slice(&mut self, cx: &Cx<'_>) -> bool {
        let Some(mut taking) = self.taking.take() else { return false };
        // In whatever order they come, each gets its place: the user may have chosen another one meanwhile.
        let sort = taking.arranging.as_ref().map_or(self.rules.sort, Arrangement::sort);
        let rows = taking.some(&self.rules.judge(cx).towards(sort));
        let (came, is_done) = (!rows.is_empty(), taking.is_done());
        self.taking = Some(taking).filter(|_| !is_done);
        if came {
            self.apply(rows, &[], cx);
        }
        if is_done {
            self.go_to_end();
        }
        is_done || came && self.shows_other_rows()
    }

    /// Takes all rows that are left.
    pub(super) fn finish_taking(&mut self, cx: &Cx<'_>) {
        while self.taking.is_some() {
            self.take_slice(cx);
        }
    }

    /// Forgets all rows: they will come from elsewhere.
    pub(super) fn forget_rows(&mut self) {
        self.taking = None;
        self.order.clear();
    }

    /// Returns how many rows there are, those included that are still to be taken.
    pub(super) fn count_of_all(&self) -> usize {
        let held = self.order.len();
        if self.taking.is_none() {
            return held;
        }
        // What waits may be new or replace a row: the store knows how many that makes.
        held.max(self.source.parts().iter().map(|part| part.status.rows).sum())
    }
}

//! Another filter over a list: which rows are shown is asked again, at once or some at a time.

use super::{Judge, Order};

/// How much a new filter may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::views::table) enum Refilter {
    /// Everything.
    All,
    /// Hidden rows stay hidden.
    Narrower,
}

impl Order {
    /// Asks again which rows are shown; the order stays. A narrowed filter can only hide more.
    pub fn refilter(&mut self, judge: &dyn Judge, scope: Refilter) {
        for entry in &mut self.entries {
            if scope == Refilter::All || entry.shown || entry.waits {
                entry.judge(judge);
            }
        }
        self.index_shown(0);
    }

    /// Starts to ask again which rows are shown; [`Order::refilter_some`] does it.
    pub fn begin_refilter(&mut self, scope: Refilter) {
        for entry in &mut self.entries {
            entry.waits |= scope == Refilter::All || entry.shown;
            entry.shown = false;
        }
        self.shown.clear();
    }

    /// Asks up to `most` rows whose turn has not come, half of them from a place on and half before it, nearest
    /// first. Returns whether no row waits any more.
    pub fn refilter_some(&mut self, judge: &dyn Judge, place: usize, most: usize) -> bool {
        let middle = place.min(self.entries.len());
        let (before, behind) = self.entries.split_at_mut(middle);
        let mut left = most;
        for entry in behind.iter_mut().filter(|entry| entry.waits).take(most.div_ceil(2)) {
            entry.judge(judge);
            left -= 1;
        }
        for entry in before.iter_mut().rev().filter(|entry| entry.waits).take(left) {
            entry.judge(judge);
            left -= 1;
        }
        let mut waiting = behind.iter_mut().filter(|entry| entry.waits);
        waiting.by_ref().take(left).for_each(|entry| entry.judge(judge));
        let is_done = waiting.next().is_none() && !before.iter().any(|entry| entry.waits);
        self.index_shown(0);
        is_done
    }
}

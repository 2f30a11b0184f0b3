//! A new filter over a long list, a slice at a time: what is on screen first, the rest between keys.
//!
//! Owns how far a filter has come and which row was selected before it. What it leaves undone shows nothing; each
//! command but typing on waits for the end, so that none acts on half a list.

use super::TableView;
use super::cursor::Cursor;
use super::order::Refilter;
use crate::views::Cx;

/// Rows that are asked at once: some four milliseconds of a text search.
const SLICE: usize = 4_000;
/// Slices that may be spent before the first frame on finding a screenful.
const EAGER: usize = 2;

/// A filter on its way through the list.
#[derive(Debug)]
pub(super) struct Sift {
    /// The cursor as it was before: only all rows together tell where it goes.
    before: Cursor,
}

impl Sift {
    /// Returns the cursor as it was before.
    pub fn before(self) -> Cursor {
        self.before
    }
}

impl TableView {
    /// Starts to ask again which rows are shown; a list of ordinary length is done at once.
    pub(super) fn sift(&mut self, scope: Refilter, cx: &Cx<'_>) {
        let before = self.sifting.take().map_or_else(|| self.cursor.clone(), |sift| sift.before);
        self.order.begin_refilter(scope);
        self.sifting = Some(Sift { before });
        let wanted = self.geometry.get().body;
        for _ in 0..EAGER {
            if self.sift_on(SLICE, cx) || self.order.shown() >= wanted {
                break;
            }
        }
        self.rechecked = cx.now;
    }

    /// Asks some more rows. Returns whether none are left.
    pub(super) fn sift_on(&mut self, most: usize, cx: &Cx<'_>) -> bool {
        let Some(sift) = self.sifting.take() else { return true };
        let judge = self.rules.judge(cx);
        let from = sift.before.origin(&self.order);
        let is_done = self.order.refilter_some(&judge, from, most);
        self.cursor = sift.before.clone();
        self.cursor.settle(&self.order, &judge);
        self.sifting = Some(sift).filter(|_| !is_done);
        is_done
    }

    /// Takes one slice more, if there is one. Returns whether the picture may differ.
    pub(super) fn sift_slice(&mut self, cx: &Cx<'_>) -> bool {
        let was_sifting = self.sifting.is_some();
        self.sift_on(SLICE, cx);
        was_sifting
    }

    /// Asks all rows that are left.
    pub(super) fn finish_sifting(&mut self, cx: &Cx<'_>) {
        self.sift_on(usize::MAX, cx);
    }
}

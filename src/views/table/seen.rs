//! Which rows the last frame showed: a change of others needs no frame for their sake.

use std::sync::Arc;

use super::TableView;
use super::draw::{Geometry, window};
use super::order::Order;
use crate::model::Row;

/// The rows of the last frame. Held, so that no new row can have the address of one of them.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<Arc<Row>>);

impl Seen {
    /// Takes note of what is drawn now.
    pub fn note(&mut self, order: &Order, geometry: &Geometry) {
        self.0.clear();
        self.0.extend(order.shown_from(geometry.top).take(geometry.body).cloned());
    }
}

impl TableView {
    /// Returns whether a frame would show other rows than the last one, or the cursor elsewhere.
    pub(super) fn shows_other_rows(&self) -> bool {
        let before = self.geometry.get();
        let (top, line) = window(self, before.body);
        let rows = self.order.shown_from(top).take(before.body).map(Arc::as_ptr);
        line != before.line || !rows.eq(self.scratch.borrow().seen.0.iter().map(Arc::as_ptr))
    }
}

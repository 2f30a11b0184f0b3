//! Selection and marks: identities, never row numbers. A place is computed from them when needed.

use std::collections::HashSet;
use std::sync::Arc;

use super::order::{Judge, Order};
use crate::commands::Target;
use crate::model::Row;

/// Returns the identity of a row.
pub(super) fn identity(row: &Row) -> Target {
    Target { key: row.key.clone(), uid: row.uid.clone() }
}

/// The row under the cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    /// The selected object. `None`: nobody has chosen yet, the top row is as good as any.
    row: Option<Arc<Row>>,
    /// The object that a filter took away; it is selected again when it comes back.
    hidden: Option<Arc<Row>>,
    /// Whether somebody went to it. A row on which the cursor only happened to begin need not be followed
    /// through a sort: who sorts wants to see what comes first.
    is_chosen: bool,
}

impl Cursor {
    /// Returns the place of the cursor among the shown rows.
    pub fn place(&self, order: &Order) -> usize {
        self.row.as_ref().and_then(|row| order.place(&row.key)).unwrap_or(0)
    }

    /// Returns the place of the selected object among all rows, shown or not: where the eye is.
    pub fn origin(&self, order: &Order) -> usize {
        self.row.as_ref().and_then(|row| order.origin(&row.key)).unwrap_or(0)
    }

    /// Returns the selected row as it is now.
    pub fn row<'a>(&self, order: &'a Order) -> Option<&'a Arc<Row>> {
        order.at(self.place(order))
    }

    /// Moves to a place.
    pub fn go(&mut self, place: usize, order: &Order) {
        self.put(place, order);
        self.is_chosen = true;
    }

    fn put(&mut self, place: usize, order: &Order) {
        self.hidden = None;
        self.row = order.at(place.min(order.shown().saturating_sub(1))).cloned();
    }

    /// Keeps to the row that is shown as selected from now on.
    pub fn pin(&mut self, order: &Order) {
        self.put(self.place(order), order);
    }

    /// Makes the row that is shown as selected the chosen one.
    pub fn choose(&mut self, order: &Order) {
        self.go(self.place(order), order);
    }

    /// Goes to the top, which is no choice of a row.
    pub fn rest(&mut self, order: &Order) {
        self.put(0, order);
        self.is_chosen = false;
    }

    /// Returns whether somebody went to the selected row.
    pub fn is_chosen(&self) -> bool {
        self.is_chosen
    }

    /// Follows the object after rows, order or filter changed. When it is gone the nearest row
    /// (the one now in its place, else the last) becomes the selected one.
    pub fn settle(&mut self, order: &Order, judge: &dyn Judge) {
        if let Some(hidden) = &self.hidden {
            if alive(order, hidden) && order.place(&hidden.key).is_some() {
                self.row = self.hidden.take();
            } else if !alive(order, hidden) {
                self.hidden = None;
            }
        }
        let Some(row) = &self.row else { return };
        let is_alive = alive(order, row);
        if is_alive && order.place(&row.key).is_some() {
            // Keep the newest state: its rank is what a later disappearance is measured by.
            self.row = order.find(&row.key).cloned();
            return;
        }
        let near = order.near(judge.rank(row), row).min(order.shown().saturating_sub(1));
        if is_alive && self.hidden.is_none() {
            self.hidden = self.row.take();
        }
        if let Some(next) = order.at(near) {
            self.row = Some(next.clone());
        } else if !is_alive {
            self.row = None;
        }
    }
}

/// Whether this very incarnation is still there.
fn alive(order: &Order, row: &Row) -> bool {
    order.find(&row.key).is_some_and(|now| now.uid == row.uid)
}

/// Marked objects.
#[derive(Debug, Default)]
pub(super) struct Marks {
    set: HashSet<Target>,
    last: Option<Target>,
}

impl Marks {
    /// Returns how many objects are marked.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Returns whether a row is marked.
    pub fn has(&self, row: &Row) -> bool {
        !self.set.is_empty() && self.set.contains(&identity(row))
    }

    /// Marks a row, or takes the mark away.
    pub fn toggle(&mut self, row: &Row) {
        let target = identity(row);
        if self.set.remove(&target) {
            self.last = None;
        } else {
            self.add(target);
        }
    }

    fn add(&mut self, target: Target) {
        self.last = Some(target.clone());
        self.set.insert(target);
    }

    /// Marks all rows from the last mark (else the nearest one) to the cursor. Returns whether there was one.
    pub fn range(&mut self, order: &Order, cursor: usize) -> bool {
        let last = self.last.as_ref().and_then(|target| order.place(&target.key));
        let places = self.set.iter().filter_map(|target| order.place(&target.key));
        let Some(from) = last.or_else(|| places.min_by_key(|place| place.abs_diff(cursor))) else {
            return false;
        };
        let (first, count) = (from.min(cursor), from.abs_diff(cursor) + 1);
        for row in order.shown_from(first).take(count) {
            self.set.insert(identity(row));
        }
        self.last = order.at(cursor).map(|row| identity(row));
        true
    }

    /// Marks all shown rows.
    pub fn all(&mut self, order: &Order) {
        self.set.extend(order.shown_from(0).map(|row| identity(row)));
    }

    /// Takes all marks away.
    pub fn clear(&mut self) {
        self.set.clear();
        self.last = None;
    }

    /// Takes the marks of incarnations that are gone away.
    pub fn forget_dead(&mut self, order: &Order) {
        if !self.set.is_empty() {
            self.set.retain(|target| order.find(&target.key).is_some_and(|row| row.uid == target.uid));
        }
    }

    /// Returns how many marks the filter hides.
    pub fn hidden(&self, order: &Order) -> usize {
        self.set.iter().filter(|target| order.place(&target.key).is_none()).count()
    }

    /// Returns the marked rows: those shown in table order, then the hidden ones by name.
    pub fn rows<'a>(&self, order: &'a Order) -> Vec<&'a Arc<Row>> {
        if self.set.is_empty() {
            return Vec::new();
        }
        let mut rows: Vec<_> = order.shown_from(0).filter(|row| self.has(row)).collect();
        let hidden = self.set.iter().filter(|target| order.place(&target.key).is_none());
        let mut hidden: Vec<_> = hidden.filter_map(|target| order.find(&target.key)).collect();
        hidden.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        rows.extend(hidden);
        rows
    }
}

//! What changed a moment ago, for highlights: bounded, and forgotten after three seconds.

use std::collections::HashMap;
use std::sync::Arc;

use super::order::Applied;
use crate::model::{ObjKey, Row, Timestamp};

/// Seconds for which a change stays highlighted.
const LINGER: i64 = 3;
/// Changes remembered at most. In a storm that brings more, further ones are not highlighted: the
/// highlight says "look here", which ten thousand of them don't.
const BOUND: usize = 4096;

/// A change of a moment ago.
#[derive(Debug)]
struct Change {
    at: Timestamp,
    /// What it was before; `None`: the row is new.
    old: Option<Arc<Row>>,
}

/// Recent changes by object.
#[derive(Debug, Default)]
pub(super) struct Recent {
    changes: HashMap<ObjKey, Change>,
}

/// How a row or a cell differs from what it was a moment ago.
#[derive(Clone, Copy, Debug)]
pub(super) enum Novelty<'a> {
    /// Nothing happened.
    Settled,
    /// The row appeared.
    New,
    /// The row was this before.
    Was(&'a Row),
}

impl Recent {
    /// Notes what a batch did.
    pub fn note(&mut self, applied: Applied, now: Timestamp) {
        for row in applied.gone {
            self.changes.remove(&row.key);
        }
        for (old, row) in applied.changed {
            let is_news = old.as_ref().is_none_or(|old| old.cells != row.cells || old.health != row.health);
            if is_news && (self.changes.len() < BOUND || self.changes.contains_key(&row.key)) {
                self.changes.insert(row.key.clone(), Change { at: now, old });
            }
        }
    }

    /// Forgets what is old.
    pub fn expire(&mut self, now: Timestamp) {
        self.changes.retain(|_, change| change.at.elapsed(now) < LINGER);
    }

    /// Returns what happened to a row.
    pub fn of(&self, row: &Row) -> Novelty<'_> {
        match self.changes.get(&row.key) {
            None => Novelty::Settled,
            Some(Change { old: None, .. }) => Novelty::New,
            Some(Change { old: Some(old), .. }) => Novelty::Was(old),
        }
    }

    /// Returns in how many seconds the first highlight fades.
    pub fn fades_in(&self, now: Timestamp) -> Option<i64> {
        self.changes.values().map(|change| (LINGER - change.at.elapsed(now)).max(1)).min()
    }
}

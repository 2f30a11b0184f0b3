//! Deleted objects, kept for a while: what was it, when did it go, what did it look like.

use std::collections::VecDeque;
use std::sync::Arc;

use super::pack::Packed;
use super::size;
use crate::model::{ObjKey, Row, Timestamp};

/// Deleted objects kept in one shard; the oldest goes first.
const KEPT: usize = 256;

/// One deleted object.
#[derive(Debug)]
pub(crate) struct Tombstone {
    /// Its last row.
    pub(crate) row: Arc<Row>,
    /// When it was seen to go.
    pub(crate) at: Timestamp,
    /// Its last text.
    pub(crate) text: Packed,
}

/// The deleted objects of one shard, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Tombstones {
    stones: VecDeque<Tombstone>,
    bytes: usize,
}

impl Tombstones {
    /// Keeps one more, and returns the key that is forgotten for it.
    pub(crate) fn bury(&mut self, stone: Tombstone) -> Option<ObjKey> {
        self.bytes += held(&stone);
        self.stones.push_back(stone);
        if self.stones.len() <= KEPT {
            return None;
        }
        let old = self.stones.pop_front()?;
        self.bytes = self.bytes.saturating_sub(held(&old));
        // The same name may have died twice, or live again: then its history is still wanted.
        (!self.stones.iter().any(|stone| stone.row.key == old.row.key)).then(|| old.row.key.clone())
    }

    /// Returns all, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tombstone> {
        self.stones.iter()
    }

    /// Returns the newest of that name.
    pub(crate) fn newest(&self, key: &ObjKey) -> Option<&Tombstone> {
        self.stones.iter().rev().find(|stone| stone.row.key == *key)
    }

    /// Returns the bytes held (estimate).
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn held(stone: &Tombstone) -> usize {
    size_of::<Tombstone>() + size::row(&stone.row) + stone.text.held()
}

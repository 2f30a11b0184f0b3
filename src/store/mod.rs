//! The in-memory cache: shards of rows and packed text, written by watch tasks, read by views.
//!
//! One writer per shard and partition, many readers. Nothing here does I/O or knows the network.

use std::sync::Arc;

use crate::model::{Freshness, ObjKey, Row, ShardKey, Text, Timestamp};

mod bell;
pub use bell::Bell;

/// A shard's revision: grows by one with every applied batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rev(pub u64);

/// One change that a writer brings.
#[derive(Debug)]
pub enum Change {
    /// An object is new or different. `text` is its JSON without managedFields.
    Upsert {
        /// The projected row.
        row: Row,
        /// The text to pack.
        text: Vec<u8>,
    },
    /// An object is gone.
    Delete {
        /// Which.
        key: ObjKey,
        /// When it was seen to go.
        at: Timestamp,
    },
}

/// What a reader gets: everything, or what changed since the revision it had.
#[derive(Debug)]
pub enum Delta {
    /// Nothing changed.
    Same,
    /// The reader was too far behind (or new): all rows, in no particular order.
    Full(Vec<Arc<Row>>),
    /// Rows that are new or different, and keys that are gone.
    Changed {
        /// New or different rows; at most one per key.
        upserts: Vec<Arc<Row>>,
        /// Gone.
        removed: Vec<ObjKey>,
    },
}

/// How a shard is doing, for titles and `:info`.
#[derive(Clone, Debug, Default)]
pub struct ShardStatus {
    /// How far the rows can be trusted.
    pub freshness: Freshness,
    /// Rows held.
    pub rows: usize,
    /// Rows expected from the list under way (`remainingItemCount`), if the server said.
    pub expected: Option<usize>,
    /// Objects that could not be decoded, with the first reason.
    pub malformed: (usize, Option<Text>),
    /// Namespaces that this shard's per-namespace fallback covers; empty when cluster-wide.
    pub namespaces: Vec<Text>,
    /// Namespaces of the fallback that may not be read.
    pub forbidden: Vec<Text>,
    /// Bytes held by rows and packed text (estimate).
    pub bytes: usize,
}

/// A field-level change of an object, from the history ring.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// When kdeck saw it.
    pub at: Timestamp,
    /// Path of the field: `spec.replicas`; `+` created, `-` deleted.
    pub path: Text,
    /// Before; `None` when the field was absent.
    pub old: Option<Text>,
    /// After; `None` when the field is gone.
    pub new: Option<Text>,
}

/// What the store offers to readers; `Store` in this room is the one real one.
///
/// The inherent methods that helpers may rely on:
/// - `Store::new(bell) -> Store`, `store.shard(&ShardKey) -> Arc<Shard>` (creates), `store.find(&ShardKey) -> Option<Arc<Shard>>`,
///   `store.drop_shard(&ShardKey)`, `store.keys() -> Vec<ShardKey>`, `store.bell()`, `store.metrics() -> &Metrics`
/// - `shard.apply(partition: &Text, changes: Vec<Change>)`, `shard.begin_list(partition)`, `shard.end_list(partition, at)` (rows of the
///   partition that the list did not bring are removed, all at once), `shard.set_freshness(partition, Freshness)`, `shard.note_malformed(reason)`, `shard.expect(n)`
/// - `shard.read(since: Option<Rev>) -> (Rev, Delta)`, `shard.status() -> ShardStatus`, `shard.get(&ObjKey) -> Option<Arc<Row>>`,
///   `shard.text(&ObjKey) -> Option<String>` (unpacked JSON), `shard.history(&ObjKey) -> Vec<HistoryEntry>`
#[derive(Debug)]
pub struct Store {
    bell: Arc<Bell>,
    shards: parking_lot::RwLock<std::collections::HashMap<ShardKey, Arc<Shard>>>,
}

/// Rows of one kind of one cluster, or of one namespace of it.
#[derive(Debug)]
pub struct Shard {
    key: ShardKey,
}

impl Store {
    /// Builds an empty store that rings `bell` after each change.
    pub fn new(bell: Arc<Bell>) -> Self {
        Self { bell, shards: parking_lot::RwLock::default() }
    }

    /// Returns the bell.
    pub fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Returns the shard, made empty if it does not exist yet.
    pub fn shard(&self, key: &ShardKey) -> Arc<Shard> {
        if let Some(shard) = self.find(key) {
            return shard;
        }
        self.shards.write().entry(key.clone()).or_insert_with(|| Arc::new(Shard { key: key.clone() })).clone()
    }

    /// Returns the keys of all shards.
    pub fn keys(&self) -> Vec<ShardKey> {
        self.shards.read().keys().cloned().collect()
    }

    /// Returns the shard if it exists.
    pub fn find(&self, key: &ShardKey) -> Option<Arc<Shard>> {
        self.shards.read().get(key).cloned()
    }
}

impl Shard {
    /// Returns what it holds.
    pub fn key(&self) -> &ShardKey {
        &self.key
    }

    /// Returns the current revision and what changed since `since`.
    pub fn read(&self, _since: Option<Rev>) -> (Rev, Delta) {
        (Rev(0), Delta::Same)
    }

    /// Returns how it is doing.
    pub fn status(&self) -> ShardStatus {
        ShardStatus::default()
    }

    /// Returns one row.
    pub fn get(&self, _key: &ObjKey) -> Option<Arc<Row>> {
        None
    }

    /// Returns the unpacked JSON text of one object, managedFields left out.
    pub fn text(&self, _key: &ObjKey) -> Option<String> {
        None
    }

    /// Returns what is remembered of one object's changes, oldest first.
    pub fn history(&self, _key: &ObjKey) -> Vec<HistoryEntry> {
        Vec::new()
    }
}

//! The in-memory cache: shards of rows and packed text, written by watch tasks, read by views.
//!
//! One writer per shard and partition, many readers. Nothing here does I/O or knows the network.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::RwLock;

use crate::model::{ClusterId, Freshness, KindId, ObjKey, Row, ShardKey, Text, Timestamp};

mod bell;
mod changelog;
mod diff;
mod history;
mod limit;
pub mod metrics;
mod pack;
mod partition;
mod prepare;
mod relief;
mod shard;
mod size;
mod spread;
mod tombstones;
mod write;

#[cfg(test)]
mod model_test;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod shard_test;

pub use bell::Bell;
pub use limit::{Gives, Holding};
pub use metrics::{Metrics, Usage};
pub use shard::Shard;

/// A shard's revision: grows by one with every applied batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rev(pub u64);

/// One change that a writer brings.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all changes are upserts, and they are moved a batch at a time"
)]
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

/// What the screen gets of a shard at once.
#[derive(Debug)]
pub struct Glance {
    /// How far the reader is now.
    pub rev: Rev,
    /// What changed until then.
    pub delta: Delta,
    /// How the shard is doing.
    pub status: ShardStatus,
    /// Whether nothing is left for the next look.
    pub is_all: bool,
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
    /// Whether the objects' texts are no longer kept, to save memory.
    pub is_bare: bool,
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

/// Revisions of successive shards are this far apart: a reader of a dropped shard that comes back with its
/// old revision is told everything, never a wrong difference.
const GENERATION: u64 = 1 << 40;

/// All shards of all clusters, and what is polled beside them.
///
/// Readers come with a revision (`shard.read(since)`) and get a [`Delta`]; writers are the watch tasks,
/// one a partition (`shard.apply`, `begin_list`, `end_list`, `set_freshness`).
#[derive(Debug)]
pub struct Store {
    bell: Arc<Bell>,
    clock: fn() -> Timestamp,
    inner: RwLock<Inner>,
    metrics: Metrics,
    ledger: Arc<limit::Ledger>,
}

#[derive(Debug, Default)]
struct Inner {
    shards: HashMap<ShardKey, Arc<Shard>>,
    dictionaries: HashMap<(ClusterId, KindId), Arc<pack::Dictionary>>,
    made: u64,
}

impl Store {
    /// Builds an empty store that rings `bell` after each change.
    pub fn new(bell: Arc<Bell>) -> Self {
        Self::with_clock(bell, wall_clock)
    }

    /// Builds an empty store whose history is stamped by `clock`.
    pub fn with_clock(bell: Arc<Bell>, clock: fn() -> Timestamp) -> Self {
        Self {
            metrics: Metrics::new(bell.clone()),
            bell,
            clock,
            inner: RwLock::default(),
            ledger: Arc::default(),
        }
    }

    /// Returns the bell.
    pub fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Returns polled figures.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the shard, made empty if it does not exist yet.
    pub fn shard(&self, key: &ShardKey) -> Arc<Shard> {
        if let Some(shard) = self.find(key) {
            return shard;
        }
        let mut guard = self.inner.write();
        let inner = &mut *guard;
        if let Some(shard) = inner.shards.get(key) {
            return shard.clone();
        }
        inner.made += 1;
        let dictionary =
            inner.dictionaries.entry((key.cluster.clone(), key.kind.clone())).or_default().clone();
        let base = Rev(inner.made * GENERATION);
        let (bell, ledger) = (self.bell.clone(), self.ledger.clone());
        let tools = shard::Tools { bell, clock: self.clock, dictionary, ledger };
        let shard = Arc::new(Shard::new(key.clone(), tools, base));
        inner.shards.insert(key.clone(), shard.clone());
        shard
    }

    /// Returns the shard if it exists.
    pub fn find(&self, key: &ShardKey) -> Option<Arc<Shard>> {
        self.inner.read().shards.get(key).cloned()
    }

    /// Returns the shards of one kind of one cluster: of the whole first, then of parts of it.
    pub fn all_of(&self, cluster: &ClusterId, kind: &KindId) -> impl Iterator<Item = Arc<Shard>> + use<> {
        let is_of = |key: &ShardKey| key.kind == *kind && key.cluster == *cluster;
        let inner = self.inner.read();
        let mut found: Vec<Arc<Shard>> =
            inner.shards.iter().filter(|(key, _)| is_of(key)).map(|(_, shard)| shard.clone()).collect();
        found.sort_by(|a, b| a.key().cmp(b.key()));
        found.into_iter()
    }

    /// Forgets a shard with all its rows, and the kind's dictionary with its last shard.
    pub fn drop_shard(&self, key: &ShardKey) {
        let mut inner = self.inner.write();
        if inner.shards.remove(key).is_none() {
            return;
        }
        let is_used = inner.shards.keys().any(|other| other.cluster == key.cluster && other.kind == key.kind);
        if !is_used {
            inner.dictionaries.remove(&(key.cluster.clone(), key.kind.clone()));
        }
        drop(inner);
        self.bell.ring();
    }

    /// Returns the keys of all shards, sorted.
    pub fn keys(&self) -> Vec<ShardKey> {
        let mut keys: Vec<ShardKey> = self.inner.read().shards.keys().cloned().collect();
        keys.sort();
        keys
    }

    /// Returns the bytes held by all shards (estimate).
    pub fn bytes(&self) -> usize {
        self.ledger.total()
    }

    /// Sets how much memory the objects of all shards together may take.
    pub fn set_limit(&self, bytes: usize) {
        self.ledger.set_limit(bytes);
    }

    /// Returns how much memory all objects together may take; `usize::MAX` for no limit.
    pub fn limit(&self) -> usize {
        self.ledger.limit()
    }

    /// Returns which of these shards give up what, so that all stay within the limit.
    pub fn plan(&self, holdings: Vec<Holding>) -> Vec<(ShardKey, Gives)> {
        limit::plan(self.ledger.budget(), self.bytes(), holdings)
    }

    /// Waits until the shards have come near the limit, or have grown there since [`Store::relieved`].
    pub async fn pressed(&self) {
        self.ledger.pressed().await;
    }

    /// Says that what could be given up has been.
    pub fn relieved(&self) {
        self.ledger.looked();
    }
}

fn wall_clock() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
}

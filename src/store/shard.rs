//! Rows and packed text of one kind, as readers see them; writing is in `write.rs`.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::changelog::ChangeLog;
use super::history::Histories;
use super::limit::Ledger;
use super::pack::{Dictionary, Packed};
use super::partition::Partitions;
use super::spread::Spread;
use super::tombstones::Tombstones;
use super::{Bell, Delta, Glance, HistoryEntry, Rev, ShardStatus};
use crate::model::{Freshness, ObjKey, Problem, Row, Rows, ShardKey, Text, Timestamp};

/// Changes that the screen takes in at once: they and their frame fit well into a key's patience.
const GLANCE: usize = 1024;

/// Rows of one kind of one cluster, or of one namespace of it.
#[derive(Debug)]
pub struct Shard {
    pub(crate) key: ShardKey,
    pub(crate) bell: Arc<Bell>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) dictionary: Arc<Dictionary>,
    /// Comparisons made in the current second; beyond a bound they are skipped.
    pub(crate) effort: Mutex<super::prepare::Effort>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) state: RwLock<State>,
}

/// What the lock guards. It is held for map operations only: never while packing, comparing or drawing.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) slots: Rows<Slot>,
    pub(crate) log: ChangeLog,
    pub(crate) parts: Partitions,
    pub(crate) histories: Histories,
    pub(crate) tombstones: Tombstones,
    /// Keys whose text waits for the packer.
    pub(crate) unpacked: Vec<ObjKey>,
    pub(crate) unpacked_bytes: usize,
    pub(crate) expected: Option<usize>,
    pub(crate) malformed: (usize, Option<Text>),
    /// Comparisons that were left out because too much changed at once.
    pub(crate) skipped: u64,
    pub(crate) bytes: usize,
    /// The bytes of texts among them.
    pub(crate) text_bytes: usize,
    /// What the ledger was told last.
    pub(crate) entered: usize,
    /// Whether texts are given up.
    pub(crate) is_bare: bool,
    /// Why nothing more is taken in.
    pub(crate) halted: Option<Problem>,
    pub(crate) spread: Spread,
}

/// What is kept of an object beside its row.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) text: Packed,
    pub(crate) fingerprint: u64,
    /// The number of the last list that brought it; 0 for none.
    pub(crate) listed: u32,
}

/// What a shard shares with others.
pub(crate) struct Tools {
    pub(crate) bell: Arc<Bell>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Shard {
    pub(crate) fn new(key: ShardKey, Tools { bell, clock, dictionary, ledger }: Tools, base: Rev) -> Self {
        let state = State {
            slots: Rows::default(),
            log: ChangeLog::new(base),
            parts: Partitions::default(),
            histories: Histories::default(),
            tombstones: Tombstones::default(),
            unpacked: Vec::new(),
            unpacked_bytes: 0,
            expected: None,
            malformed: (0, None),
            skipped: 0,
            bytes: 0,
            text_bytes: 0,
            entered: 0,
            is_bare: false,
            halted: None,
            spread: Spread::default(),
        };
        let state = RwLock::new(state);
        Self { key, bell, clock, dictionary, effort: Mutex::default(), ledger, state }
    }

    /// Returns what it holds.
    pub fn key(&self) -> &ShardKey {
        &self.key
    }

    /// Returns the current revision and what changed since `since`.
    pub fn read(&self, since: Option<Rev>) -> (Rev, Delta) {
        self.state.read().read(since, usize::MAX)
    }

    /// The same for the screen, which must neither wait nor take long: a part of many changes, and nothing while
    /// a writer is at work, for that may be waiting for a processor with the lock in its hand. The bell is rung
    /// when there is more to look at.
    pub fn glance(&self, since: Option<Rev>) -> Option<Glance> {
        let Some(state) = self.state.try_read() else {
            self.bell.ring();
            return None;
        };
        let (rev, delta) = state.read(since, GLANCE);
        let is_all = rev == state.log.rev();
        if !is_all {
            self.bell.ring();
        }
        Some(Glance { rev, delta, status: state.status(), is_all })
    }

    /// Returns how it is doing.
    pub fn status(&self) -> ShardStatus {
        self.state.read().status()
    }

    /// Returns one word for how far the rows can be trusted.
    pub fn freshness(&self) -> Freshness {
        self.state.read().freshness()
    }

    /// Returns one row.
    pub fn get(&self, key: &ObjKey) -> Option<Arc<Row>> {
        self.state.read().slots.get(key).map(|(row, _)| row.clone())
    }

    /// Returns how many rows are on a node; kept, not counted.
    pub fn on_node(&self, node: &str) -> usize {
        self.state.read().spread.on(node)
    }

    /// Returns a number that grows with every change of [`Shard::on_node`].
    pub fn nodes_rev(&self) -> u64 {
        self.state.read().spread.rev()
    }

    /// Returns the unpacked JSON text of one object, managedFields left out; `None` where texts were given up too.
    pub fn text(&self, key: &ObjKey) -> Option<String> {
        let packed = self.state.read().slots.get(key)?.1.text.clone();
        self.unpack(&packed)
    }

    /// Returns what is remembered of one object's changes, oldest first; of a deleted one too, for a while.
    pub fn history(&self, key: &ObjKey) -> Vec<HistoryEntry> {
        self.state.read().histories.get(key)
    }

    /// Returns how many comparisons were left out because too much changed at once.
    pub fn history_skipped(&self) -> u64 {
        self.state.read().skipped
    }

    /// Returns objects that were deleted lately and when, oldest first.
    pub fn tombstones(&self) -> Vec<(Arc<Row>, Timestamp)> {
        self.state.read().tombstones.iter().map(|stone| (stone.row.clone(), stone.at)).collect()
    }

    /// Returns the last text of a deleted object.
    pub fn tombstone_text(&self, key: &ObjKey) -> Option<String> {
        let packed = self.state.read().tombstones.newest(key)?.text.clone();
        self.unpack(&packed)
    }

    /// Returns the bytes held by rows and packed text (estimate).
    pub fn bytes(&self) -> usize {
        self.state.read().held()
    }

    fn unpack(&self, packed: &Packed) -> Option<String> {
        if matches!(packed, Packed::Dropped) {
            return None;
        }
        match self.dictionary.unpack(packed) {
            // Text from the wire may hold broken UTF-8 only in a broken server; show what can be shown.
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                tracing::error!(kind = %self.key.kind, "cannot unpack a text: {error}");
                None
            }
        }
    }
}

impl State {
    fn read(&self, since: Option<Rev>, most: usize) -> (Rev, Delta) {
        if since == Some(self.log.rev()) {
            return (self.log.rev(), Delta::Same);
        }
        let Some((rev, keys)) = since.and_then(|since| self.log.since(since, most)) else {
            let rows = self.slots.iter().map(|(row, _)| row.clone()).collect();
            return (self.log.rev(), Delta::Full(rows));
        };
        let (mut upserts, mut removed) = (Vec::new(), Vec::new());
        for key in keys {
            match self.slots.get(key) {
                Some((row, _)) => upserts.push(row.clone()),
                None => removed.push(key.clone()),
            }
        }
        (rev, Delta::Changed { upserts, removed })
    }

    fn status(&self) -> ShardStatus {
        ShardStatus {
            freshness: self.freshness(),
            rows: self.slots.len(),
            expected: self.expected,
            malformed: self.malformed.clone(),
            namespaces: self.parts.namespaces.clone(),
            forbidden: self.parts.forbidden(),
            bytes: self.held(),
            is_bare: self.is_bare,
        }
    }

    fn freshness(&self) -> Freshness {
        self.halted.clone().map_or_else(|| self.parts.freshness(), Freshness::Halted)
    }

    pub(crate) fn held(&self) -> usize {
        self.bytes + self.histories.bytes() + self.tombstones.bytes()
    }
}

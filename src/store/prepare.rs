//! The dear work of a batch, done by its writer without the lock: fingerprints, comparing, compressing.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};

use super::pack::{self, Packed};
use super::shard::{Shard, Slot};
use super::{Change, HistoryEntry, diff};
use crate::model::{ObjKey, Row, Timestamp};

/// A batch up to this size is packed at once when the dictionary is ready; larger ones wait for the packer.
const PACK_INLINE: usize = 16;
/// Plain text that may wait for the packer; beyond it a batch is packed by its writer.
const UNPACKED_BYTES: usize = 8 * 1024 * 1024;
/// A batch with more upserts than this is a storm: its comparisons are left out.
const DIFF_BATCH: usize = 64;
/// Comparisons a second; each costs some 120 µs, so a storm takes about a hundredth of a core for them.
const DIFFS_PER_SECOND: u32 = 100;

/// Comparisons made in one second.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    second: Timestamp,
    made: u32,
}

/// An upsert whose dear work is done.
pub(crate) struct Ready {
    pub(crate) row: Row,
    pub(crate) text: Packed,
    pub(crate) fingerprint: u64,
    pub(crate) entries: Vec<HistoryEntry>,
}

pub(crate) enum Prepared {
    Upsert(Box<Ready>),
    /// Nothing differs: only the list's mark is set.
    Same(ObjKey),
    Delete(ObjKey, Timestamp),
}

impl Shard {
    /// Does the dear work of a batch: without the lock, since this partition has no other writer.
    pub(crate) fn prepare(&self, changes: Vec<Change>) -> Vec<Prepared> {
        let (olds, plain) = {
            let state = self.state.read();
            let old = |change: &Change| state.slots.get(change.key()).map(Old::of);
            (changes.iter().map(old).collect::<Vec<_>>(), state.unpacked_bytes)
        };
        let incoming: usize = changes.iter().map(Change::len).sum();
        let upserts = changes.iter().filter(|change| matches!(change, Change::Upsert { .. })).count();
        let at = (self.clock)();
        let pack_now = (upserts <= PACK_INLINE && self.dictionary.is_ready())
            || plain.saturating_add(incoming) > UNPACKED_BYTES;
        if pack_now && !self.dictionary.is_ready() {
            for change in &changes {
                if let Change::Upsert { row, text } = change {
                    self.dictionary.offer(identity(&row.key), text);
                }
            }
        }
        let mut skipped = 0;
        let prepared = changes.into_iter().zip(olds).map(|(change, old)| match change {
            Change::Delete { key, at } => Prepared::Delete(key, at),
            Change::Upsert { row, text } => {
                let fingerprint = pack::fingerprint(&text);
                if let Some(old) = &old
                    && old.fingerprint == fingerprint
                    && *old.row == row
                {
                    return Prepared::Same(row.key);
                }
                let entries = self.entries(old.as_ref(), &row, &text, fingerprint, upserts, at);
                skipped += u64::from(entries.is_none());
                let text = if pack_now { self.dictionary.pack(&text) } else { Packed::Plain(text.into()) };
                Prepared::Upsert(Box::new(Ready {
                    row,
                    text,
                    fingerprint,
                    entries: entries.unwrap_or_default(),
                }))
            }
        });
        let prepared = prepared.collect();
        if skipped > 0 {
            self.state.write().skipped += skipped;
        }
        prepared
    }

    /// Returns what to remember of an upsert; `None` when comparing was left out.
    fn entries(
        &self,
        old: Option<&Old>,
        row: &Row,
        text: &[u8],
        fingerprint: u64,
        upserts: usize,
        at: Timestamp,
    ) -> Option<Vec<HistoryEntry>> {
        let kind = &*self.key.kind.0;
        let Some(old) = old else { return Some(Vec::new()) };
        if diff::is_silent(kind) || old.fingerprint == fingerprint {
            return Some(Vec::new());
        }
        if old.row.uid != row.uid {
            let word = |uid: &crate::model::Uid| Some(uid.to_string().into());
            return Some(vec![HistoryEntry {
                at,
                path: "+".into(),
                old: word(&old.row.uid),
                new: word(&row.uid),
            }]);
        }
        if upserts > DIFF_BATCH || !self.effort.lock().spend(at) {
            return None;
        }
        let before = self.dictionary.unpack(&old.text).ok()?;
        Some(diff::diff(kind, &before, text, at))
    }
}

/// What is needed of an object's last version.
struct Old {
    row: Arc<Row>,
    text: Packed,
    fingerprint: u64,
}

impl Old {
    fn of((row, slot): (&Arc<Row>, &Slot)) -> Self {
        Self { row: row.clone(), text: slot.text.clone(), fingerprint: slot.fingerprint }
    }
}

impl Effort {
    /// Returns whether one more comparison is within this second's budget.
    fn spend(&mut self, now: Timestamp) -> bool {
        if self.second != now {
            *self = Self { second: now, made: 0 };
        }
        self.made += 1;
        self.made <= DIFFS_PER_SECOND
    }
}

impl Change {
    fn key(&self) -> &ObjKey {
        match self {
            Self::Upsert { row, .. } => &row.key,
            Self::Delete { key, .. } => key,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Upsert { text, .. } => text.len(),
            Self::Delete { .. } => 0,
        }
    }
}

/// Returns what tells samples of one kind apart.
pub(crate) fn identity(key: &ObjKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&key.namespace, &key.name).hash(&mut hasher);
    hasher.finish()
}

/// Keeps the last change of each key, in order: what came and went within one batch was never seen.
pub(crate) fn last_of_each(changes: Vec<Change>) -> Vec<Change> {
    let mut seen = HashSet::with_capacity(changes.len());
    let keep: Vec<bool> = changes.iter().rev().map(|change| seen.insert(change.key())).collect();
    if keep.iter().all(|keep| *keep) {
        return changes;
    }
    drop(seen);
    changes
        .into_iter()
        .zip(keep.into_iter().rev())
        .filter(|(_, keep)| *keep)
        .map(|(change, _)| change)
        .collect()
}

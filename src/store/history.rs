//! What is remembered of objects' changes: a bounded ring per object, bounded in all.

use std::collections::{HashMap, VecDeque};

use super::HistoryEntry;
use crate::model::ObjKey;

/// Entries kept of one object; the oldest goes first.
const PER_OBJECT: usize = 32;
/// Entries kept in one shard; the oldest goes first.
const PER_SHARD: usize = 8192;

/// The history of all objects of one shard.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    rings: HashMap<ObjKey, VecDeque<(u64, HistoryEntry)>>,
    /// In which order entries came, to find the oldest of the shard.
    order: VecDeque<(u64, ObjKey)>,
    next: u64,
    bytes: usize,
}

impl Histories {
    /// Appends what changed of one object.
    pub(crate) fn record(&mut self, key: &ObjKey, entries: Vec<HistoryEntry>) {
        if entries.is_empty() {
            return;
        }
        let ring = self.rings.entry(key.clone()).or_default();
        for entry in entries {
            self.bytes += size(&entry);
            self.order.push_back((self.next, key.clone()));
            ring.push_back((self.next, entry));
            self.next += 1;
        }
        while ring.len() > PER_OBJECT {
            if let Some((_, old)) = ring.pop_front() {
                self.bytes = self.bytes.saturating_sub(size(&old));
            }
        }
        while self.order.len() > PER_SHARD {
            self.forget_oldest();
        }
    }

    /// Returns the entries of one object, oldest first.
    pub(crate) fn get(&self, key: &ObjKey) -> Vec<HistoryEntry> {
        self.rings
            .get(key)
            .map(|ring| ring.iter().map(|(_, entry)| entry.clone()).collect())
            .unwrap_or_default()
    }

    /// Forgets an object.
    pub(crate) fn forget(&mut self, key: &ObjKey) {
        for (_, old) in self.rings.remove(key).unwrap_or_default() {
            self.bytes = self.bytes.saturating_sub(size(&old));
        }
    }

    /// Returns the bytes held (estimate).
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.order.len() * size_of::<(u64, ObjKey)>()
    }

    fn forget_oldest(&mut self) {
        let Some((number, key)) = self.order.pop_front() else { return };
        let Some(ring) = self.rings.get_mut(&key) else { return };
        // The entry may have left by its ring's own bound already.
        if ring.front().is_some_and(|(first, _)| *first == number)
            && let Some((_, old)) = ring.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(size(&old));
        }
        if ring.is_empty() {
            self.rings.remove(&key);
        }
    }
}

fn size(entry: &HistoryEntry) -> usize {
    let len = |text: &Option<crate::model::Text>| text.as_ref().map_or(0, |text| text.len() + 16);
    size_of::<HistoryEntry>() + entry.path.len() + 16 + len(&entry.old) + len(&entry.new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::store::sample::key;

    fn entry(at: i64) -> HistoryEntry {
        HistoryEntry { at: Timestamp(at), path: "spec.replicas".into(), old: None, new: Some("1".into()) }
    }

    #[test]
    fn an_object_keeps_its_newest_entries() {
        let mut histories = Histories::default();
        for i in 0..40 {
            histories.record(&key("a", "x"), vec![entry(i)]);
        }
        let kept: Vec<i64> = histories.get(&key("a", "x")).iter().map(|entry| entry.at.0).collect();
        assert_eq!(kept, (8..40).collect::<Vec<_>>());
    }

    #[test]
    fn a_shard_forgets_its_oldest_entries_first() {
        let mut histories = Histories::default();
        for i in 0..9000 {
            histories.record(&key("a", &i.to_string()), vec![entry(i)]);
        }
        assert!(histories.get(&key("a", "807")).is_empty());
        assert_eq!(histories.get(&key("a", "808")).len(), 1);
        let before = histories.bytes();
        histories.forget(&key("a", "8999"));
        assert!(histories.get(&key("a", "8999")).is_empty() && histories.bytes() < before);
    }
}

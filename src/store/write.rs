//! How a watch task writes into a shard: batches, lists, freshness, packing.
//!
//! All dear work (fingerprints, comparing, compressing) happens before or after the lock, never under it.

use std::sync::Arc;

use super::pack::Packed;
use super::prepare::{Prepared, Ready, identity, last_of_each};
use super::shard::{Shard, Slot, State};
use super::tombstones::Tombstone;
use super::{Change, HistoryEntry, diff, size};
use crate::model::{Freshness, ObjKey, Row, Rows, Text, Timestamp};

/// Whether a batch comes from the list or watch itself or from the first page beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The truth.
    Main,
    /// Shown until the list brings the same: fills gaps only and is not counted as listed.
    Preview,
}

impl Shard {
    /// Applies one batch of the partition's writer; rings the bell when something differs.
    pub fn apply(&self, partition: &Text, changes: Vec<Change>) {
        self.apply_from(partition, changes, Source::Main);
    }

    /// Shows rows of a first page until the list under way brings them itself.
    ///
    /// The page is another snapshot than the list: it may hold objects that are gone from the list, so its rows
    /// never replace one and vanish with [`Shard::end_list`] unless the list has them too.
    pub fn apply_preview(&self, partition: &Text, changes: Vec<Change>) {
        self.apply_from(partition, changes, Source::Preview);
    }

    /// Starts a list: what it does not bring until [`Shard::end_list`] is gone. Old rows stay meanwhile.
    pub fn begin_list(&self, partition: &Text) {
        let mut state = self.state.write();
        state.parts.begin(partition);
        state.malformed = (0, None);
    }

    /// Ends a list: rows of the partition that it did not bring are removed, all at once.
    pub fn end_list(&self, partition: &Text, at: Timestamp) {
        let mut guard = self.state.write();
        let state = &mut *guard;
        let Some(number) = state.parts.listing(partition) else { return };
        state.parts.get(partition).listing = None;
        state.expected = None;
        let gone: Vec<ObjKey> = state
            .slots
            .iter()
            .filter(|(row, slot)| slot.listed != number && covers(partition, row))
            .map(|(row, _)| row.key.clone())
            .collect();
        self.remove_all(guard, gone, at);
    }

    /// Says how far the partition's rows can be trusted. Saying the same again costs nothing.
    pub fn set_freshness(&self, partition: &Text, freshness: Freshness) {
        let mut state = self.state.write();
        let part = state.parts.get(partition);
        if part.freshness != freshness {
            part.freshness = freshness;
            drop(state);
            self.bell.ring();
        }
    }

    /// Says that all rows are to be read anew, because they were made for columns that are no longer those of
    /// the kind.
    pub fn reload(&self, at: Timestamp) {
        let mut state = self.state.write();
        state.parts.reload(at);
        drop(state);
        self.bell.ring();
    }

    /// Goes over to one writer a namespace, or (with none) to one writer for all. Rows outside go.
    pub fn set_namespaces(&self, namespaces: Vec<Text>, at: Timestamp) {
        let mut state = self.state.write();
        let gone = if namespaces.is_empty() {
            // The list that follows covers everything and removes what is not in it.
            Vec::new()
        } else {
            let keys = state.slots.iter().map(|(row, _)| &row.key);
            keys.filter(|key| !namespaces.contains(&key.namespace)).cloned().collect()
        };
        state.parts.replace(namespaces);
        self.remove_all(state, gone, at);
        self.bell.ring();
    }

    /// Says that nobody keeps the rows true any more: they stay, as they were, until the shard is dropped.
    pub fn retire(&self) {
        self.state.write().parts.clear();
        self.bell.ring();
    }

    /// Counts an object that could not be decoded and keeps the first reason.
    pub fn note_malformed(&self, reason: &str) {
        let mut state = self.state.write();
        state.malformed.0 += 1;
        if state.malformed.1.is_none() {
            state.malformed.1 = Some(reason.into());
        }
        drop(state);
        self.bell.ring();
    }

    /// Says how many rows the list under way will bring in all.
    pub fn expect(&self, rows: usize) {
        self.state.write().expected = Some(rows);
    }

    /// Returns whether text waits for [`Shard::pack`].
    pub fn wants_packing(&self) -> bool {
        !self.state.read().unpacked.is_empty()
    }

    /// Compresses what waits, a hundred texts at a time; blocking work, for a background thread.
    pub fn pack(&self) {
        const RUN: usize = 100;
        loop {
            let run: Vec<(ObjKey, u64, Arc<[u8]>)> = {
                let mut guard = self.state.write();
                let state = &mut *guard;
                let from = state.unpacked.len().saturating_sub(RUN);
                let keys = state.unpacked.split_off(from);
                if keys.is_empty() {
                    state.unpacked.shrink_to_fit();
                    return;
                }
                keys.into_iter().filter_map(|key| waiting(state, key)).collect()
            };
            for (key, _, text) in &run {
                self.dictionary.offer(identity(key), text);
            }
            let packed: Vec<_> = run
                .into_iter()
                .map(|(key, fingerprint, text)| (key, fingerprint, self.dictionary.pack(&text)))
                .collect();
            let mut state = self.state.write();
            for (key, fingerprint, text) in packed {
                state.put_packed(&key, fingerprint, text);
            }
        }
    }

    fn apply_from(&self, partition: &Text, changes: Vec<Change>, source: Source) {
        let prepared = self.prepare(last_of_each(changes));
        let mut guard = self.state.write();
        let state = &mut *guard;
        let listed = match source {
            Source::Main => state.parts.listing(partition),
            Source::Preview => Some(0),
        };
        let mut touched = Vec::new();
        for change in prepared {
            match change {
                Prepared::Same(key) => state.mark(&key, listed, source),
                Prepared::Delete(key, at) => {
                    if state.remove(&key, at) {
                        touched.push(key);
                    }
                }
                Prepared::Upsert(mut ready) => {
                    let known = state.slots.contains(&ready.row.key);
                    if source == Source::Preview && known {
                        continue;
                    }
                    // Only what a watch brings is new to the cluster; what a list brings is new to kdeck.
                    if listed.is_none() && !known && diff::notes_creation(&self.key.kind.0) {
                        ready.entries.push(born(&ready.row, (self.clock)()));
                    }
                    touched.push(ready.row.key.clone());
                    state.put(*ready, listed);
                }
            }
        }
        self.finish(guard, touched);
    }

    fn remove_all(
        &self,
        mut state: parking_lot::RwLockWriteGuard<'_, State>,
        keys: Vec<ObjKey>,
        at: Timestamp,
    ) {
        for key in &keys {
            state.remove(key, at);
        }
        self.finish(state, keys);
    }

    fn finish(&self, mut state: parking_lot::RwLockWriteGuard<'_, State>, touched: Vec<ObjKey>) {
        let before = state.log.rev();
        state.log.record(touched);
        let changed = state.log.rev() != before;
        drop(state);
        if changed {
            self.bell.ring();
        }
    }
}

impl State {
    fn mark(&mut self, key: &ObjKey, listed: Option<u32>, source: Source) {
        if let (Some(slot), Some(listed), Source::Main) = (self.slots.value_mut(key), listed, source) {
            slot.listed = listed;
        }
    }

    fn put(&mut self, ready: Ready, listed: Option<u32>) {
        let Ready { row, text, fingerprint, entries } = ready;
        let listed = listed.or_else(|| self.slots.get(&row.key).map(|(_, before)| before.listed));
        let slot = Slot { text, fingerprint, listed: listed.unwrap_or(0) };
        self.histories.record(&row.key, entries);
        self.bytes += size::row(&row) + slot_bytes(&slot);
        if slot.text.plain() > 0 {
            self.unpacked_bytes += slot.text.plain();
            self.unpacked.push(row.key.clone());
        }
        let row = Arc::new(row);
        let old = self.slots.insert(row.clone(), slot);
        let left = old.as_ref().and_then(|(old, _)| old.facts.node.as_ref());
        self.spread.moved(left, row.facts.node.as_ref());
        if let Some((old, before)) = old {
            self.forget(&old, &before);
        }
    }

    fn remove(&mut self, key: &ObjKey, at: Timestamp) -> bool {
        let Some((row, slot)) = self.slots.remove(key) else { return false };
        self.forget(&row, &slot);
        self.spread.moved(row.facts.node.as_ref(), None);
        let gone = HistoryEntry { at, path: "-".into(), old: Some(row.uid.to_string().into()), new: None };
        self.histories.record(key, vec![gone]);
        let forgotten = self.tombstones.bury(Tombstone { row, at, text: slot.text });
        if let Some(key) = forgotten.filter(|key| !self.slots.contains(key)) {
            self.histories.forget(&key);
        }
        true
    }

    fn forget(&mut self, row: &Row, slot: &Slot) {
        self.bytes = self.bytes.saturating_sub(size::row(row) + slot_bytes(slot));
        self.unpacked_bytes = self.unpacked_bytes.saturating_sub(slot.text.plain());
    }

    fn put_packed(&mut self, key: &ObjKey, fingerprint: u64, text: Packed) {
        let Some(slot) = self.slots.value_mut(key) else { return };
        // A newer text may have come meanwhile: it waits for its own turn.
        if slot.fingerprint == fingerprint && slot.text.plain() > 0 {
            self.unpacked_bytes = self.unpacked_bytes.saturating_sub(slot.text.plain());
            self.bytes = (self.bytes + text.held()).saturating_sub(slot.text.held());
            slot.text = text;
        }
    }
}

fn waiting(state: &State, key: ObjKey) -> Option<(ObjKey, u64, Arc<[u8]>)> {
    let (_, slot) = state.slots.get(&key)?;
    match &slot.text {
        Packed::Plain(text) => Some((key, slot.fingerprint, text.clone())),
        Packed::Bare(_) | Packed::Alone(..) | Packed::Shared(..) => None,
    }
}

fn born(row: &Row, at: Timestamp) -> HistoryEntry {
    HistoryEntry { at, path: "+".into(), old: None, new: Some(row.uid.to_string().into()) }
}

fn slot_bytes(slot: &Slot) -> usize {
    Rows::<Slot>::PER_ROW + slot.text.held()
}

fn covers(partition: &Text, row: &Row) -> bool {
    partition.is_empty() || *partition == row.key.namespace
}

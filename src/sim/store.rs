//! The store: objects by kind in key order, one counter of resource versions for all, and a bounded
//! ring of events per kind, from which watches are served and old lists are reconstructed.
//!
//! Owns the truth of the simulated cluster. Serialising happens before a commit, rendering after a
//! read; the lock is held for map operations only. Knows nothing of HTTP.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::watch;

use super::entry::{Draft, Entry, Key};
use crate::model::Text;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It differs from before.
    Modified,
    /// It is gone.
    Deleted,
}

/// One change with both its sides.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub change: Change,
    /// The new state; the last state with the deletion's version for a deleted object.
    pub entry: Arc<Entry>,
    /// The state before.
    pub before: Option<Arc<Entry>>,
}

/// What a commit expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No such object.
    Absent,
    /// The object at this version.
    At(u64),
    /// Whatever is there.
    Anything,
}

/// Why a commit was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// There is such an object.
    Exists,
    /// There is none.
    Missing,
    /// Its version differs.
    Moved,
}

/// The version asked for is older than what the ring remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOld {
    /// The oldest version that can still be answered.
    pub oldest: u64,
}

/// A list at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The moment.
    pub rv: u64,
    /// Objects in key order.
    pub items: Vec<Arc<Entry>>,
}

struct Shelf {
    objects: BTreeMap<Key, Arc<Entry>>,
    by_owner: HashMap<Text, BTreeMap<Key, Arc<Entry>>>,
    ring: VecDeque<Arc<Event>>,
    /// Every event up to this version has left the ring.
    forgotten: u64,
    bell: watch::Sender<u64>,
}

impl Shelf {
    fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            by_owner: HashMap::new(),
            ring: VecDeque::new(),
            forgotten: 0,
            bell: watch::Sender::new(0),
        }
    }

    fn place(&mut self, before: Option<&Arc<Entry>>, after: Option<&Arc<Entry>>) {
        if let Some(before) = before {
            for owner in &before.facts.owners {
                if let Some(owned) = self.by_owner.get_mut(owner) {
                    owned.remove(&before.key);
                    if owned.is_empty() {
                        self.by_owner.remove(owner);
                    }
                }
            }
            if after.is_none() {
                self.objects.remove(&before.key);
            }
        }
        if let Some(after) = after {
            for owner in &after.facts.owners {
                self.by_owner.entry(owner.clone()).or_default().insert(after.key.clone(), after.clone());
            }
            self.objects.insert(after.key.clone(), after.clone());
        }
    }
}

struct Inner {
    rv: u64,
    shelves: HashMap<Text, Shelf>,
}

/// The store of one simulated cluster.
pub struct Store {
    inner: RwLock<Inner>,
    window: usize,
}

impl Store {
    /// Makes an empty store that remembers `window` events per kind.
    pub fn new(window: usize) -> Self {
        Self { inner: RwLock::new(Inner { rv: 1000, shelves: HashMap::new() }), window: window.max(1) }
    }

    /// Returns the newest resource version.
    pub fn rv(&self) -> u64 {
        self.inner.read().rv
    }

    /// Returns one object.
    pub fn get(&self, kind: &str, key: &Key) -> Option<Arc<Entry>> {
        self.inner.read().shelves.get(kind)?.objects.get(key).cloned()
    }

    /// Returns how many objects of a kind there are.
    pub fn count(&self, kind: &str) -> usize {
        self.inner.read().shelves.get(kind).map_or(0, |shelf| shelf.objects.len())
    }

    /// Returns all objects of a kind, of one namespace or of all.
    pub fn list(&self, kind: &str, namespace: Option<&str>) -> Snapshot {
        let inner = self.inner.read();
        let items = inner.shelves.get(kind).map_or_else(Vec::new, |shelf| match namespace {
            None => shelf.objects.values().cloned().collect(),
            Some(namespace) => shelf
                .objects
                .range(Key::new(namespace, "")..)
                .take_while(|(key, _)| &*key.namespace == namespace)
                .map(|(_, entry)| entry.clone())
                .collect(),
        });
        Snapshot { rv: inner.rv, items }
    }

    /// Returns the objects of a kind owned by the object with this uid.
    pub fn owned(&self, kind: &str, uid: &str) -> Vec<Arc<Entry>> {
        let inner = self.inner.read();
        inner
            .shelves
            .get(kind)
            .and_then(|shelf| shelf.by_owner.get(uid))
            .map_or_else(Vec::new, |owned| owned.values().cloned().collect())
    }

    /// Returns the kinds that hold objects owned by `uid`, with these objects.
    pub fn dependents(&self, uid: &str) -> Vec<(Text, Arc<Entry>)> {
        let inner = self.inner.read();
        let mut found = Vec::new();
        for (kind, shelf) in &inner.shelves {
            for entry in shelf.by_owner.get(uid).into_iter().flat_map(BTreeMap::values) {
                found.push((kind.clone(), entry.clone()));
            }
        }
        found
    }

    /// Returns the kinds that have objects in a namespace, with these objects.
    pub fn in_namespace(&self, namespace: &str) -> Vec<(Text, Arc<Entry>)> {
        let inner = self.inner.read();
        let mut found = Vec::new();
        for (kind, shelf) in &inner.shelves {
            let range = shelf.objects.range(Key::new(namespace, "")..);
            for (_, entry) in range.take_while(|(key, _)| &*key.namespace == namespace) {
                found.push((kind.clone(), entry.clone()));
            }
        }
        found
    }

    /// Returns the objects after `after` as they were at version `rv`.
    pub fn list_at(
        &self,
        kind: &str,
        namespace: Option<&str>,
        after: Option<&Key>,
        rv: u64,
    ) -> Result<Snapshot, TooOld> {
        let inner = self.inner.read();
        let Some(shelf) = inner.shelves.get(kind) else {
            return Ok(Snapshot { rv, items: Vec::new() });
        };
        if rv < shelf.forgotten {
            return Err(TooOld { oldest: shelf.forgotten });
        }
        let inside = |key: &Key| {
            namespace.is_none_or(|namespace| &*key.namespace == namespace)
                && after.is_none_or(|after| key > after)
        };
        // What each key that changed since then held at that moment: the oldest change knows.
        let mut overlay: BTreeMap<&Key, Option<&Arc<Entry>>> = BTreeMap::new();
        for event in shelf.ring.iter().rev().take_while(|event| event.entry.rv > rv) {
            if inside(&event.entry.key) {
                overlay.insert(&event.entry.key, event.before.as_ref());
            }
        }
        let start = match (after, namespace) {
            (Some(after), _) => Bound::Excluded(after.clone()),
            (None, Some(namespace)) => Bound::Included(Key::new(namespace, "")),
            (None, None) => Bound::Unbounded,
        };
        let mut items: Vec<Arc<Entry>> = shelf
            .objects
            .range((start, Bound::Unbounded))
            .take_while(|(key, _)| inside(key))
            .filter(|(key, _)| !overlay.contains_key(key))
            .map(|(_, entry)| entry.clone())
            .collect();
        let old: Vec<_> = overlay.into_values().flatten().cloned().collect();
        if !old.is_empty() {
            items.extend(old);
            items.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Ok(Snapshot { rv, items })
    }

    /// Returns the events of a kind after version `rv`, and the version up to which they are complete.
    pub fn since(&self, kind: &str, rv: u64, limit: usize) -> Result<(Vec<Arc<Event>>, u64), TooOld> {
        let inner = self.inner.read();
        let Some(shelf) = inner.shelves.get(kind) else { return Ok((Vec::new(), inner.rv)) };
        if rv < shelf.forgotten {
            return Err(TooOld { oldest: shelf.forgotten });
        }
        let from = shelf.ring.partition_point(|event| event.entry.rv <= rv);
        let events: Vec<_> = shelf.ring.iter().skip(from).take(limit).cloned().collect();
        let complete = if events.len() == limit {
            events.last().map_or(inner.rv, |event| event.entry.rv)
        } else {
            inner.rv
        };
        Ok((events, complete))
    }

    /// Returns a receiver that changes with every event of a kind.
    pub fn bell(&self, kind: &str) -> watch::Receiver<u64> {
        let mut inner = self.inner.write();
        inner.shelves.entry(kind.into()).or_insert_with(Shelf::new).bell.subscribe()
    }

    /// Writes an object.
    pub fn put(&self, kind: &str, draft: Draft, expect: Expect) -> Result<Arc<Entry>, Clash> {
        let mut inner = self.inner.write();
        let rv = inner.rv + 1;
        let shelf = inner.shelves.entry(kind.into()).or_insert_with(Shelf::new);
        let before = shelf.objects.get(&draft.key).cloned();
        check(before.as_ref(), expect)?;
        let entry = Arc::new(Entry { key: draft.key, rv, facts: draft.facts, body: draft.body });
        shelf.place(before.as_ref(), Some(&entry));
        let change = if before.is_some() { Change::Modified } else { Change::Added };
        record(shelf, Event { change, entry: entry.clone(), before }, self.window);
        inner.rv = rv;
        Ok(entry)
    }

    /// Removes an object and returns its last state, at the version of its removal.
    pub fn remove(&self, kind: &str, key: &Key, expect: Expect) -> Result<Arc<Entry>, Clash> {
        let mut inner = self.inner.write();
        let rv = inner.rv + 1;
        let shelf = inner.shelves.get_mut(kind).ok_or(Clash::Missing)?;
        let before = shelf.objects.get(key).cloned().ok_or(Clash::Missing)?;
        check(Some(&before), expect)?;
        let entry = Arc::new(Entry { rv, ..(*before).clone() });
        shelf.place(Some(&before), None);
        record(
            shelf,
            Event { change: Change::Deleted, entry: entry.clone(), before: Some(before) },
            self.window,
        );
        inner.rv = rv;
        Ok(entry)
    }

    /// Adds many new objects at once and forgets all events before them, as a freshly started server has.
    pub fn load(&self, kind: &str, drafts: impl IntoIterator<Item = Draft>) {
        let mut inner = self.inner.write();
        let mut rv = inner.rv;
        let shelf = inner.shelves.entry(kind.into()).or_insert_with(Shelf::new);
        for draft in drafts {
            rv += 1;
            let entry = Arc::new(Entry { key: draft.key, rv, facts: draft.facts, body: draft.body });
            shelf.place(None, Some(&entry));
        }
        shelf.ring.clear();
        shelf.forgotten = rv;
        shelf.bell.send_replace(rv);
        inner.rv = rv;
    }

    /// Forgets the event history of every kind, so that every older version is answered with 410.
    pub fn forget(&self) {
        let mut inner = self.inner.write();
        inner.rv += 1;
        let rv = inner.rv;
        for shelf in inner.shelves.values_mut() {
            shelf.ring.clear();
            shelf.forgotten = rv;
            shelf.bell.send_replace(rv);
        }
    }

    /// Drops a kind with all its objects: its definition is gone.
    pub fn drop_kind(&self, kind: &str) {
        self.inner.write().shelves.remove(kind);
    }
}

fn check(before: Option<&Arc<Entry>>, expect: Expect) -> Result<(), Clash> {
    match (before, expect) {
        (Some(_), Expect::Absent) => Err(Clash::Exists),
        (None, Expect::At(_)) => Err(Clash::Missing),
        (Some(before), Expect::At(rv)) if before.rv != rv => Err(Clash::Moved),
        _ => Ok(()),
    }
}

/// Remembers an event and wakes the watches. A full ring forgets its oldest event; a watch that has
/// not read it yet finds its place gone and is ended.
fn record(shelf: &mut Shelf, event: Event, window: usize) {
    let rv = event.entry.rv;
    if shelf.ring.len() >= window
        && let Some(oldest) = shelf.ring.pop_front()
    {
        shelf.forgotten = oldest.entry.rv;
    }
    shelf.ring.push_back(Arc::new(event));
    shelf.bell.send_replace(rv);
}

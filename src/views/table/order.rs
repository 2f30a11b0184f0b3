//! The sorted and filtered list of rows. Changes are merged into it, not sorted anew, so that a
//! batch costs its own size plus one pass of moves. Knows rows and ranks; not the screen.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::sort::Sort;
use super::sort_keys::Keys;
use crate::model::{ObjKey, Row};

/// Answers what the list can't know of a row.
pub(super) trait Judge {
    /// The order in force.
    fn sort(&self) -> Sort;
    /// The row's rank in that order.
    fn rank(&self, row: &Row) -> u64;
    /// Whether filter and faults show the row.
    fn shows(&self, row: &Row) -> bool;
}

/// A row in its place.
#[derive(Debug)]
struct Entry {
    row: Arc<Row>,
    rank: u64,
    shown: bool,
}

/// A row, found by its key.
#[derive(Debug)]
struct Known(Arc<Row>);

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl Borrow<ObjKey> for Known {
    fn borrow(&self) -> &ObjKey {
        &self.0.key
    }
}

/// What a batch did.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Rows that are new (`None`) or that replace an older one.
    pub changed: Vec<(Option<Arc<Row>>, Arc<Row>)>,
    /// Rows that are gone.
    pub gone: Vec<Arc<Row>>,
}

/// The list.
#[derive(Debug, Default)]
pub(super) struct Order {
    sort: Sort,
    entries: Vec<Entry>,
    /// The rows with the rank under which each stands in the list.
    known: HashMap<Known, u64>,
    /// Indices into `entries` of the rows that are shown, ascending.
    shown: Vec<u32>,
}

/// Up to so many moves are done one by one; more are merged in one pass.
const FEW: usize = 4;
/// From so many rows on a sort pays for keys of its own: rows lie all over the memory, keys side by side.
const MANY: usize = 2_000;

impl Order {
    /// An empty list that will be kept in this order.
    pub fn sorted(sort: Sort) -> Self {
        Self { sort, ..Self::default() }
    }

    /// Returns how many rows there are, shown or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns how many rows are shown.
    pub fn shown(&self) -> usize {
        self.shown.len()
    }

    /// Returns the row at a place among those shown.
    pub fn at(&self, place: usize) -> Option<&Arc<Row>> {
        self.entries.get(*self.shown.get(place)? as usize).map(|entry| &entry.row)
    }

    /// Returns the shown rows from a place on.
    pub fn shown_from(&self, place: usize) -> impl Iterator<Item = &Arc<Row>> {
        self.shown
            .get(place..)
            .unwrap_or_default()
            .iter()
            .filter_map(|&at| self.entries.get(at as usize).map(|entry| &entry.row))
    }

    /// Returns the current row of an object, shown or not.
    pub fn find(&self, key: &ObjKey) -> Option<&Arc<Row>> {
        self.known.get_key_value(key).map(|(known, _)| &known.0)
    }

    /// Returns the place of an object among those shown.
    pub fn place(&self, key: &ObjKey) -> Option<usize> {
        let (known, rank) = self.known.get_key_value(key)?;
        let at = self.locate(*rank, &known.0)?;
        self.shown.binary_search(&u32::try_from(at).ok()?).ok()
    }

    /// Returns the place where a row of this rank stands or would stand among those shown.
    pub fn near(&self, rank: u64, row: &Row) -> usize {
        let at = self.insertion(rank, row);
        self.shown.partition_point(|&shown| (shown as usize) < at)
    }

    /// Turns "these are all rows of a part" into changes against what is held.
    pub fn difference(
        &self,
        rows: Vec<Arc<Row>>,
        covers: impl Fn(&ObjKey) -> bool,
    ) -> (Vec<Arc<Row>>, Vec<ObjKey>) {
        let removed = {
            let now: HashSet<&ObjKey> = rows.iter().map(|row| &row.key).collect();
            let held = self.entries.iter().map(|entry| &entry.row.key);
            held.filter(|&key| covers(key) && !now.contains(key)).cloned().collect()
        };
        let differs = |row: &Arc<Row>| !self.find(&row.key).is_some_and(|held| Arc::ptr_eq(held, row));
        (rows.into_iter().filter(differs).collect(), removed)
    }

    /// Takes new, different and vanished rows. At most one upsert per key.
    pub fn apply(&mut self, upserts: Vec<Arc<Row>>, removed: &[ObjKey], judge: &dyn Judge) -> Applied {
        debug_assert_eq!(self.sort, judge.sort(), "the list must be re-sorted first");
        let mut applied = Applied::default();
        let (mut leaving, mut incoming) = (Vec::new(), Vec::new());
        let mut verdicts_changed = false;
        for key in removed {
            if let Some((known, rank)) = self.known.remove_entry(key) {
                leaving.extend(self.locate(rank, &known.0));
                applied.gone.push(known.0);
            }
        }
        for row in upserts {
            let entry = Entry { rank: judge.rank(&row), shown: judge.shows(&row), row };
            let old = self.known.remove_entry(&entry.row.key);
            self.known.insert(Known(entry.row.clone()), entry.rank);
            let Some((Known(old), old_rank)) = old else {
                applied.changed.push((None, entry.row.clone()));
                incoming.push(entry);
                continue;
            };
            applied.changed.push((Some(old.clone()), entry.row.clone()));
            let stays = self.sort.compare((old_rank, &old), (entry.rank, &entry.row)).is_eq();
            match self.locate(old_rank, &old) {
                Some(at) if stays => {
                    if let Some(place) = self.entries.get_mut(at) {
                        verdicts_changed |= place.shown != entry.shown;
                        *place = entry;
                    }
                }
                Some(at) => {
                    leaving.push(at);
                    incoming.push(entry);
                }
                // Only when one batch brings a key twice: the later one wins.
                None => {
                    incoming.retain(|waiting: &Entry| waiting.row.key != entry.row.key);
                    incoming.push(entry);
                }
            }
        }
        if !leaving.is_empty() || !incoming.is_empty() {
            self.merge(leaving, incoming);
            self.index_shown();
        } else if verdicts_changed {
            self.index_shown();
        }
        applied
    }

    /// Sorts everything anew: another column, another direction, or metrics that moved.
    pub fn resort(&mut self, judge: &dyn Judge) {
        self.sort = judge.sort();
        for entry in &mut self.entries {
            entry.rank = judge.rank(&entry.row);
            // While the row is in the processor's cache: a second pass costs twice as much.
            if let Some(rank) = self.known.get_mut(&entry.row.key) {
                *rank = entry.rank;
            }
        }
        self.sort_entries();
        self.index_shown();
    }

    /// Asks again which rows are shown; the order stays. A narrowed filter can only hide more.
    pub fn refilter(&mut self, judge: &dyn Judge, scope: Refilter) {
        for entry in &mut self.entries {
            if scope == Refilter::All || entry.shown {
                entry.shown = judge.shows(&entry.row);
            }
        }
        self.index_shown();
    }

    /// Forgets all rows: they will come from elsewhere.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.known.clear();
        self.shown.clear();
    }

    fn merge(&mut self, mut leaving: Vec<usize>, mut incoming: Vec<Entry>) {
        leaving.sort_unstable();
        let sort = self.sort;
        incoming.sort_unstable_by(|a, b| sort.compare((a.rank, &a.row), (b.rank, &b.row)));
        if leaving.len() + incoming.len() <= FEW {
            for at in leaving.into_iter().rev() {
                self.entries.remove(at);
            }
            for entry in incoming {
                let at = self.insertion(entry.rank, &entry.row);
                self.entries.insert(at, entry);
            }
            return;
        }
        if incoming.len() > self.entries.len() / 4 {
            let mut leaving = leaving.into_iter().peekable();
            let mut at = 0;
            self.entries.retain(|_| {
                let goes = leaving.next_if_eq(&at).is_some();
                at += 1;
                !goes
            });
            self.entries.append(&mut incoming);
            // Two sorted runs: the stable sort finds them and merges, which the unstable one can't.
            self.entries.sort_by(|a, b| sort.compare((a.rank, &a.row), (b.rank, &b.row)));
            return;
        }
        // Places are found by bisection; the pass itself then compares nothing.
        let mut incoming = incoming
            .into_iter()
            .map(|entry| (self.insertion(entry.rank, &entry.row), entry))
            .collect::<Vec<_>>()
            .into_iter()
            .peekable();
        let mut leaving = leaving.into_iter().peekable();
        let old = std::mem::take(&mut self.entries);
        let mut merged = Vec::with_capacity(old.len() + incoming.len());
        for (at, entry) in old.into_iter().enumerate() {
            while let Some((_, new)) = incoming.next_if(|(place, _)| *place <= at) {
                merged.push(new);
            }
            if leaving.next_if_eq(&at).is_none() {
                merged.push(entry);
            }
        }
        merged.extend(incoming.map(|(_, entry)| entry));
        self.entries = merged;
    }

    fn sort_entries(&mut self) {
        let sort = self.sort;
        let compare = |a: &Entry, b: &Entry| sort.compare((a.rank, &a.row), (b.rank, &b.row));
        let rows = self.entries.iter().map(|entry| &*entry.row);
        let Some(keys) = (self.entries.len() >= MANY).then(|| Keys::of(rows)).flatten() else {
            // The stable sort sees what is in order already, as by name within each namespace.
            self.entries.sort_by(compare);
            return;
        };
        let mut keyed: Vec<(Entry, u32)> = std::mem::take(&mut self.entries).into_iter().zip(0..).collect();
        keyed.sort_by(|(a, at), (b, bt)| {
            a.rank
                .cmp(&b.rank)
                .then_with(|| sort.detail_keyed((&a.row, *at), (&b.row, *bt), &keys))
                .then_with(|| keys.tie(*at, *bt))
                .then_with(|| compare(a, b))
        });
        self.entries = keyed.into_iter().map(|(entry, _)| entry).collect();
    }

    fn insertion(&self, rank: u64, row: &Row) -> usize {
        self.entries.partition_point(|entry| self.sort.compare((entry.rank, &entry.row), (rank, row)).is_lt())
    }

    fn locate(&self, rank: u64, row: &Row) -> Option<usize> {
        let at = self.insertion(rank, row);
        self.entries.get(at).filter(|entry| entry.row.key == row.key).map(|_| at)
    }

    fn index_shown(&mut self) {
        self.shown.clear();
        let places = (0u32..).zip(&self.entries);
        self.shown.extend(places.filter(|(_, entry)| entry.shown).map(|(at, _)| at));
    }
}

/// How much a new filter may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refilter {
    /// Everything.
    All,
    /// Hidden rows stay hidden.
    Narrower,
}

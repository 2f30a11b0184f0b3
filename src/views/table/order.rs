//! The sorted and filtered list of rows. Changes are merged into it, not sorted anew, so that a batch costs its
//! own size plus moves of what stands behind its first change. Knows rows and ranks; not the screen.

use std::sync::Arc;

use foldhash::HashSet;

pub(super) use self::refilter::Refilter;
use super::arrange::Arrangement;
use super::sort::Sort;
use crate::model::{ObjKey, Row, Rows};

mod refilter;

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
    /// Whether a new filter has not come here yet; nothing is shown until then.
    waits: bool,
}

impl Entry {
    fn again(&self) -> Self {
        Self { row: self.row.clone(), ..*self }
    }

    fn judge(&mut self, judge: &dyn Judge) {
        self.shown = judge.shows(&self.row);
        self.waits = false;
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
    /// The rows with the rank under which each stands in the list, and beside it the one of the order that is being
    /// made: which is which, `side` says.
    known: Rows<[u64; 2]>,
    side: usize,
    /// The next order, on its way.
    arranging: Option<Arrangement>,
    /// Indices into `entries` of the rows that are shown, ascending.
    shown: Vec<u32>,
}

/// As many new rows as that have no places side by side. Tests try both ways with a handful of rows.
const MANY: usize = if cfg!(test) { 12 } else { 2_000 };

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
        self.known.get(key).map(|(row, _)| row)
    }

    /// Returns the place of an object among those shown.
    pub fn place(&self, key: &ObjKey) -> Option<usize> {
        let at = self.origin(key)?;
        self.shown.binary_search(&u32::try_from(at).ok()?).ok()
    }

    /// Returns the place of an object among all rows, shown or not.
    pub fn origin(&self, key: &ObjKey) -> Option<usize> {
        let (row, ranks) = self.known.get(key)?;
        self.locate(self.rank(ranks), row)
    }

    /// Returns the place where a row of this rank stands or would stand among those shown.
    pub fn near(&self, rank: u64, row: &Row) -> usize {
        let at = self.insertion(rank, row);
        self.shown.partition_point(|&shown| (shown as usize) < at)
    }

    /// Prepares for so many rows in all: a map that grows while they come moves all of them again and again.
    pub fn make_room(&mut self, rows: usize) {
        self.entries.reserve(rows.saturating_sub(self.entries.len()));
        self.known.reserve(rows.saturating_sub(self.known.len()));
    }

    /// Turns "these are all rows of a part" into changes against what is held.
    pub fn difference(
        &self,
        rows: Vec<Arc<Row>>,
        covers: impl Fn(&ObjKey) -> bool,
    ) -> (Vec<Arc<Row>>, Vec<ObjKey>) {
        if self.entries.is_empty() {
            return (rows, Vec::new());
        }
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
        // It goes by places in this list.
        self.arranging = None;
        let mut applied = Applied::default();
        let (mut leaving, mut incoming) = (Vec::new(), Vec::new());
        // Verdicts before this place are as they were.
        let mut first = usize::MAX;
        for key in removed {
            if let Some((row, ranks)) = self.known.remove(key) {
                leaving.extend(self.locate(self.rank(&ranks), &row));
                applied.gone.push(row);
            }
        }
        for row in upserts {
            let entry = Entry { rank: judge.rank(&row), shown: judge.shows(&row), waits: false, row };
            let Some((old, ranks)) = self.known.insert(entry.row.clone(), [entry.rank; 2]) else {
                applied.changed.push((None, entry.row.clone()));
                incoming.push(entry);
                continue;
            };
            applied.changed.push((Some(old.clone()), entry.row.clone()));
            let old_rank = self.rank(&ranks);
            let stays = self.sort.compare((old_rank, &old), (entry.rank, &entry.row)).is_eq();
            match self.locate(old_rank, &old) {
                Some(at) if stays => {
                    if let Some(place) = self.entries.get_mut(at) {
                        if place.shown != entry.shown {
                            first = first.min(at);
                        }
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
            first = first.min(self.merge(leaving, incoming));
        }
        self.index_shown(first);
        applied
    }

    /// Starts to sort everything anew: another column, another direction, or metrics that moved. The old order
    /// stays until [`Order::resort_some`] has come to the end.
    pub fn begin_resort(&mut self) {
        self.arranging = None;
    }

    /// Goes on with the order that the judge wants, `most` rows at a time. Returns whether it is in force now. Rows
    /// that come and go before that make it start anew, so they had better wait.
    pub fn resort_some(&mut self, judge: &dyn Judge, most: usize) -> bool {
        let (sort, rows) = (judge.sort(), self.entries.len());
        let begun = self.arranging.take().filter(|begun| begun.sort() == sort);
        let mut next = begun.unwrap_or_else(|| Arrangement::new(sort, rows));
        if next.is_ready() {
            self.rearrange(next);
            self.side = 1 - self.side;
            return true;
        }
        if next.is_reading() {
            let unread = self.entries.get(next.read_so_far()..).unwrap_or_default();
            for entry in unread.iter().take(most) {
                let rank = judge.rank(&entry.row);
                next.read(&entry.row, rank);
                // While the row is in the processor's cache: a second pass costs twice as much.
                let ranks = self.known.value_mut(&entry.row.key);
                if let Some(place) = ranks.and_then(|ranks| ranks.get_mut(1 - self.side)) {
                    *place = rank;
                }
            }
            if next.read_so_far() >= rows {
                next.end_reading();
            }
        } else {
            next.go_on(|at| self.entries.get(at as usize).map(|entry| &*entry.row), most);
        }
        self.arranging = Some(next);
        false
    }

    /// Puts a finished order in force. No row is read.
    fn rearrange(&mut self, next: Arrangement) {
        self.sort = next.sort();
        let mut old: Vec<Option<Entry>> = std::mem::take(&mut self.entries).into_iter().map(Some).collect();
        let placed = next.into_ranked().into_iter().filter_map(|ranked| {
            let entry = old.get_mut(ranked.at as usize)?.take()?;
            Some(Entry { rank: ranked.rank, ..entry })
        });
        self.entries = placed.collect();
        self.index_shown(0);
    }

    /// Forgets all rows: they will come from elsewhere.
    pub fn clear(&mut self) {
        self.arranging = None;
        self.entries.clear();
        self.known.clear();
        self.shown.clear();
    }

    /// Takes entries out and others in; returns the place before which nothing moved.
    fn merge(&mut self, mut leaving: Vec<usize>, mut incoming: Vec<Entry>) -> usize {
        leaving.sort_unstable();
        let first_gap = self.close_gaps(&leaving);
        let sort = self.sort;
        let is_before = |a: &Entry, b: &Entry| sort.compare((a.rank, &a.row), (b.rank, &b.row)).is_lt();
        // Rows that come in order, one slice after the other.
        if incoming.is_sorted_by(is_before)
            && self.entries.last().zip(incoming.first()).is_none_or(|(last, next)| is_before(last, next))
        {
            let end = self.entries.len();
            self.entries.append(&mut incoming);
            return first_gap.min(end);
        }
        if incoming.len() >= MANY.max(self.entries.len() / 4) {
            // The sort sees what is in order already; but it looks at everything.
            self.entries.append(&mut incoming);
            self.sort_entries();
            return 0;
        }
        incoming.sort_unstable_by(|a, b| sort.compare((a.rank, &a.row), (b.rank, &b.row)));
        first_gap.min(self.weave(incoming))
    }

    /// Takes out the entries at these places, which ascend; returns the first of them.
    fn close_gaps(&mut self, leaving: &[usize]) -> usize {
        let Some(&first) = leaving.first() else { return usize::MAX };
        let mut leaving = leaving.iter().copied().peekable();
        let mut kept = first;
        for at in first..self.entries.len() {
            if leaving.next_if_eq(&at).is_none() {
                self.entries.swap(kept, at);
                kept += 1;
            }
        }
        self.entries.truncate(kept);
        first
    }

    /// Puts sorted entries in, from the last to the first: what stands before all of them is not touched, and a
    /// list that arrives in order costs nothing but itself. Returns the first new place.
    fn weave(&mut self, incoming: Vec<Entry>) -> usize {
        let places: Vec<usize> =
            incoming.iter().map(|entry| self.insertion(entry.rank, &entry.row)).collect();
        let mut read = self.entries.len();
        // Room at the end, filled with what will be overwritten.
        self.entries.extend(incoming.iter().map(Entry::again));
        let mut write = self.entries.len();
        let mut first = usize::MAX;
        for (entry, place) in incoming.into_iter().zip(places).rev() {
            while read > place {
                read -= 1;
                write -= 1;
                self.entries.swap(read, write);
            }
            write -= 1;
            first = write;
            if let Some(slot) = self.entries.get_mut(write) {
                *slot = entry;
            }
        }
        first
    }

    /// Sorts the entries by the ranks they have.
    fn sort_entries(&mut self) {
        let mut next = Arrangement::new(self.sort, self.entries.len());
        for entry in &self.entries {
            next.read(&entry.row, entry.rank);
        }
        next.end_reading();
        while !next.is_ready() {
            next.go_on(|at| self.entries.get(at as usize).map(|entry| &*entry.row), usize::MAX);
        }
        self.rearrange(next);
    }

    fn rank(&self, ranks: &[u64; 2]) -> u64 {
        ranks.get(self.side).copied().unwrap_or_default()
    }

    fn insertion(&self, rank: u64, row: &Row) -> usize {
        self.entries.partition_point(|entry| self.sort.compare((entry.rank, &entry.row), (rank, row)).is_lt())
    }

    fn locate(&self, rank: u64, row: &Row) -> Option<usize> {
        let at = self.insertion(rank, row);
        self.entries.get(at).filter(|entry| entry.row.key == row.key).map(|_| at)
    }

    /// Notes anew which entries are shown, from a place on.
    fn index_shown(&mut self, first: usize) {
        let first = first.min(self.entries.len());
        let from = u32::try_from(first).unwrap_or(u32::MAX);
        self.shown.truncate(self.shown.partition_point(|&at| at < from));
        let places = (from..).zip(self.entries.get(first..).unwrap_or_default());
        self.shown.extend(places.filter(|(_, entry)| entry.shown).map(|(at, _)| at));
    }
}

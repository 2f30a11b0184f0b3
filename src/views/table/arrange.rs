//! A new order of all rows, made a slice at a time beside the old one, which stays in force until this one is ready.
//!
//! Owns what comparing needs, by the place of each row in the old list: every row is read once, after that only
//! memory that lies side by side is touched. Sorts runs, then merges them. Knows no screen and no filter.

use std::cmp::Ordering;

use super::sort::Sort;
use super::sort_keys::Keys;
use crate::model::{Cell, Row};

/// A row's place in the old list and its rank in the new order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    /// The rank.
    pub rank: u64,
    /// The place.
    pub at: u32,
}

/// An order on its way.
#[derive(Debug)]
pub(super) struct Arrangement {
    sort: Sort,
    /// Names as bytes; `None` when there is one that they can't hold.
    keys: Option<Keys>,
    /// The cells that equal ranks are compared by.
    cells: Vec<Option<Cell>>,
    /// What is sorted so far: all rows, in runs of `run`.
    from: Vec<Ranked>,
    run: usize,
    stage: Stage,
}

/// How far it has come.
#[derive(Debug)]
enum Stage {
    /// Rows are read.
    Reading,
    /// Runs are sorted; those before this place are.
    Sorting(usize),
    /// Each two runs become one.
    Merging(Merge),
    Ready,
}

/// Two runs that become one at the end of `into`.
#[derive(Debug, Default)]
struct Merge {
    into: Vec<Ranked>,
    /// Where the two begin.
    start: usize,
    /// How many of each have been taken.
    taken: (usize, usize),
}

impl Arrangement {
    /// Starts an order of so many rows.
    pub fn new(sort: Sort, rows: usize) -> Self {
        Self {
            sort,
            keys: Some(Keys::with_room(rows)),
            cells: Vec::with_capacity(rows),
            from: Vec::with_capacity(rows),
            run: 0,
            stage: Stage::Reading,
        }
    }

    /// Returns which order it is.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Returns how many rows have been read; they come in the order of the old list.
    pub fn read_so_far(&self) -> usize {
        self.from.len()
    }

    /// Returns whether rows are still to be read.
    pub fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::Reading)
    }

    /// Returns whether only [`Arrangement::into_ranked`] is left to do.
    pub fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Ready)
    }

    /// Reads the next row.
    pub fn read(&mut self, row: &Row, rank: u64) {
        let at = u32::try_from(self.from.len()).unwrap_or(u32::MAX);
        if self.keys.as_mut().is_some_and(|keys| keys.add(row).is_none()) {
            self.keys = None;
        }
        self.cells.push(self.sort.decisive(row));
        self.from.push(Ranked { rank, at });
    }

    /// Says that all rows have been read.
    pub fn end_reading(&mut self) {
        self.stage = Stage::Sorting(0);
    }

    /// Sorts one run or merges, `most` rows at most. `row` finds a row by its place.
    pub fn go_on<'a>(&mut self, row: impl Fn(u32) -> Option<&'a Row>, most: usize) {
        let mut from = std::mem::take(&mut self.from);
        let stage = std::mem::replace(&mut self.stage, Stage::Ready);
        let mut run = self.run;
        let compare = |a: Ranked, b: Ranked| self.compare(a, b, &row);
        let stage = match stage {
            Stage::Sorting(start) => {
                // All runs but the last have the length of the first.
                run = if start == 0 { most.min(from.len()) } else { run };
                let end = start.saturating_add(run.max(1)).min(from.len());
                if let Some(rows) = from.get_mut(start..end) {
                    // The stable sort sees what is in order already, as by name within each namespace.
                    rows.sort_by(|a, b| compare(*a, *b));
                }
                if end < from.len() { Stage::Sorting(end) } else { Stage::merging(run, from.len()) }
            }
            Stage::Merging(mut merge) => {
                if merge.some(&from, run, most, compare) {
                    from = merge.into;
                    run = run.saturating_mul(2);
                    Stage::merging(run, from.len())
                } else {
                    Stage::Merging(merge)
                }
            }
            stage => stage,
        };
        (self.from, self.run, self.stage) = (from, run, stage);
    }

    /// Returns the rows' places in the new order.
    pub fn into_ranked(self) -> Vec<Ranked> {
        self.from
    }

    fn compare<'a>(&self, a: Ranked, b: Ranked, row: &impl Fn(u32) -> Option<&'a Row>) -> Ordering {
        let full = || match (row(a.at), row(b.at)) {
            (Some(x), Some(y)) => self.sort.compare((a.rank, x), (b.rank, y)),
            // Every place has a row.
            _ => Ordering::Equal,
        };
        let Some(keys) = &self.keys else { return full() };
        let cell = |ranked: Ranked| self.cells.get(ranked.at as usize).and_then(Option::as_ref);
        let decisive = || self.sort.compare_decisive((cell(a), a.at), (cell(b), b.at), keys);
        // Where neither ranks nor keys tell, the rows themselves do.
        match a.rank.cmp(&b.rank).then_with(|| decisive().unwrap_or_else(full)) {
            Ordering::Equal => full(),
            order => order,
        }
    }
}

impl Stage {
    /// What comes next when all rows are in sorted runs of this length.
    fn merging(run: usize, rows: usize) -> Self {
        if run >= rows {
            return Self::Ready;
        }
        Self::Merging(Merge { into: Vec::with_capacity(rows), ..Merge::default() })
    }
}

impl Merge {
    /// Merges `most` rows at most; returns whether all runs have been merged in pairs.
    fn some(
        &mut self,
        from: &[Ranked],
        run: usize,
        most: usize,
        compare: impl Fn(Ranked, Ranked) -> Ordering,
    ) -> bool {
        let end = self.into.len().saturating_add(most).min(from.len());
        while self.into.len() < end {
            let runs = from.get(self.start..).unwrap_or_default();
            let (left, rest) = runs.split_at(run.min(runs.len()));
            let right = rest.get(..run.min(rest.len())).unwrap_or_default();
            let is_left = match (left.get(self.taken.0), right.get(self.taken.1)) {
                (Some(a), Some(b)) => compare(*a, *b).is_le(),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => {
                    self.start += left.len() + right.len();
                    self.taken = (0, 0);
                    continue;
                }
            };
            let (side, taken) = if is_left { (left, &mut self.taken.0) } else { (right, &mut self.taken.1) };
            self.into.extend(side.get(*taken));
            *taken += 1;
        }
        self.into.len() == from.len()
    }
}

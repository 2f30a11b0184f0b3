//! The order of rows. Every row has a rank, 64 bits of its sort cell; only equal ranks are looked
//! at in full. The whole order is total and strict: two different objects are never equal.

use std::cmp::Ordering;

use super::sort_keys::Keys;
use crate::kinds::Source;
use crate::model::cell::natural;
use crate::model::{Cell, ObjKey, Row, Text};

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Direction {
    /// Smallest, youngest, A first.
    #[default]
    Ascending,
    /// The other way round.
    Descending,
}

impl Direction {
    /// Returns the other direction.
    pub fn flipped(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// A sort in force. Without one chosen, rows stand by namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    /// The column's source.
    pub source: Source,
    /// Which way.
    pub direction: Direction,
}

impl Default for Sort {
    fn default() -> Self {
        Self { source: Source::Namespace, direction: Direction::Ascending }
    }
}

/// Classes of cells, in the order in which [`Cell::order`] ranks them.
const EMPTY: u64 = 0;
const NUMBER: u64 = 4;
const TEXT: u64 = 5;
const AGE: u64 = 6;
/// The class stands in the top four bits.
const CLASS_SHIFT: u32 = 60;

impl Sort {
    /// Returns the row's rank; `joined` is the cell of a metric column, which the row does not hold.
    pub fn rank(self, row: &Row, joined: impl FnOnce() -> Cell) -> u64 {
        let ascending = match self.source {
            Source::Context => text_rank(&row.key.cluster.0),
            Source::Namespace => text_rank(&row.key.namespace),
            Source::Name => text_rank(&row.key.name),
            Source::Age => row.created.map_or(0, |at| class(AGE, age_bits(at.0))),
            Source::Labels => row.labels.first().map_or(0, |(key, _)| class(TEXT, prefix(key.bytes()))),
            Source::Cause => row.health.reason.as_ref().map_or(0, text_rank),
            Source::Cell(at) => row.cells.get(usize::from(at)).map_or(0, cell_rank),
            Source::Metric(_) => cell_rank(&joined()),
        };
        match self.direction {
            Direction::Ascending => ascending,
            Direction::Descending => !ascending,
        }
    }

    /// Orders two ranked rows. Ties always stand by namespace and name, whatever the direction.
    pub fn compare(self, a: (u64, &Row), b: (u64, &Row)) -> Ordering {
        let ((a_rank, a), (b_rank, b)) = (a, b);
        a_rank
            .cmp(&b_rank)
            .then_with(|| match self.direction {
                Direction::Ascending => self.detail(a, b),
                Direction::Descending => self.detail(b, a),
            })
            .then_with(|| tie(&a.key, &b.key))
    }

    /// Returns the cell by which [`Sort::compare_decisive`] orders a row, for orders that go by a single cell.
    pub fn decisive(self, row: &Row) -> Option<Cell> {
        let text = |text: &Text| Cell::text(text.clone());
        match self.source {
            Source::Namespace | Source::Name | Source::Labels | Source::Metric(_) => None,
            Source::Context => Some(text(&row.key.cluster.0)),
            Source::Age => row.created.map(Cell::Age),
            Source::Cause => row.health.reason.as_ref().map(text),
            Source::Cell(at) => row.cells.get(usize::from(at)).cloned(),
        }
    }

    /// The same as [`Sort::compare`] where ranks are equal, without the rows: by their decisive cells and their
    /// keys. Equal when those don't tell; `None` for an order that is by more than a cell.
    pub fn compare_decisive(
        self,
        a: (Option<&Cell>, u32),
        b: (Option<&Cell>, u32),
        keys: &Keys,
    ) -> Option<Ordering> {
        let order = match (self.source, a.0, b.0) {
            (Source::Labels, ..) => return None,
            (Source::Name, ..) => match keys.name(a.1, b.1) {
                // Leading zeros come before the namespace, and keys don't have them.
                Ordering::Equal => return None,
                order => order,
            },
            (_, Some(a), Some(b)) => compare_cells(a, b),
            (_, a, b) => a.is_some().cmp(&b.is_some()),
        };
        let order = match self.direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        };
        Some(order.then_with(|| keys.tie(a.1, b.1)))
    }

    /// What the rank could not tell.
    fn detail(self, a: &Row, b: &Row) -> Ordering {
        match self.source {
            // The tie-break compares these first anyway.
            Source::Namespace | Source::Metric(_) => Ordering::Equal,
            Source::Context => natural_text(&a.key.cluster.0, &b.key.cluster.0),
            Source::Name => natural_text(&a.key.name, &b.key.name),
            Source::Age => b.created.cmp(&a.created),
            Source::Labels => a.labels.cmp(&b.labels),
            Source::Cause => match (&a.health.reason, &b.health.reason) {
                (Some(a), Some(b)) => natural_text(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            },
            Source::Cell(at) => {
                let at = usize::from(at);
                match (a.cells.get(at), b.cells.get(at)) {
                    (Some(a), Some(b)) => compare_cells(a, b),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                }
            }
        }
    }
}

fn tie(a: &ObjKey, b: &ObjKey) -> Ordering {
    natural_text(&a.namespace, &b.namespace)
        .then_with(|| natural_text(&a.name, &b.name))
        .then_with(|| natural_text(&a.cluster.0, &b.cluster.0))
        .then_with(|| natural_text(&a.kind.0, &b.kind.0))
}

fn compare_cells(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Text(a), Cell::Text(b)) => natural_text(a, b),
        _ => variant(a).cmp(&variant(b)).then_with(|| a.order(b)),
    }
}

/// Interned strings are mostly the same allocation: then nothing is read.
fn natural_text(a: &Text, b: &Text) -> Ordering {
    if std::sync::Arc::ptr_eq(a, b) { Ordering::Equal } else { natural(a, b) }
}

fn class(class: u64, bits: u64) -> u64 {
    class << CLASS_SHIFT | bits >> 4
}

/// Younger first: a later moment has smaller bits.
fn age_bits(seconds: i64) -> u64 {
    !(seconds.cast_unsigned() ^ 1 << 63)
}

/// The bits of a number in the order of [`f64::total_cmp`].
fn number_bits(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn text_rank(text: &Text) -> u64 {
    if text.is_empty() { class(TEXT, 0) } else { class(TEXT, natural_prefix(text)) }
}

/// Up to seven bytes. From the first digit on nothing is said but "a digit": a run of digits counts
/// by its value, which a prefix can't hold. Any digit against any other byte compares as `0` does.
fn natural_prefix(text: &str) -> u64 {
    let end = text.bytes().position(|byte| byte.is_ascii_digit());
    let head = text.bytes().take(end.unwrap_or(usize::MAX));
    prefix(head.chain(end.map(|_| b'0')))
}

fn prefix(bytes: impl Iterator<Item = u8>) -> u64 {
    let mut all = [0; 8];
    for (slot, byte) in all.iter_mut().take(7).zip(bytes) {
        *slot = byte;
    }
    u64::from_be_bytes(all)
}

fn cell_rank(cell: &Cell) -> u64 {
    match cell {
        Cell::Empty => class(EMPTY, 0),
        Cell::NoData => class(1, 0),
        Cell::None | Cell::Unset => class(2, 0),
        Cell::Unknown => class(3, 0),
        Cell::Text(text) => text_rank(text),
        Cell::Age(at) => class(AGE, age_bits(at.0)),
        number => class(NUMBER, number_bits(number.number().unwrap_or(0.0))),
    }
}

/// Tells variants of one class apart, so that a column that mixes them still has a total order.
fn variant(cell: &Cell) -> u8 {
    match cell {
        Cell::Int(_) => 1,
        Cell::Float(_) => 2,
        Cell::Bool(_) => 3,
        Cell::Ratio(..) => 4,
        Cell::Span(_) => 5,
        Cell::Restarts(..) => 6,
        Cell::Millicores(_) => 7,
        Cell::Mebibytes(_) => 8,
        Cell::Percent(_) => 9,
        Cell::Quantity(_) => 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Timestamp;

    fn cell() -> impl Strategy<Value = Cell> {
        prop_oneof![
            Just(Cell::Empty),
            Just(Cell::NoData),
            Just(Cell::Unknown),
            "[a-c0-2.]{0,6}".prop_map(Cell::text),
            (-3i64..3).prop_map(Cell::Int),
            (0i64..9).prop_map(|at| Cell::Age(Timestamp(at))),
            (0u32..3, 1u32..3).prop_map(|(a, b)| Cell::Ratio(a, b)),
            (0u32..3, proptest::option::of(0i64..3)).prop_map(|(n, at)| Cell::Restarts(n, at.map(Timestamp))),
        ]
    }

    proptest! {
        #[test]
        fn ranks_never_contradict_the_order_of_cells(a in cell(), b in cell()) {
            let (x, y) = (cell_rank(&a), cell_rank(&b));
            if x != y {
                prop_assert_eq!(x.cmp(&y), a.order(&b), "{:?} {:?}", a, b);
            }
        }
    }
}

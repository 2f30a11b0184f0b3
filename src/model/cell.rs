//! One value of a table: a fact, written as text only when drawn.

use std::cmp::Ordering;
use std::fmt::Write;

use super::text::Text;
use super::time::{Timestamp, human_duration};

/// A fact in a table cell. 24 bytes; sorting compares the fact, never its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing to say: an empty cell.
    #[default]
    Empty,
    /// kubectl's `<none>`.
    None,
    /// kubectl's `<unknown>`.
    Unknown,
    /// kubectl's `<unset>`.
    Unset,
    /// Not known here and now (no metrics yet): `–`, which differs from `0`.
    NoData,
    /// Text from the cluster. Control characters are removed when it is drawn.
    Text(Text),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// `True` / `False` as kubectl prints them is up to the column: this prints `true` / `false`.
    Bool(bool),
    /// `1/2`: so many of so many.
    Ratio(u32, u32),
    /// A moment, shown as its age: `3d4h`.
    Age(Timestamp),
    /// A length of time in seconds: `2m5s`.
    Span(i64),
    /// Restarts with the moment of the last one: `77 (2m ago)`.
    Restarts(u32, Option<Timestamp>),
    /// CPU in thousandths of a core, shown as a bare number of milli-cores.
    Millicores(i64),
    /// Memory or storage in bytes, shown in Mi.
    Mebibytes(i64),
    /// Per cent of something; may exceed 100.
    Percent(u32),
    /// A Kubernetes quantity as written, with its value in thousandths for sorting.
    Quantity(Box<(Text, i128)>),
}

/// Seconds by which the clocks of a server and of this machine may differ without being shown.
const SKEW: i64 = 60;

impl Cell {
    /// Makes a text cell; an empty string gives [`Cell::Empty`].
    pub fn text(s: impl AsRef<str> + Into<Text>) -> Self {
        if s.as_ref().is_empty() { Self::Empty } else { Self::Text(s.into()) }
    }

    /// Makes a text cell, or `<none>` for an empty string.
    pub fn or_none(s: impl AsRef<str> + Into<Text>) -> Self {
        if s.as_ref().is_empty() { Self::None } else { Self::Text(s.into()) }
    }

    /// Appends the cell as shown at the moment `now`.
    pub fn write(&self, now: Timestamp, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Empty => Ok(()),
            Self::None => out.write_str("<none>"),
            Self::Unknown => out.write_str("<unknown>"),
            Self::Unset => out.write_str("<unset>"),
            Self::NoData => out.write_str("–"),
            Self::Text(text) => out.write_str(text),
            Self::Int(value) => write!(out, "{value}"),
            Self::Float(value) => write!(out, "{value}"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Ratio(done, total) => write!(out, "{done}/{total}"),
            // A date that is yet to come has no age; the clocks of two machines differ by less.
            Self::Age(moment) if moment.0 > now.0.saturating_add(SKEW) => out.write_str("<invalid>"),
            Self::Age(moment) => {
                human_duration(moment.elapsed(now), out);
                Ok(())
            }
            Self::Span(seconds) => {
                human_duration(*seconds, out);
                Ok(())
            }
            Self::Restarts(count, None) => write!(out, "{count}"),
            Self::Restarts(count, Some(last)) => {
                let _ = write!(out, "{count} (");
                human_duration(last.elapsed(now), out);
                out.write_str(" ago)")
            }
            Self::Millicores(value) => write!(out, "{value}"),
            Self::Mebibytes(bytes) => write!(out, "{}", bytes / (1024 * 1024)),
            Self::Percent(value) => write!(out, "{value}"),
            Self::Quantity(quantity) => out.write_str(&quantity.0),
        };
    }

    /// Returns the cell as shown at the moment `now`.
    pub fn show(&self, now: Timestamp) -> String {
        let mut out = String::new();
        self.write(now, &mut out);
        out
    }

    /// Returns whether the text of the cell changes as time goes by.
    pub fn ticks(&self) -> bool {
        matches!(self, Self::Age(_) | Self::Restarts(_, Some(_)))
    }

    /// Returns whether the cell is a number, to be aligned right.
    pub fn is_number(&self) -> bool {
        self.number().is_some()
    }

    /// Returns the number behind the cell, on one scale for the whole column: counts, seconds,
    /// milli-cores, bytes, per cent; a ratio gives its done part over its total.
    pub fn number(&self) -> Option<f64> {
        Some(match self {
            Self::Int(value) | Self::Span(value) | Self::Millicores(value) | Self::Mebibytes(value) => {
                *value as f64
            }
            Self::Float(value) => *value,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Ratio(done, total) => f64::from(*done) / f64::from((*total).max(1)),
            Self::Restarts(count, _) => f64::from(*count),
            Self::Percent(value) => f64::from(*value),
            Self::Quantity(quantity) => quantity.1 as f64 / 1000.0,
            _ => return None,
        })
    }

    /// Orders two cells of one column by their values: nothing before something, numbers by size,
    /// moments so that the *youngest age* comes first, text in natural order (`v2` before `v10`).
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Age(a), Self::Age(b)) => b.cmp(a),
            (Self::Text(a), Self::Text(b)) => natural(a, b),
            (Self::Restarts(a, at), Self::Restarts(b, bt)) => a.cmp(b).then(at.cmp(bt)),
            (Self::Ratio(a, at), Self::Ratio(b, bt)) => {
                (u64::from(*a) * u64::from(*bt)).cmp(&(u64::from(*b) * u64::from(*at))).then(at.cmp(bt))
            }
            (a, b) => match (a.number(), b.number()) {
                (Some(x), Some(y)) => x.total_cmp(&y),
                _ => a.rank().cmp(&b.rank()),
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Empty => 0,
            Self::NoData => 1,
            Self::None | Self::Unset => 2,
            Self::Unknown => 3,
            Self::Text(_) => 5,
            Self::Age(_) => 6,
            _ => 4,
        }
    }
}

/// Compares text so that runs of digits count as numbers: `pod-9` before `pod-10`, `v1.9` before `v1.10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (x, y) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut j) = (0, 0);
    while let (Some(&p), Some(&q)) = (x.get(i), y.get(j)) {
        if p.is_ascii_digit() && q.is_ascii_digit() {
            let run = |bytes: &[u8], from: usize| {
                let end =
                    bytes[from..].iter().position(|c| !c.is_ascii_digit()).map_or(bytes.len(), |n| from + n);
                let start = from + bytes[from..end].iter().take_while(|&&c| c == b'0').count();
                (start, end)
            };
            let ((ps, pe), (qs, qe)) = (run(x, i), run(y, j));
            let order = (pe - ps).cmp(&(qe - qs)).then_with(|| x[ps..pe].cmp(&y[qs..qe]));
            if order.is_ne() {
                return order;
            }
            (i, j) = (pe, qe);
        } else {
            if p != q {
                return p.cmp(&q);
            }
            (i, j) = (i + 1, j + 1);
        }
    }
    // Equal as far as the shorter one goes, leading zeros aside: the bytes settle it.
    (x.len() - i).cmp(&(y.len() - j)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_small_because_a_hundred_thousand_pods_have_twelve_each() {
        assert!(size_of::<Cell>() <= 24, "{}", size_of::<Cell>());
    }

    #[test]
    fn a_date_to_come_has_no_age_but_clocks_may_differ() {
        let age = Cell::Age(Timestamp(1000));
        assert_eq!(age.show(Timestamp(999)), "0s");
        assert_eq!(age.show(Timestamp(1000 - SKEW)), "0s");
        assert_eq!(age.show(Timestamp(1000 - SKEW - 1)), "<invalid>");
    }

    #[test]
    fn cells_sort_by_value_not_by_text() {
        let ordered = [
            vec![Cell::Empty, Cell::NoData, Cell::Int(0), Cell::Int(9), Cell::Int(10)],
            vec![Cell::text("v1.9"), Cell::text("v1.10"), Cell::text("v2"), Cell::text("v10")],
            vec![
                Cell::Ratio(0, 3),
                Cell::Ratio(1, 3),
                Cell::Ratio(1, 2),
                Cell::Ratio(1, 1),
                Cell::Ratio(2, 2),
            ],
            vec![Cell::Age(Timestamp(100)), Cell::Age(Timestamp(50))],
            vec![Cell::Restarts(1, None), Cell::Restarts(2, Some(Timestamp(5))), Cell::Restarts(10, None)],
        ];
        for column in ordered {
            for pair in column.windows(2) {
                assert_eq!(pair[0].order(&pair[1]), Ordering::Less, "{pair:?}");
                assert_eq!(pair[1].order(&pair[0]), Ordering::Greater, "{pair:?}");
            }
        }
    }

    #[test]
    fn natural_order_is_total_even_with_leading_zeros() {
        assert_eq!(natural("a01", "a1"), Ordering::Less);
        assert_eq!(natural("a1", "a01"), Ordering::Greater);
        assert_eq!(natural("a1", "a1"), Ordering::Equal);
        assert_eq!(natural("a", "a1"), Ordering::Less);
    }
}

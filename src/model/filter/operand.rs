//! The right-hand side of `restarts>3`, `age<10m`, `mem>=1Gi`: one text, several possible scales.

use std::cmp::Ordering;

use crate::model::quantity::Quantity;
use crate::model::{Cell, Timestamp};

/// Units of time, largest first, as ages are written.
const UNITS: &[(char, f64)] = &[
    ('y', 365.0 * 86_400.0),
    ('w', 7.0 * 86_400.0),
    ('d', 86_400.0),
    ('h', 3600.0),
    ('m', 60.0),
    ('s', 1.0),
];

/// A number as typed. Which reading counts is decided by the cell it meets: `10m` is ten minutes
/// beside an age and a hundredth beside a CPU figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Operand {
    /// A bare number, `%` allowed.
    plain: Option<f64>,
    /// Seconds.
    span: Option<f64>,
    /// A Kubernetes quantity.
    amount: Option<f64>,
    /// `1/2`.
    ratio: Option<f64>,
    /// Written with a decimal point.
    decimal: bool,
}

impl Operand {
    /// Reads a number; `None` when no reading fits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%').unwrap_or(text);
        let plain = number.parse::<f64>().ok().filter(|value| value.is_finite());
        let ratio = text.split_once('/').and_then(|(done, total)| {
            Some(f64::from(done.parse::<u32>().ok()?) / f64::from(total.parse::<u32>().ok()?.max(1)))
        });
        let operand = Self {
            plain,
            span: span(text),
            amount: Quantity::parse(text).map(Quantity::value),
            ratio,
            decimal: text.contains('.'),
        };
        (plain.is_some() || operand.span.is_some() || operand.amount.is_some() || ratio.is_some())
            .then_some(operand)
    }

    /// Orders a cell against the operand; `None` when they cannot be compared.
    pub(super) fn order(&self, cell: &Cell, now: Timestamp) -> Option<Ordering> {
        let (value, bound) = match cell {
            Cell::Age(moment) => (moment.elapsed(now) as f64, self.span.or(self.plain)?),
            Cell::Span(seconds) => (*seconds as f64, self.span.or(self.plain)?),
            // A bare whole number means what the column shows: milli-cores, Mi.
            Cell::Millicores(value) => (*value as f64, self.shown(1.0, 1000.0)?),
            Cell::Mebibytes(bytes) => (*bytes as f64, self.shown(1024.0 * 1024.0, 1.0)?),
            Cell::Text(text) => {
                let other = Self::parse(text)?;
                match (other.plain, self.plain) {
                    (Some(value), Some(bound)) => (value, bound),
                    _ => match (other.amount, self.amount) {
                        (Some(value), Some(bound)) => (value, bound),
                        _ => (other.span?, self.span?),
                    },
                }
            }
            other => (other.number()?, self.plain.or(self.ratio).or(self.amount)?),
        };
        value.partial_cmp(&bound)
    }

    /// Returns the bound in the column's scale: bare numbers times `bare`, quantities times `unit`.
    fn shown(&self, bare: f64, unit: f64) -> Option<f64> {
        match self.plain {
            Some(value) if !self.decimal || bare > unit => Some(value * bare),
            _ => self.amount.map(|value| value * unit),
        }
    }
}

/// Reads durations whose every number has a unit, largest unit first: `10m`, `2d`, `1h30m`, `3w`.
fn span(text: &str) -> Option<f64> {
    let (mut total, mut rest, mut units) = (0.0, text, UNITS);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest.get(..end)?.parse().ok()?;
        let letter = rest.get(end..)?.chars().next()?;
        let at = units.iter().position(|(unit, _)| *unit == letter)?;
        total += value * units.get(at)?.1;
        units = units.get(at + 1..)?;
        rest = rest.get(end + letter.len_utf8()..)?;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_the_scale_of_the_cell_it_meets() {
        let now = Timestamp(1_000_000);
        let mi = 1024 * 1024;
        for (cell, text, want) in [
            (Cell::Age(Timestamp(1_000_000 - 599)), "10m", Ordering::Less),
            (Cell::Age(Timestamp(1_000_000 - 5400)), "1h30m", Ordering::Equal),
            (Cell::Age(Timestamp(0)), "1w", Ordering::Greater),
            (Cell::Span(61), "60", Ordering::Greater),
            (Cell::Millicores(500), "500m", Ordering::Equal),
            (Cell::Millicores(500), "499", Ordering::Greater),
            (Cell::Millicores(500), "0.5", Ordering::Equal),
            (Cell::Mebibytes(1024 * mi), "1Gi", Ordering::Equal),
            (Cell::Mebibytes(1024 * mi), "1024", Ordering::Equal),
            (Cell::Mebibytes(mi), "1.5", Ordering::Less),
            (Cell::Percent(97), "90%", Ordering::Greater),
            (Cell::Percent(97), "97", Ordering::Equal),
            (Cell::Restarts(4, Some(now)), "3", Ordering::Greater),
            (Cell::Ratio(1, 2), "1/1", Ordering::Less),
            (Cell::Ratio(1, 2), "0.5", Ordering::Equal),
            (
                Cell::Quantity(Box::new(("10Gi".into(), 10 * 1024 * mi as i128 * 1000))),
                "9Gi",
                Ordering::Greater,
            ),
            (Cell::Int(1500), "1k", Ordering::Greater),
            (Cell::text("12"), "9", Ordering::Greater),
            (Cell::text("2Gi"), "900Mi", Ordering::Greater),
        ] {
            let operand = Operand::parse(text).unwrap();
            assert_eq!(operand.order(&cell, now), Some(want), "{cell:?} {text}");
        }
        let three = Operand::parse("3").unwrap();
        for cell in [Cell::NoData, Cell::None, Cell::Empty, Cell::text("web")] {
            assert_eq!(three.order(&cell, now), None, "{cell:?}");
        }
    }

    #[test]
    fn words_are_no_numbers() {
        for text in ["", "abc", "1x", "m", "1m1h", "1h30", "nan", "inf", "1/x", "ü"] {
            assert_eq!(Operand::parse(text), None, "{text}");
        }
    }
}

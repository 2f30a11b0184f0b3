//! Kubernetes quantities (`100m`, `1.5Gi`, `2e3`) as whole thousandths.
//!
//! Only what projectors need: reading. Sub-thousandths round up, as the API machinery does.

use crate::model::{Cell, Text};

const SUFFIXES: &[(&str, i128, i128)] = &[
    // (suffix, multiplier of a thousandth, divisor)
    ("", 1_000, 1),
    ("n", 1, 1_000_000),
    ("u", 1, 1_000),
    ("m", 1, 1),
    ("k", 1_000_000, 1),
    ("M", 1_000_000_000, 1),
    ("G", 1_000_000_000_000, 1),
    ("T", 1_000_000_000_000_000, 1),
    ("P", 1_000_000_000_000_000_000, 1),
    ("E", 1_000_000_000_000_000_000_000, 1),
    ("Ki", 1_000 << 10, 1),
    ("Mi", 1_000 << 20, 1),
    ("Gi", 1_000 << 30, 1),
    ("Ti", 1_000 << 40, 1),
    ("Pi", 1_000 << 50, 1),
    ("Ei", 1_000 << 60, 1),
];

/// Reads a quantity in thousandths of its unit.
pub fn milli(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() + fraction.len() > 24 {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse::<i128>().ok()?;
    let (multiplier, divisor) = match SUFFIXES.iter().find(|(name, ..)| *name == suffix) {
        Some((_, multiplier, divisor)) => (*multiplier, *divisor),
        None => {
            let exponent = suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
            let power = 10i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 { (1_000, power) } else { (power.checked_mul(1_000)?, 1) }
        }
    };
    let divisor = divisor.checked_mul(10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
    let product = digits.checked_mul(multiplier)?;
    let value = product / divisor + i128::from(product % divisor != 0);
    Some(if negative { -value } else { value })
}

/// Reads CPU as milli-cores.
pub fn millicores(text: &str) -> Option<i64> {
    i64::try_from(milli(text)?).ok()
}

/// Reads memory or storage as bytes.
pub fn bytes(text: &str) -> Option<i64> {
    let milli = milli(text)?;
    i64::try_from(milli / 1_000 + i128::from(milli % 1_000 > 0)).ok()
}

/// Makes a cell that shows the quantity as written and sorts by its value.
pub fn cell(text: &str) -> Cell {
    match milli(text) {
        Some(value) => Cell::Quantity(Box::new((Text::from(text), value))),
        None => Cell::text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_every_notation() {
        for (text, want) in [
            ("0", 0),
            ("1", 1_000),
            ("100m", 100),
            ("1.5", 1_500),
            (".5", 500),
            ("5.", 5_000),
            ("1k", 1_000_000),
            ("1Ki", 1_024_000),
            ("1.5Gi", 1_610_612_736_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("2e3", 2_000_000),
            ("2E3", 2_000_000),
            ("25e-1", 2_500),
            ("1n", 1),
            ("1500u", 2),
            ("-1500u", -2),
            ("+3", 3_000),
        ] {
            assert_eq!(milli(text), Some(want), "{text}");
        }
        for bad in ["", "-", "m", "1x", "1Kii", "1e", "0x10", "1 Gi", "9999999999999999999999999"] {
            assert_eq!(milli(bad), None, "{bad}");
        }
        assert_eq!(bytes("128974848"), Some(128_974_848));
        assert_eq!(millicores("2"), Some(2_000));
    }
}

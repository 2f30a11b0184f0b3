//! Kubernetes quantities (`100m`, `1Gi`, `1e3`, `0.5`, `12E`), exact to thousandths.

/// An amount in thousandths; what is finer is rounded away from zero, as the API server does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

/// What a suffix multiplies by: `base` to the power of `exponent`.
const SUFFIXES: &[(&str, u32, i32)] = &[
    ("", 10, 0),
    ("n", 10, -9),
    ("u", 10, -6),
    ("m", 10, -3),
    ("k", 10, 3),
    ("M", 10, 6),
    ("G", 10, 9),
    ("T", 10, 12),
    ("P", 10, 15),
    ("E", 10, 18),
    ("Ki", 2, 10),
    ("Mi", 2, 20),
    ("Gi", 2, 30),
    ("Ti", 2, 40),
    ("Pi", 2, 50),
    ("Ei", 2, 60),
];

impl Quantity {
    /// Reads a quantity; `None` for anything else and for amounts beyond all measure.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let (number, suffix) = (digits.get(..end)?, digits.get(end..)?);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction = fraction.trim_end_matches('0');
        if number.trim_matches('.').is_empty() || fraction.contains('.') {
            return None;
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let (base, exponent) = scale(suffix)?;
        // Tenths of the fraction and the thousandths of the result are powers of ten beside the suffix.
        let mut tens = 3 - i32::try_from(fraction.len()).ok()?;
        let mut value = mantissa;
        if base == 2 {
            value = value.checked_mul(1i128.checked_shl(u32::try_from(exponent).ok()?)?)?;
        } else {
            tens = tens.checked_add(exponent)?;
        }
        let value = if value == 0 { 0 } else { times_ten_to(value, tens)? };
        Some(Self(if negative { -value } else { value }))
    }

    /// Returns the amount in thousandths.
    pub fn thousandths(self) -> i128 {
        self.0
    }

    /// Returns a CPU amount in milli-cores.
    pub fn millicores(self) -> i64 {
        saturate(self.0)
    }

    /// Returns a memory or storage amount in bytes, rounded away from zero.
    pub fn bytes(self) -> i64 {
        let whole = self.0 / 1000;
        saturate(if self.0 % 1000 == 0 { whole } else { whole + self.0.signum() })
    }

    /// Returns the amount as a number.
    pub fn value(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

/// Reads a CPU quantity as milli-cores.
pub fn millicores(text: &str) -> Option<i64> {
    Quantity::parse(text).map(Quantity::millicores)
}

/// Reads a memory or storage quantity as bytes.
pub fn bytes(text: &str) -> Option<i64> {
    Quantity::parse(text).map(Quantity::bytes)
}

fn scale(suffix: &str) -> Option<(u32, i32)> {
    if let Some(&(_, base, exponent)) = SUFFIXES.iter().find(|(name, ..)| *name == suffix) {
        return Some((base, exponent));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((10, exponent.parse::<i32>().ok().filter(|value| (-60..=60).contains(value))?))
}

fn times_ten_to(value: i128, tens: i32) -> Option<i128> {
    if tens >= 0 {
        return value.checked_mul(10i128.checked_pow(tens.unsigned_abs())?);
    }
    let Some(divisor) = 10i128.checked_pow(tens.unsigned_abs()) else { return Some(1) };
    Some(value / divisor + i128::from(value % divisor != 0))
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantities_are_exact_to_thousandths() {
        for (text, want) in [
            ("100m", 100),
            ("1", 1000),
            ("0.5", 500),
            (".5", 500),
            ("5.", 5000),
            ("1e3", 1_000_000),
            ("1E-3", 1),
            ("12E", 12_000_000_000_000_000_000_000),
            ("1Ki", 1_024_000),
            ("1.5Gi", 1_610_612_736_000),
            ("1k", 1_000_000),
            ("1n", 1),
            ("1001u", 2),
            ("-1.0001", -1001),
            ("+2", 2000),
            ("0", 0),
            ("0n", 0),
            ("16Ei", 18_446_744_073_709_551_616_000),
        ] {
            assert_eq!(Quantity::parse(text).map(Quantity::thousandths), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in
            ["", "-", ".", "m", "1 Gi", "1KI", "1gi", "1.2.3", "1e", "1e999999999999", "٣", "0x10", "1Zi"]
        {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn cores_and_bytes_have_their_own_scale() {
        assert_eq!(millicores("2"), Some(2000));
        assert_eq!(millicores("250m"), Some(250));
        assert_eq!(bytes("512Mi"), Some(512 * 1024 * 1024));
        assert_eq!(bytes("1500m"), Some(2));
        assert_eq!(bytes("99E"), Some(i64::MAX));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "[-+]?[0-9.]{0,45}[a-zA-Z]{0,3}[-+]?[0-9]{0,4}") {
            let _ = Quantity::parse(&text);
        }
    }
}

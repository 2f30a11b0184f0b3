//! What a YAML 1.1 reader would take a bare word for. Strings that look like something else are quoted.

/// Words with a meaning of their own.
const WORDS: &[&str] = &[
    "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", ".nan", ".NaN", ".NAN",
    ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
];

/// Returns whether a bare `s` reads as a string.
pub fn is_string(s: &str) -> bool {
    if WORDS.contains(&s) {
        return false;
    }
    match s.as_bytes().first() {
        Some(b'.') => !s.parse::<f64>().is_ok_and(f64::is_finite),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            let plain = s.replace('_', "");
            !(is_timestamp(s) || is_integer(&plain) || is_float(&plain) || is_base60(s))
        }
        _ => true,
    }
}

fn is_integer(s: &str) -> bool {
    let unsigned = s.strip_prefix(['+', '-']).unwrap_or(s);
    let (digits, radix) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (unsigned.get(2..), 16),
        [b'0', b'o' | b'O', ..] => (unsigned.get(2..), 8),
        [b'0', b'b' | b'B', ..] => (unsigned.get(2..), 2),
        [b'0', _, ..] => (unsigned.get(1..), 8),
        _ => (Some(unsigned), 10),
    };
    let Some(digits) = digits.filter(|d| !d.is_empty() && d.chars().all(|c| c.is_digit(radix))) else {
        return false;
    };
    match (i128::from_str_radix(digits, radix), s.as_bytes().first()) {
        (Ok(value), Some(b'-')) => value <= 1 << 63,
        (Ok(value), Some(b'+')) => value < 1 << 63,
        (Ok(value), _) => value < 1 << 64,
        (Err(_), _) => false,
    }
}

/// `[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?`, and within range.
fn is_float(s: &str) -> bool {
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = s.strip_prefix(['+', '-']).unwrap_or(s);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let number = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let power = exponent.is_none_or(|e| !e.is_empty() && digits(e));
    number && power && s.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `1:30` was a number once; it is quoted for the sake of old readers.
fn is_base60(s: &str) -> bool {
    let unsigned = s.strip_prefix(['+', '-']).unwrap_or(s);
    let (body, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = body.split(':');
    let head = parts.next().unwrap_or_default();
    let mut count = 0;
    let sexagesimal = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    };
    head.starts_with(|c: char| c.is_ascii_digit())
        && head.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && parts.all(|part| {
            count += 1;
            sexagesimal(part)
        })
        && count > 0
        && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// `2001-2-3`, `2001-02-03T4:05:06Z`, `2001-02-03 04:05:06.7`.
fn is_timestamp(s: &str) -> bool {
    let Some((year, rest)) = s.split_once('-') else { return false };
    let Some((month, rest)) = rest.split_once('-') else { return false };
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, rest) = rest.split_at(end);
    let (Some(year), Some(month), Some(day)) = (year.parse::<u32>().ok(), small(month, 12), small(day, 31))
    else {
        return false;
    };
    if month == 0 || day == 0 || day > days_in(year, month) {
        return false;
    }
    match rest.chars().next() {
        None => true,
        Some(' ') => rest.get(1..).is_some_and(|clock| is_clock(clock, false)),
        Some('T' | 't') => rest.get(1..).is_some_and(|clock| is_clock(clock, true)),
        Some(_) => false,
    }
}

fn is_clock(clock: &str, with_zone: bool) -> bool {
    let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(end);
    let zone_is_good = match zone.as_bytes() {
        [] => !with_zone,
        [b'Z'] => with_zone,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            with_zone && [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit())
        }
        _ => false,
    };
    let (whole, fraction) = match clock.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let parts: Vec<&str> = whole.split(':').collect();
    let in_range = match parts.as_slice() {
        [hour, minute, second] => {
            small(hour, 23).is_some() && small(minute, 59).is_some() && small(second, 59).is_some()
        }
        _ => false,
    };
    zone_is_good
        && in_range
        && fraction.is_none_or(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()))
}

/// One or two digits up to `most`.
fn small(s: &str, most: u32) -> Option<u32> {
    let good = (1..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    good.then(|| s.parse().ok()).flatten().filter(|value| *value <= most)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: &str = "~ null yes NO on y true 0 -1 +1 0644 08 0x1f 0b101 0o17 1_000 1e3 1. .5 -.5 1.5e-3 \
        2001-02-03 2001-2-3T4:5:6Z 2026-11-24T16:20:27Z 1:30 12:30:45 18446744073709551615 99999999999999999999";
    const STRINGS: &str = "a - + . .. 1a 0x 0xg 1e e3 1.2.3 v1.10 1:60 2001-13-01 2001-02-30 2001-02-03T04:05:06 \
        2001-02-03T25:00:00Z yEs nULL 10Gi 1:30: --1";

    #[test]
    fn words_that_read_as_something_else_are_told_from_strings() {
        for other in OTHERS.split_whitespace().chain(["", "2001-02-03 04:05:06"]) {
            assert!(!is_string(other), "{other:?} is not a string");
        }
        for string in STRINGS.split_whitespace() {
            assert!(is_string(string), "{string:?} is a string");
        }
    }
}

//! Small texts of messages: hostile text made plain, durations in words, dates.

use crate::model::sanitize;

/// Makes hostile text safe for a message.
pub(crate) fn clean(text: &str) -> String {
    sanitize::clean(text).into_owned()
}

/// Returns at most `limit` characters, with an ellipsis when something was cut.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// Writes a duration for a sentence: `45 s`, `12 min`, `3 h`, `2 days`.
pub(crate) fn span(seconds: i64) -> String {
    let s = seconds.abs();
    match s {
        0..120 => format!("{s} s"),
        120..7200 => format!("{} min", s / 60),
        7200..172_800 => format!("{} h", (s + 1800) / 3600),
        _ => format!("{} days", s / 86_400),
    }
}

/// Reads an HTTP date (`Tue, 24 Nov 2026 17:24:39 GMT`), the only form that servers send today.
pub(crate) fn http_date(text: &str) -> Option<crate::model::Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.split_once(", ")?.1.split(' ');
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next()? != "GMT" || month.len() != 3 {
        return None;
    }
    let month = MONTHS.find(month).filter(|at| at % 3 == 0)? / 3 + 1;
    crate::model::Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

/// Returns this machine's clock.
pub(crate) fn now() -> crate::model::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    crate::model::Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_are_read_and_nonsense_is_not() {
        let date = http_date("Tue, 24 Nov 2026 17:24:39 GMT").unwrap();
        assert_eq!(date.rfc3339(), "2026-11-24T17:24:39Z");
        for bad in ["", "24 Nov 2026", "Tue, 24 anF 2026 17:24:39 GMT", "Tue, 24 Nov 2026 17:24:39 CET"] {
            assert_eq!(http_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn messages_carry_no_control_characters() {
        assert_eq!(clean("a\u{1b}[31mred\u{202e}\n\u{7}b"), "ared b");
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(span(-3 * 3600), "3 h");
    }
}

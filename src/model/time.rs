//! Moments as whole seconds, and kubectl's way of writing how long ago they were.

use std::fmt::Write;

/// A moment in seconds since 1970, UTC. Rows store facts; ages are made when drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339 as Kubernetes writes it (`2026-11-24T16:20:27Z`, also with fractions and offsets).
    ///
    /// Returns `None` for anything else. Calendar arithmetic after Howard Hinnant's `days_from_civil`.
    pub fn parse(s: &str) -> Option<Self> {
        let b = s.as_bytes();
        if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b't' | b' ') {
            return None;
        }
        let num = |from: usize, to: usize| s.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (num(0, 4)?, num(5, 7)?, num(8, 10)?);
        let (hour, minute, second) = (num(11, 13)?, num(14, 16)?, num(17, 19)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let zone = s.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let offset = match zone.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), ..] if zone.len() == 6 => {
                let value =
                    zone.get(1..3)?.parse::<i64>().ok()? * 3600 + zone.get(4..6)?.parse::<i64>().ok()? * 60;
                if *sign == b'-' { -value } else { value }
            }
            _ => return None,
        };
        Some(Self(days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset))
    }

    /// Seconds from `self` to `now`; never negative, because clocks disagree.
    pub fn elapsed(self, now: Self) -> i64 {
        (now.0 - self.0).max(0)
    }

    /// Writes the moment as RFC 3339 in UTC.
    pub fn rfc3339(self) -> String {
        let (days, rest) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Appends a duration as kubectl prints ages (`apimachinery/pkg/util/duration`, `HumanDuration`):
/// `59s`, `2m5s`, `45m`, `3h20m`, `28h`, `3d4h`, `60d`, `2y10d`, `9y`.
pub fn human_duration(seconds: i64, out: &mut String) {
    let s = seconds.max(0);
    let (minutes, hours, days) = (s / 60, s / 3600, s / 86_400);
    let pair = |out: &mut String, big: i64, unit: char, small: i64, small_unit: char| {
        // Writing to a String cannot fail.
        let _ = if small == 0 {
            write!(out, "{big}{unit}")
        } else {
            write!(out, "{big}{unit}{small}{small_unit}")
        };
    };
    let one = |out: &mut String, value: i64, unit: char| {
        let _ = write!(out, "{value}{unit}");
    };
    if s < 120 {
        one(out, s, 's');
    } else if minutes < 10 {
        pair(out, minutes, 'm', s % 60, 's');
    } else if minutes < 180 {
        one(out, minutes, 'm');
    } else if hours < 8 {
        pair(out, hours, 'h', minutes % 60, 'm');
    } else if hours < 48 {
        one(out, hours, 'h');
    } else if hours < 192 {
        pair(out, days, 'd', hours % 24, 'h');
    } else if hours < 24 * 365 * 2 {
        one(out, days, 'd');
    } else if hours < 24 * 365 * 8 {
        pair(out, days / 365, 'y', days % 365, 'd');
    } else {
        one(out, days / 365, 'y');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_round_trips_and_offsets_are_applied() {
        for text in
            ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-11-24T16:20:27Z", "1969-12-31T23:00:00Z"]
        {
            assert_eq!(Timestamp::parse(text).unwrap().rfc3339(), text);
        }
        assert_eq!(
            Timestamp::parse("2026-11-24T17:20:27.123456+01:00"),
            Timestamp::parse("2026-11-24T16:20:27Z")
        );
        for bad in [
            "",
            "null",
            "2026-13-01T00:00:00Z",
            "2026-11-24 16:20",
            "2026-11-24T16:20:27",
            "²026-11-24T16:20:27Z",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn ages_read_as_kubectl_prints_them() {
        const M: i64 = 60;
        const H: i64 = 60 * M;
        const D: i64 = 24 * H;
        for (seconds, want) in [
            (-5, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (179 * M, "179m"),
            (180 * M, "3h"),
            (7 * H + 59 * M, "7h59m"),
            (8 * H, "8h"),
            (47 * H, "47h"),
            (2 * D, "2d"),
            (2 * D + H, "2d1h"),
            (7 * D + 23 * H, "7d23h"),
            (8 * D, "8d"),
            (729 * D, "729d"),
            (730 * D, "2y"),
            (731 * D, "2y1d"),
            (8 * 365 * D, "8y"),
            (9 * 365 * D + D, "9y"),
        ] {
            let mut out = String::new();
            human_duration(seconds, &mut out);
            assert_eq!(out, want, "{seconds} s");
        }
    }
}

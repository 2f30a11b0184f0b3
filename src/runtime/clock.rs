//! The one home of the machine's clocks: everything else is told the time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// Returns the wall clock's time in whole seconds.
pub fn now() -> Timestamp {
    Timestamp(i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX))
}

/// Returns the monotonic clock's time, for deadlines and frame pacing.
pub fn instant() -> Instant {
    Instant::now()
}

/// Returns how long it takes until the wall clock shows a second that is `seconds` later than now.
///
/// Ages change on whole seconds: a wait from the middle of a second would draw each one late.
pub fn until_second(seconds: u64) -> Duration {
    until(seconds, since_epoch())
}

fn since_epoch() -> Duration {
    // A clock before 1970 is broken; ages are then cut at zero anyway.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn until(seconds: u64, now: Duration) -> Duration {
    let fraction = Duration::from_nanos(u64::from(now.subsec_nanos()));
    // A hair past the border, so that a timer that fires early does not draw the old second.
    Duration::from_secs(seconds.max(1)).saturating_sub(fraction) + Duration::from_millis(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_fall_just_after_whole_seconds() {
        let now = Duration::from_millis(10_400);
        assert_eq!(until(1, now), Duration::from_millis(602));
        assert_eq!(until(60, now), Duration::from_millis(59_602));
        assert_eq!(until(0, now), until(1, now), "a tick at once would spin");
    }
}

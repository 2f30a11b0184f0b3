//! All waiting times of this room, in one table, so that tests can be quick.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// How long things wait.
#[derive(Clone, Debug)]
pub struct Timing {
    /// For the headers of an answer.
    pub header: Duration,
    /// For the first byte of a list, before the next strategy is tried.
    pub first_byte: Duration,
    /// Between two pieces of a list's body.
    pub list_idle: Duration,
    /// Between two pieces of a streaming list before its end mark has come.
    pub mark: Duration,
    /// What a watch asks the server for; up to a fifth is added so that watches do not end together.
    pub watch: Duration,
    /// What is allowed beyond that before a silent connection counts as dead.
    pub watch_slack: Duration,
    /// A batch is not kept back longer than this.
    pub batch: Duration,
    /// First and longest wait after failures.
    pub backoff: (Duration, Duration),
    /// A watch that held this long has recovered.
    pub quiet: Duration,
    /// A cut is not shown before this.
    pub reconnecting: Duration,
    /// A cut is shown as stale after this.
    pub stale: Duration,
    /// Forbidden and missing things are asked for again after this.
    pub forbidden: Duration,
    /// Refused credentials are tried again after this.
    pub unauthorized: Duration,
    /// The supervisor looks after its tasks this often.
    pub tick: Duration,
    /// An unwanted shard is watched on for this long.
    pub linger: Duration,
    /// The rows of a stopped shard are kept for this long.
    pub keep: Duration,
    /// Metrics are polled this often while wanted.
    pub metrics: Duration,
    /// An absent metrics API is asked for again after this.
    pub metrics_absent: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        const fn s(seconds: u64) -> Duration {
            Duration::from_secs(seconds)
        }
        Self {
            header: s(30),
            first_byte: s(10),
            list_idle: s(30),
            mark: s(10),
            watch: s(60),
            watch_slack: s(10),
            batch: Duration::from_millis(10),
            backoff: (Duration::from_millis(500), s(30)),
            quiet: s(60),
            reconnecting: s(1),
            stale: s(10),
            forbidden: s(180),
            unauthorized: s(30),
            tick: s(2),
            linger: s(30),
            keep: s(300),
            metrics: s(15),
            metrics_absent: s(300),
        }
    }
}

/// The wait before the next attempt: doubles with each failure in a row, with jitter.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the next wait; at least what the server asked for.
    pub(crate) fn next(&mut self, timing: &Timing, retry_after: Option<u32>) -> Duration {
        let (first, longest) = timing.backoff;
        let full = first.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures = self.failures.saturating_add(1);
        // Between half and all of it: many kdecks must not come back in the same moment.
        let wait = full / 2 + jitter(full / 2);
        // A server that asks for more than ten minutes is not taken at its word.
        let asked = Duration::from_secs(u64::from(retry_after.unwrap_or(0).min(600)));
        wait.max(asked)
    }

    /// Returns how many failures came in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Starts over.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Returns something between nothing and `most`.
pub(crate) fn jitter(most: Duration) -> Duration {
    // The standard library's hash seeds are random enough to spread retries.
    let random = RandomState::new().build_hasher().finish();
    most.mul_f64((random % 1024) as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over() {
        let (timing, mut backoff) = (Timing::default(), Backoff::default());
        for full in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            let wait = backoff.next(&timing, None).as_millis();
            assert!(wait >= full / 2 && wait <= full, "{wait} of {full}");
        }
        backoff.reset();
        assert!(backoff.next(&timing, None).as_millis() <= 500);
        assert_eq!(backoff.next(&timing, Some(7)).as_secs(), 7);
        assert_eq!(backoff.next(&timing, Some(u32::MAX)).as_secs(), 600);
    }
}

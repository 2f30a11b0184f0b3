//! When data is looked at and drawn: at once after a pause, often in a burst, ten times a second in a steady stream that
//! a look keeps up with.
//!
//! Owns the moments of the last looks and frames. Input is none of its business: that is drawn at once.

use std::time::{Duration, Instant};

/// The least time between two looks at data in a burst: a first load is followed smoothly.
const BURST: Duration = Duration::from_millis(33);
/// The same in a stream that does not end: with its frame it stays within a tenth of a second.
const STREAM: Duration = Duration::from_millis(90);
/// So many looks, one right after the other, are a stream.
const RUN: u32 = 40;
/// Without news for so long, the next are a burst again.
const PAUSE: Duration = Duration::from_millis(250);
/// The least time between two frames for what stands in no row on screen: counts, and the chain of the selected row.
const ASIDE: Duration = Duration::from_millis(500);

/// The frame clock.
#[derive(Debug, Default)]
pub struct Pace {
    looked: Option<Instant>,
    drawn: Option<Instant>,
    rung: Option<Instant>,
    /// Looks without a pause between them.
    run: u32,
    /// The last look could not take in everything. Waiting would let the log of changes run over, and then all rows
    /// have to be read anew.
    is_behind: bool,
}

impl Pace {
    /// Takes note of news; returns when to look at them.
    pub fn rung(&mut self, now: Instant) -> Instant {
        let before = self.rung.replace(now);
        let is_run = before.is_some_and(|before| now.saturating_duration_since(before) < PAUSE);
        self.run = if is_run { self.run.saturating_add(1) } else { 0 };
        after(self.looked, if self.run < RUN || self.is_behind { BURST } else { STREAM }, now)
    }

    /// Takes note of a look at the data, and whether it left some of them for the next.
    pub fn looked(&mut self, now: Instant, is_behind: bool) {
        self.looked = Some(now);
        self.is_behind = is_behind;
    }

    /// Takes note of a frame, which shows all that there is.
    pub fn drew(&mut self, now: Instant) {
        (self.looked, self.drawn) = (Some(now), Some(now));
    }

    /// Returns when to draw what changed beside the rows on screen.
    pub fn aside(&self, now: Instant) -> Instant {
        after(self.drawn, ASIDE, now)
    }
}

fn after(last: Option<Instant>, least: Duration, now: Instant) -> Instant {
    last.map_or(now, |last| (last + least).max(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings every `every` for so long, looks when it may; returns how long each look came after its ring.
    fn waits(pace: &mut Pace, from: Instant, every: Duration, count: u32) -> Vec<Duration> {
        let mut waits = Vec::new();
        let mut free = from;
        for n in 0..count {
            let ring = from + every * n;
            // Rings before the look are part of it.
            if ring >= free {
                free = pace.rung(ring);
                pace.looked(free, false);
                waits.push(free - ring);
            }
        }
        waits
    }

    #[test]
    fn news_after_a_pause_are_looked_at_at_once() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.rung(now), now);
        pace.drew(now);
        assert_eq!(pace.rung(now + PAUSE), now + PAUSE);
    }

    #[test]
    fn a_burst_is_followed_closely_and_a_stream_ten_times_a_second() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let looks = waits(&mut pace, now, Duration::from_millis(1), 10_000);
        let burst = looks.iter().take(RUN as usize).max();
        assert!(burst.is_some_and(|wait| *wait <= BURST), "{burst:?}");
        assert!(looks.iter().all(|wait| *wait <= STREAM), "no change may be older than that");
        assert!((110..160).contains(&looks.len()), "{} looks in ten seconds", looks.len());
        let later = now + Duration::from_secs(11);
        assert_eq!(pace.rung(later), later, "and the next burst begins anew");
        pace.looked(later, false);
        assert_eq!(pace.rung(later), later + BURST);
    }

    #[test]
    fn a_stream_that_a_look_cannot_keep_up_with_is_looked_at_as_a_burst() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        waits(&mut pace, now, Duration::from_millis(1), 5_000);
        let later = now + Duration::from_secs(5);
        pace.looked(later, true);
        assert_eq!(pace.rung(later), later + BURST);
        pace.looked(later + BURST, false);
        assert_eq!(pace.rung(later + BURST), later + BURST + STREAM);
    }

    #[test]
    fn what_is_beside_the_rows_waits_for_a_frame_of_its_own() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.aside(now), now);
        pace.drew(now);
        pace.looked(now + BURST, false);
        assert_eq!(pace.aside(now + BURST), now + ASIDE);
        assert_eq!(pace.aside(now + ASIDE * 2), now + ASIDE * 2);
    }
}

//! The bounded list of recent changes from which readers get deltas instead of whole tables.

use std::collections::VecDeque;

use foldhash::HashSet;

use super::Rev;
use crate::model::ObjKey;

/// Readers further behind than this many changed keys get all rows, which costs them as much as a first look.
/// A quick first load brings so many in a second.
const KEYS: usize = 16 * 1024;

/// Which keys changed at which revision.
#[derive(Debug)]
pub(crate) struct ChangeLog {
    rev: Rev,
    /// Changes after this revision are all in `entries`.
    floor: Rev,
    entries: VecDeque<(Rev, ObjKey)>,
}

impl ChangeLog {
    /// Starts at `base`; readers from before it know nothing of this log.
    pub(crate) fn new(base: Rev) -> Self {
        Self { rev: base, floor: base, entries: VecDeque::new() }
    }

    /// Returns the current revision.
    pub(crate) fn rev(&self) -> Rev {
        self.rev
    }

    /// Records one batch; an empty one is no change.
    pub(crate) fn record(&mut self, keys: Vec<ObjKey>) {
        if keys.is_empty() {
            return;
        }
        self.rev = Rev(self.rev.0 + 1);
        let surplus = (self.entries.len() + keys.len()).saturating_sub(KEYS);
        if surplus > self.entries.len() {
            self.entries.clear();
            self.floor = self.rev;
            return;
        }
        for (rev, _) in self.entries.drain(..surplus) {
            self.floor = rev;
        }
        let rev = self.rev;
        self.entries.extend(keys.into_iter().map(|key| (rev, key)));
    }

    /// Returns the keys changed after `since`, each once, and the revision up to which they are told: some `most`
    /// changes at once, but whole batches. `None` when that is no longer known.
    pub(crate) fn since(&self, since: Rev, most: usize) -> Option<(Rev, Vec<&ObjKey>)> {
        if since < self.floor || since > self.rev {
            return None;
        }
        let from = self.entries.partition_point(|(rev, _)| *rev <= since);
        let rev = self.entries.get(from.saturating_add(most)).map_or(self.rev, |(rev, _)| *rev);
        let to = self.entries.partition_point(|(told, _)| *told <= rev);
        let mut seen = HashSet::default();
        Some((
            rev,
            self.entries.range(from..to).map(|(_, key)| key).filter(|key| seen.insert(*key)).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample::key;

    #[test]
    fn a_reader_too_far_behind_is_told_so() {
        let mut log = ChangeLog::new(Rev(10));
        let all = KEYS as u64 + 1000;
        for i in 0..all {
            log.record(vec![key("a", &i.to_string())]);
        }
        let count = |since: u64| log.since(Rev(since), usize::MAX).map(|(_, keys)| keys.len());
        assert_eq!(log.rev(), Rev(10 + all));
        assert_eq!((count(9), count(1009)), (None, None));
        assert_eq!(count(1010), Some(KEYS));
        assert_eq!(count(10 + all), Some(0));
        assert_eq!(count(11 + all), None, "a revision from the future belongs to another shard");
    }

    #[test]
    fn a_batch_larger_than_the_log_empties_it() {
        let mut log = ChangeLog::new(Rev(0));
        log.record(vec![key("a", "x")]);
        log.record((0..=KEYS).map(|i| key("a", &i.to_string())).collect());
        assert!(log.since(Rev(1), usize::MAX).is_none());
        assert_eq!(log.since(Rev(2), usize::MAX).unwrap().1.len(), 0);
    }

    #[test]
    fn a_reader_in_a_hurry_gets_whole_batches_and_the_rest_later() {
        let mut log = ChangeLog::new(Rev(0));
        for batch in 0..10 {
            log.record((0..3).map(|i| key("a", &format!("{batch}-{i}"))).collect());
        }
        let (mut rev, mut sizes) = (Rev(0), Vec::new());
        while rev != log.rev() {
            let (told, keys) = log.since(rev, 7).unwrap();
            sizes.push(keys.len());
            rev = told;
        }
        assert_eq!(sizes, [9, 9, 9, 3]);
    }
}

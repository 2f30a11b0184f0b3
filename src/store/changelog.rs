//! The bounded list of recent changes from which readers get deltas instead of whole tables.

use std::collections::VecDeque;

use foldhash::HashSet;

use super::Rev;
use crate::model::ObjKey;

/// Readers further behind than this many changed keys get all rows.
const KEYS: usize = 4096;

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

    /// Returns the keys changed after `since`, each once, or `None` when that is no longer known.
    pub(crate) fn since(&self, since: Rev) -> Option<Vec<&ObjKey>> {
        if since < self.floor || since > self.rev {
            return None;
        }
        let from = self.entries.partition_point(|(rev, _)| *rev <= since);
        let mut seen = HashSet::default();
        Some(self.entries.range(from..).map(|(_, key)| key).filter(|key| seen.insert(*key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample::key;

    #[test]
    fn a_reader_too_far_behind_is_told_so() {
        let mut log = ChangeLog::new(Rev(10));
        for i in 0..5000 {
            log.record(vec![key("a", &i.to_string())]);
        }
        assert_eq!(log.rev(), Rev(5010));
        assert!(log.since(Rev(9)).is_none() && log.since(Rev(913)).is_none());
        assert_eq!(log.since(Rev(914)).unwrap().len(), 4096);
        assert_eq!(log.since(Rev(5010)).unwrap().len(), 0);
        assert!(log.since(Rev(5011)).is_none(), "a revision from the future belongs to another shard");
    }

    #[test]
    fn a_batch_larger_than_the_log_empties_it() {
        let mut log = ChangeLog::new(Rev(0));
        log.record(vec![key("a", "x")]);
        log.record((0..5000).map(|i| key("a", &i.to_string())).collect());
        assert!(log.since(Rev(1)).is_none());
        assert_eq!(log.since(Rev(2)).unwrap().len(), 0);
    }
}

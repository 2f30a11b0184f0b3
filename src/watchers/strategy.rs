//! Ways to get a first list, as data, and which one suits a server.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::api::ServerFacts;
use crate::model::Timestamp;

/// A round trip from which on compression saves more than it costs.
const SLOW_LINK: Duration = Duration::from_millis(15);
/// Servers from this version on write a list item by item, so that its first bytes come at once.
const STREAMS_LISTS: (u32, u32) = (1, 33);
/// Servers from this version on know streaming lists well enough to be asked for one.
const KNOWS_WATCH_LIST: (u32, u32) = (1, 32);

/// One way to get a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// As shown in `:info`.
    pub(crate) name: &'static str,
    /// Objects a page; `None` for all at once.
    pub(crate) page: Option<u32>,
    /// Whether it is a watch that starts with all objects.
    pub(crate) is_stream: bool,
    /// Whether a small first page is asked for beside it.
    pub(crate) has_preview: bool,
}

/// All at once from the server's watch cache.
pub(crate) const WHOLE: Strategy =
    Strategy { name: "whole list", page: None, is_stream: false, has_preview: false };
/// The same, and a first page beside it where the whole list is slow to begin.
pub(crate) const WHOLE_WITH_PAGE: Strategy =
    Strategy { name: "whole list and first page", page: None, is_stream: false, has_preview: true };
/// A watch that begins with all objects and marks their end.
pub(crate) const STREAM: Strategy =
    Strategy { name: "streaming list", page: None, is_stream: true, has_preview: false };
/// Page by page.
pub(crate) const PAGED: Strategy =
    Strategy { name: "paged list", page: Some(500), is_stream: false, has_preview: false };

/// Objects of the first page beside a whole list.
pub(crate) const PREVIEW: u32 = 250;

/// A lesson of an earlier run counts for a week: servers are updated, and proxies before them change.
const GOOD_FOR: i64 = 7 * 86_400;

/// What failed on a server, and when.
pub type Learnt = Vec<(String, Timestamp)>;

/// What has been learnt of one server, in this run or in one of the last days.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    failed: Mutex<HashMap<String, Timestamp>>,
}

impl Lessons {
    /// Begins with what was learnt before.
    pub(crate) fn new(learnt: Learnt) -> Self {
        Self { failed: Mutex::new(learnt.into_iter().collect()) }
    }

    /// Remembers that a strategy does not work here, and returns all that does not.
    pub(crate) fn failed(&self, strategy: Strategy, now: Timestamp) -> Learnt {
        let mut failed = self.failed.lock();
        failed.retain(|_, at| is_good(*at, now));
        failed.insert(strategy.name.to_owned(), now);
        failed.iter().map(|(name, at)| (name.clone(), *at)).collect()
    }

    /// Forgets all lessons.
    pub(crate) fn forget(&self) {
        self.failed.lock().clear();
    }

    /// Returns the strategies to try, best first; those that failed here come last.
    pub(crate) fn plan(&self, facts: &ServerFacts, now: Timestamp) -> Vec<Strategy> {
        let streams = facts.version.is_some_and(|version| version >= STREAMS_LISTS);
        let is_quick = !is_slow(facts);
        let first = if streams && is_quick { WHOLE } else { WHOLE_WITH_PAGE };
        let mut plan = vec![first];
        if facts.version.is_some_and(|version| version >= KNOWS_WATCH_LIST) {
            plan.push(STREAM);
        }
        plan.push(PAGED);
        let failed = self.failed.lock();
        plan.sort_by_key(|strategy| failed.get(strategy.name).is_some_and(|at| is_good(*at, now)));
        plan
    }
}

/// A lesson from the future comes from a clock that was wrong.
fn is_good(at: Timestamp, now: Timestamp) -> bool {
    (0..GOOD_FOR).contains(&(now.0 - at.0))
}

/// Returns whether lists are asked for with gzip.
pub(crate) fn wants_gzip(facts: &ServerFacts) -> bool {
    is_slow(facts)
}

fn is_slow(facts: &ServerFacts) -> bool {
    let seems_far = || !facts.is_local || facts.likely_trip.is_some_and(|trip| trip >= SLOW_LINK);
    // A quick handshake says nothing of how much a way can carry.
    facts.round_trip.map_or_else(seems_far, |trip| trip >= SLOW_LINK)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn facts(minor: Option<u32>, millis: Option<u64>) -> ServerFacts {
        ServerFacts {
            version: minor.map(|minor| (1, minor)),
            round_trip: millis.map(Duration::from_millis),
            likely_trip: None,
            is_local: false,
        }
    }

    fn names(plan: &[Strategy]) -> Vec<&'static str> {
        plan.iter().map(|strategy| strategy.name).collect()
    }

    #[test]
    fn the_plan_follows_version_and_link() {
        let lessons = Lessons::default();
        assert_eq!(lessons.plan(&facts(Some(37), Some(1)), NOW), [WHOLE, STREAM, PAGED]);
        assert_eq!(lessons.plan(&facts(Some(37), Some(80)), NOW), [WHOLE_WITH_PAGE, STREAM, PAGED]);
        assert_eq!(lessons.plan(&facts(Some(28), Some(1)), NOW), [WHOLE_WITH_PAGE, PAGED]);
        assert_eq!(lessons.plan(&facts(None, None), NOW), [WHOLE_WITH_PAGE, PAGED]);
    }

    #[test]
    fn what_failed_here_is_tried_last() {
        let lessons = Lessons::default();
        lessons.failed(WHOLE, NOW);
        assert_eq!(
            names(&lessons.plan(&facts(Some(37), Some(1)), NOW)),
            ["streaming list", "paged list", "whole list"]
        );
    }

    #[test]
    fn a_lesson_outlives_the_run_but_not_the_week() {
        let first = Lessons::default();
        first.failed(STREAM, NOW);
        let learnt = first.failed(WHOLE, NOW);
        assert_eq!(learnt.len(), 2);
        let next = Lessons::new(learnt);
        let plan = |at: i64| names(&next.plan(&facts(Some(37), Some(1)), Timestamp(NOW.0 + at)));
        assert_eq!(plan(86_400), ["paged list", "whole list", "streaming list"]);
        for wrong in [GOOD_FOR, -1] {
            assert_eq!(plan(wrong), ["whole list", "streaming list", "paged list"], "{wrong}");
        }
        assert_eq!(next.failed(PAGED, Timestamp(NOW.0 + GOOD_FOR)).len(), 1, "old ones are not kept");
    }

    #[test]
    fn compression_is_for_slow_links() {
        assert!(!wants_gzip(&facts(None, Some(2))) && wants_gzip(&facts(None, Some(15))));
        assert!(wants_gzip(&facts(None, None)), "an unknown way is taken for a slow one");
        assert!(!wants_gzip(&ServerFacts { is_local: true, ..ServerFacts::default() }));
        let tunnel = |trip| ServerFacts { is_local: true, likely_trip: Some(trip), ..ServerFacts::default() };
        assert!(wants_gzip(&tunnel(Duration::from_millis(15))), "the near end of a tunnel is not the server");
        assert!(!wants_gzip(&tunnel(Duration::from_millis(2))));
        let near = ServerFacts { is_local: false, ..tunnel(Duration::from_millis(2)) };
        assert!(wants_gzip(&near), "quick to greet, perhaps on a narrow way");
    }
}

//! How a partition's state is told to the store: silent about short cuts, plain about long ones.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::timing::Timing;
use crate::model::{Freshness, Problem, Text, Timestamp};
use crate::store::Shard;

/// Tells the store how far a partition can be trusted.
#[derive(Debug)]
pub(crate) struct Mood {
    shard: Arc<Shard>,
    partition: Text,
    clock: fn() -> Timestamp,
    timing: Arc<Timing>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trouble: Option<Trouble>,
    /// Whether the rows have ever been complete.
    was_live: bool,
    /// Whether the last word was that it may not or cannot be read: asking again is no news.
    is_refused: bool,
}

#[derive(Debug)]
struct Trouble {
    began: Instant,
    at: Timestamp,
    problem: Problem,
    retry_at: Option<Timestamp>,
}

impl Mood {
    pub(crate) fn new(
        shard: Arc<Shard>,
        partition: Text,
        clock: fn() -> Timestamp,
        timing: Arc<Timing>,
    ) -> Self {
        Self { shard, partition, clock, timing, state: Mutex::default() }
    }

    /// A list has been asked for.
    pub(crate) fn loading(&self) {
        let state = self.state.lock();
        if !state.was_live && !state.is_refused && state.trouble.is_none() {
            self.tell(Freshness::Loading { since: (self.clock)() });
        }
    }

    /// A watch is open on complete rows.
    pub(crate) fn live(&self) {
        let mut state = self.state.lock();
        *state = State { was_live: true, ..State::default() };
        self.tell(Freshness::Live);
    }

    /// Something failed; the next attempt is at `retry_at`.
    pub(crate) fn trouble(&self, problem: Problem, retry_at: Timestamp) {
        let mut state = self.state.lock();
        match &mut state.trouble {
            Some(trouble) => {
                trouble.problem = problem;
                trouble.retry_at = Some(retry_at);
            }
            none => {
                *none = Some(Trouble {
                    began: Instant::now(),
                    at: (self.clock)(),
                    problem,
                    retry_at: Some(retry_at),
                });
            }
        }
        drop(state);
        self.show();
    }

    /// The user may not read this.
    pub(crate) fn forbidden(&self, problem: Problem) {
        self.refused(Freshness::Forbidden(problem));
    }

    /// The server has no such kind.
    pub(crate) fn gone(&self, problem: Problem) {
        self.refused(Freshness::Gone(problem));
    }

    /// Tells of a trouble as it grows older. Never ends: run it beside the work.
    pub(crate) async fn grow_older(&self) {
        loop {
            let next = self.state.lock().trouble.as_ref().and_then(|trouble| {
                let ages = [self.timing.reconnecting, self.timing.stale];
                ages.into_iter().map(|age| trouble.began + age).find(|at| *at > Instant::now())
            });
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
            self.show();
        }
    }

    fn refused(&self, freshness: Freshness) {
        *self.state.lock() = State { is_refused: true, ..State::default() };
        self.tell(freshness);
    }

    fn show(&self) {
        let state = self.state.lock();
        let Some(trouble) = &state.trouble else { return };
        let age = trouble.began.elapsed();
        let (since, problem) = (trouble.at, trouble.problem.clone());
        if age >= self.timing.stale {
            let retry_at = trouble.retry_at.unwrap_or_else(self.clock);
            self.tell(Freshness::Stale { since, problem, retry_at });
        } else if age >= self.timing.reconnecting || !state.was_live {
            self.tell(Freshness::Reconnecting { since, problem });
        }
    }

    fn tell(&self, freshness: Freshness) {
        self.shard.set_freshness(&self.partition, freshness);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClusterId, KindId, ProblemKind, ShardKey, WatchScope};
    use crate::store::Store;

    #[test]
    fn asking_again_for_what_is_forbidden_is_no_news() {
        let store = Store::new(Arc::default());
        let key = ShardKey {
            cluster: ClusterId("c".into()),
            kind: KindId::new("", "pods"),
            scope: WatchScope::All,
        };
        let shard = store.shard(&key);
        let mood = Mood::new(shard.clone(), "".into(), || Timestamp(1), Arc::default());
        mood.loading();
        assert!(matches!(shard.freshness(), Freshness::Loading { .. }));
        mood.forbidden(Problem::new(ProblemKind::Forbidden, "no"));
        mood.loading();
        assert!(matches!(shard.freshness(), Freshness::Forbidden(_)));
        mood.live();
        mood.trouble(Problem::new(ProblemKind::Cut, "cut"), Timestamp(2));
        assert!(shard.freshness().is_live(), "a fresh cut is not shown yet");
    }
}

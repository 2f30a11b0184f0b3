//! A credential plugin over time: one run for all who wait, grants kept until they are about to expire,
//! failures held for a moment, the terminal taken only when it is of use.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::credentials::Source;
use super::entries::ExecEntry;
use super::exec::{Grant, Recipe, TerminalHandover, cluster_info};
use super::target::Target;
use super::task::{Task, spawn};
use super::text::now;
use crate::model::{Problem, ProblemKind, Timestamp};

/// A grant is renewed this long before it expires.
const EARLY: i64 = 60;
/// A failed plugin run answers everybody for this long, so that twenty watches don't run it twenty times.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);
/// A grant is used for this long whatever its expiry says: with a wrong clock here every grant looks
/// expired, and each request would run the plugin.
const FRESH: Duration = Duration::from_secs(10);

/// Tells whether a grant of this age can still be shown.
fn usable(expires: Option<Timestamp>, now: Timestamp, age: Duration) -> bool {
    expires.is_none_or(|at| at.0 - EARLY > now.0) || age < FRESH
}

type Outcome = Result<Arc<Grant>, Problem>;

/// A credential plugin of one user.
#[derive(Debug)]
pub(crate) struct Plugin {
    user: String,
    entry: ExecEntry,
    /// Kept only when the plugin wants to know the cluster.
    target: Option<Box<Target>>,
    terminal: Option<Arc<dyn TerminalHandover>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    grant: Option<(Instant, Arc<Grant>)>,
    failed: Option<(Instant, Problem)>,
    /// The terminal was lent and the run failed: it is not taken from the user again before they ask for it.
    asked_in_vain: bool,
    running: Option<(Task, Shared<BoxFuture<'static, Outcome>>)>,
}

impl Plugin {
    /// Prepares; runs nothing yet.
    pub(crate) fn new(
        target: &Target,
        entry: &ExecEntry,
        terminal: Option<Arc<dyn TerminalHandover>>,
    ) -> Self {
        Self {
            target: entry.provide_cluster_info.unwrap_or_default().then(|| Box::new(target.clone())),
            user: target.user.clone(),
            entry: entry.clone(),
            terminal,
            state: Mutex::default(),
        }
    }

    /// Returns what is run.
    pub(crate) fn command(&self) -> &str {
        &self.entry.command
    }

    /// Lets a failed plugin be run again at once, and ask again.
    pub(crate) fn forgive(&self) {
        let mut state = self.state.lock();
        (state.failed, state.asked_in_vain) = (None, false);
    }

    /// Lets the time pass for which a failed run answers everybody.
    #[cfg(test)]
    pub(crate) fn lapse(&self) {
        self.state.lock().failed = None;
    }

    /// Makes the grant that is held this old.
    #[cfg(test)]
    pub(crate) fn age(&self, age: Duration) {
        if let Some((since, _)) = &mut self.state.lock().grant {
            *since = Instant::now() - age;
        }
    }

    /// Returns what the plugin granted; runs it, or waits for the run under way, when that is gone or about to expire.
    pub(crate) async fn grant(&self) -> Outcome {
        let wait = {
            let mut state = self.state.lock();
            if let Some((since, grant)) = &state.grant
                && usable(grant.expires, now(), since.elapsed())
            {
                return Ok(grant.clone());
            }
            if let Some((at, problem)) = &state.failed
                && at.elapsed() < FAILURE_HOLDS
            {
                return Err(problem.clone());
            }
            match &state.running {
                Some((_, wait)) => wait.clone(),
                None => {
                    let (task, wait) = self.start(!state.asked_in_vain);
                    state.running = Some((task, wait.clone()));
                    wait
                }
            }
        };
        let outcome = wait.clone().await;
        let mut state = self.state.lock();
        // The first to wake keeps the outcome; the others find the run gone.
        if state.running.as_ref().is_some_and(|(_, running)| running.ptr_eq(&wait)) {
            state.running = None;
            match &outcome {
                Ok(grant) => {
                    (state.grant, state.failed) = (Some((Instant::now(), grant.clone())), None);
                    state.asked_in_vain = false;
                }
                Err(problem) => {
                    state.failed = Some((Instant::now(), problem.clone()));
                    state.asked_in_vain = self.terminal.is_some();
                }
            }
        }
        outcome
    }

    fn start(&self, may_ask: bool) -> (Task, Shared<BoxFuture<'static, Outcome>>) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (user, entry) = (self.user.clone(), self.entry.clone());
        let terminal = self.terminal.clone().filter(|_| may_ask);
        let target = self.target.clone();
        let task = spawn("credential plugin", async move {
            let cluster = match target {
                Some(target) => match authority(&target).await {
                    Ok(pem) => Some(cluster_info(&target, pem.as_deref().map(Vec::as_slice))),
                    Err(problem) => return drop(sender.send(Err(problem))),
                },
                None => None,
            };
            let outcome = Recipe { user, entry, cluster, terminal }.run().await.map(Arc::new);
            // Nobody waits any more: then nobody misses it.
            drop(sender.send(outcome));
        });
        let wait = async move {
            receiver.await.unwrap_or_else(|_| {
                Err(Problem::new(ProblemKind::Internal, "the credential plugin's task ended without a word"))
            })
        };
        (task, wait.boxed().shared())
    }

    /// Drops the grant that was refused; a newer one stays.
    pub(crate) fn forget(&self, refused: Option<&Arc<Grant>>) {
        let mut state = self.state.lock();
        if let (Some((_, held)), Some(refused)) = (&state.grant, refused)
            && Arc::ptr_eq(held, refused)
        {
            state.grant = None;
        }
    }
}

/// Reads the authority's PEM for a plugin that wants to know the cluster.
async fn authority(target: &Target) -> Result<Option<Arc<Vec<u8>>>, Problem> {
    match &target.authority {
        Some(pem) => Source::new(pem.clone(), "certificate authority").read().await.map(Some),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_renewed_a_minute_before_it_expires_and_not_at_every_request() {
        let (now, old, new) = (Timestamp(1_000_000), Duration::from_secs(3600), Duration::from_secs(1));
        let expires = |seconds: i64| Some(Timestamp(now.0 + seconds));
        for (at, age, want) in [
            (None, old, true),
            (expires(3600), old, true),
            (expires(61), old, true),
            (expires(60), old, false),
            (expires(-5), old, false),
            // With a clock that is hours ahead every grant looks expired.
            (expires(-7200), new, true),
        ] {
            assert_eq!(usable(at, now, age), want, "{at:?} {age:?}");
        }
    }
}

//! The one generic list+watch task: every kind, custom resources and events included, goes through it.
//!
//! A round is a list (if there is no resourceVersion to go on from) and a watch. What ends a round decides how the
//! next one begins: at once, after a wait, or with a new list. Listing is in `list.rs`, watching in `follow.rs`.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use super::api::Api;
use super::link::Link;
use super::mood::Mood;
use super::sink::{Counters, Sink};
use super::status;
use super::strategy::Lessons;
use super::timing::{Backoff, Timing, jitter};
use crate::kinds::KindDef;
use crate::model::{Problem, ProblemKind, Scope, Text, Timestamp};
use crate::store::Shard;

/// After so many refusals to resume, the resourceVersion itself is suspected (a restored etcd goes back in time).
const RESUME_ATTEMPTS: u32 = 5;

/// What the supervisor tells running engines: each number grows with each order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Try now; a connection that is open may be dead.
    pub(crate) reconnect: u64,
    /// List anew.
    pub(crate) relist: u64,
}

/// What an engine does when it is not allowed to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnForbidden {
    /// Says so and asks again after a while.
    AskAgain,
    /// Ends, so that its owner can go namespace by namespace.
    GiveUp,
}

/// What all engines of one shard share.
#[derive(Clone, Debug)]
pub(crate) struct Plant<A> {
    pub(crate) api: A,
    pub(crate) def: Arc<KindDef>,
    pub(crate) shard: Arc<Shard>,
    pub(crate) timing: Arc<Timing>,
    pub(crate) lessons: Arc<Lessons>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) strategy: Arc<Mutex<&'static str>>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) orders: watch::Receiver<Orders>,
    /// What the server is to select by; empty for everything.
    pub(crate) labels: Text,
}

impl<A: Api> Plant<A> {
    /// Returns whether the server offers to watch the kind; unknown verbs count as offered.
    pub(crate) fn can_watch(&self) -> bool {
        self.offers("watch")
    }

    /// Returns whether the server offers a verb, as far as is known.
    pub(crate) fn offers(&self, verb: &str) -> bool {
        offers(&self.def, verb)
    }

    /// Returns the way to the collection, of one namespace or of all.
    pub(crate) fn link(&self, namespace: &Text) -> Link<A> {
        let is_within = self.def.scope == Scope::Namespaced && !namespace.is_empty();
        Link {
            api: self.api.clone(),
            path: self.def.gvr.path(is_within.then_some(&**namespace)),
            timing: self.timing.clone(),
            counters: self.counters.clone(),
            labels: self.labels.clone(),
        }
    }
}

/// Keeps one partition of one shard true.
#[derive(Debug)]
pub(crate) struct Engine<A> {
    pub(crate) link: Link<A>,
    pub(crate) sink: Sink,
    pub(crate) mood: Arc<Mood>,
    pub(crate) plant: Plant<A>,
    /// Whether a complete list has been seen: later ones must not go back in time.
    pub(crate) has_listed: bool,
    /// When the watch of this round was opened.
    pub(crate) opened: Option<Instant>,
    on_forbidden: OnForbidden,
    backoff: Backoff,
    seen: Orders,
}

impl<A: Api> Engine<A> {
    pub(crate) fn new(plant: &Plant<A>, partition: Text, on_forbidden: OnForbidden) -> Self {
        let tools = (plant.timing.clone(), plant.counters.clone(), plant.clock);
        let mood = Mood::new(plant.shard.clone(), partition.clone(), plant.clock, plant.timing.clone());
        Self {
            link: plant.link(&partition),
            sink: Sink::new(plant.api.id(), plant.def.clone(), plant.shard.clone(), partition, tools),
            mood: Arc::new(mood),
            plant: plant.clone(),
            has_listed: false,
            opened: None,
            on_forbidden,
            backoff: Backoff::default(),
            seen: *plant.orders.borrow(),
        }
    }

    /// Runs until the task is dropped; returns only when reading is forbidden and the owner wants to know.
    pub(crate) async fn run(mut self) -> Problem {
        let mut orders = self.plant.orders.clone();
        let mood = self.mood.clone();
        loop {
            self.opened = None;
            let result = tokio::select! {
                result = self.round() => Some(result),
                () = ordered(&mut orders) => None,
                () = mood.grow_older() => None,
            };
            // What came before the end is true, and the resourceVersion follows it.
            self.sink.flush();
            let wait = match result {
                None => Duration::ZERO,
                Some(Ok(())) => self.closed(),
                Some(Err(problem)) => {
                    if problem.kind == ProblemKind::Forbidden && self.on_forbidden == OnForbidden::GiveUp {
                        return problem;
                    }
                    self.failed(problem)
                }
            };
            if !wait.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = ordered(&mut orders) => {}
                    () = mood.grow_older() => {}
                }
            }
            self.obey(*orders.borrow_and_update());
        }
    }

    async fn round(&mut self) -> Result<(), Problem> {
        if self.sink.resource_version().is_some() {
            return self.follow(super::follow::Start::Resume).await;
        }
        self.list().await?;
        if !self.plant.can_watch() {
            // Nothing is polled: the rows stay as listed until the user asks again.
            self.mood.live();
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    /// The server ended the watch in good order: goes on at once, unless it does so all the time.
    fn closed(&mut self) -> Duration {
        match self.opened {
            Some(opened) if opened.elapsed() < self.plant.timing.backoff.0 => {
                self.backoff.next(&self.plant.timing, None)
            }
            // A list without a watch yet.
            None => Duration::ZERO,
            Some(_) => {
                self.backoff.reset();
                Duration::ZERO
            }
        }
    }

    /// Decides how long to wait and what to tell after a failure.
    fn failed(&mut self, problem: Problem) -> Duration {
        let timing = self.plant.timing.clone();
        if self.opened.is_some_and(|opened| opened.elapsed() >= timing.quiet) {
            self.backoff.reset();
        }
        let failures = self.backoff.failures();
        if status::is_expired(&problem) {
            self.sink.set_resource_version(None);
            let wait = self.backoff.next(&timing, problem.retry_after);
            return if failures == 0 { Duration::ZERO } else { wait };
        }
        match problem.kind {
            ProblemKind::Forbidden | ProblemKind::NotFound => {
                self.sink.set_resource_version(None);
                let say = if problem.kind == ProblemKind::Forbidden { Mood::forbidden } else { Mood::gone };
                say(&self.mood, problem);
                timing.forbidden + jitter(timing.forbidden / 10)
            }
            kind => {
                let wait = self.backoff.next(&timing, problem.retry_after);
                let wait = match kind {
                    ProblemKind::Unauthorized => wait.max(timing.unauthorized),
                    // A server that has too much to do is never asked again at once.
                    ProblemKind::TooBusy => wait,
                    // The first attempt after a cut is quick and goes unseen.
                    _ if failures == 0 && problem.retry_after.is_none() => jitter(timing.backoff.0 / 5),
                    _ => wait,
                };
                if failures + 1 >= RESUME_ATTEMPTS && kind == ProblemKind::Server {
                    self.sink.set_resource_version(None);
                }
                let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
                self.mood.trouble(problem, Timestamp((self.plant.clock)().0.saturating_add(seconds)));
                wait
            }
        }
    }

    fn obey(&mut self, orders: Orders) {
        if orders.relist != self.seen.relist {
            self.sink.set_resource_version(None);
        }
        if orders != self.seen {
            self.backoff.reset();
        }
        self.seen = orders;
    }
}

/// Returns whether the server offers a verb; verbs that nobody has asked for yet count as offered.
pub(crate) fn offers(def: &KindDef, verb: &str) -> bool {
    def.verbs.is_empty() || def.verbs.iter().any(|offered| &**offered == verb)
}

/// Waits for an order.
async fn ordered(orders: &mut watch::Receiver<Orders>) {
    if orders.changed().await.is_err() {
        // The supervisor is gone and this task is about to be stopped.
        std::future::pending::<()>().await;
    }
}

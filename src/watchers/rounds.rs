//! What the supervisor does by itself, now and then: forgets what nobody wants, restarts what has failed, gives up
//! texts, rows and lists when memory is short, and notices when the machine has slept.
//!
//! Who gives up what is decided in the store (`Store::plan`); here it is done.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use super::api::Api;
use super::engine::Orders;
use super::list;
use super::supervisor::{Entry, Shared, State};
use crate::cluster::task::{self, Task};
use crate::model::{Problem, ProblemKind, ShardKey};
use crate::store::Gives;

/// Above this, rows of stopped shards are dropped at once.
const BUDGET: usize = 256 * 1024 * 1024;
/// The wall clock may drift this far from the running clock between two ticks before it counts as a sleep.
const SLEEP_SECONDS: i64 = 5;

/// A watch that was ended for want of memory.
pub(super) struct Halted {
    /// Asks once how many objects there are in all.
    _counting: Option<Task>,
}

impl<A: Api> Shared<A> {
    /// Stops what nobody wants any more, forgets old rows, restarts what has failed.
    pub(super) fn look_after(&self) {
        let is_full = self.store.bytes() > BUDGET.min(self.store.limit() / 3);
        let mut state = self.state.lock();
        let State { members, entries, .. } = &mut *state;
        entries.retain(|key, entry| {
            let Some(idle) = entry.idle.map(|since| since.elapsed()) else { return true };
            if idle < self.timing.linger {
                return true;
            }
            if entry.running.take().is_some()
                && let Some(shard) = self.store.find(key)
            {
                shard.retire();
            }
            // Names of namespaces and CRDs are few, and known by them is what the context's catalog is made of.
            if entry.is_pinned {
                return true;
            }
            if is_full || idle >= self.timing.linger + self.timing.keep {
                self.store.drop_shard(key);
                return false;
            }
            true
        });
        for (id, member) in members {
            if member.metrics_idle.is_some_and(|since| since.elapsed() >= self.timing.linger) {
                member.poller = None;
                member.metrics_idle = None;
                self.store.metrics().forget(id);
            }
        }
        self.start_all(&mut state);
    }

    /// Has shards give up what they can spare when together they hold too much.
    pub(super) fn relieve(&self) {
        let plan = {
            let state = self.state.lock();
            // What kdeck needs itself is small: names of namespaces, and definitions, whose texts are read.
            let others = state.entries.iter().filter(|(_, entry)| !entry.is_pinned);
            let holding =
                |(key, entry): (&ShardKey, &Entry)| Some(self.store.find(key)?.holding(entry.idle.is_none()));
            self.store.plan(others.filter_map(holding).collect())
        };
        // A million pieces are given back here: not with the lock in hand that views wait for.
        for (key, gives) in plan {
            let Some(shard) = self.store.find(&key) else { continue };
            tracing::info!(kind = %key.kind, cluster = %key.cluster, ?gives, "memory is short");
            match gives {
                Gives::Texts => shard.shed_texts(),
                Gives::Rows => {
                    let mut state = self.state.lock();
                    if state.entries.get(&key).is_none_or(|entry| entry.idle.is_some()) {
                        state.entries.remove(&key);
                        self.store.drop_shard(&key);
                        drop(state);
                        shard.shed_rows();
                    }
                }
                Gives::Growth => self.halt(&key, &mut self.state.lock()),
            }
        }
        self.store.relieved();
    }

    fn halt(&self, key: &ShardKey, state: &mut State<A>) {
        let State { members, entries, .. } = state;
        let (Some(entry), Some(shard)) = (entries.get_mut(key), self.store.find(key)) else { return };
        let megabytes = self.store.limit() / 1_000_000;
        let what = format!("memory limit {megabytes} MB");
        shard
            .halt(Problem::new(ProblemKind::Cancelled, what).hint(
                "ask for less: a namespace (:ns) or labels (:po app=web), or raise the setting memory",
            ));
        entry.running = None;
        let member = members.get(&key.cluster);
        let known = member.and_then(|member| Some((member, member.kinds.as_ref()?(&key.kind)?)));
        let counting = known.map(|(member, def)| {
            let plant = self.plant(key, member, def, &watch::Sender::new(Orders::default()));
            task::spawn(format!("count of {}", key.kind), list::count(plant, key.scope.clone()))
        });
        entry.halted = Some(Halted { _counting: counting });
    }

    /// Forgets the rows of a shard that was halted, so that it is listed anew.
    pub(super) fn begin_anew(&self, key: &ShardKey, entry: &mut Entry) {
        if entry.halted.take().is_some() {
            self.store.drop_shard(key);
        }
    }
}

/// Looks after everything now and then, and notices when the machine has slept.
pub(super) async fn tick<A: Api>(shared: std::sync::Weak<Shared<A>>) {
    let begin = |shared: Arc<Shared<A>>| (shared.clock, shared.timing.tick, shared.store.clone());
    let Some((clock, every, store)) = shared.upgrade().map(begin) else { return };
    let mut last = (Instant::now(), clock());
    loop {
        let is_pressed = tokio::select! {
            () = tokio::time::sleep_until(last.0 + every) => false,
            () = store.pressed() => true,
        };
        let Some(shared) = shared.upgrade() else { return };
        shared.relieve();
        if is_pressed {
            continue;
        }
        let now = (Instant::now(), clock());
        // The running clock stands still while the machine sleeps; the wall clock does not.
        let ran = i64::try_from((now.0 - last.0).as_secs()).unwrap_or(i64::MAX);
        if (now.1.0 - last.1.0).saturating_sub(ran) > SLEEP_SECONDS {
            tracing::info!("the machine has slept; connections are renewed");
            shared.reconnect(|_| true);
        }
        last = now;
        shared.look_after();
    }
}

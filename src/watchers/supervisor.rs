//! Starts and stops watch tasks as views want them, and looks after them.
//!
//! Owns which shard is watched and why. The rows belong to the store, the connection to the cluster room.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use super::WatchInfo;
use super::api::Api;
use super::engine::{Orders, Plant, offers};
use super::keep;
use super::poll::Poller;
use super::rounds::{Halted, tick};
use super::sink::Counters;
use super::strategy::Lessons;
use super::timing::Timing;
use crate::cluster::Cluster;
use crate::cluster::task::{self, Task};
use crate::kinds::KindDef;
use crate::kinds::catalog::Catalog;
use crate::model::{ClusterId, Freshness, KindId, ShardKey, Text, Timestamp};
use crate::store::Store;

/// Finds a kind's record on one cluster.
pub(crate) type Kinds = Arc<dyn Fn(&KindId) -> Option<Arc<KindDef>> + Send + Sync>;

/// Keeps the wanted shards watched. Call from within a tokio runtime.
pub struct Supervisor<A: Api = Cluster> {
    shared: Arc<Shared<A>>,
    _tick: Task,
}

impl<A: Api> std::fmt::Debug for Supervisor<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor").field("watches", &self.shared.state.lock().entries.len()).finish()
    }
}

pub(super) struct Shared<A: Api> {
    pub(super) store: Arc<Store>,
    pub(super) clock: fn() -> Timestamp,
    pub(super) timing: Arc<Timing>,
    pub(super) state: Mutex<State<A>>,
}

pub(super) struct State<A: Api> {
    pub(super) members: HashMap<ClusterId, Member<A>>,
    pub(super) entries: HashMap<ShardKey, Entry>,
    metrics: HashSet<ClusterId>,
    /// Clusters of which views want something.
    in_use: HashSet<ClusterId>,
}

/// One cluster.
pub(super) struct Member<A> {
    api: A,
    pub(super) kinds: Option<Kinds>,
    namespaces: watch::Sender<Vec<Text>>,
    lessons: Arc<Lessons>,
    pub(super) poller: Option<Task>,
    pub(super) metrics_idle: Option<Instant>,
}

/// One shard that somebody wants or wanted.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) is_wanted: bool,
    pub(super) is_pinned: bool,
    /// Since when nobody wants it.
    pub(super) idle: Option<Instant>,
    pub(super) running: Option<Running>,
    /// Ended for want of memory; nothing but the user starts it again.
    pub(super) halted: Option<Halted>,
}

pub(super) struct Running {
    task: Task,
    def: Arc<KindDef>,
    orders: watch::Sender<Orders>,
    counters: Arc<Counters>,
    strategy: Arc<Mutex<&'static str>>,
    since: Timestamp,
}

impl<A: Api> Supervisor<A> {
    /// Starts with nothing to do. `clock` tells the wall time.
    pub fn new(store: Arc<Store>, clock: fn() -> Timestamp) -> Self {
        Self::with_timing(store, clock, Timing::default())
    }

    /// Starts with other waiting times than the usual ones.
    pub fn with_timing(store: Arc<Store>, clock: fn() -> Timestamp, timing: Timing) -> Self {
        let state = State {
            members: HashMap::new(),
            entries: HashMap::new(),
            metrics: HashSet::new(),
            in_use: HashSet::new(),
        };
        let shared = Arc::new(Shared { store, clock, timing: Arc::new(timing), state: Mutex::new(state) });
        let tick = task::spawn("watch supervisor", tick(Arc::downgrade(&shared)));
        Self { shared, _tick: tick }
    }

    /// Adds a cluster, or replaces the way to it.
    pub fn add_cluster(&self, api: A) {
        let mut state = self.shared.state.lock();
        let id = api.id().clone();
        let known = state.members.remove(&id);
        let (namespaces, kinds) = match known {
            Some(known) => (known.namespaces, known.kinds),
            None => (watch::Sender::new(Vec::new()), None),
        };
        let lessons = Arc::new(Lessons::new(api.lessons()));
        let member = Member { api, kinds, namespaces, lessons, poller: None, metrics_idle: None };
        state.members.insert(id.clone(), member);
        for (_, entry) in state.entries.iter_mut().filter(|(key, _)| key.cluster == id) {
            entry.running = None;
        }
        self.shared.start_all(&mut state);
    }

    /// Sets the kinds of a cluster; shards of kinds that were unknown start, those whose record changed restart.
    pub fn set_catalog(&self, cluster: &ClusterId, catalog: Arc<Catalog>) {
        self.set_kinds(cluster, Arc::new(move |id| catalog.get(id)));
    }

    pub(crate) fn set_kinds(&self, cluster: &ClusterId, kinds: Kinds) {
        let mut state = self.shared.state.lock();
        let State { members, entries, .. } = &mut *state;
        let Some(member) = members.get_mut(cluster) else { return };
        for (key, entry) in entries.iter_mut().filter(|(key, _)| key.cluster == *cluster) {
            let Some(running) = &entry.running else { continue };
            let Some(def) = kinds(&key.kind) else { continue };
            if differs(&running.def, &def) {
                entry.running = None;
                // Until the new watch has listed, the rows have the old columns' cells.
                if let Some(shard) = self.shared.store.find(key) {
                    shard.reload((self.shared.clock)());
                }
            } else if is_gone(&self.shared.store, key) {
                running.orders.send_modify(|orders| orders.reconnect += 1);
            }
        }
        member.kinds = Some(kinds);
        self.shared.start_all(&mut state);
    }

    /// Says of what waits for its kind that this kind is not served: the server has named all it serves.
    pub fn refuse_unknown(&self, cluster: &ClusterId) {
        let state = self.shared.state.lock();
        let Some(kinds) = state.members.get(cluster).and_then(|member| member.kinds.as_ref()) else { return };
        let waits = |key: &ShardKey, entry: &Entry| key.cluster == *cluster && entry.running.is_none();
        for (key, _) in state.entries.iter().filter(|(key, entry)| waits(key, entry)) {
            if kinds(&key.kind).is_none() {
                keep::refuse(&self.shared.store.shard(key), &key.kind, "the server does not serve this kind");
            }
        }
    }

    /// Sets the namespaces that are tried one by one where the whole cluster may not be read.
    pub fn set_namespaces(&self, cluster: &ClusterId, namespaces: Vec<Text>) {
        let state = self.shared.state.lock();
        let Some(member) = state.members.get(cluster) else { return };
        member.namespaces.send_if_modified(|known| {
            let is_new = *known != namespaces;
            *known = namespaces;
            is_new
        });
    }

    /// Says which shards are wanted now, all of them. What is no longer named lingers and then stops.
    pub fn want(&self, keys: Vec<ShardKey>) {
        let mut state = self.shared.state.lock();
        let keys: HashSet<ShardKey> = keys.into_iter().collect();
        state.in_use = keys.iter().map(|key| key.cluster.clone()).collect();
        let State { entries, in_use, .. } = &mut *state;
        for (key, entry) in entries.iter_mut() {
            let is_wanted = keys.contains(key);
            if is_wanted && !entry.is_wanted {
                self.shared.begin_anew(key, entry);
            }
            entry.set_wanted(is_wanted, in_use.contains(&key.cluster));
        }
        for key in keys {
            entries.entry(key).or_default().set_wanted(true, true);
        }
        self.shared.start_all(&mut state);
    }

    /// Wants a shard for kdeck itself for as long as views want anything of its cluster: a context that was
    /// left costs its server nothing after a while. Its rows stay.
    pub fn watch_internal(&self, key: ShardKey) {
        let mut state = self.shared.state.lock();
        let State { entries, in_use, .. } = &mut *state;
        let is_used = in_use.contains(&key.cluster);
        let entry = entries.entry(key).or_default();
        entry.is_pinned = true;
        entry.set_wanted(entry.is_wanted, is_used);
        if !is_used {
            // Not wanted yet or any more: seen once, it lingers like everything else.
            entry.idle = None;
        }
        self.shared.start_all(&mut state);
    }

    /// Says of which clusters metrics are wanted now.
    pub fn want_metrics(&self, clusters: Vec<ClusterId>) {
        let mut state = self.shared.state.lock();
        state.metrics = clusters.into_iter().collect();
        self.shared.start_all(&mut state);
    }

    /// Tries now what waits for its next attempt, and renews open connections of the cluster.
    pub fn reconnect(&self, cluster: &ClusterId) {
        self.shared.reconnect(|key| key.cluster == *cluster);
    }

    /// Lists shards anew.
    pub fn refresh(&self, keys: &[ShardKey]) {
        let mut state = self.shared.state.lock();
        for key in keys {
            let Some(entry) = state.entries.get_mut(key) else { continue };
            self.shared.begin_anew(key, entry);
            if let Some(running) = &entry.running {
                running.orders.send_modify(|orders| orders.relist += 1);
            }
        }
        self.shared.start_all(&mut state);
    }

    /// Returns what is being watched, sorted.
    pub fn info(&self) -> Vec<WatchInfo> {
        let state = self.shared.state.lock();
        let mut infos: Vec<WatchInfo> =
            state.entries.iter().map(|(key, entry)| self.shared.info(key, entry)).collect();
        infos.sort_by(|a, b| a.key.cmp(&b.key));
        infos
    }
}

impl Entry {
    fn set_wanted(&mut self, is_wanted: bool, is_in_use: bool) {
        self.is_wanted = is_wanted;
        if self.is_wanted || (self.is_pinned && is_in_use) {
            self.idle = None;
        } else if self.idle.is_none() {
            self.idle = Some(Instant::now());
        }
    }
}

impl<A: Api> Shared<A> {
    /// Starts whatever should run and does not.
    pub(super) fn start_all(&self, state: &mut State<A>) {
        let State { members, entries, metrics, .. } = state;
        let idle = |entry: &Entry| entry.idle.is_some() || entry.halted.is_some();
        for (key, entry) in entries.iter_mut().filter(|(_, entry)| !idle(entry)) {
            if entry.running.as_ref().is_some_and(|running| !running.task.is_finished()) {
                continue;
            }
            let Some(member) = members.get(&key.cluster) else { continue };
            let Some(def) = member.kinds.as_ref().and_then(|kinds| kinds(&key.kind)) else { continue };
            entry.running = Some(self.start(key, member, def));
        }
        for (id, member) in members {
            if metrics.contains(id) {
                member.metrics_idle = None;
                if member.poller.is_none() {
                    member.poller = Some(self.start_poller(member));
                }
            } else if member.poller.is_some() && member.metrics_idle.is_none() {
                member.metrics_idle = Some(Instant::now());
            }
        }
    }

    /// Returns what a task of a shard works with.
    pub(super) fn plant(
        &self,
        key: &ShardKey,
        member: &Member<A>,
        def: Arc<KindDef>,
        orders: &watch::Sender<Orders>,
    ) -> Plant<A> {
        Plant {
            api: member.api.clone(),
            def,
            shard: self.store.shard(key),
            timing: self.timing.clone(),
            lessons: member.lessons.clone(),
            counters: Arc::default(),
            strategy: Arc::default(),
            clock: self.clock,
            orders: orders.subscribe(),
            labels: key.scope.labels().into(),
        }
    }

    fn start(&self, key: &ShardKey, member: &Member<A>, def: Arc<KindDef>) -> Running {
        let orders = watch::Sender::new(Orders::default());
        let plant = self.plant(key, member, def.clone(), &orders);
        let (counters, strategy) = (plant.counters.clone(), plant.strategy.clone());
        let name = format!("watch {} of {}", key.kind, key.cluster);
        let task = task::spawn(name, keep::keep(plant, key.scope.clone(), member.namespaces.subscribe()));
        Running { task, def, orders, counters, strategy, since: (self.clock)() }
    }

    fn start_poller(&self, member: &Member<A>) -> Task {
        let poller = Poller {
            api: member.api.clone(),
            store: self.store.clone(),
            timing: self.timing.clone(),
            clock: self.clock,
            namespaces: member.namespaces.subscribe(),
        };
        task::spawn(format!("metrics of {}", member.api.id()), poller.run())
    }

    pub(super) fn reconnect(&self, which: impl Fn(&ShardKey) -> bool) {
        let state = self.state.lock();
        for (_, entry) in state.entries.iter().filter(|(key, _)| which(key)) {
            if let Some(running) = &entry.running {
                running.orders.send_modify(|orders| orders.reconnect += 1);
            }
        }
    }

    fn info(&self, key: &ShardKey, entry: &Entry) -> WatchInfo {
        let status = self.store.find(key).map(|shard| shard.status()).unwrap_or_default();
        let running = entry.running.as_ref();
        let count = |pick: fn(&Counters) -> u64| running.map_or(0, |running| pick(&running.counters));
        WatchInfo {
            key: key.clone(),
            strategy: running.map_or("", |running| *running.strategy.lock()),
            state: status.freshness,
            is_running: running.is_some(),
            since: running.map(|running| running.since),
            rows: status.rows,
            bytes: status.bytes,
            requests: count(|counters| counters.requests.load(Ordering::Relaxed)),
            events: count(|counters| counters.events.load(Ordering::Relaxed)),
        }
    }
}

/// Returns whether a running watch must start over: another path, other columns, another way to read.
///
/// Verbs that discovery adds to a built-in record are no reason: the first list must not be thrown away for them.
fn differs(old: &KindDef, new: &KindDef) -> bool {
    old.gvr != new.gvr
        || old.columns != new.columns
        || old.scope != new.scope
        || ["list", "watch"].iter().any(|verb| offers(old, verb) != offers(new, verb))
}

fn is_gone(store: &Store, key: &ShardKey) -> bool {
    store.find(key).is_some_and(|shard| matches!(shard.freshness(), Freshness::Gone(_)))
}

//! The controllers: scheduler, kubelets, workload controllers, and a little of everyday life.
//!
//! One task drives them all in steps of virtual time. A step reads the store's events since the last one,
//! reconciles the owners that they touch, and runs the timers that are due. Work is bounded by what changed,
//! not by how many pods there are.

mod crash;
mod daemons;
mod events;
mod jobs;
mod kubelet;
mod life;
mod network;
mod rollout;
mod scheduler;
mod sets;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::entry::{Body, Entry, Key};
use super::kinds::Served;
use super::printers::{items_at, text_at};
use super::store::Change;
use super::task::{self, Stopper};
use super::time::Random;
use crate::model::Text;

pub(crate) use self::kubelet::Step;
pub(crate) use self::life::node_names;

/// Kinds whose events wake a controller.
const WATCHED: &[&str] = &[
    "pods",
    "replicasets.apps",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
    "cronjobs.batch",
    "services",
    "poddisruptionbudgets.policy",
    "persistentvolumeclaims",
    "nodes",
    "namespaces",
];

/// A step reconciles until nothing moves, but not more often than this.
const ROUNDS: usize = 12;

/// What a timer does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A step in the life of the pod of that uid.
    Pod(Key, Text, Step),
    /// A look at an object by its controller.
    Look(&'static str, Key),
    /// Something happens in the shop.
    Life(u8),
}

/// All controllers with their memory.
pub(crate) struct Controllers {
    world: Arc<World>,
    random: Random,
    /// Virtual milliseconds since the start.
    now: u64,
    timers: BinaryHeap<Reverse<(u64, u64, Due)>>,
    order: u64,
    positions: HashMap<&'static str, u64>,
    dirty: BTreeSet<(&'static str, Key)>,
    /// Address of the next pod.
    address: u32,
    churned: f64,
}

impl Controllers {
    /// Makes controllers that know nothing yet.
    pub(crate) fn new(world: Arc<World>) -> Self {
        let seed = world.options.seed;
        Self {
            world,
            random: Random::new(seed.wrapping_mul(31).wrapping_add(5)),
            now: 0,
            timers: BinaryHeap::new(),
            order: 0,
            positions: HashMap::new(),
            dirty: BTreeSet::new(),
            address: 10,
            churned: 0.0,
        }
    }

    /// Lives `seconds` of virtual time in steps, ending `ends` seconds away from the machine's clock.
    pub(crate) fn live(&mut self, seconds: i64, ends: i64) {
        for second in 0..seconds {
            self.world.shift(ends - (seconds - second));
            self.step(1000);
        }
        self.world.shift(ends);
    }

    /// Starts to read events at this moment, whatever came before.
    pub(crate) fn catch_up(&mut self) {
        let rv = self.world.store.rv();
        for kind in WATCHED {
            self.positions.insert(kind, rv);
        }
    }

    /// Lives a moment of virtual time.
    pub(crate) fn step(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        for _ in 0..ROUNDS {
            self.read_events();
            while let Some(Reverse((due, _, _))) = self.timers.peek()
                && *due <= self.now
            {
                if let Some(Reverse((_, _, due))) = self.timers.pop() {
                    self.run(due);
                }
            }
            if self.dirty.is_empty() {
                break;
            }
            for (kind, key) in std::mem::take(&mut self.dirty) {
                self.reconcile(kind, &key);
            }
        }
    }

    /// Sets a timer, in virtual milliseconds from now.
    pub(crate) fn later(&mut self, milliseconds: u64, due: Due) {
        self.order += 1;
        self.timers.push(Reverse((self.now + milliseconds, self.order, due)));
    }

    /// Returns a number of milliseconds around `mean`.
    fn around(&mut self, mean: u64) -> u64 {
        let mean_f = mean as f64;
        (mean_f * (0.6 + 0.8 * self.random.unit())) as u64
    }

    fn run(&mut self, due: Due) {
        match due {
            Due::Pod(key, uid, step) => self.pod_step(&key, &uid, step),
            Due::Look(kind, key) => {
                self.dirty.insert((kind, key));
            }
            Due::Life(what) => self.life(what),
        }
    }

    fn read_events(&mut self) {
        for kind in WATCHED {
            let from = self.positions.get(kind).copied().unwrap_or_default();
            match self.world.store.since(kind, from, 4096) {
                Ok((events, complete)) => {
                    self.positions.insert(kind, complete.max(from));
                    for event in events {
                        self.see(kind, &event.entry, event.before.as_ref(), event.change);
                    }
                }
                // History was forgotten on purpose, or this task starved: look at everything but bulk pods again.
                Err(_) => {
                    let all = self.world.store.list(kind, None);
                    self.positions.insert(kind, all.rv);
                    if *kind != "pods" {
                        self.dirty.extend(all.items.iter().map(|entry| (*kind, entry.key.clone())));
                    }
                }
            }
        }
    }

    fn see(&mut self, kind: &'static str, entry: &Arc<Entry>, before: Option<&Arc<Entry>>, change: Change) {
        // A generated pod that only looks different concerns nobody here, and there can be a thousand a second.
        if change == Change::Modified && matches!(entry.body, Body::Filled(..)) {
            return;
        }
        if kind != "pods" && kind != "nodes" {
            self.dirty.insert((kind, entry.key.clone()));
        }
        if !entry.facts.owners.is_empty() {
            for owner in items_at(&entry.value(), "metadata/ownerReferences") {
                if let Some(kind) = owner_kind(text_at(owner, "kind")) {
                    self.dirty.insert((kind, Key::new(&entry.key.namespace, text_at(owner, "name"))));
                }
            }
        }
        match kind {
            "pods" => {
                self.pod_seen(entry, before, change);
                self.touch_selectors(entry);
            }
            "nodes" if change != Change::Modified => {
                let sets = self.world.store.list("daemonsets.apps", None).items;
                self.dirty.extend(sets.iter().map(|set| ("daemonsets.apps", set.key.clone())));
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, kind: &'static str, key: &Key) {
        let Some(entry) = self.world.store.get(kind, key) else { return };
        if entry.facts.deleting {
            return;
        }
        match kind {
            "deployments.apps" => self.deployment(&entry),
            "replicasets.apps" => self.replica_set(&entry),
            "statefulsets.apps" => self.stateful_set(&entry),
            "daemonsets.apps" => self.daemon_set(&entry),
            "jobs.batch" => self.job(&entry),
            "cronjobs.batch" => self.cron_job(&entry),
            "services" => self.service(&entry),
            "poddisruptionbudgets.policy" => self.budget(&entry),
            "persistentvolumeclaims" => self.claim(&entry),
            "namespaces" => self.namespace(&entry),
            _ => {}
        }
    }

    fn kind(&self, id: &str) -> Option<Arc<Served>> {
        self.world.catalog.by_id(id)
    }

    /// Creates an object; a refusal (a namespace going away) is what a real controller would retry.
    fn make(&self, id: &str, value: Value, manager: &str) -> Option<Arc<Entry>> {
        let kind = self.kind(id)?;
        self.world.create(&kind, value, manager).ok()
    }

    /// Changes an object; one that is gone needs no change.
    fn change(&self, id: &str, key: &Key, change: impl FnMut(&mut Value)) {
        if let Some(kind) = self.kind(id) {
            let _ = self.world.change(&kind, key, change);
        }
    }

    /// Deletes an object as its controller would.
    fn remove(&self, id: &str, key: &Key) {
        if let Some(kind) = self.kind(id) {
            let _ = super::write::remove(&self.world, &kind, key, &super::write::Removal::default());
        }
    }
}

fn owner_kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ReplicaSet" => "replicasets.apps",
        "Deployment" => "deployments.apps",
        "StatefulSet" => "statefulsets.apps",
        "DaemonSet" => "daemonsets.apps",
        "Job" => "jobs.batch",
        "CronJob" => "cronjobs.batch",
        _ => return None,
    })
}

/// Builds the reference from a dependent to its controller.
pub(crate) fn owner_ref(version: &str, kind: &str, entry: &Entry) -> Value {
    json!([{
        "apiVersion": version, "kind": kind, "name": &*entry.key.name, "uid": &*entry.facts.uid,
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Builds a pod from a workload's template.
pub(crate) fn pod_of(template: &Value, owner: Value, namespace: &str) -> Value {
    let mut pod = json!({"metadata": template["metadata"], "spec": template["spec"]});
    let meta = super::admit::object(&mut pod, "metadata");
    meta.remove("creationTimestamp");
    meta.insert("namespace".into(), namespace.into());
    meta.insert("ownerReferences".into(), owner);
    pod
}

/// Returns whether a pod counts for its owner: neither finished nor going.
pub(crate) fn counts(entry: &Entry) -> bool {
    !entry.facts.deleting && !matches!(phase(entry), "Succeeded" | "Failed")
}

/// Returns the phase of a pod.
pub(crate) fn phase(entry: &Entry) -> &str {
    entry.facts.fields.get(5).map_or("", |phase| phase)
}

/// Returns the node of a pod; empty while unscheduled.
pub(crate) fn node(entry: &Entry) -> &str {
    entry.facts.fields.first().map_or("", |node| node)
}

/// Returns whether a pod is ready.
pub(crate) fn ready(entry: &Entry) -> bool {
    phase(entry) == "Running"
        && items_at(&entry.value(), "status/conditions")
            .iter()
            .any(|c| text_at(c, "type") == "Ready" && text_at(c, "status") == "True")
}

/// Drives the controllers until the simulation is dropped.
pub(crate) fn run(mut controllers: Controllers) -> Stopper {
    let driving = task::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut last = tokio::time::Instant::now();
        let mut saved = 0.0;
        loop {
            let now = ticks.tick().await;
            let passed = now.duration_since(last);
            last = now;
            controllers.churn(passed.as_secs_f64());
            // Events are looked at ten times a second at real speed, more often when life is faster.
            saved += passed.as_secs_f64() * 1000.0 * controllers.world.rate();
            if saved >= 100.0 {
                controllers.step(saved as u64);
                saved = 0.0;
            }
        }
    });
    Stopper::of(vec![driving.abort_handle()])
}

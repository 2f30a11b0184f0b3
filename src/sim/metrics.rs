//! `metrics.k8s.io`: figures made up from names and time, so that they move plausibly and without state.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::World;
use super::body::Making;
use super::entry::{Draft, Entry, Key};
use super::store::Snapshot;
use super::time::now;
use crate::model::Timestamp;

/// A new figure every so many seconds, as metrics-server scrapes.
const WINDOW: i64 = 15;

/// Returns what there are metrics of: all nodes, or the running pods.
pub(crate) fn snapshot(world: &World, kind: &str, namespace: Option<&str>) -> Snapshot {
    let mut listed = world.store.list(source(kind), namespace);
    if source(kind) == "pods" {
        let phase = world.catalog.by_id("pods").and_then(|pods| pods.field("status.phase"));
        listed.items.retain(|pod| {
            phase.and_then(|at| pod.facts.fields.get(at)).is_some_and(|phase| is_running(phase))
        });
    }
    listed
}

/// Returns what makes the metrics of a node or pod: too much work for all of a large list at once.
pub(crate) fn making(world: &Arc<World>, kind: &str) -> Making {
    let (world, source) = (world.clone(), source(kind));
    Box::new(move |entry| measure(&world, source, entry))
}

/// Returns the metrics of one node or pod.
pub(crate) fn one(world: &World, kind: &str, key: &Key) -> Option<Arc<Entry>> {
    let source = source(kind);
    measure(world, source, &*world.store.get(source, key)?)
}

fn source(kind: &str) -> &'static str {
    if kind.starts_with("nodes") { "nodes" } else { "pods" }
}

fn is_running(phase: &str) -> bool {
    phase == "Running"
}

/// What is looked at of a pod.
#[derive(Deserialize)]
struct Pod {
    spec: Spec,
    status: Status,
}

#[derive(Deserialize)]
struct Spec {
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    name: String,
}

#[derive(Deserialize)]
struct Status {
    phase: String,
}

fn measure(world: &World, source: &str, entry: &Entry) -> Option<Arc<Entry>> {
    let moment = now().0 / WINDOW * WINDOW;
    let mut object = json!({
        "metadata": {"name": &*entry.key.name, "creationTimestamp": Timestamp(moment).rfc3339()},
        "timestamp": Timestamp(moment).rfc3339(), "window": format!("{WINDOW}.0s"),
    });
    let labels: Value = entry.facts.labels.iter().map(|(k, v)| (k.to_string(), Value::from(&**v))).collect();
    object["metadata"]["labels"] = labels;
    if source == "nodes" {
        let (cpu, memory) = usage(&entry.key.name, moment, 1400.0, 9000.0);
        object["usage"] = json!({"cpu": format!("{cpu}m"), "memory": format!("{}Ki", memory * 1024)});
    } else {
        let pod: Pod = serde_json::from_slice(&entry.text()).ok()?;
        if !is_running(&pod.status.phase) {
            return None;
        }
        object["metadata"]["namespace"] = (*entry.key.namespace).into();
        let containers: Vec<Value> = pod
            .spec
            .containers
            .iter()
            .map(|container| {
                let (cpu, memory) = usage(&format!("{}/{}", entry.key, container.name), moment, 120.0, 180.0);
                json!({"name": container.name,
                       "usage": {"cpu": format!("{}n", cpu * 1_000_000), "memory": format!("{}Ki", memory * 1024)}})
            })
            .collect();
        object["containers"] = containers.into();
    }
    let kind = world.catalog.by_id(&format!("{source}.metrics.k8s.io"))?;
    let draft: Draft = world.draft(&kind, object);
    Some(Arc::new(Entry { key: draft.key, rv: 0, facts: draft.facts, body: draft.body }))
}

/// Gives milli-cores and mebibytes that wander around a mean of the name's own.
fn usage(name: &str, moment: i64, cpu: f64, memory: f64) -> (i64, i64) {
    let share = |salt: i64| {
        let mut hasher = DefaultHasher::new();
        (name, salt).hash(&mut hasher);
        (hasher.finish() >> 40) as f64 / (1_u64 << 24) as f64
    };
    let wave = (moment as f64 / 240.0 + share(1) * 6.3).sin();
    let jitter = share(moment) - 0.5;
    let cpu = cpu * (0.1 + share(2)) * (1.0 + 0.35 * wave + 0.25 * jitter);
    let memory = memory * (0.2 + share(3)) * (1.0 + 0.06 * wave + 0.02 * jitter);
    (cpu.max(1.0) as i64, memory.max(4.0) as i64)
}

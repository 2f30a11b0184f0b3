//! `metrics.k8s.io`: figures made up from names and time, so that they move plausibly and without state.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::{Value, json};

use super::World;
use super::entry::{Draft, Entry, Key};
use super::printers::{items_at, text_at};
use super::store::Snapshot;
use super::time::now;
use crate::model::Timestamp;

/// A new figure every so many seconds, as metrics-server scrapes.
const WINDOW: i64 = 15;

/// Returns the metrics of all nodes or pods.
pub(crate) fn snapshot(world: &World, kind: &str, namespace: Option<&str>) -> Snapshot {
    let source = if kind.starts_with("nodes") { "nodes" } else { "pods" };
    let listed = world.store.list(source, namespace);
    let items = listed.items.iter().filter_map(|entry| measure(world, source, entry)).collect();
    Snapshot { rv: listed.rv, items }
}

/// Returns the metrics of one node or pod.
pub(crate) fn one(world: &World, kind: &str, key: &Key) -> Option<Arc<Entry>> {
    let source = if kind.starts_with("nodes") { "nodes" } else { "pods" };
    measure(world, source, &*world.store.get(source, key)?)
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
        let value = entry.value();
        if text_at(&value, "status/phase") != "Running" {
            return None;
        }
        object["metadata"]["namespace"] = (*entry.key.namespace).into();
        let containers: Vec<Value> = items_at(&value, "spec/containers")
            .iter()
            .map(|container| {
                let (cpu, memory) = usage(&format!("{}/{}", entry.key, text_at(container, "name")), moment, 120.0, 180.0);
                json!({"name": text_at(container, "name"),
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

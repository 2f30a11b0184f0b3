//! Daemon sets: one pod on every node.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::Entry;
use super::super::printers::{at, int_at};
use super::{Controllers, counts, node, owner_ref, pod_of, ready};

impl Controllers {
    /// Puts a pod on every node that the set selects.
    pub(super) fn daemon_set(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let wanted_labels =
            at(&value, "spec/template/spec/nodeSelector").as_object().cloned().unwrap_or_default();
        let nodes = self.world.store.list("nodes", None).items;
        let chosen: Vec<_> = nodes
            .iter()
            .filter(|node| {
                wanted_labels
                    .iter()
                    .all(|(key, value)| node.facts.label(key).map(|found| &**found) == value.as_str())
            })
            .collect();
        let pods = self.world.store.owned("pods", &entry.facts.uid);
        for place in &chosen {
            if !pods.iter().any(|pod| node(pod) == &*place.key.name) {
                let owner = owner_ref("apps/v1", "DaemonSet", entry);
                let mut pod = pod_of(at(&value, "spec/template"), owner, &entry.key.namespace);
                object(&mut pod, "metadata")
                    .insert("generateName".into(), format!("{}-", entry.key.name).into());
                let spec = object(&mut pod, "spec");
                spec.insert("nodeName".into(), (*place.key.name).into());
                spec.insert("tolerations".into(), json!([{"operator": "Exists"}]));
                if let Some(made) = self.make("pods", pod, "kube-controller-manager") {
                    let message = format!("Created pod: {}", made.key.name);
                    self.event(
                        "DaemonSet",
                        entry,
                        "Normal",
                        "SuccessfulCreate",
                        &message,
                        "daemonset-controller",
                    );
                }
            }
        }
        for pod in pods.iter().filter(|pod| counts(pod)) {
            if !chosen.iter().any(|place| &*place.key.name == node(pod)) {
                self.remove("pods", &pod.key);
            }
        }
        self.daemon_status(entry, int_at(&value, "metadata/generation"), chosen.len());
    }

    fn daemon_status(&self, entry: &Entry, generation: i64, desired: usize) {
        let pods = self.world.store.owned("pods", &entry.facts.uid);
        let living = pods.iter().filter(|pod| counts(pod)).count();
        let up = pods.iter().filter(|pod| counts(pod) && ready(pod)).count();
        self.change("daemonsets.apps", &entry.key, |value| {
            let status = object(value, "status");
            for (name, count) in [
                ("currentNumberScheduled", living),
                ("desiredNumberScheduled", desired),
                ("numberMisscheduled", 0),
                ("numberReady", up),
                ("numberAvailable", up),
                ("updatedNumberScheduled", living),
                ("numberUnavailable", desired.saturating_sub(up)),
            ] {
                status.insert(name.into(), Value::from(count));
            }
            status.insert("observedGeneration".into(), generation.into());
        });
    }
}

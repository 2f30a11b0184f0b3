//! Replica sets and stateful sets: as many pods as asked for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::Entry;
use super::super::printers::{at, int_at, text_at};
use super::{Controllers, counts, owner_ref, pod_of, ready};

/// A controller makes no more pods than this in one go.
const BURST: i64 = 500;

impl Controllers {
    /// Makes a replica set's pods as many as asked for, and its status true.
    pub(super) fn replica_set(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let wanted = int_at(&value, "spec/replicas");
        let pods = self.world.store.owned("pods", &entry.facts.uid);
        let living: Vec<&Arc<Entry>> = pods.iter().filter(|pod| counts(pod)).collect();
        let have = i64::try_from(living.len()).unwrap_or(i64::MAX);
        let template = at(&value, "spec/template");
        for _ in 0..(wanted - have).clamp(0, BURST) {
            let owner = owner_ref("apps/v1", "ReplicaSet", entry);
            let mut pod = pod_of(template, owner, &entry.key.namespace);
            object(&mut pod, "metadata").insert("generateName".into(), format!("{}-", entry.key.name).into());
            if let Some(made) = self.make("pods", pod, "kube-controller-manager") {
                let message = format!("Created pod: {}", made.key.name);
                self.event(
                    "ReplicaSet",
                    entry,
                    "Normal",
                    "SuccessfulCreate",
                    &message,
                    "replicaset-controller",
                );
            }
        }
        if have > wanted {
            // Pods that serve nobody go first, then the youngest.
            let mut order: Vec<(bool, u64, &Arc<Entry>)> =
                living.iter().map(|pod| (ready(pod), u64::MAX - pod.rv, *pod)).collect();
            order.sort_by_key(|(ready, age, _)| (*ready, *age));
            for (_, _, pod) in order.into_iter().take(usize::try_from(have - wanted).unwrap_or_default()) {
                self.remove("pods", &pod.key);
                let message = format!("Deleted pod: {}", pod.key.name);
                self.event(
                    "ReplicaSet",
                    entry,
                    "Normal",
                    "SuccessfulDelete",
                    &message,
                    "replicaset-controller",
                );
            }
        }
        self.replica_status(entry, &value);
    }

    fn replica_status(&self, entry: &Entry, value: &Value) {
        let pods = self.world.store.owned("pods", &entry.facts.uid);
        let living = pods.iter().filter(|pod| counts(pod));
        let (replicas, ready) = living.fold((0, 0), |(all, up), pod| (all + 1, up + i64::from(ready(pod))));
        let generation = int_at(value, "metadata/generation");
        let labels = at(value, "spec/template/metadata/labels").clone();
        self.change("replicasets.apps", &entry.key, |value| {
            let status = object(value, "status");
            status.insert("replicas".into(), replicas.into());
            if !labels.is_null() {
                status.insert("fullyLabeledReplicas".into(), replicas.into());
            }
            for name in ["readyReplicas", "availableReplicas"] {
                if ready > 0 {
                    status.insert(name.into(), ready.into());
                } else {
                    status.remove(name);
                }
            }
            status.insert("observedGeneration".into(), generation.into());
        });
    }

    /// Makes a stateful set's pods one after the other.
    pub(super) fn stateful_set(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let wanted = int_at(&value, "spec/replicas");
        let pods = self.world.store.owned("pods", &entry.facts.uid);
        let find =
            |ordinal: i64| pods.iter().find(|pod| *pod.key.name == *format!("{}-{ordinal}", entry.key.name));
        let parallel = text_at(&value, "spec/podManagementPolicy") == "Parallel";
        let hash = super::rollout::template_hash(at(&value, "spec/template"));
        let revision = format!("{}-{hash}", entry.key.name);
        for ordinal in 0..wanted {
            match find(ordinal) {
                None => {
                    self.make_ordinal(entry, &value, ordinal, &revision);
                    if !parallel {
                        break;
                    }
                }
                Some(pod) if !parallel && !ready(pod) => break,
                Some(_) => {}
            }
        }
        let ordinal = |pod: &Entry| pod.key.name.rsplit('-').next().and_then(|text| text.parse::<i64>().ok());
        for pod in
            pods.iter().filter(|pod| counts(pod) && ordinal(pod).is_some_and(|ordinal| ordinal >= wanted))
        {
            self.remove("pods", &pod.key);
        }
        self.replace_outdated(&pods, &revision);
        let living: Vec<_> = pods.iter().filter(|pod| counts(pod)).collect();
        let up = living.iter().filter(|pod| ready(pod)).count();
        let generation = int_at(&value, "metadata/generation");
        self.change("statefulsets.apps", &entry.key, |value| {
            let status = object(value, "status");
            for (name, count) in [
                ("replicas", living.len()),
                ("readyReplicas", up),
                ("availableReplicas", up),
                ("currentReplicas", living.len()),
                ("updatedReplicas", living.len()),
            ] {
                status.insert(name.into(), count.into());
            }
            status.insert("collisionCount".into(), 0.into());
            status.insert("observedGeneration".into(), generation.into());
            status.insert("currentRevision".into(), revision.as_str().into());
            status.insert("updateRevision".into(), revision.as_str().into());
        });
    }

    fn make_ordinal(&mut self, entry: &Arc<Entry>, value: &Value, ordinal: i64, revision: &str) {
        let owner = owner_ref("apps/v1", "StatefulSet", entry);
        let mut pod = pod_of(at(value, "spec/template"), owner, &entry.key.namespace);
        let name = format!("{}-{ordinal}", entry.key.name);
        let meta = object(&mut pod, "metadata");
        meta.insert("name".into(), name.as_str().into());
        meta.insert("generateName".into(), format!("{}-", entry.key.name).into());
        if let Some(labels) = meta.entry("labels").or_insert_with(|| json!({})).as_object_mut() {
            labels.insert("statefulset.kubernetes.io/pod-name".into(), name.as_str().into());
            labels.insert("apps.kubernetes.io/pod-index".into(), ordinal.to_string().into());
            labels.insert("controller-revision-hash".into(), revision.into());
        }
        let spec = object(&mut pod, "spec");
        spec.insert("hostname".into(), name.as_str().into());
        spec.insert("subdomain".into(), at(value, "spec/serviceName").clone());
        for template in super::items_at(value, "spec/volumeClaimTemplates") {
            let claim_name = format!("{}-{name}", text_at(template, "metadata/name"));
            let mut claim = json!({"metadata": {"name": claim_name, "namespace": &*entry.key.namespace}, "spec": template["spec"]});
            claim["metadata"]["labels"] = at(value, "spec/selector/matchLabels").clone();
            // A claim outlives its pod; one that is there already is the right one.
            self.make("persistentvolumeclaims", claim, "kube-controller-manager");
            if let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
                volumes.push(json!({"name": text_at(template, "metadata/name"), "persistentVolumeClaim": {"claimName": claim_name}}));
            }
        }
        if self.make("pods", pod, "kube-controller-manager").is_some() {
            let message = format!("create Pod {name} in StatefulSet {} successful", entry.key.name);
            self.event(
                "StatefulSet",
                entry,
                "Normal",
                "SuccessfulCreate",
                &message,
                "statefulset-controller",
            );
        }
    }

    /// Removes the last outdated pod once the others are ready.
    fn replace_outdated(&mut self, pods: &[Arc<Entry>], revision: &str) {
        let outdated = |pod: &&Arc<Entry>| {
            pod.facts.label("controller-revision-hash").is_some_and(|label| &**label != revision)
        };
        let healthy = pods.iter().filter(|pod| !outdated(pod)).all(|pod| counts(pod) && ready(pod));
        if healthy && let Some(pod) = pods.iter().rev().find(|pod| outdated(pod) && counts(pod)) {
            self.remove("pods", &pod.key);
        }
    }
}

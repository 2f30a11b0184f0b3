//! Deployments: one replica set per template, and the careful way from the old one to the new one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::{Entry, Key};
use super::super::pod::{condition, digest_of};
use super::super::printers::{at, int_at, text_at};
use super::{Controllers, owner_ref};

/// Old replica sets without pods that are kept for undo.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Returns the hash by which a template's replica set is known.
pub(super) fn template_hash(template: &Value) -> String {
    let hash = digest_of(&[&template.to_string()]);
    // The API server's alphabet has no vowels, so that no hash spells a word.
    let safe: String = hash.chars().filter(|c| !matches!(c, 'a' | 'e' | '0' | '1' | '3')).collect();
    safe.get(..9).unwrap_or("bcdf24567").to_owned()
}

impl Controllers {
    /// Brings a deployment's replica sets towards its template and number.
    pub(super) fn deployment(&mut self, entry: &Arc<Entry>) {
        let value = entry.value();
        let template = at(&value, "spec/template");
        let hash = template_hash(template);
        let name = format!("{}-{hash}", entry.key.name);
        let wanted = int_at(&value, "spec/replicas");
        let sets = self.world.store.owned("replicasets.apps", &entry.facts.uid);
        let paused = at(&value, "spec/paused").as_bool() == Some(true);
        let current = sets.iter().find(|set| *set.key.name == *name).cloned();
        let old: Vec<(Arc<Entry>, Value)> =
            sets.iter().filter(|set| *set.key.name != *name).map(|set| (set.clone(), set.value())).collect();
        let old_total: i64 = old.iter().map(|(_, set)| int_at(set, "spec/replicas")).sum();
        let revision = 1 + sets.iter().filter_map(|set| revision_of(&set.value())).max().unwrap_or_default();
        let Some(current) = current else {
            if !paused {
                self.make_set(entry, &value, &name, &hash, if old_total > 0 { 0 } else { wanted }, revision);
            }
            return;
        };
        let set = current.value();
        if !paused {
            self.roll(entry, &value, &current, &set, &old, wanted);
        }
        self.deployment_status(entry, &value, &current, &set, &old, wanted);
    }

    fn make_set(
        &mut self,
        entry: &Arc<Entry>,
        value: &Value,
        name: &str,
        hash: &str,
        replicas: i64,
        revision: i64,
    ) {
        let mut template = at(value, "spec/template").clone();
        let with_hash = |labels: &Value| {
            let mut labels = labels.clone();
            labels["pod-template-hash"] = hash.into();
            labels
        };
        let labels = with_hash(at(&template, "metadata/labels"));
        object(&mut template, "metadata").insert("labels".into(), labels.clone());
        let mut selector = at(value, "spec/selector").clone();
        selector["matchLabels"] = with_hash(at(&selector, "matchLabels"));
        let set = json!({
            "metadata": {
                "name": name, "namespace": &*entry.key.namespace, "labels": labels,
                "annotations": {REVISION: revision.to_string(), "deployment.kubernetes.io/desired-replicas": replicas.to_string()},
                "ownerReferences": owner_ref("apps/v1", "Deployment", entry),
            },
            "spec": {"replicas": replicas, "selector": selector, "template": template},
        });
        if self.make("replicasets.apps", set, "kube-controller-manager").is_some() {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            self.event("Deployment", entry, "Normal", "ScalingReplicaSet", &message, "deployment-controller");
        }
        self.change("deployments.apps", &entry.key, |value| {
            let meta = object(value, "metadata");
            let notes = meta.entry("annotations").or_insert_with(|| json!({}));
            notes[REVISION] = revision.to_string().into();
        });
    }

    fn roll(
        &mut self,
        entry: &Arc<Entry>,
        value: &Value,
        current: &Arc<Entry>,
        set: &Value,
        old: &[(Arc<Entry>, Value)],
        wanted: i64,
    ) {
        let old_total: i64 = old.iter().map(|(_, set)| int_at(set, "spec/replicas")).sum();
        let have = int_at(set, "spec/replicas");
        if old_total == 0 {
            self.scale(entry, current, have, wanted);
            return;
        }
        let recreate = text_at(value, "spec/strategy/type") == "Recreate";
        let part = |name: &str, up: bool| {
            share(at(value, &format!("spec/strategy/rollingUpdate/{name}")), wanted, up)
        };
        let surge = if recreate { 0 } else { part("maxSurge", true) };
        let mut slack = if recreate { wanted } else { part("maxUnavailable", false) };
        if surge == 0 && slack == 0 {
            slack = 1;
        }
        let room = wanted + surge - have - old_total;
        let old_pods: i64 = old.iter().map(|(_, set)| int_at(set, "status/replicas")).sum();
        if have < wanted && room > 0 && !(recreate && old_pods > 0) {
            self.scale(entry, current, have, have + room.min(wanted - have));
        }
        let ready_new = int_at(set, "status/availableReplicas");
        let ready_old: i64 = old.iter().map(|(_, set)| int_at(set, "status/availableReplicas")).sum();
        let mut spare = (ready_new + ready_old - (wanted - slack)).max(0);
        for (set, set_value) in old {
            let replicas = int_at(set_value, "spec/replicas");
            // Pods that serve nobody cost nothing.
            let idle = (replicas - int_at(set_value, "status/availableReplicas")).max(0);
            let less = replicas.min(idle + spare);
            spare = (spare - (less - idle).max(0)).max(0);
            self.scale(entry, set, replicas, replicas - less);
        }
    }

    fn scale(&mut self, entry: &Arc<Entry>, set: &Arc<Entry>, from: i64, to: i64) {
        if from == to {
            return;
        }
        self.change("replicasets.apps", &set.key, |value| {
            object(value, "spec").insert("replicas".into(), to.into());
        });
        let way = if to > from { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {} from {from} to {to}", set.key.name);
        self.event("Deployment", entry, "Normal", "ScalingReplicaSet", &message, "deployment-controller");
    }

    fn deployment_status(
        &mut self,
        entry: &Arc<Entry>,
        value: &Value,
        current: &Arc<Entry>,
        set: &Value,
        old: &[(Arc<Entry>, Value)],
        wanted: i64,
    ) {
        let sum = |path: &str| int_at(set, path) + old.iter().map(|(_, set)| int_at(set, path)).sum::<i64>();
        let (replicas, available) = (sum("status/replicas"), sum("status/availableReplicas"));
        let updated = int_at(set, "status/replicas");
        let slack = share(at(value, "spec/strategy/rollingUpdate/maxUnavailable"), wanted, false);
        let enough = available >= wanted - slack;
        let complete = updated == wanted && replicas == wanted && available == wanted;
        let now = self.world.now_text();
        let generation = int_at(value, "metadata/generation");
        let set_name = current.key.name.clone();
        self.change("deployments.apps", &entry.key, |value| {
            let status = object(value, "status");
            for (name, count) in [
                ("replicas", replicas),
                ("updatedReplicas", updated),
                ("readyReplicas", available),
                ("availableReplicas", available),
                ("unavailableReplicas", (wanted - available).max(0)),
            ] {
                if count > 0 {
                    status.insert(name.into(), count.into());
                } else {
                    status.remove(name);
                }
            }
            status.insert("observedGeneration".into(), generation.into());
            let lacking =
                ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.".to_owned());
            progress(
                value,
                "Available",
                enough,
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
                lacking,
                &now,
            );
            let (reason, message) = if complete {
                ("NewReplicaSetAvailable", format!("ReplicaSet \"{set_name}\" has successfully progressed."))
            } else {
                ("ReplicaSetUpdated", format!("ReplicaSet \"{set_name}\" is progressing."))
            };
            progress(value, "Progressing", true, reason, &message, ("", String::new()), &now);
        });
        if old.len() > 10
            && let Some((set, _)) = old.iter().min_by_key(|(_, set)| revision_of(set))
        {
            self.remove("replicasets.apps", &Key::new(&set.key.namespace, &set.key.name));
        }
    }
}

fn progress(
    value: &mut Value,
    kind: &str,
    holds: bool,
    reason: &str,
    message: &str,
    lacking: (&str, String),
    now: &str,
) {
    let known =
        super::items_at(value, "status/conditions").iter().find(|known| text_at(known, "type") == kind);
    let changed = known.is_none_or(|known| {
        (text_at(known, "status") == "True") != holds || (holds && text_at(known, "reason") != reason)
    });
    if !changed {
        return;
    }
    condition(value, kind, holds, lacking, now);
    for known in
        object(value, "status").get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if text_at(known, "type") == kind
            && let Some(fields) = known.as_object_mut()
        {
            fields.remove("lastProbeTime");
            fields.remove("observedGeneration");
            fields.insert("lastUpdateTime".into(), now.into());
            if holds {
                fields.insert("reason".into(), reason.into());
                fields.insert("message".into(), message.into());
            }
        }
    }
}

fn revision_of(set: &Value) -> Option<i64> {
    at(set, "metadata/annotations").get(REVISION)?.as_str()?.parse().ok()
}

/// Reads a number or a percentage of `of`.
fn share(value: &Value, of: i64, up: bool) -> i64 {
    match value {
        Value::Number(number) => number.as_i64().unwrap_or_default(),
        Value::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or_default();
            let exact = of * percent;
            if up { (exact + 99) / 100 } else { exact / 100 }
        }
        _ => 0,
    }
}

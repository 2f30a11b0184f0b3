//! The scheduler: puts pods on nodes, or says why it cannot.

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::{Entry, Key};
use super::super::pod;
use super::super::printers::{at, items_at, text_at};
use super::{Controllers, Due, Step, node};
use crate::model::Quantity;

/// A node as the scheduler sees it.
struct Place {
    name: String,
    address: String,
    value: Value,
}

impl Controllers {
    /// Tries to put a pod on a node.
    pub(super) fn schedule(&mut self, entry: &Entry) {
        let value = entry.value();
        let places = self.places();
        let mut refusals: Vec<(String, usize)> = Vec::new();
        let mut fit = Vec::new();
        for place in &places {
            match why_not(&place.value, &value) {
                None => fit.push(place),
                Some(why) => match refusals.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, count)) => *count += 1,
                    None => refusals.push((why, 1)),
                },
            }
        }
        let index = self.random.below(fit.len());
        let now = self.world.now_text();
        let Some(place) = fit.get(index) else {
            refusals.sort();
            let reasons: Vec<String> = refusals.iter().map(|(why, count)| format!("{count} {why}")).collect();
            let message = format!(
                "0/{} nodes are available: {}. preemption: 0/{} nodes are available: {} Preemption is not helpful for scheduling.",
                places.len(),
                reasons.join(", "),
                places.len(),
                places.len()
            );
            self.change("pods", &entry.key, |value| {
                pod::condition(value, "PodScheduled", false, ("Unschedulable", message.clone()), &now);
            });
            self.event("Pod", entry, "Warning", "FailedScheduling", &message, "default-scheduler");
            let wait = self.around(30_000);
            self.later(wait, Due::Pod(entry.key.clone(), entry.facts.uid.clone(), Step::Bind));
            return;
        };
        let (name, address) = (place.name.clone(), place.address.clone());
        self.change("pods", &entry.key, |value| {
            object(value, "spec").insert("nodeName".into(), name.as_str().into());
            pod::condition(value, "PodScheduled", true, ("", String::new()), &now);
            object(value, "status").insert("hostIP".into(), address.as_str().into());
            object(value, "status").insert("hostIPs".into(), json!([{"ip": address}]));
        });
        let message = format!("Successfully assigned {} to {name}", entry.key);
        self.event("Pod", entry, "Normal", "Scheduled", &message, "default-scheduler");
        let wait = self.around(700);
        self.later(wait, Due::Pod(entry.key.clone(), entry.facts.uid.clone(), Step::Create));
    }

    fn places(&self) -> Vec<Place> {
        let nodes = self.world.store.list("nodes", None).items;
        nodes
            .iter()
            .map(|entry| {
                let value = entry.value();
                let address = text_at(&value, "status/addresses/0/address").to_owned();
                Place { name: entry.key.name.to_string(), address, value }
            })
            .collect()
    }

    /// Returns a node's address.
    pub(super) fn host(&self, entry: &Entry) -> String {
        let found = self.world.store.get("nodes", &Key::new("", node(entry)));
        found.map_or_else(String::new, |node| text_at(&node.value(), "status/addresses/0/address").to_owned())
    }
}

/// Says why a pod cannot run on a node.
fn why_not(node: &Value, pod: &Value) -> Option<String> {
    let tolerated = |taint: &Value| {
        items_at(pod, "spec/tolerations").iter().any(|t| {
            let key = text_at(t, "key");
            let effect = text_at(t, "effect");
            (key.is_empty() || key == text_at(taint, "key"))
                && (effect.is_empty() || effect == text_at(taint, "effect"))
                && (text_at(t, "operator") == "Exists" || text_at(t, "value") == text_at(taint, "value"))
        })
    };
    let wanted = at(pod, "spec/nodeSelector").as_object();
    let labels = at(node, "metadata/labels");
    if wanted.is_some_and(|wanted| wanted.iter().any(|(key, value)| labels.get(key) != Some(value))) {
        return Some("node(s) didn't match Pod's node affinity/selector".into());
    }
    let blocking = items_at(node, "spec/taints")
        .iter()
        .find(|taint| matches!(text_at(taint, "effect"), "NoSchedule" | "NoExecute") && !tolerated(taint));
    if let Some(taint) = blocking {
        if text_at(taint, "key") == "node.kubernetes.io/unschedulable" {
            return Some("node(s) were unschedulable".into());
        }
        return Some(format!(
            "node(s) had untolerated taint(s) {{{}: {}}}",
            text_at(taint, "key"),
            text_at(taint, "value")
        ));
    }
    if at(node, "spec/unschedulable").as_bool() == Some(true) {
        return Some("node(s) were unschedulable".into());
    }
    let thousandths = |text: &str| Quantity::parse(text).unwrap_or_default().thousandths();
    let asked = |name: &str| -> i128 {
        let containers = items_at(pod, "spec/containers").iter();
        containers.map(|c| thousandths(text_at(c, &format!("resources/requests/{name}")))).sum()
    };
    let has = |name: &str| thousandths(text_at(node, &format!("status/allocatable/{name}")));
    if asked("cpu") > has("cpu") {
        return Some("Insufficient cpu".into());
    }
    if asked("memory") > has("memory") {
        return Some("Insufficient memory".into());
    }
    None
}

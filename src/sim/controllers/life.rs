//! Everyday life: a rollout now and then, a pod that dies, autoscaler figures that move; and churn for benches.

use serde_json::{Value, json};

use super::super::admit::object;
use super::super::entry::Key;
use super::super::fill;
use super::super::pod;
use super::super::printers::{at, items_at, text_at};
use super::{Controllers, Due, phase};

/// What happens, and every how many seconds.
const HABITS: &[(u8, u64)] = &[(ROLLOUT, 75), (MISHAP, 40), (FIGURES, 15)];
const ROLLOUT: u8 = 0;
const MISHAP: u8 = 1;
const FIGURES: u8 = 2;

/// Deployments that are rolled out from time to time.
const ROLLED: &[(&str, &str)] = &[("shop", "frontend"), ("shop", "catalog"), ("payments", "ledger")];

impl Controllers {
    /// Starts everyday life.
    pub(crate) fn begin_life(&mut self) {
        for (what, seconds) in HABITS {
            self.later(seconds * 400, Due::Life(*what));
        }
    }

    pub(super) fn life(&mut self, what: u8) {
        match what {
            ROLLOUT => self.roll_something_out(),
            MISHAP => self.lose_a_pod(),
            _ => self.move_figures(),
        }
        let seconds = HABITS.iter().find(|(known, _)| *known == what).map_or(60, |(_, seconds)| *seconds);
        let wait = self.around(seconds * 1000);
        self.later(wait, Due::Life(what));
    }

    fn roll_something_out(&mut self) {
        let Some((namespace, name)) = self.random.pick(ROLLED).copied() else { return };
        let now = self.world.now_text();
        self.change("deployments.apps", &Key::new(namespace, name), |value| {
            let image = text_at(value, "spec/template/spec/containers/0/image").to_owned();
            let next = next_version(&image);
            if let Some(container) = value.pointer_mut("/spec/template/spec/containers/0") {
                container["image"] = next.into();
            }
            let meta = value.pointer_mut("/spec/template/metadata");
            if let Some(meta) = meta.and_then(Value::as_object_mut) {
                meta.entry("annotations").or_insert_with(|| json!({}))["kubectl.kubernetes.io/restartedAt"] =
                    now.as_str().into();
            }
        });
    }

    /// Deletes a healthy pod of the shop; its owner makes another.
    fn lose_a_pod(&mut self) {
        let pods = self.world.store.list("pods", Some("shop")).items;
        let candidates: Vec<_> = pods
            .iter()
            .filter(|pod| phase(pod) == "Running" && !pod.facts.deleting && !pod.facts.owners.is_empty())
            .collect();
        let Some(pod) = self.random.pick(&candidates) else { return };
        self.remove("pods", &pod.key);
    }

    fn move_figures(&mut self) {
        for entry in self.world.store.list("horizontalpodautoscalers.autoscaling", None).items {
            let percent = 35 + self.random.below(60);
            self.change("horizontalpodautoscalers.autoscaling", &entry.key, |value| {
                let target = at(value, "spec/metrics/0/resource/name").clone();
                let replicas = at(value, "status/currentReplicas").clone();
                let status = object(value, "status");
                status.insert(
                    "currentMetrics".into(),
                    json!([{"type": "Resource", "resource": {"name": target, "current": {
                        "averageUtilization": percent, "averageValue": format!("{}m", percent * 2)}}}]),
                );
                status.insert("desiredReplicas".into(), replicas);
            });
        }
        let now = self.world.now_text();
        for entry in self.world.store.list("leases.coordination.k8s.io", None).items {
            self.change("leases.coordination.k8s.io", &entry.key, |value| {
                object(value, "spec").insert("renewTime".into(), now.replace('Z', ".000000Z").into());
            });
        }
    }

    /// Changes the status of random pods: so many a second, for benches.
    pub(super) fn churn(&mut self, seconds: f64) {
        self.churned += self.world.churn() * seconds;
        // After a stall the missed changes are not made up for in one burst.
        let count = self.churned.floor().min(5000.0);
        self.churned -= self.churned.floor();
        if count < 1.0 {
            return;
        }
        for _ in 0..count as usize {
            if !fill::touch(&self.world, &mut self.random) {
                self.touch_one();
            }
        }
    }

    /// Restarts a container of a pod that was not generated in bulk.
    fn touch_one(&mut self) {
        let pods = self.world.store.list("pods", None).items;
        let Some(pod) = self.random.pick(&pods).filter(|pod| phase(pod) == "Running") else { return };
        let now = self.world.now_text();
        self.change("pods", &pod.key, |value| {
            let mut looks = pod::looks(value);
            if let Some(look) = looks.first_mut() {
                look.restarts += 1;
                look.ready = look.restarts % 2 == 0;
            }
            pod::write(value, "Running", &pod::init_looks(value), &looks, &now);
        });
    }
}

/// Counts the last number of an image's tag up.
fn next_version(image: &str) -> String {
    let Some((head, tail)) = image.rsplit_once('.') else { return image.to_owned() };
    tail.parse::<u32>().map_or_else(|_| image.to_owned(), |number| format!("{head}.{}", (number + 1) % 100))
}

/// Returns the names of the nodes that take any pod; bulk pods are spread over them.
pub(crate) fn node_names(world: &super::super::World) -> Vec<String> {
    let nodes = world.store.list("nodes", None).items;
    let mut names: Vec<String> = Vec::new();
    for node in &nodes {
        let value = node.value();
        let schedulable = at(&value, "spec/unschedulable").as_bool() != Some(true)
            && items_at(&value, "spec/taints").is_empty();
        if schedulable {
            names.push(node.key.name.to_string());
        }
    }
    names
}

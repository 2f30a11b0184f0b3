//! Events: written as components write them, repeated ones counted, old ones dropped.

use serde_json::{Value, json};

use super::super::entry::{Entry, Key};
use super::super::pod::digest_of;
use super::super::printers::{int_at, text_at};
use super::super::store::Expect;
use super::Controllers;

/// No more events than this are kept; the oldest go first.
const KEPT: usize = 1500;

impl Controllers {
    /// Records what happened to an object.
    pub(super) fn event(
        &self,
        kind: &str,
        about: &Entry,
        severity: &str,
        reason: &str,
        message: &str,
        component: &str,
    ) {
        self.event_at(kind, about, severity, reason, message, component, "");
    }

    /// Records what happened to a part of an object.
    #[expect(clippy::too_many_arguments, reason = "an event has that many independent parts")]
    pub(super) fn event_at(
        &self,
        kind: &str,
        about: &Entry,
        severity: &str,
        reason: &str,
        message: &str,
        component: &str,
        field: &str,
    ) {
        let namespace = if about.key.namespace.is_empty() { "default" } else { &about.key.namespace };
        let id = digest_of(&[&about.facts.uid, reason, message]);
        let name = format!("{}.{}", about.key.name, id.get(..16).unwrap_or_default());
        let key = Key::new(namespace, &name);
        let now = self.world.now_text();
        if self.world.store.get("events", &key).is_some() {
            self.change("events", &key, |value| {
                let count = int_at(value, "count");
                value["count"] = (count + 1).into();
                value["lastTimestamp"] = now.as_str().into();
            });
            return;
        }
        let version = match kind {
            "Pod" | "Node" | "Service" | "PersistentVolumeClaim" => "v1",
            "Job" | "CronJob" => "batch/v1",
            "HorizontalPodAutoscaler" => "autoscaling/v2",
            _ => "apps/v1",
        };
        let mut involved = json!({
            "apiVersion": version, "kind": kind, "name": &*about.key.name, "uid": &*about.facts.uid,
            "resourceVersion": about.rv.to_string(),
        });
        if !about.key.namespace.is_empty() {
            involved["namespace"] = (*about.key.namespace).into();
        }
        if !field.is_empty() {
            involved["fieldPath"] = field.into();
        }
        let mut source = json!({"component": component});
        let node = super::node(about);
        if component == "kubelet" && kind == "Pod" {
            source["host"] = node.into();
        }
        let event = json!({
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved, "type": severity, "reason": reason, "message": message, "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "eventTime": null, "source": source,
            "reportingComponent": component, "reportingInstance": if component == "kubelet" { node } else { "" },
        });
        self.make("events", event, component);
        self.drop_old();
    }

    fn drop_old(&self) {
        // One look in a hundred is enough to stay near the bound.
        if self.world.store.count("events") <= KEPT + 100 {
            return;
        }
        let mut all = self.world.store.list("events", None).items;
        all.sort_by_key(|entry| entry.rv);
        let surplus = all.len().saturating_sub(KEPT);
        for entry in all.iter().take(surplus) {
            // Gone already is as good.
            let _ = self.world.store.remove("events", &entry.key, Expect::Anything);
        }
    }
}

/// Returns the field path of a container in an event.
pub(super) fn container_path(list: &str, container: &Value) -> String {
    format!("spec.{list}{{{}}}", text_at(container, "name"))
}

//! Sub-resources that speak a kind of their own: scale and eviction.

use std::sync::Arc;

use serde_json::{Value, json};

use super::World;
use super::ask::{Ask, Target};
use super::printers::{at, int_at, selector_text};
use super::status::Refusal;
use super::write::{Removal, key, remove};

/// Builds the `Scale` of an object.
pub(crate) fn scale_of(value: &Value) -> Value {
    let meta = at(value, "metadata");
    let selector = selector_text(at(value, "spec/selector"));
    let keep: Value = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]
        .iter()
        .filter_map(|name| Some((name.to_string(), meta.get(*name)?.clone())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": keep,
        "spec": {"replicas": int_at(value, "spec/replicas")},
        "status": {"replicas": int_at(value, "status/replicas"), "selector": selector},
    })
}

/// Answers an eviction: a deletion that disruption budgets can hold up.
pub(crate) fn evict(world: &Arc<World>, ask: &Ask, target: &Target) -> Result<(), Refusal> {
    let key = key(target);
    let pod = world.store.get("pods", &key).ok_or_else(|| Refusal::not_found(&target.kind, &key.name))?;
    for budget in world.store.list("poddisruptionbudgets.policy", Some(&key.namespace)).items {
        let value = budget.value();
        let wanted = at(&value, "spec/selector/matchLabels").as_object();
        let hit = wanted.is_some_and(|wanted| {
            wanted.iter().all(|(name, value)| pod.facts.label(name).map(|found| &**found) == value.as_str())
        });
        if hit && int_at(&value, "status/disruptionsAllowed") == 0 {
            let message = "Cannot evict pod as it would violate the pod's disruption budget.";
            let mut refusal = Refusal::new(429, "TooManyRequests", message);
            let needs = int_at(&value, "status/desiredHealthy");
            let has = int_at(&value, "status/currentHealthy");
            refusal.details = Some(json!({"causes": [{"reason": "DisruptionBudget", "message": format!(
                "The disruption budget {} needs {needs} healthy pods and has {has} currently", budget.key.name)}]}));
            return Err(refusal);
        }
    }
    let removal = Removal { dry_run: ask.dry_run(), ..Removal::default() };
    remove(world, &target.kind, &key, &removal).map(|_| ())
}

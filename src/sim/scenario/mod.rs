//! The worlds that a simulated cluster can start with.
//!
//! A scenario creates workloads at different moments of the past and lets the controllers live through some
//! time after each, so that ages, events, restarts and statuses are what they would be.

mod custom;
pub(crate) mod nodes;
mod shop;
mod system;
mod troubles;
mod workload;

use std::sync::Arc;

use serde_json::{Value, json};

use super::controllers::Controllers;
use super::printers::text_at;
use super::store::Expect;
use super::{Scenario, World, fill};
use crate::model::Timestamp;

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// Builds the world that the options ask for, and the controllers that will go on with it.
pub(crate) fn build(world: &Arc<World>) -> Controllers {
    let mut controllers = Controllers::new(world.clone());
    let builder = Builder { world: world.clone() };
    world.shift(-40 * DAY);
    builder.basics();
    match world.options.scenario {
        Scenario::Bare => {
            nodes::add(&builder, 2);
            controllers.live(2, -40 * DAY + 60);
        }
        Scenario::Shop => {
            nodes::add(&builder, 6);
            builder.live(&mut controllers, -40 * DAY, 30, system::add);
            builder.live(&mut controllers, -12 * DAY, 45, shop::add);
            builder.live(&mut controllers, -6 * DAY, 20, custom::add);
            builder.live(&mut controllers, -26 * HOUR, 30, shop::update);
            builder.live(&mut controllers, -11 * 60, 640, troubles::add);
            controllers.begin_life();
        }
    }
    world.shift(0);
    controllers.live(5, 0);
    forget_old_events(world);
    nodes::fill(&builder, world.options.nodes);
    fill::fill(world, world.options.pods);
    // A server that has just started has no history.
    world.store.forget();
    controllers.catch_up();
    controllers
}

/// Drops events that a server would have dropped: it keeps them for an hour.
fn forget_old_events(world: &World) {
    let oldest = world.now().0 - HOUR;
    for entry in world.store.list("events", None).items {
        let last = Timestamp::parse(text_at(&entry.value(), "lastTimestamp"));
        if last.is_some_and(|last| last.0 < oldest) {
            // It was listed a moment ago and nobody else is here yet.
            let _ = world.store.remove("events", &entry.key, Expect::Anything);
        }
    }
}

/// Creates objects, whatever the moment.
pub(crate) struct Builder {
    world: Arc<World>,
}

impl Builder {
    /// Creates something at a moment, `from` seconds from now, and lives some seconds after it.
    fn live(&self, controllers: &mut Controllers, from: i64, seconds: i64, add: fn(&Self)) {
        self.world.shift(from);
        add(self);
        controllers.live(seconds, from + seconds);
    }

    /// Creates an object; the scenario's tests see to it that none is refused.
    pub(crate) fn add(&self, kind: &str, object: Value) {
        let Some(served) = self.world.catalog.by_id(kind) else {
            tracing::error!(kind, "the scenario names a kind that is not served");
            return;
        };
        if let Err(refusal) = self.world.create(&served, object, "kubectl-client-side-apply") {
            tracing::error!(kind, "the scenario's object was refused: {}", refusal.message);
        }
    }

    /// Changes an object.
    pub(crate) fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) {
        if let Some(served) = self.world.catalog.by_id(kind) {
            let key = super::entry::Key::new(namespace, name);
            // An object that is not there is seen by the scenario's tests.
            let _ = self.world.change(&served, &key, |value| super::patch::merge(value, patch));
        }
    }

    /// Creates namespaces.
    pub(crate) fn namespaces(&self, names: &[&str]) {
        for name in names {
            self.add("namespaces", json!({"metadata": {"name": name}}));
        }
    }

    fn basics(&self) {
        self.namespaces(&["default", "kube-system", "kube-public", "kube-node-lease"]);
        for (name, value, description) in [
            (
                "system-node-critical",
                2_000_001_000_i64,
                "Used for system critical pods that must not be moved from their current node.",
            ),
            (
                "system-cluster-critical",
                2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
            ),
        ] {
            self.add("priorityclasses.scheduling.k8s.io", json!({
                "metadata": {"name": name}, "value": value, "description": description, "preemptionPolicy": "PreemptLowerPriority",
            }));
        }
        self.add("services", json!({
            "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
        }));
        self.add("clusterroles.rbac.authorization.k8s.io", json!({
            "metadata": {"name": "cluster-admin", "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}],
        }));
        self.add("clusterroles.rbac.authorization.k8s.io", json!({
            "metadata": {"name": "view", "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "rules": [{"apiGroups": [""], "resources": ["pods", "services", "configmaps"], "verbs": ["get", "list", "watch"]}],
        }));
        self.add("clusterrolebindings.rbac.authorization.k8s.io", json!({
            "metadata": {"name": "cluster-admin"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:masters"}],
        }));
        for (name, default, expand) in [("fast", true, true), ("bulk", false, false)] {
            self.add("storageclasses.storage.k8s.io", json!({
                "metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": default.to_string()}},
                "provisioner": "csi.example.com", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
                "allowVolumeExpansion": expand,
            }));
        }
        for group in ["apps", "batch"] {
            self.add("apiservices.apiregistration.k8s.io", json!({
                "metadata": {"name": format!("v1.{group}")}, "spec": {"group": group, "version": "v1", "groupPriorityMinimum": 17800, "versionPriority": 15},
                "status": {"conditions": [{"type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available"}]},
            }));
        }
    }
}

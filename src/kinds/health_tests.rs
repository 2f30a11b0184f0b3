//! Levels and causes of every kind but pods, on objects as a real API server holds them.

use super::oracle_tests::rows;
use super::registry;
use crate::model::Level::{self, Attention, Broken, Busy, Done, Ok};

/// (kind, object, level, cause)
const STATES: &[(&str, &str, Level, &str)] = &[
    ("nodes", "ready", Ok, ""),
    ("nodes", "cordoned", Attention, "cordoned"),
    ("nodes", "notready", Broken, "KubeletNotReady: container runtime network not ready"),
    ("nodes", "silent", Broken, "kubelet does not answer"),
    ("nodes", "pressed", Attention, "MemoryPressure, DiskPressure"),
    ("nodes", "new", Broken, "kubelet has not reported"),
    ("namespaces", "shop", Ok, ""),
    ("namespaces", "leaving", Busy, "terminating, waits for example.com/hold"),
    ("services", "plain", Ok, ""),
    ("services", "lb-pending", Busy, "waits for a load balancer address"),
    ("services", "lb", Ok, ""),
    ("endpoints", "empty", Attention, "no endpoint"),
    ("endpoints", "plain", Attention, "5 of 6 ready"),
    ("endpoints", "v6", Ok, ""),
    ("endpointslices", "empty-abc", Attention, "no endpoint"),
    ("endpointslices", "plain-abc", Attention, "3 of 4 ready"),
    ("events", "classic", Attention, "BackOff"),
    ("events", "bare", Ok, ""),
    ("persistentvolumes", "bound", Ok, ""),
    ("persistentvolumes", "released", Attention, "released, shop/old is gone"),
    ("persistentvolumes", "failed", Broken, "failed: delete of disk failed"),
    ("persistentvolumeclaims", "data", Ok, ""),
    ("persistentvolumeclaims", "waiting", Busy, "waits for csi.example.com"),
    ("persistentvolumeclaims", "classless", Attention, "no storage class, waits for a volume by hand"),
    ("persistentvolumeclaims", "lost", Broken, "volume gone is gone"),
    ("persistentvolumeclaims", "leaving", Busy, "terminating, waits for example.com/hold"),
    ("persistentvolumeclaims", "resizing", Busy, "FileSystemResizePending"),
    ("deployments", "healthy", Ok, ""),
    ("deployments", "partial", Attention, "1 of 3 ready"),
    ("deployments", "down", Broken, "0 of 3 ready"),
    ("deployments", "rolling", Busy, "rolling out, 3 of 3 ready"),
    ("deployments", "young", Busy, "rolling out, 0 of 2 ready"),
    ("deployments", "broken-rollout", Broken, "progress deadline exceeded, 2 of 3 ready"),
    ("deployments", "quota", Broken, "pods \"x\" is forbidden: exceeded quota: q"),
    ("deployments", "zero", Done, "scaled to zero"),
    ("deployments", "paused", Attention, "rollout paused, 0 of 3 updated"),
    ("statefulsets", "healthy", Ok, ""),
    ("statefulsets", "rolling", Busy, "rolling out, 2 of 3 ready"),
    ("statefulsets", "down", Broken, "0 of 2 ready"),
    ("statefulsets", "zero", Done, "scaled to zero"),
    ("daemonsets", "healthy", Ok, ""),
    ("daemonsets", "partial", Attention, "2 of 3 ready"),
    ("daemonsets", "nowhere", Done, "no node matches"),
    ("replicasets", "healthy", Ok, ""),
    ("replicasets", "old", Done, ""),
    ("replicasets", "short", Attention, "1 of 2 ready"),
    ("replicationcontrollers", "classic", Attention, "1 of 2 ready"),
    ("jobs", "running", Ok, ""),
    ("jobs", "complete", Done, ""),
    ("jobs", "failed", Broken, "BackoffLimitExceeded: Job has reached the specified backoff limit"),
    ("jobs", "suspended", Done, "suspended"),
    ("jobs", "waiting", Busy, "no pod yet"),
    ("jobs", "retrying", Attention, "2 failed pods"),
    ("jobs", "leaving", Busy, "terminating, waits for example.com/hold"),
    ("cronjobs", "nightly", Ok, ""),
    ("cronjobs", "off", Done, "suspended"),
    ("horizontalpodautoscalers", "cpu", Ok, ""),
    (
        "horizontalpodautoscalers",
        "unknown",
        Attention,
        "FailedGetResourceMetric: the HPA was unable to compute the replica count…",
    ),
    ("horizontalpodautoscalers", "container", Attention, "at its maximum of 10"),
    ("poddisruptionbudgets", "fine", Ok, ""),
    ("poddisruptionbudgets", "blocked", Attention, "allows no eviction"),
    ("poddisruptionbudgets", "unhealthy", Attention, "1 of 2 healthy"),
    ("poddisruptionbudgets", "nobody", Done, "selects no pod"),
];

#[test]
fn every_state_has_its_level_and_its_cause() {
    let mut wrong = Vec::new();
    for record in
        registry::records().filter(|record| !["events.k8s.io", "metrics.k8s.io"].contains(&record.group))
    {
        let rows = rows(&record.def(), record.plural);
        for (_, name, level, cause) in STATES.iter().filter(|(kind, ..)| *kind == record.plural) {
            let Some((row, _)) = rows.iter().find(|(row, _)| &*row.key.name == *name) else {
                panic!("no {} {name}", record.plural);
            };
            let reason = row.health.reason.as_deref().unwrap_or_default();
            if (row.health.level, reason) != (*level, *cause) {
                wrong.push(format!("{} {name}: {:?} {reason:?}", record.plural, row.health.level));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(STATES.iter().all(|(kind, ..)| registry::records().any(|r| r.plural == *kind)));
}

/// (kind, object, references)
const REFERENCES: &[(&str, &str, &[&str])] = &[
    ("services", "plain", &[]),
    (
        "ingresses",
        "front",
        &[
            "backend services web",
            "backend services api",
            "certificate secrets cert",
            "class ingressclasses.networking.k8s.io nginx",
        ],
    ),
    ("horizontalpodautoscalers", "cpu", &["scale target deployments.apps web"]),
    (
        "persistentvolumeclaims",
        "data",
        &["volume persistentvolumes bound", "storage class storageclasses.storage.k8s.io fast"],
    ),
    (
        "persistentvolumes",
        "bound",
        &["claim persistentvolumeclaims data", "storage class storageclasses.storage.k8s.io fast"],
    ),
    (
        "rolebindings",
        "readers",
        &["role roles.rbac.authorization.k8s.io reader", "subject serviceaccounts runner"],
    ),
    ("rolebindings", "wide", &["role clusterroles.rbac.authorization.k8s.io view"]),
    (
        "clusterrolebindings",
        "zz-readers",
        &["role clusterroles.rbac.authorization.k8s.io view", "subject serviceaccounts runner"],
    ),
    ("events", "single", &["involved replicasets.apps web"]),
    ("events", "bare", &["involved nodes node-1"]),
    ("endpointslices", "plain-abc", &["service services plain"]),
    ("deployments", "healthy", &["env configmaps conf"]),
    ("serviceaccounts", "runner", &["secret secrets tok", "pull secret secrets pull"]),
];

#[test]
fn objects_name_what_they_refer_to() {
    for (kind, name, want) in REFERENCES {
        let record = registry::records().find(|record| record.plural == *kind).unwrap();
        let rows = rows(&record.def(), kind);
        let row = rows.iter().find(|(row, _)| &*row.key.name == *name).map(|(row, _)| row).unwrap();
        let refs: Vec<String> =
            row.facts.refs.iter().map(|r| format!("{} {} {}", r.role, r.kind, r.name)).collect();
        assert_eq!(refs, *want, "{kind} {name}");
    }
}

#[test]
fn selectors_of_workloads_and_services_are_facts() {
    for (kind, name, want) in [
        ("services", "plain", Some("app=web,tier=front")),
        ("services", "ext", None),
        ("deployments", "healthy", Some("app=healthy")),
        ("replicationcontrollers", "classic", Some("a=b,app=classic")),
        ("poddisruptionbudgets", "fine", Some("app=web")),
        ("networkpolicies", "deny", Some("")),
    ] {
        let record = registry::records().find(|record| record.plural == kind).unwrap();
        let rows = rows(&record.def(), kind);
        let row = rows.iter().find(|(row, _)| &*row.key.name == name).map(|(row, _)| row).unwrap();
        let selector = row.facts.selector.as_ref().map(|labels| {
            labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
        });
        assert_eq!(selector.as_deref(), want, "{kind} {name}");
    }
}

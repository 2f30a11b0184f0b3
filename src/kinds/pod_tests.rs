//! Pods in every state that kubectl has a word for, as a real API server holds them.

use super::oracle_tests::rows;
use super::{containers, registry};
use crate::model::row::ContainerRole;
use crate::model::{Cell, Level, Row, Timestamp};

/// (pod, STATUS, level, cause)
const STATES: &[(&str, &str, Level, &str)] = &[
    ("pending", "Pending", Level::Busy, ""),
    (
        "unschedulable",
        "Pending",
        Level::Attention,
        "1 node(s) had untolerated taint {a: b}, 2 Insufficient cpu",
    ),
    ("gated", "SchedulingGated", Level::Busy, "waits for gate example.com/quota"),
    ("creating", "ContainerCreating", Level::Busy, ""),
    ("init-0-2", "Init:0/2", Level::Busy, "i1: initialising"),
    ("init-1-2", "Init:1/2", Level::Busy, "i2: initialising"),
    ("pod-initializing", "PodInitializing", Level::Busy, ""),
    ("init-error", "Init:Error", Level::Broken, "i1: exit 1"),
    ("init-signal", "Init:Signal:9", Level::Broken, "i1: signal 9"),
    ("init-exit", "Init:ExitCode:3", Level::Broken, "i1: exit 3"),
    ("init-crashloop", "Init:CrashLoopBackOff", Level::Broken, "i1: exit 2"),
    ("init-image", "Init:ImagePullBackOff", Level::Broken, "i1: busybox:1"),
    ("running", "Running", Level::Ok, ""),
    ("running-restarted", "Running", Level::Ok, "was OOMKilled 137"),
    ("running-not-ready", "Running", Level::Attention, "not ready"),
    ("completed", "Completed", Level::Done, ""),
    ("error", "Error", Level::Broken, "exit 42"),
    ("oomkilled", "OOMKilled", Level::Broken, "OOMKilled 137"),
    ("crashloop", "CrashLoopBackOff", Level::Broken, "exit 1"),
    ("crashloop-oom", "CrashLoopBackOff", Level::Broken, "app: OOMKilled 137"),
    ("config-error", "CreateContainerConfigError", Level::Broken, "secret \"db\" not found"),
    ("create-error", "CreateContainerError", Level::Broken, "context deadline exceeded"),
    ("err-image-pull", "ErrImagePull", Level::Broken, "app:nope"),
    ("image-backoff", "ImagePullBackOff", Level::Broken, "app:nope"),
    ("invalid-image", "InvalidImageName", Level::Broken, "UPPER:x"),
    ("terminating", "Terminating", Level::Busy, "terminating"),
    (
        "evicted",
        "Evicted",
        Level::Broken,
        "The node was low on resource: memory. Threshold quantity: 100Mi, availab…",
    ),
    ("node-lost", "Unknown", Level::Broken, "node does not answer"),
    ("phase-unknown", "Unknown", Level::Broken, "node does not answer"),
    ("signal-9", "Signal:9", Level::Broken, "signal 9"),
    ("exit-3", "ExitCode:3", Level::Broken, "exit 3"),
    ("sidecar-ready", "Running", Level::Ok, ""),
    ("sidecar-not-ready", "Running", Level::Attention, "proxy: not ready"),
    ("sidecar-starting", "Init:0/1", Level::Busy, "proxy: starting"),
    ("sidecar-init-mixed", "Running", Level::Ok, ""),
    ("sidecar-crashed", "Init:CrashLoopBackOff", Level::Broken, "proxy: exit 1"),
    ("readiness-gates", "Running", Level::Attention, "readiness gate example.com/b"),
    ("one-completed-one-running", "Running", Level::Ok, ""),
    ("one-completed-not-ready", "NotReady", Level::Attention, "containers with unready status: [app]"),
    ("one-completed-one-failed", "Error", Level::Broken, "log: exit 5"),
    ("two-failures", "ImagePullBackOff", Level::Broken, "app: nginx:1.27"),
    ("nominated", "Pending", Level::Attention, "1 Insufficient memory"),
    ("startup-probe", "Running", Level::Busy, "startup probe"),
    ("run-error", "RunContainerError", Level::Broken, "failed to start shim"),
    (
        "deadline",
        "DeadlineExceeded",
        Level::Broken,
        "Pod was active on the node longer than the specified deadline",
    ),
];

fn pods() -> Vec<Row> {
    let def = registry::find("", "pods").unwrap().def();
    rows(&def, "pods").into_iter().map(|(row, _)| row).collect()
}

fn pod(name: &str) -> Row {
    pods().into_iter().find(|row| &*row.key.name == name).unwrap()
}

#[test]
fn every_pod_state_has_kubectls_word_a_level_and_a_cause_that_adds_to_it() {
    let pods = pods();
    let mut wrong = Vec::new();
    for (name, status, level, cause) in STATES {
        let row = pods.iter().find(|row| &*row.key.name == *name).unwrap();
        let shown = row.cells[1].show(Timestamp(0));
        let reason = row.health.reason.as_deref().unwrap_or_default();
        if (shown.as_str(), row.health.level, reason) != (*status, *level, *cause) {
            wrong.push(format!("{name}: {shown} {:?} {reason:?}", row.health.level));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_running_pod_carries_the_facts_that_later_work_reads() {
    let row = pod("running");
    let container = &row.facts.containers[0];
    assert_eq!(container.spec.cpu, (Some(100), Some(1000)));
    assert_eq!(container.spec.memory, (Some(128 << 20), Some(256 << 20)));
    assert_eq!(&*container.spec.ports, "http:8080/TCP,9090/UDP");
    assert_eq!(container.spec.probes, (true, false, false));
    assert!(container.ready && container.started);
    let mut refs: Vec<String> =
        row.facts.refs.iter().map(|r| format!("{} {} {}", r.role, r.kind, r.name)).collect();
    refs.sort();
    assert_eq!(
        refs,
        [
            "env configmaps conf",
            "env secrets db",
            "env secrets more",
            "pull secret secrets pull",
            "service account serviceaccounts runner",
            "volume configmaps files",
            "volume configmaps kube-root-ca.crt",
            "volume persistentvolumeclaims data",
            "volume persistentvolumeclaims running-e",
            "volume secrets tls",
            "volume secrets tok",
        ]
    );
    assert_eq!(row.facts.node.as_deref(), Some("node-1"));
    assert!(row.facts.conditions.iter().any(|c| &*c.kind == "Ready" && &*c.status == "True"));
}

#[test]
fn pods_of_one_template_share_its_container() {
    let rows = pods();
    let spec = |name: &str| {
        let row = rows.iter().find(|row| &*row.key.name == name).unwrap();
        row.facts.containers[0].spec.clone()
    };
    assert!(std::sync::Arc::ptr_eq(&spec("creating"), &spec("crashloop")));
}

#[test]
fn the_last_run_of_a_container_keeps_its_exit_code_and_end() {
    let row = pod("crashloop-oom");
    let last = row.facts.containers[0].last.as_deref().unwrap();
    assert_eq!((last.exit, &*last.reason), (Some(137), "OOMKilled"));
    assert!(last.finished > last.started);
}

#[test]
fn containers_of_a_pod_become_rows_with_their_place_state_and_reason() {
    let rows = containers::rows(&pod("sidecar-init-mixed"));
    let shown: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.cells[0].show(Timestamp(0)), row.key.name)).collect();
    assert_eq!(shown, ["I1 i1", "I2 proxy", "M1 app"]);
    assert_eq!(rows[1].facts.containers[0].spec.role, ContainerRole::Sidecar);
    let sorted = rows.windows(2).all(|two| two[0].cells[0].order(&two[1].cells[0]).is_lt());
    assert!(sorted, "what runs first stands first, whatever its letter");
    assert_eq!(&*rows[0].owner().unwrap().name, "sidecar-init-mixed");
    let rows = containers::rows(&pod("crashloop-oom"));
    let cells: Vec<String> = rows[0].cells.iter().map(|cell| cell.show(Timestamp(0))).collect();
    assert_eq!(cells[3], "Waiting");
    assert_eq!(cells[4], "CrashLoopBackOff, last OOMKilled 137");
    assert_eq!(rows[0].health.level, Level::Broken);
    assert!(matches!(rows[0].cells[5], Cell::Restarts(77, Some(_))));
}

#[test]
fn the_containers_table_has_a_cell_behind_every_column() {
    let definition = containers::definition();
    for row in containers::rows(&pod("running")) {
        for column in definition.columns.iter() {
            if let super::Source::Cell(index) = column.source {
                assert!(usize::from(index) < row.cells.len(), "{}", column.title);
            }
        }
    }
}

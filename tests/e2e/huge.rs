//! Objects near the limits of what a server takes.

use serde_json::{Value, json};

use crate::place::Place;

/// One huge object of each kind whose cells count or join something.
pub fn objects(place: &Place) -> Vec<Value> {
    let meta = || json!({ "name": "huge", "namespace": place.name, "labels": labels() });
    let wide = || json!({ "name": format!("{}-huge", place.name), "labels": labels() });
    vec![
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta(), "data": texts(3000, 200) }),
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": meta(), "stringData": texts(3000, 200) }),
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": meta(), "spec": pod(), "status": { "phase": "Running",
            "podIP": "fd00::1", "podIPs": [{ "ip": "fd00::1" }], "conditions": [], "containerStatuses": statuses() } }),
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": meta(), "spec": { "ports": many(200, |i|
            json!({ "name": format!("port-{i}"), "port": 1000 + i, "protocol": (["TCP", "UDP", "SCTP"][i % 3]) })) } }),
        json!({ "apiVersion": "v1", "kind": "Endpoints", "metadata": meta(), "subsets": [
            { "addresses": many(900, |i| json!({ "ip": address(i) })), "ports": [{ "name": "a", "port": 1 }, { "name": "b", "port": 2 }] },
            { "notReadyAddresses": many(9, |i| json!({ "ip": address(i) })), "ports": [{ "port": 3 }] },
        ] }),
        json!({ "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta(), "addressType": "IPv4",
            "endpoints": many(1000, |i| json!({ "addresses": [address(i)], "conditions": { "ready": i % 2 == 0 } })),
            "ports": many(100, |i| json!({ "name": format!("p{i}"), "port": 1 + i })) }),
        json!({ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta(), "spec": { "rules": many(300, |i| json!({
            "host": format!("host-{i}.example.com"), "http": { "paths": [{ "path": "/", "pathType": "Prefix",
                "backend": { "service": { "name": "a", "port": { "number": 80 } } } }] } })) } }),
        json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta(),
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader" },
            "subjects": many(900, |i| subject(i, place)) }),
        json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": wide(), "rules": many(3000, |i|
            json!({ "apiGroups": [""], "resources": [format!("things-{i}")], "verbs": ["get"] })) }),
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(), "spec": { "replicas": 0,
            "selector": { "matchLabels": labels() },
            "template": { "metadata": { "labels": labels() }, "spec": pod() } } }),
        json!({ "apiVersion": "v1", "kind": "PersistentVolume", "metadata": wide(), "spec": {
            "capacity": { "storage": "8192Pi" }, "hostPath": { "path": "/x" }, "storageClassName": "x".repeat(200),
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"], "mountOptions": many(200, |i| json!(format!("option{i}"))) } }),
        json!({ "apiVersion": "v1", "kind": "Event", "metadata": meta(), "reason": "R".repeat(128), "type": "Warning",
            "message": "a long story\nin two lines ".repeat(30), "count": 2_147_483_647_i64,
            "involvedObject": { "kind": "Pod", "name": "p".repeat(253), "namespace": place.name },
            "firstTimestamp": "2020-01-01T00:00:00Z", "lastTimestamp": "2021-01-01T00:00:00Z" }),
    ]
}

fn many(count: usize, one: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(one).collect()
}

fn texts(count: usize, length: usize) -> Value {
    (0..count)
        .map(|i| (format!("key-{i}"), Value::from("x".repeat(length))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn labels() -> Value {
    let name = |i| format!("example.com/{}-{i}", "label".repeat(11));
    (0..40).map(|i| (name(i), Value::from("v".repeat(63)))).collect::<serde_json::Map<_, _>>().into()
}

fn address(index: usize) -> String {
    format!("10.1.{}.{}", index / 250, index % 250 + 1)
}

fn subject(index: usize, place: &Place) -> Value {
    let name = format!("subject-{index}");
    match index % 3 {
        0 => json!({ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name }),
        1 => json!({ "kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name }),
        _ => json!({ "kind": "ServiceAccount", "namespace": place.name, "name": name }),
    }
}

/// Names of containers, so that every second one is ready.
fn container(index: usize) -> String {
    format!("container-{index}")
}

fn pod() -> Value {
    json!({ "schedulerName": "nobody", "initContainers": many(50, |i| json!({ "name": format!("init-{i}"), "image": "i" })),
        "containers": many(100, |i| json!({ "name": container(i), "image": format!("registry.example.com/team/image-{i}:1") })) })
}

fn statuses() -> Vec<Value> {
    many(100, |i| {
        json!({ "name": container(i), "image": "i", "imageID": "", "ready": i % 2 == 0, "restartCount": i,
            "state": { "running": { "startedAt": "2020-01-01T00:00:00Z" } },
            "lastState": { "terminated": { "exitCode": 1, "finishedAt": "2020-01-01T00:00:00Z" } } })
    })
}

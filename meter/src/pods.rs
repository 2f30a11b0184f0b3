//! The pods that are measured with: their names, specs and states, all from a number.
//!
//! Pod `n` is the same on every run and machine. About 11 KB with managed fields: two containers, as large as pods of
//! real clusters are; six in a hundred are in trouble.

use serde_json::{Value, json};

/// How many namespaces the pods are spread over.
pub const NAMESPACES: usize = 20;

/// Pods of one replica set.
const SET: usize = 40;

/// A pod of each shape: those of the others differ in nothing but strings and numbers.
pub const SHAPES: [usize; 5] = [0, 3, 20, 37, 54];

const CONDITIONS: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// Name of a namespace.
pub fn namespace(index: usize) -> String {
    format!("team-{:02}", index % NAMESPACES)
}

/// Name of the pod's owner.
fn set(index: usize) -> String {
    let set = index / SET;
    format!("svc-{:03}-{:08x}", set % 250, set.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

/// Name of a pod.
pub fn name(index: usize) -> String {
    format!("{}-{index:05}", set(index))
}

/// Returns the number of a pod by its name, if it is one of these.
pub fn index_of(pod: &str) -> Option<usize> {
    let index = pod.rsplit_once('-')?.1.parse().ok()?;
    (name(index) == pod).then_some(index)
}

/// Returns the pod as it is created.
pub fn pod(index: usize) -> Value {
    let (set, namespace) = (set(index), namespace(index));
    let app = set.rsplit_once('-').map_or(set.as_str(), |(app, _)| app).to_owned();
    let number = index / SET;
    let tier = ["web", "db", "job"].get(number % 3).copied().unwrap_or_default();
    json!({
        "metadata": {
            "name": name(index), "namespace": namespace,
            "labels": {"app": app, "pod-template-hash": set.rsplit('-').next(), "team": namespace, "tier": tier},
            "annotations": {"prometheus.io/scrape": "true", "checksum/config": format!("{:064x}", number * 7_919)},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "controller": true, "blockOwnerDeletion": true,
                "uid": format!("00000000-0000-4000-8000-{number:012x}"),
            }],
        },
        "spec": {
            "nodeName": format!("node-{:03}", index % 100),
            "containers": [container("app", &app, number), container("sidecar", &app, number)],
            "volumes": [{"name": "config", "configMap": {"name": format!("{app}-config")}}, {"name": "tmp", "emptyDir": {}}],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
        },
    })
}

fn container(name: &str, app: &str, number: usize) -> Value {
    let mut env: Vec<Value> = (0..14)
        .map(|setting| json!({"name": format!("SETTING_{setting:02}"), "value": format!("value-{setting}-{}", "x".repeat(30))}))
        .collect();
    env.push(json!({"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}));
    json!({
        "name": name, "env": env,
        "image": format!("registry.example.com/team/{app}/{name}:v1.{}.{}", number % 9, number % 13),
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/config"}, {"name": "tmp", "mountPath": "/tmp"}],
    })
}

/// Returns the state of a container for the troubled ones among the pods.
fn trouble(index: usize, at: &str) -> Option<Value> {
    (index % 17 == 3).then(|| match (index / 17) % 4 {
        0 => json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}),
        1 => json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}),
        2 => json!({"waiting": {"reason": "ContainerCreating"}}),
        _ => json!({"terminated": {"reason": "Error", "exitCode": 1, "startedAt": at, "finishedAt": at}}),
    })
}

/// Returns the number among [`SHAPES`] whose pod has the fields of this one.
pub fn shape(index: usize) -> usize {
    if index % 17 == 3 { 3 + index / 17 % 4 * 17 } else { 0 }
}

/// When a pod has started, long enough ago that no age changes from one minute to the next.
pub fn born(index: usize) -> String {
    format!("2026-{:02}-{:02}T{:02}:{:02}:00Z", 1 + index % 9, 1 + index % 28, index % 24, index % 60)
}

/// Returns the status that a kubelet would write, as a merge patch.
pub fn status(index: usize) -> Value {
    let at = born(index);
    let trouble = trouble(index, &at);
    let well = trouble.is_none();
    let state = trouble.unwrap_or_else(|| json!({"running": {"startedAt": at}}));
    let restarts = if well { 0 } else { index % 7 };
    let hash = |number: usize| format!("{number:064x}");
    let container = |(number, name): (usize, &str)| {
        json!({
            "name": name, "ready": well, "started": well, "restartCount": restarts, "state": state, "lastState": {},
            "image": format!("registry.example.com/team/{name}:v1"),
            "imageID": format!("registry.example.com/team@sha256:{}", hash(index / SET)),
            "containerID": format!("containerd://{}", hash(index * 2 + number)),
        })
    };
    let containers: Vec<Value> = ["app", "sidecar"].into_iter().enumerate().map(container).collect();
    let condition = |kind: &str| {
        json!({
            "type": kind, "status": if well { "True" } else { "False" }, "lastTransitionTime": at, "lastProbeTime": null,
            "reason": if well { "" } else { "ContainersNotReady" },
            "message": if well { "" } else { "containers with unready status: [app sidecar]" },
        })
    };
    let address = format!("10.{}.{}.{}", index / 65_536, (index / 256) % 256, index % 256);
    let phase = if well || (index / 17).is_multiple_of(4) { "Running" } else { "Pending" };
    json!({"status": {
        "phase": phase, "startTime": at, "qosClass": "Burstable",
        "hostIP": format!("10.0.{}.1", index % 100), "podIP": address, "podIPs": [{"ip": address}],
        "conditions": CONDITIONS.map(condition),
        "containerStatuses": containers,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_found_by_its_name_and_no_other_name_is_taken_for_one() {
        for index in [0, 41, 9_999, 123_456] {
            assert_eq!(index_of(&name(index)), Some(index));
        }
        assert_eq!(index_of("svc-000-00000000-00041"), None);
        assert_eq!(index_of("coredns"), None);
    }

    #[test]
    fn pods_of_one_shape_have_the_same_fields() {
        fn fields(value: &Value) -> Value {
            match value {
                Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), fields(value))).collect(),
                Value::Array(list) => list.iter().map(fields).collect(),
                _ => Value::Null,
            }
        }
        for index in 0..500 {
            let shape = shape(index);
            assert!(SHAPES.contains(&shape));
            assert_eq!(fields(&pod(index)), fields(&pod(shape)), "{index}");
            assert_eq!(fields(&status(index)), fields(&status(shape)), "{index}");
        }
    }

    #[test]
    fn pods_are_as_large_as_real_ones_and_some_are_in_trouble() {
        // Managed fields, which the server adds, are another five kilobytes.
        let size = pod(7).to_string().len() + status(7).to_string().len();
        assert!((5_000..9_000).contains(&size), "{size}");
        let troubled = (0..1_700).filter(|index| trouble(*index, "").is_some()).count();
        assert_eq!(troubled, 100);
    }
}

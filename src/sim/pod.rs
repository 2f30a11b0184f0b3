//! Pods: the defaults that the API server and its admission give them, and the status that a kubelet writes.

use serde_json::{Map, Value, json};

use super::World;
use super::admit::{default, object};
use super::printers::{at, items_at, text_at};

/// Annotation of a pod that tells the simulated kubelet what becomes of it.
pub(crate) const FATE: &str = "sim.kdeck.dev/fate";

/// Gives the containers of a pod template their defaults.
pub(crate) fn template_defaults(template: &mut Value) {
    object(template, "metadata").entry("creationTimestamp").or_insert(Value::Null);
    let spec = object(template, "spec");
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                container_defaults(container);
            }
        }
    }
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "restartPolicy", "Always");
    default(spec, "schedulerName", "default-scheduler");
    default(spec, "securityContext", json!({}));
    default(spec, "terminationGracePeriodSeconds", 30);
}

fn container_defaults(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit('/').next().unwrap_or_default().split_once(':').map(|(_, tag)| tag);
    let policy = if matches!(tag, None | Some("latest")) { "Always" } else { "IfNotPresent" };
    default(container, "imagePullPolicy", policy);
    default(container, "resources", json!({}));
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).and_then(Value::as_object_mut) {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                default(probe, field, value);
            }
        }
    }
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            default(port, "protocol", "TCP");
        }
    }
}

/// Gives a new pod what the API server and its admission plugins would.
pub(crate) fn defaults(world: &World, pod: &mut Value) {
    let created = at(pod, "metadata/creationTimestamp").clone();
    template_defaults(pod);
    object(pod, "metadata").insert("creationTimestamp".into(), created);
    let quality = quality(pod);
    let token = format!("kube-api-access-{}", world.random.lock().suffix(5));
    let spec = object(pod, "spec");
    default(spec, "enableServiceLinks", true);
    default(spec, "preemptionPolicy", "PreemptLowerPriority");
    default(spec, "priority", 0);
    default(spec, "serviceAccountName", "default");
    let account = spec.get("serviceAccountName").cloned().unwrap_or_default();
    default(spec, "serviceAccount", account);
    default(
        spec,
        "tolerations",
        json!([
            {"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300},
            {"effect": "NoExecute", "key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 300},
        ]),
    );
    if spec.get("automountServiceAccountToken") != Some(&json!(false)) {
        mount_token(spec, &token);
    }
    let status = object(pod, "status");
    default(status, "phase", "Pending");
    default(status, "qosClass", quality);
}

fn mount_token(spec: &mut Map<String, Value>, token: &str) {
    let mount = json!({"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": token, "readOnly": true});
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut()
                && let Some(mounts) =
                    container.entry("volumeMounts").or_insert_with(|| json!([])).as_array_mut()
            {
                mounts.push(mount.clone());
            }
        }
    }
    let volume = json!({"name": token, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [
            {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]}},
    ]}});
    if let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
        volumes.push(volume);
    }
}

fn quality(pod: &Value) -> &'static str {
    let containers = items_at(pod, "spec/containers");
    let has =
        |container: &Value, part: &str| at(container, part).as_object().is_some_and(|map| !map.is_empty());
    let guaranteed = |container: &Value| {
        has(container, "resources/limits")
            && at(container, "resources/limits") == at(container, "resources/requests")
    };
    if containers.iter().all(guaranteed) {
        "Guaranteed"
    } else if containers.iter().any(|c| has(c, "resources/limits") || has(c, "resources/requests")) {
        "Burstable"
    } else {
        "BestEffort"
    }
}

/// Where a container stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    pub(crate) state: Value,
    pub(crate) last: Value,
    pub(crate) ready: bool,
    pub(crate) restarts: i64,
}

impl Look {
    /// A container that waits.
    pub(crate) fn waiting(reason: &str, message: &str) -> Self {
        let mut waiting = json!({"reason": reason});
        if !message.is_empty() {
            waiting["message"] = message.into();
        }
        Self { state: json!({"waiting": waiting}), ..Self::default() }
    }

    /// A container that runs.
    pub(crate) fn running(since: &str, ready: bool) -> Self {
        Self { state: json!({"running": {"startedAt": since}}), ready, ..Self::default() }
    }

    /// A container that has ended.
    pub(crate) fn ended(state: Value) -> Self {
        Self { state: json!({"terminated": state}), ..Self::default() }
    }

    /// Adds the run before and the count of restarts.
    #[must_use]
    pub(crate) fn after(mut self, last: Value, restarts: i64) -> Self {
        self.last = if last.is_null() { json!({}) } else { json!({"terminated": last}) };
        self.restarts = restarts;
        self
    }

    /// Reads a container's status.
    pub(crate) fn read(status: &Value) -> Self {
        Self {
            state: at(status, "state").clone(),
            last: at(status, "lastState").clone(),
            ready: at(status, "ready").as_bool().unwrap_or_default(),
            restarts: at(status, "restartCount").as_i64().unwrap_or_default(),
        }
    }
}

/// Reads the looks of all main containers.
pub(crate) fn looks(pod: &Value) -> Vec<Look> {
    items_at(pod, "status/containerStatuses").iter().map(Look::read).collect()
}

/// Reads the looks of all init containers.
pub(crate) fn init_looks(pod: &Value) -> Vec<Look> {
    items_at(pod, "status/initContainerStatuses").iter().map(Look::read).collect()
}

fn statuses(specs: &[Value], looks: &[Look], salt: &str) -> Vec<Value> {
    specs
        .iter()
        .zip(looks)
        .map(|(spec, look)| {
            let image = text_at(spec, "image");
            let runs = look.state.get("running").is_some();
            let pulled = runs || look.state.get("terminated").is_some() || look.restarts > 0;
            let mut status = json!({
                "name": text_at(spec, "name"), "image": image, "ready": look.ready, "started": runs,
                "restartCount": look.restarts, "state": look.state,
                "lastState": if look.last.is_null() { json!({}) } else { look.last.clone() },
                "imageID": "", "allocatedResources": at(spec, "resources/requests"), "resources": at(spec, "resources"),
            });
            if pulled {
                let digest = digest(image);
                let repository = image.split(':').next().unwrap_or_default();
                status["imageID"] = format!("{repository}@sha256:{digest}").into();
                let id = digest_of(&[salt, text_at(spec, "name"), &look.restarts.to_string()]);
                status["containerID"] = format!("containerd://{id}").into();
            }
            status
        })
        .collect()
}

fn digest(text: &str) -> String {
    digest_of(&[text])
}

/// Sixty-four hexadecimal digits that depend on the parts; identity is all that is needed of them.
pub(crate) fn digest_of(parts: &[&str]) -> String {
    let mut seed = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        seed = (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    super::time::Random::new(seed).hex(64)
}

/// Writes a pod's status as its kubelet would.
pub(crate) fn write(pod: &mut Value, phase: &str, inits: &[Look], mains: &[Look], now: &str) {
    let salt = text_at(pod, "metadata/uid").to_owned();
    let specs = at(pod, "spec").clone();
    let (init_specs, main_specs) = (items_at(&specs, "initContainers"), items_at(&specs, "containers"));
    let ready = phase == "Running" && mains.iter().all(|look| look.ready);
    let initialized = inits.iter().all(|look| at(&look.state, "terminated/exitCode").as_i64() == Some(0));
    let done = matches!(phase, "Succeeded" | "Failed");
    let creating = mains.iter().all(|look| look.state.get("waiting").is_some() && look.restarts == 0);
    let unready: Vec<&str> = main_specs
        .iter()
        .zip(mains)
        .filter(|(_, look)| !look.ready)
        .map(|(spec, _)| text_at(spec, "name"))
        .collect();
    let why = if done {
        ("PodCompleted", String::new())
    } else {
        ("ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
    };
    let init_why = match done && initialized {
        true => ("PodCompleted", String::new()),
        false => {
            let names: Vec<&str> = init_specs.iter().map(|spec| text_at(spec, "name")).collect();
            ("ContainersNotInitialized", format!("containers with incomplete status: [{}]", names.join(" ")))
        }
    };
    condition(pod, "PodReadyToStartContainers", !creating && !done, ("", String::new()), now);
    condition(pod, "Initialized", initialized, init_why, now);
    condition(pod, "Ready", ready, why.clone(), now);
    condition(pod, "ContainersReady", ready, why, now);
    condition(pod, "PodScheduled", true, ("", String::new()), now);
    let main_statuses = statuses(main_specs, mains, &salt);
    let init_statuses = statuses(init_specs, inits, &salt);
    let status = object(pod, "status");
    status.insert("phase".into(), phase.into());
    default(status, "startTime", now);
    status.insert("containerStatuses".into(), main_statuses.into());
    if !init_statuses.is_empty() {
        status.insert("initContainerStatuses".into(), init_statuses.into());
    }
}

/// Sets a condition; its transition time changes only with its status.
pub(crate) fn condition(holder: &mut Value, kind: &str, holds: bool, why: (&str, String), now: &str) {
    let status = if holds { "True" } else { "False" };
    let generation = at(holder, "metadata/generation").clone();
    let list = object(holder, "status").entry("conditions").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    let known = list.iter().position(|known| text_at(known, "type") == kind);
    let since = known
        .and_then(|index| list.get(index))
        .filter(|known| text_at(known, "status") == status)
        .map_or_else(|| now.to_owned(), |known| text_at(known, "lastTransitionTime").to_owned());
    let mut made =
        json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since});
    if generation.is_number() {
        made["observedGeneration"] = generation;
    }
    if !(holds || why.0.is_empty()) {
        made["reason"] = why.0.into();
        if !why.1.is_empty() {
            made["message"] = why.1.into();
        }
    }
    match known.and_then(|index| list.get_mut(index)) {
        Some(known) => *known = made,
        None => list.push(made),
    }
}

//! Everything that is not a pod or a workload: services, nodes, storage, configuration, events, rights.

use serde_json::Value;

use super::{
    AGE, NAME, Printer, age, at, int, int_at, items_at, map_text, name, or_none, selector_text, since, text,
    text_at, wide,
};
use crate::model::Timestamp;

macro_rules! printers {
    ($($(#[$doc:meta])* $id:ident [$($column:expr),*] $print:expr;)*) => {
        $($(#[$doc])* pub const $id: Printer = Printer { columns: &[$($column),*], print: $print };)*
    };
}

printers! {
    /// Kinds with nothing but a name and an age.
    PLAIN [NAME, AGE] |value, now| vec![name(value), age(value, now)];
    /// Kinds whose table has the creation time itself.
    CREATED_AT [NAME, text("Created At")] |value, _| vec![name(value), at(value, "metadata/creationTimestamp").clone()];
    /// Config maps.
    CONFIG_MAP [NAME, text("Data"), AGE] |value, now| {
        let count = |path: &str| at(value, path).as_object().map_or(0, serde_json::Map::len);
        vec![name(value), (count("data") + count("binaryData")).into(), age(value, now)]
    };
    /// Secrets.
    SECRET [NAME, text("Type"), text("Data"), AGE] |value, now| {
        let count = at(value, "data").as_object().map_or(0, serde_json::Map::len);
        vec![name(value), text_at(value, "type").into(), count.into(), age(value, now)]
    };
    /// Namespaces.
    NAMESPACE [NAME, text("Status"), AGE] |value, now| vec![name(value), text_at(value, "status/phase").into(), age(value, now)];
    /// Services.
    SERVICE [NAME, text("Type"), text("Cluster-IP"), text("External-IP"), text("Port(s)"), AGE, wide("Selector")] service;
    /// Endpoints.
    ENDPOINTS [NAME, text("Endpoints"), AGE] |value, now| vec![name(value), endpoints(value).into(), age(value, now)];
    /// Endpoint slices.
    SLICE [NAME, text("AddressType"), text("Ports"), text("Endpoints"), AGE] slice;
    /// Nodes.
    NODE [NAME, text("Status"), text("Roles"), AGE, text("Version"), wide("Internal-IP"), wide("External-IP"), wide("OS-Image"),
        wide("Kernel-Version"), wide("Container-Runtime")] node;
    /// Events.
    EVENT [text("Last Seen"), text("Type"), text("Reason"), text("Object"), wide("Subobject"), wide("Source"), text("Message"),
        wide("First Seen"), wide("Count"), ("Name", "string", "name", 1)] event;
    /// Persistent volumes.
    VOLUME [NAME, text("Capacity"), text("Access Modes"), text("Reclaim Policy"), text("Status"), text("Claim"), text("StorageClass"),
        text("VolumeAttributesClass"), text("Reason"), AGE, wide("VolumeMode")] volume;
    /// Persistent volume claims.
    CLAIM [NAME, text("Status"), text("Volume"), text("Capacity"), text("Access Modes"), text("StorageClass"),
        text("VolumeAttributesClass"), AGE, wide("VolumeMode")] claim;
    /// Storage classes.
    STORAGE_CLASS [NAME, text("Provisioner"), text("ReclaimPolicy"), text("VolumeBindingMode"), text("AllowVolumeExpansion"), AGE] storage_class;
    /// Ingresses.
    INGRESS [NAME, text("Class"), text("Hosts"), text("Address"), text("Ports"), AGE] ingress;
    /// Ingress classes.
    INGRESS_CLASS [NAME, text("Controller"), text("Parameters"), AGE] |value, now|
        vec![name(value), text_at(value, "spec/controller").into(), "<none>".into(), age(value, now)];
    /// Runtime classes.
    RUNTIME_CLASS [NAME, text("Handler"), AGE] |value, now| vec![name(value), text_at(value, "handler").into(), age(value, now)];
    /// Attachments of volumes.
    ATTACHMENT [NAME, text("Attacher"), text("PV"), text("Node"), ("Attached", "boolean", "", 0), AGE] |value, now| vec![
        name(value), text_at(value, "spec/attacher").into(), text_at(value, "spec/source/persistentVolumeName").into(),
        text_at(value, "spec/nodeName").into(), at(value, "status/attached").as_bool().unwrap_or_default().into(),
        age(value, now)];
    /// Nodes as storage drivers see them.
    CSI_NODE [NAME, int("Drivers"), AGE] |value, now| vec![name(value), items_at(value, "spec/drivers").len().into(), age(value, now)];
    /// Network policies.
    NETWORK_POLICY [NAME, text("Pod-Selector"), AGE] |value, now|
        vec![name(value), selector_text(at(value, "spec/podSelector")).into(), age(value, now)];
    /// Role bindings, of namespaces and of the cluster.
    ROLE_BINDING [NAME, text("Role"), AGE, wide("Users"), wide("Groups"), wide("ServiceAccounts")] role_binding;
    /// Resource quotas.
    QUOTA [NAME, text("Request"), text("Limit"), AGE] quota;
    /// Leases.
    LEASE [NAME, text("Holder"), AGE] |value, now| vec![name(value), text_at(value, "spec/holderIdentity").into(), age(value, now)];
    /// Priority classes.
    PRIORITY_CLASS [NAME, int("Value"), ("Global-Default", "boolean", "", 0), AGE, text("PreemptionPolicy")] |value, now| vec![
        name(value), int_at(value, "value").into(), at(value, "globalDefault").as_bool().unwrap_or_default().into(), age(value, now),
        text_at(value, "preemptionPolicy").into()];
    /// Webhook configurations.
    WEBHOOKS [NAME, int("Webhooks"), AGE] |value, now| vec![name(value), items_at(value, "webhooks").len().into(), age(value, now)];
    /// Aggregated API services.
    API_SERVICE [NAME, text("Service"), text("Available"), AGE] api_service;
}

fn service(value: &Value, now: Timestamp) -> Vec<Value> {
    let kind = text_at(value, "spec/type");
    let balanced: Vec<&str> = items_at(value, "status/loadBalancer/ingress")
        .iter()
        .map(|entry| [text_at(entry, "ip"), text_at(entry, "hostname")].into_iter().find(|t| !t.is_empty()))
        .map(Option::unwrap_or_default)
        .collect();
    let fixed: Vec<&str> = items_at(value, "spec/externalIPs").iter().filter_map(Value::as_str).collect();
    let external = match kind {
        "ExternalName" => text_at(value, "spec/externalName").to_owned(),
        "LoadBalancer" if balanced.is_empty() && fixed.is_empty() => "<pending>".into(),
        "LoadBalancer" => [balanced, fixed].concat().join(","),
        _ if fixed.is_empty() => "<none>".into(),
        _ => fixed.join(","),
    };
    let ports: Vec<String> = items_at(value, "spec/ports")
        .iter()
        .map(|port| match int_at(port, "nodePort") {
            0 => format!("{}/{}", int_at(port, "port"), text_at(port, "protocol")),
            node => format!("{}:{node}/{}", int_at(port, "port"), text_at(port, "protocol")),
        })
        .collect();
    vec![
        name(value),
        kind.into(),
        or_none(text_at(value, "spec/clusterIP")),
        external.into(),
        if ports.is_empty() { "<none>".into() } else { ports.join(",").into() },
        age(value, now),
        map_text(at(value, "spec/selector")).into(),
    ]
}

fn endpoints(value: &Value) -> String {
    let mut all = Vec::new();
    for subset in items_at(value, "subsets") {
        let ports = items_at(subset, "ports");
        for address in items_at(subset, "addresses") {
            let ip = text_at(address, "ip");
            if ports.is_empty() {
                all.push(ip.to_owned());
            }
            all.extend(ports.iter().map(|port| format!("{ip}:{}", int_at(port, "port"))));
        }
    }
    few(&all)
}

/// The first three of a list, as the printers of endpoints cut them.
fn few(all: &[String]) -> String {
    match all.len() {
        0 => "<none>".into(),
        1..=3 => all.join(","),
        count => {
            format!("{} + {} more...", all.iter().take(3).cloned().collect::<Vec<_>>().join(","), count - 3)
        }
    }
}

fn slice(value: &Value, now: Timestamp) -> Vec<Value> {
    let ports: Vec<String> =
        items_at(value, "ports").iter().map(|port| int_at(port, "port").to_string()).collect();
    let addresses: Vec<String> = items_at(value, "endpoints")
        .iter()
        .flat_map(|endpoint| items_at(endpoint, "addresses"))
        .filter_map(|address| address.as_str().map(str::to_owned))
        .collect();
    let shown = |list: &[String]| if list.is_empty() { "<unset>".to_owned() } else { few(list) };
    vec![
        name(value),
        text_at(value, "addressType").into(),
        shown(&ports).into(),
        shown(&addresses).into(),
        age(value, now),
    ]
}

fn node(value: &Value, now: Timestamp) -> Vec<Value> {
    let ready = items_at(value, "status/conditions").iter().find(|c| text_at(c, "type") == "Ready");
    let mut status = match ready.map(|c| text_at(c, "status")) {
        Some("True") => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if at(value, "spec/unschedulable").as_bool() == Some(true) {
        status.push_str(",SchedulingDisabled");
    }
    let roles: Vec<&str> = at(value, "metadata/labels")
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    let address = |kind: &str| {
        let found = items_at(value, "status/addresses").iter().find(|entry| text_at(entry, "type") == kind);
        or_none(found.map_or("", |entry| text_at(entry, "address")))
    };
    let info = |field: &str| match text_at(value, &format!("status/nodeInfo/{field}")) {
        "" => "<unknown>".into(),
        known => Value::from(known),
    };
    vec![
        name(value),
        status.into(),
        or_none(&roles.join(",")),
        age(value, now),
        text_at(value, "status/nodeInfo/kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn event(value: &Value, now: Timestamp) -> Vec<Value> {
    let first = [text_at(value, "firstTimestamp"), text_at(value, "eventTime")];
    let first = since(first.into_iter().find(|t| !t.is_empty()).unwrap_or_default(), now);
    let last = text_at(value, "lastTimestamp");
    let last = if last.is_empty() { first.clone() } else { since(last, now) };
    let object = at(value, "involvedObject");
    let source = [text_at(value, "source/component"), text_at(value, "source/host")];
    let source: Vec<&str> = source.into_iter().filter(|part| !part.is_empty()).collect();
    vec![
        last.into(),
        text_at(value, "type").into(),
        text_at(value, "reason").into(),
        format!("{}/{}", text_at(object, "kind").to_lowercase(), text_at(object, "name")).into(),
        text_at(object, "fieldPath").into(),
        source.join(", ").into(),
        text_at(value, "message").trim().into(),
        first.into(),
        int_at(value, "count").max(1).into(),
        name(value),
    ]
}

fn modes(value: &Value, path: &str) -> Value {
    let short = |mode: &str| match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    items_at(value, path).iter().filter_map(Value::as_str).map(short).collect::<Vec<_>>().join(",").into()
}

fn unset(text: &str) -> Value {
    if text.is_empty() { "<unset>".into() } else { text.into() }
}

fn phase(value: &Value) -> Value {
    if at(value, "metadata/deletionTimestamp").is_string() {
        "Terminating".into()
    } else {
        text_at(value, "status/phase").into()
    }
}

fn volume(value: &Value, now: Timestamp) -> Vec<Value> {
    let claim = at(value, "spec/claimRef");
    let claim = match text_at(claim, "name") {
        "" => String::new(),
        name => format!("{}/{name}", text_at(claim, "namespace")),
    };
    vec![
        name(value),
        text_at(value, "spec/capacity/storage").into(),
        modes(value, "spec/accessModes"),
        text_at(value, "spec/persistentVolumeReclaimPolicy").into(),
        phase(value),
        claim.into(),
        text_at(value, "spec/storageClassName").into(),
        unset(text_at(value, "spec/volumeAttributesClassName")),
        text_at(value, "status/reason").into(),
        age(value, now),
        unset(text_at(value, "spec/volumeMode")),
    ]
}

fn claim(value: &Value, now: Timestamp) -> Vec<Value> {
    let bound = !text_at(value, "spec/volumeName").is_empty();
    vec![
        name(value),
        phase(value),
        text_at(value, "spec/volumeName").into(),
        if bound { text_at(value, "status/capacity/storage").into() } else { "".into() },
        if bound { modes(value, "status/accessModes") } else { "".into() },
        text_at(value, "spec/storageClassName").into(),
        unset(text_at(value, "spec/volumeAttributesClassName")),
        age(value, now),
        unset(text_at(value, "spec/volumeMode")),
    ]
}

fn storage_class(value: &Value, now: Timestamp) -> Vec<Value> {
    let default = text_at(value, "metadata/annotations/storageclass.kubernetes.io~1is-default-class");
    let marked = at(value, "metadata/annotations").get("storageclass.kubernetes.io/is-default-class");
    let default = default == "true" || marked.and_then(Value::as_str) == Some("true");
    let shown = format!("{}{}", text_at(value, "metadata/name"), if default { " (default)" } else { "" });
    let or = |path: &str, otherwise: &str| match text_at(value, path) {
        "" => Value::from(otherwise),
        known => known.into(),
    };
    vec![
        shown.into(),
        text_at(value, "provisioner").into(),
        or("reclaimPolicy", "Delete"),
        or("volumeBindingMode", "Immediate"),
        at(value, "allowVolumeExpansion").as_bool().unwrap_or_default().into(),
        age(value, now),
    ]
}

fn ingress(value: &Value, now: Timestamp) -> Vec<Value> {
    let hosts: Vec<&str> = items_at(value, "spec/rules")
        .iter()
        .map(|rule| text_at(rule, "host"))
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = match hosts.len() {
        0 => "*".to_owned(),
        1..=3 => hosts.join(","),
        count => {
            format!("{} + {} more...", hosts.iter().take(3).copied().collect::<Vec<_>>().join(","), count - 3)
        }
    };
    let address: Vec<&str> = items_at(value, "status/loadBalancer/ingress")
        .iter()
        .flat_map(|entry| [text_at(entry, "ip"), text_at(entry, "hostname")])
        .filter(|text| !text.is_empty())
        .collect();
    vec![
        name(value),
        or_none(text_at(value, "spec/ingressClassName")),
        hosts.into(),
        address.join(",").into(),
        if items_at(value, "spec/tls").is_empty() { "80".into() } else { "80, 443".into() },
        age(value, now),
    ]
}

fn role_binding(value: &Value, now: Timestamp) -> Vec<Value> {
    let role = at(value, "roleRef");
    let subjects = |kind: &str| {
        let of_kind = items_at(value, "subjects").iter().filter(|subject| text_at(subject, "kind") == kind);
        let shown = of_kind.map(|subject| match text_at(subject, "namespace") {
            namespace if kind == "ServiceAccount" => format!("{namespace}/{}", text_at(subject, "name")),
            _ => text_at(subject, "name").to_owned(),
        });
        Value::from(shown.collect::<Vec<_>>().join(", "))
    };
    vec![
        name(value),
        format!("{}/{}", text_at(role, "kind"), text_at(role, "name")).into(),
        age(value, now),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}

fn quota(value: &Value, now: Timestamp) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in at(value, "status/hard").as_object().into_iter().flatten() {
        let used = at(value, "status/used").get(resource).and_then(Value::as_str).unwrap_or("0");
        let line = format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default());
        if resource.starts_with("limits.") { limits.push(line) } else { requests.push(line) }
    }
    vec![name(value), requests.join(", ").into(), limits.join(", ").into(), age(value, now)]
}

fn api_service(value: &Value, now: Timestamp) -> Vec<Value> {
    let service = at(value, "spec/service");
    let shown = match text_at(service, "name") {
        "" => "Local".to_owned(),
        name => format!("{}/{name}", text_at(service, "namespace")),
    };
    let available = items_at(value, "status/conditions").iter().find(|c| text_at(c, "type") == "Available");
    let available = match available {
        Some(c) if text_at(c, "status") == "True" => "True".to_owned(),
        Some(c) => format!("False ({})", text_at(c, "reason")),
        None => "Unknown".to_owned(),
    };
    vec![name(value), shown.into(), available.into(), age(value, now)]
}

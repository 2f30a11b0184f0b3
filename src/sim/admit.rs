//! What happens to an object before it is stored: names, uid, defaults, validation.
//!
//! Owns the defaults of kinds (pods have theirs in `pod`). Refuses what the real server refuses first.

use serde_json::{Map, Value, json};

use super::World;
use super::entry::Key;
use super::kinds::Served;
use super::printers::{at, text_at};
use super::status::Refusal;
use super::{crd, managed, pod};

/// Returns a field as an object, made when missing.
pub(crate) fn object<'v>(value: &'v mut Value, name: &str) -> &'v mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    let field = &mut value[name];
    if !field.is_object() {
        *field = json!({});
    }
    match field {
        Value::Object(map) => map,
        _ => unreachable!("made an object just now"),
    }
}

/// Sets a field where it is missing or empty.
pub(crate) fn default(map: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    let known = map.entry(name).or_insert(Value::Null);
    // What a typed client left empty comes as an empty object.
    if known.is_null() || known.as_object().is_some_and(Map::is_empty) {
        *known = value.into();
    }
}

/// Prepares a new object.
pub(crate) fn create(
    world: &World,
    kind: &Served,
    mut value: Value,
    manager: &str,
) -> Result<Value, Refusal> {
    if !value.is_object() {
        return Err(Refusal::bad_request("the object provided is unrecognized (must be of type Object)"));
    }
    let now = world.now_text();
    let meta = object(&mut value, "metadata");
    let text = |meta: &Map<String, Value>, name: &str| {
        meta.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let generate = text(meta, "generateName");
    if text(meta, "name").is_empty() && !generate.is_empty() {
        let suffix = world.random.lock().suffix(5);
        meta.insert("name".into(), format!("{generate}{suffix}").into());
    }
    let name = text(meta, "name");
    validate_name(kind, &name)?;
    if kind.namespaced {
        default(meta, "namespace", "default");
    } else {
        meta.remove("namespace");
    }
    namespace_admits(world, kind, &text(meta, "namespace"), &name)?;
    meta.remove("deletionTimestamp");
    meta.remove("resourceVersion");
    meta.remove("selfLink");
    let uid = world.random.lock().uuid();
    meta.insert("uid".into(), uid.into());
    default(meta, "creationTimestamp", now.clone());
    if meta.get("creationTimestamp").is_some_and(Value::is_null) {
        meta.insert("creationTimestamp".into(), now.clone().into());
    }
    if has_generation(kind) {
        meta.insert("generation".into(), 1.into());
    }
    let time = text(meta, "creationTimestamp");
    let given = meta.remove("managedFields");
    let before = value.clone();
    defaults(world, kind, &mut value);
    validate(kind, &name, &value)?;
    note_creation(&mut value, before, given, manager, &kind.api_version(), &time);
    Ok(value)
}

/// Writes who created an object, unless the object says so itself.
fn note_creation(
    value: &mut Value,
    before: Value,
    given: Option<Value>,
    manager: &str,
    version: &str,
    time: &str,
) {
    let list = match given {
        Some(given) if given.as_array().is_some_and(|list| !list.is_empty()) => given,
        _ => {
            let mut noted = before;
            if let Some(fields) = noted.as_object_mut() {
                fields.remove("status");
            }
            managed::note(&json!({}), &mut noted, manager, "Update", version, "", time);
            at(&noted, "metadata/managedFields").clone()
        }
    };
    if list.is_array() {
        object(value, "metadata").insert("managedFields".into(), list);
    }
}

/// Carries over what no update may change, and counts generations.
pub(crate) fn keep(old: &Value, new: &mut Value) {
    let before = at(old, "metadata");
    let spec_changed = at(old, "spec") != at(new, "spec");
    let meta = object(new, "metadata");
    for name in ["name", "namespace", "uid", "creationTimestamp", "resourceVersion"] {
        match before.get(name) {
            Some(value) => meta.insert(name.into(), value.clone()),
            None => meta.remove(name),
        };
    }
    if let Some(generation) = before.get("generation").and_then(Value::as_i64) {
        meta.insert("generation".into(), (generation + i64::from(spec_changed)).into());
    }
}

fn has_generation(kind: &Served) -> bool {
    kind.custom
        || (!matches!(
            &*kind.id,
            "namespaces" | "nodes" | "persistentvolumes" | "persistentvolumeclaims" | "services"
        ) && kind.subs.iter().any(|sub| sub.0 == "status"))
        || matches!(&*kind.group, "admissionregistration.k8s.io")
}

fn validate_name(kind: &Served, name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid(
            kind,
            name,
            "metadata.name",
            "Required value: name or generateName is required",
        ));
    }
    // Rights and some aggregated names may hold colons and capitals; everything else is a DNS subdomain.
    let free = &*kind.group == "rbac.authorization.k8s.io";
    let fits = name.len() <= 253
        && (free && !name.contains('/')
            || name.split('.').all(|label| {
                let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                !label.is_empty()
                    && label.chars().all(inner)
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            }));
    if fits {
        return Ok(());
    }
    let why = format!(
        "Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    );
    Err(Refusal::invalid(kind, name, "metadata.name", &why))
}

fn namespace_admits(world: &World, kind: &Served, namespace: &str, name: &str) -> Result<(), Refusal> {
    if !kind.namespaced {
        return Ok(());
    }
    let Some(found) = world.store.get("namespaces", &Key::new("", namespace)) else {
        let namespaces = world.catalog.by_id("namespaces");
        return Err(
            namespaces.map_or_else(Refusal::no_such_path, |kind| Refusal::not_found(&kind, namespace))
        );
    };
    if found.facts.deleting && &*kind.id != "events" {
        let why =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        return Err(Refusal::forbidden(kind, name, &why));
    }
    Ok(())
}

fn validate(kind: &Served, name: &str, value: &Value) -> Result<(), Refusal> {
    let required: &[&str] = match &*kind.id {
        "pods" => &["spec.containers"],
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" => {
            &["spec.selector", "spec.template.spec.containers"]
        }
        "jobs.batch" => &["spec.template.spec.containers"],
        "cronjobs.batch" => &["spec.schedule"],
        "persistentvolumeclaims" => &["spec.accessModes"],
        "customresourcedefinitions.apiextensions.k8s.io" => {
            &["spec.group", "spec.names.plural", "spec.names.kind"]
        }
        _ => &[],
    };
    for field in required {
        let found = at(value, &field.replace('.', "/"));
        let empty = match found {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        if empty {
            return Err(Refusal::invalid(kind, name, field, "Required value"));
        }
    }
    if let Some(replicas) = at(value, "spec/replicas").as_i64().filter(|replicas| *replicas < 0) {
        let why = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        return Err(Refusal::invalid(kind, name, "spec.replicas", &why));
    }
    Ok(())
}

fn defaults(world: &World, kind: &Served, value: &mut Value) {
    match &*kind.id {
        "pods" => pod::defaults(world, value),
        "namespaces" => namespace(value),
        "services" => service(world, value),
        "deployments.apps" => deployment(value),
        "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" => workload(&kind.id, value),
        "jobs.batch" => job(value),
        "cronjobs.batch" => cron_job(value),
        "persistentvolumeclaims" => claim(world, value),
        "persistentvolumes" => {
            default(object(value, "spec"), "persistentVolumeReclaimPolicy", "Retain");
            default(object(value, "spec"), "volumeMode", "Filesystem");
            default(object(value, "status"), "phase", "Available");
        }
        "secrets" => {
            if let Some(fields) = value.as_object_mut() {
                default(fields, "type", "Opaque");
                encode_secret(fields);
            }
        }
        "customresourcedefinitions.apiextensions.k8s.io" => crd::establish(value, &world.now_text()),
        _ => {}
    }
}

fn encode_secret(fields: &mut Map<String, Value>) {
    use base64::Engine;
    let Some(Value::Object(plain)) = fields.remove("stringData") else { return };
    let data = fields.entry("data").or_insert_with(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        for (key, text) in plain {
            let text = text.as_str().unwrap_or_default();
            data.insert(key, base64::engine::general_purpose::STANDARD.encode(text).into());
        }
    }
}

fn namespace(value: &mut Value) {
    let name = text_at(value, "metadata/name").to_owned();
    let meta = object(value, "metadata");
    let labels = meta.entry("labels").or_insert_with(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("kubernetes.io/metadata.name".into(), name.into());
    }
    object(value, "spec").insert("finalizers".into(), json!(["kubernetes"]));
    object(value, "status").insert("phase".into(), "Active".into());
}

fn service(world: &World, value: &mut Value) {
    let (a, b) = {
        let mut random = world.random.lock();
        (random.below(250), random.below(250) + 2)
    };
    let spec = object(value, "spec");
    default(spec, "type", "ClusterIP");
    default(spec, "sessionAffinity", "None");
    default(spec, "internalTrafficPolicy", "Cluster");
    default(spec, "ipFamilies", json!(["IPv4"]));
    default(spec, "ipFamilyPolicy", "SingleStack");
    let external = spec.get("type").and_then(Value::as_str) == Some("ExternalName");
    if !external {
        default(spec, "clusterIP", format!("10.96.{a}.{b}"));
        let ip = spec.get("clusterIP").cloned().unwrap_or_default();
        default(spec, "clusterIPs", json!([ip]));
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let target = port.get("port").cloned().unwrap_or_default();
        if let Some(port) = port.as_object_mut() {
            default(port, "protocol", "TCP");
            default(port, "targetPort", target);
        }
    }
    let balancer = object(value, "status");
    default(balancer, "loadBalancer", json!({}));
}

fn deployment(value: &mut Value) {
    workload("deployments.apps", value);
    let spec = object(value, "spec");
    default(
        spec,
        "strategy",
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}),
    );
    default(spec, "progressDeadlineSeconds", 600);
}

fn workload(id: &str, value: &mut Value) {
    let spec = object(value, "spec");
    if id != "daemonsets.apps" {
        default(spec, "replicas", 1);
    }
    if id != "replicasets.apps" {
        default(spec, "revisionHistoryLimit", 10);
    }
    if id == "statefulsets.apps" {
        default(spec, "podManagementPolicy", "OrderedReady");
        default(spec, "updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}));
    }
    if id == "daemonsets.apps" {
        default(
            spec,
            "updateStrategy",
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
        );
    }
    if let Some(template) = spec.get_mut("template") {
        pod::template_defaults(template);
    }
    object(value, "status");
}

fn job(value: &mut Value) {
    let uid = text_at(value, "metadata/uid").to_owned();
    let name = text_at(value, "metadata/name").to_owned();
    let spec = object(value, "spec");
    for (field, number) in [("backoffLimit", 6), ("completions", 1), ("parallelism", 1)] {
        default(spec, field, number);
    }
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    default(spec, "selector", json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    let template = spec.entry("template").or_insert_with(|| json!({}));
    let meta = object(template, "metadata");
    let labels = meta.entry("labels").or_insert_with(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        for (key, text) in [("controller-uid", &uid), ("job-name", &name)] {
            labels.insert(format!("batch.kubernetes.io/{key}"), text.as_str().into());
            labels.insert(key.to_owned(), text.as_str().into());
        }
    }
    default(object(template, "spec"), "restartPolicy", "Never");
    pod::template_defaults(template);
    object(value, "status");
}

fn cron_job(value: &mut Value) {
    let spec = object(value, "spec");
    default(spec, "concurrencyPolicy", "Allow");
    default(spec, "suspend", false);
    default(spec, "successfulJobsHistoryLimit", 3);
    default(spec, "failedJobsHistoryLimit", 1);
    object(value, "status");
}

fn claim(world: &World, value: &mut Value) {
    let class = world.store.list("storageclasses.storage.k8s.io", None).items.into_iter().find(|entry| {
        let value = entry.value();
        at(&value, "metadata/annotations").get("storageclass.kubernetes.io/is-default-class")
            == Some(&json!("true"))
    });
    let spec = object(value, "spec");
    if let Some(class) = class {
        default(spec, "storageClassName", &*class.key.name);
    }
    default(spec, "volumeMode", "Filesystem");
    default(object(value, "status"), "phase", "Pending");
    let meta = object(value, "metadata");
    default(meta, "finalizers", json!(["kubernetes.io/pvc-protection"]));
}

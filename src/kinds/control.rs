//! What steers the control plane: quotas, limits, priorities, leases, flow control, templates, certificates.

use serde_json::Value;

use super::pick::{self, Pick};
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use crate::model::Cell;

const COMPONENT: &[Pick] = &[component_status, |o| component(o, "/message"), |o| component(o, "/error")];
const CREATED: &[Pick] = &[|o| pick::text(o, "/metadata/creationTimestamp")];
const TEMPLATE: &[Pick] = &[
    |o| Cell::text(pick::joined(o, "/template/spec/containers", Some("name"))),
    |o| Cell::text(pick::joined(o, "/template/spec/containers", Some("image"))),
    |o| Cell::or_none(pairs(o, "/template/metadata/labels")),
];
const QUOTA: &[Pick] = &[|o| Cell::text(quotas(o, false)), |o| Cell::text(quotas(o, true))];
const REVISION: &[Pick] = &[controller, |o| pick::int_or(o, "/revision", Cell::Int(0))];
const REQUEST: &[Pick] = &[
    |o| pick::or_none(o, "/spec/signerName"),
    |o| pick::text(o, "/spec/username"),
    |o| o.pointer("/spec/expirationSeconds").and_then(Value::as_i64).map_or(Cell::None, Cell::Span),
    |o| Cell::text(request_state(o)),
];
const POD_REQUEST: &[Pick] = &[
    |o| pick::text(o, "/spec/podName"),
    |o| pick::text(o, "/spec/serviceAccountName"),
    |o| pick::text(o, "/spec/nodeName"),
    |o| pick::text(o, "/spec/signerName"),
    pod_request_state,
    |o| Cell::or_none(pairs(o, "/spec/unverifiedUserAnnotations")),
];
const BUNDLE: &[Pick] = &[|o| pick::or_none(o, "/spec/signerName")];
const LEASE: &[Pick] = &[|o| pick::text(o, "/spec/holderIdentity")];
const FLOW: &[Pick] = &[
    |o| pick::text(o, "/spec/priorityLevelConfiguration/name"),
    |o| pick::int_or(o, "/spec/matchingPrecedence", Cell::Int(0)),
    |o| pick::or_none(o, "/spec/distinguisherMethod/type"),
    |o| Cell::text(pick::condition(o, "Dangling").map_or("?", |c| pick::str_at(c, "/status"))),
];
const LEVEL: &[Pick] = &[
    |o| pick::text(o, "/spec/type"),
    |o| pick::int_or(o, "/spec/limited/nominalConcurrencyShares", limited(o, "/spec/limited")),
    |o| pick::int_or(o, "/spec/limited/limitResponse/queuing/queues", queuing(o)),
    |o| pick::int_or(o, "/spec/limited/limitResponse/queuing/handSize", queuing(o)),
    |o| pick::int_or(o, "/spec/limited/limitResponse/queuing/queueLengthLimit", queuing(o)),
];
const RUNTIME: &[Pick] = &[|o| pick::text(o, "/handler")];
const PRIORITY: &[Pick] = &[
    |o| pick::int_or(o, "/value", Cell::Int(0)),
    |o| pick::flag_or(o, "/globalDefault", false),
    |o| pick::text(o, "/preemptionPolicy"),
];
const MIGRATION: &[Pick] = &[|o| Cell::text(group_resource(o, "/spec/resource")), migration_state];

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("", "v1", "resourcequotas", "resourcequota", "ResourceQuota", |json, ctx| {
        pick::row(json, ctx, QUOTA)
    })
    .short(&["quota"])
    .columns(&[NAME, cell("REQUEST", 0).drop(2), cell("LIMIT", 1), AGE]),
    Record::new("", "v1", "limitranges", "limitrange", "LimitRange", |json, ctx| {
        pick::row(json, ctx, CREATED)
    })
    .short(&["limits"])
    .columns(&[NAME, cell("CREATED AT", 0), AGE.extra().drop(1)]),
    Record::new("", "v1", "podtemplates", "podtemplate", "PodTemplate", |json, ctx| {
        pick::row(json, ctx, TEMPLATE)
    })
    .columns(&[
        NAME,
        cell("CONTAINERS", 0),
        cell("IMAGES", 1),
        cell("POD LABELS", 2),
        AGE.extra().drop(1),
    ]),
    Record::new("", "v1", "componentstatuses", "componentstatus", "ComponentStatus", |json, ctx| {
        pick::row(json, ctx, COMPONENT)
    })
    .short(&["cs"])
    .cluster_scoped()
    .columns(&[NAME, cell("STATUS", 0).drop(0), CAUSE, cell("MESSAGE", 1), cell("ERROR", 2)]),
    Record::new(
        "apps",
        "v1",
        "controllerrevisions",
        "controllerrevision",
        "ControllerRevision",
        |json, ctx| pick::row(json, ctx, REVISION),
    )
    .columns(&[NAME, cell("CONTROLLER", 0).drop(2), num("REVISION", 1).drop(1), AGE]),
    Record::new(
        "certificates.k8s.io",
        "v1",
        "certificatesigningrequests",
        "certificatesigningrequest",
        "CertificateSigningRequest",
        |json, ctx| pick::row(json, ctx, REQUEST),
    )
    .short(&["csr"])
    .cluster_scoped()
    .columns(&[
        NAME,
        AGE,
        cell("SIGNERNAME", 0),
        cell("REQUESTOR", 1).drop(2),
        cell("REQUESTEDDURATION", 2).drop(6),
        cell("CONDITION", 3).drop(0),
        CAUSE,
    ]),
    Record::new(
        "certificates.k8s.io",
        "v1",
        "podcertificaterequests",
        "podcertificaterequest",
        "PodCertificateRequest",
        |json, ctx| pick::row(json, ctx, POD_REQUEST),
    )
    .columns(&[
        NAME,
        cell("PODNAME", 0).drop(2),
        cell("SERVICEACCOUNTNAME", 1),
        cell("NODENAME", 2).drop(5),
        cell("SIGNERNAME", 3).drop(5),
        cell("STATE", 4).drop(0),
        CAUSE,
        cell("UNVERIFIEDUSERANNOTATIONS", 5).drop(6),
        AGE.extra().drop(1),
    ]),
    Record::new(
        "certificates.k8s.io",
        "v1",
        "clustertrustbundles",
        "clustertrustbundle",
        "ClusterTrustBundle",
        |json, ctx| pick::row(json, ctx, BUNDLE),
    )
    .cluster_scoped()
    .columns(&[NAME, cell("SIGNERNAME", 0), AGE.extra().drop(1)]),
    Record::new("coordination.k8s.io", "v1", "leases", "lease", "Lease", |json, ctx| {
        pick::row(json, ctx, LEASE)
    })
    .columns(&[NAME, cell("HOLDER", 0).drop(1), AGE]),
    Record::new(
        "flowcontrol.apiserver.k8s.io",
        "v1",
        "flowschemas",
        "flowschema",
        "FlowSchema",
        |json, ctx| pick::row(json, ctx, FLOW),
    )
    .cluster_scoped()
    .columns(&[
        NAME,
        cell("PRIORITYLEVEL", 0).drop(2),
        num("MATCHINGPRECEDENCE", 1),
        cell("DISTINGUISHERMETHOD", 2).drop(5),
        AGE,
        cell("MISSINGPL", 3),
    ]),
    Record::new(
        "flowcontrol.apiserver.k8s.io",
        "v1",
        "prioritylevelconfigurations",
        "prioritylevelconfiguration",
        "PriorityLevelConfiguration",
        |json, ctx| pick::row(json, ctx, LEVEL),
    )
    .cluster_scoped()
    .columns(&[
        NAME,
        cell("TYPE", 0).drop(2),
        num("NOMINALCONCURRENCYSHARES", 1),
        num("QUEUES", 2).drop(5),
        num("HANDSIZE", 3).drop(6),
        num("QUEUELENGTHLIMIT", 4).drop(6),
        AGE,
    ]),
    Record::new("node.k8s.io", "v1", "runtimeclasses", "runtimeclass", "RuntimeClass", |json, ctx| {
        pick::row(json, ctx, RUNTIME)
    })
    .cluster_scoped()
    .columns(&[NAME, cell("HANDLER", 0), AGE]),
    Record::new(
        "scheduling.k8s.io",
        "v1",
        "priorityclasses",
        "priorityclass",
        "PriorityClass",
        |json, ctx| pick::row(json, ctx, PRIORITY),
    )
    .short(&["pc"])
    .cluster_scoped()
    .columns(&[
        NAME,
        num("VALUE", 0).drop(1),
        cell("GLOBAL-DEFAULT", 1),
        AGE,
        cell("PREEMPTIONPOLICY", 2).drop(4),
    ]),
    Record::new(
        "storagemigration.k8s.io",
        "v1",
        "storageversionmigrations",
        "storageversionmigration",
        "StorageVersionMigration",
        |json, ctx| pick::row(json, ctx, MIGRATION),
    )
    .cluster_scoped()
    .columns(&[NAME, cell("RESOURCE", 0), cell("STATUS", 1).drop(1), CAUSE, AGE.extra().drop(1)]),
];

fn healthy(object: &Value) -> Option<&Value> {
    pick::list_at(object, "/conditions").iter().find(|c| pick::str_at(c, "/type") == "Healthy")
}

fn component_status(object: &Value) -> Cell {
    Cell::text(match healthy(object).map(|condition| pick::str_at(condition, "/status")) {
        None => "Unknown",
        Some("True") => "Healthy",
        Some(_) => "Unhealthy",
    })
}

fn component(object: &Value, field: &str) -> Cell {
    healthy(object).map_or(Cell::Empty, |condition| pick::text(condition, field))
}

/// `a=b,c=d` of the map at a pointer, sorted.
fn pairs(object: &Value, path: &str) -> String {
    let map = object.pointer(path).and_then(Value::as_object);
    let texts =
        map.into_iter().flatten().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("")));
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.join(",")
}

/// `pods: 1/20, …`: what is used of what is allowed, of `limits.` resources or of all others.
fn quotas(object: &Value, limits: bool) -> String {
    let hard = object.pointer("/status/hard").and_then(Value::as_object);
    let mut texts: Vec<String> = hard
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("limits.") == limits)
        .map(|(name, hard)| {
            let used = object.pointer("/status/used").and_then(|used| used.get(name));
            let used = used.and_then(Value::as_str).unwrap_or("0");
            format!("{name}: {used}/{}", hard.as_str().unwrap_or("0"))
        })
        .collect();
    texts.sort();
    texts.join(", ")
}

/// `daemonset.apps/agent`: the owner that controls.
fn controller(object: &Value) -> Cell {
    let owners = pick::list_at(object, "/metadata/ownerReferences");
    let controls = |owner: &&Value| owner.get("controller").and_then(Value::as_bool) == Some(true);
    let Some(owner) = owners.iter().find(controls) else { return Cell::None };
    let (version, kind) = (pick::str_at(owner, "/apiVersion"), pick::str_at(owner, "/kind"));
    let name = pick::str_at(owner, "/name");
    Cell::text(match version.split_once('/') {
        Some((group, _)) => format!("{}.{group}/{name}", kind.to_lowercase()),
        None => format!("{}/{name}", kind.to_lowercase()),
    })
}

fn request_state(object: &Value) -> String {
    let has = |kind| pick::condition(object, kind).is_some();
    let decided = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (_, true) => "Approved",
        _ => "Pending",
    };
    let failed = if has("Failed") { ",Failed" } else { "" };
    let issued = if pick::str_at(object, "/status/certificate").is_empty() { "" } else { ",Issued" };
    format!("{decided}{failed}{issued}")
}

/// The last condition that decides wins, as in the server.
fn pod_request_state(object: &Value) -> Cell {
    let known = ["Issued", "Denied", "Failed"];
    let mut kinds = pick::list_at(object, "/status/conditions").iter().map(|c| pick::str_at(c, "/type"));
    Cell::text(kinds.rfind(|kind| known.contains(kind)).unwrap_or("Pending"))
}

/// A figure that is left out is zero where its section exists.
fn limited(object: &Value, section: &str) -> Cell {
    if object.pointer(section).is_some_and(Value::is_object) { Cell::Int(0) } else { Cell::None }
}

fn queuing(object: &Value) -> Cell {
    limited(object, "/spec/limited/limitResponse/queuing")
}

/// `resource.group`, or `resource` of the core group.
fn group_resource(object: &Value, path: &str) -> String {
    let Some(found) = object.pointer(path) else { return String::new() };
    match (pick::str_at(found, "/resource"), pick::str_at(found, "/group")) {
        (resource, "") => resource.to_owned(),
        (resource, group) => format!("{resource}.{group}"),
    }
}

/// The last of these conditions that is true wins, as in the server.
fn migration_state(object: &Value) -> Cell {
    let known = ["Running", "Failed", "Succeeded"];
    let conditions = pick::list_at(object, "/status/conditions").iter();
    let mut states = conditions
        .filter(|condition| pick::str_at(condition, "/status") == "True")
        .map(|condition| pick::str_at(condition, "/type"));
    Cell::text(states.rfind(|kind| known.contains(kind)).unwrap_or("Unknown"))
}

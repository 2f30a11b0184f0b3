//! What pods are given besides CPU and memory: devices (dynamic resource allocation), CSI drivers and
//! attachments, addresses.

use serde_json::Value;

use super::pick::{self, Pick};
use super::record::{AGE, CAUSE, Col, NAME, Record, cell, num};
use crate::model::{Cell, Timestamp};

const RESOURCE: &str = "resource.k8s.io";
const STORAGE: &str = "storage.k8s.io";

const NOTHING: &[Pick] = &[];
const PLAIN: &[Col] = &[NAME, AGE];
const CLAIM: &[Pick] = &[|o| Cell::text(claim_state(o))];
const SLICE: &[Pick] = &[
    |o| pick::text(o, "/spec/nodeName"),
    |o| pick::text(o, "/spec/driver"),
    |o| pick::text(o, "/spec/pool/name"),
];
const TAINT: &[Pick] = &[
    |o| pick::text(o, "/spec/taint/key"),
    |o| pick::text(o, "/spec/taint/value"),
    |o| pick::text(o, "/spec/taint/effect"),
    |o| Timestamp::parse(pick::str_at(o, "/spec/taint/timeAdded")).map_or(Cell::Empty, Cell::Age),
];
const DRIVER: &[Pick] = &[
    |o| pick::flag_or(o, "/spec/attachRequired", true),
    |o| pick::flag_or(o, "/spec/podInfoOnMount", false),
    |o| pick::flag_or(o, "/spec/storageCapacity", false),
    audiences,
    |o| pick::flag_or(o, "/spec/requiresRepublish", false),
    |o| Cell::or_none(pick::joined(o, "/spec/volumeLifecycleModes", None)),
];
const NODE: &[Pick] = &[|o| pick::count(o, "/spec/drivers")];
const CAPACITY: &[Pick] = &[|o| pick::text(o, "/metadata/creationTimestamp")];
const ATTACHMENT: &[Pick] = &[
    |o| pick::text(o, "/spec/attacher"),
    |o| pick::text(o, "/spec/source/persistentVolumeName"),
    |o| pick::text(o, "/spec/nodeName"),
    |o| pick::flag_or(o, "/status/attached", false),
];
const CLASS: &[Pick] = &[|o| pick::text(o, "/driverName")];
const ADDRESS: &[Pick] = &[parent];
const CIDR: &[Pick] = &[|o| Cell::text(pick::joined(o, "/spec/cidrs", None))];

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new(RESOURCE, "v1", "deviceclasses", "deviceclass", "DeviceClass", |json, ctx| {
        pick::row(json, ctx, NOTHING)
    })
    .cluster_scoped()
    .columns(PLAIN),
    Record::new(RESOURCE, "v1", "resourceclaims", "resourceclaim", "ResourceClaim", |json, ctx| {
        pick::row(json, ctx, CLAIM)
    })
    .columns(&[NAME, cell("STATE", 0).drop(0), AGE]),
    Record::new(
        RESOURCE,
        "v1",
        "resourceclaimtemplates",
        "resourceclaimtemplate",
        "ResourceClaimTemplate",
        |json, ctx| pick::row(json, ctx, NOTHING),
    )
    .columns(PLAIN),
    Record::new(RESOURCE, "v1", "resourceslices", "resourceslice", "ResourceSlice", |json, ctx| {
        pick::row(json, ctx, SLICE)
    })
    .cluster_scoped()
    .columns(&[NAME, cell("NODE", 0), cell("DRIVER", 1), cell("POOL", 2), AGE]),
    Record::new(RESOURCE, "v1", "devicetaintrules", "devicetaintrule", "DeviceTaintRule", |json, ctx| {
        pick::row(json, ctx, TAINT)
    })
    .cluster_scoped()
    .columns(&[
        NAME,
        cell("KEY", 0),
        cell("VALUE", 1),
        cell("EFFECT", 2).drop(2),
        cell("TIMEADDED", 3).drop(5),
        AGE,
    ]),
    Record::new(STORAGE, "v1", "csidrivers", "csidriver", "CSIDriver", |json, ctx| {
        pick::row(json, ctx, DRIVER)
    })
    .cluster_scoped()
    .columns(&[
        NAME,
        cell("ATTACHREQUIRED", 0),
        cell("PODINFOONMOUNT", 1),
        cell("STORAGECAPACITY", 2),
        cell("TOKENREQUESTS", 3).drop(6),
        cell("REQUIRESREPUBLISH", 4).drop(6),
        cell("MODES", 5).drop(2),
        AGE,
    ]),
    Record::new(STORAGE, "v1", "csinodes", "csinode", "CSINode", |json, ctx| pick::row(json, ctx, NODE))
        .cluster_scoped()
        .columns(&[NAME, num("DRIVERS", 0), AGE]),
    Record::new(
        STORAGE,
        "v1",
        "csistoragecapacities",
        "csistoragecapacity",
        "CSIStorageCapacity",
        |json, ctx| pick::row(json, ctx, CAPACITY),
    )
    .columns(&[NAME, cell("CREATED AT", 0), AGE.extra().drop(1)]),
    Record::new(STORAGE, "v1", "volumeattachments", "volumeattachment", "VolumeAttachment", |json, ctx| {
        pick::row(json, ctx, ATTACHMENT)
    })
    .cluster_scoped()
    .columns(&[
        NAME,
        cell("ATTACHER", 0),
        cell("PV", 1).drop(2),
        cell("NODE", 2).drop(2),
        cell("ATTACHED", 3).drop(1),
        AGE,
    ]),
    Record::new(
        STORAGE,
        "v1",
        "volumeattributesclasses",
        "volumeattributesclass",
        "VolumeAttributesClass",
        |json, ctx| pick::row(json, ctx, CLASS),
    )
    .short(&["vac"])
    .cluster_scoped()
    .columns(&[NAME, cell("DRIVERNAME", 0), AGE]),
    Record::new("networking.k8s.io", "v1", "ipaddresses", "ipaddress", "IPAddress", |json, ctx| {
        pick::row(json, ctx, ADDRESS)
    })
    .short(&["ip"])
    .cluster_scoped()
    .columns(&[NAME, cell("PARENTREF", 0).drop(1), AGE.extra().drop(1)]),
    Record::new("networking.k8s.io", "v1", "servicecidrs", "servicecidr", "ServiceCIDR", |json, ctx| {
        pick::row(json, ctx, CIDR)
    })
    .cluster_scoped()
    .columns(&[NAME, cell("CIDRS", 0).drop(1), CAUSE, AGE]),
];

fn claim_state(object: &Value) -> String {
    let has = |path: &str| object.pointer(path).is_some_and(|value| !value.is_null());
    let (going, allocated) = (has("/metadata/deletionTimestamp"), has("/status/allocation"));
    let reserved = allocated && !pick::list_at(object, "/status/reservedFor").is_empty();
    let states = [
        (going, "deleted"),
        (!going && !allocated, "pending"),
        (allocated, "allocated"),
        (reserved, "reserved"),
    ];
    let states: Vec<&str> = states.into_iter().filter(|(holds, _)| *holds).map(|(_, state)| state).collect();
    states.join(",")
}

fn audiences(object: &Value) -> Cell {
    match object.pointer("/spec/tokenRequests").and_then(Value::as_array) {
        None => Cell::Unset,
        Some(_) => Cell::text(pick::joined(object, "/spec/tokenRequests", Some("audience"))),
    }
}

/// `services/default/kubernetes`: what the address belongs to.
fn parent(object: &Value) -> Cell {
    let Some(parent) = object.pointer("/spec/parentRef").filter(|parent| parent.is_object()) else {
        return Cell::None;
    };
    let at = |field: &str| pick::str_at(parent, field);
    let mut words = at("/resource").to_lowercase();
    for (separator, word) in [(".", at("/group")), ("/", at("/namespace")), ("/", at("/name"))] {
        if !word.is_empty() {
            words.push_str(separator);
            words.push_str(word);
        }
    }
    Cell::text(words)
}

//! Webhook configurations, admission policies and aggregated APIs.

use serde_json::Value;

use super::pick::{self, Pick};
use super::record::{AGE, CAUSE, Col, NAME, Record, cell, num};
use crate::model::Cell;

const GROUP: &str = "admissionregistration.k8s.io";

const HOOKS: &[Pick] = &[|o| pick::count(o, "/webhooks")];
const HOOK_COLUMNS: &[Col] = &[NAME, num("WEBHOOKS", 0), AGE];

const VALIDATING: &[Pick] = &[|o| pick::count(o, "/spec/validations"), param_kind];
const MUTATING: &[Pick] = &[|o| pick::count(o, "/spec/mutations"), param_kind];

const BINDING: &[Pick] = &[|o| pick::text(o, "/spec/policyName"), param_ref];
const BINDING_COLUMNS: &[Col] = &[NAME, cell("POLICYNAME", 0).drop(1), cell("PARAMREF", 1), AGE];

const SERVICE: &[Pick] = &[served_by, available];

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new(
        GROUP,
        "v1",
        "validatingwebhookconfigurations",
        "validatingwebhookconfiguration",
        "ValidatingWebhookConfiguration",
        |json, ctx| pick::row(json, ctx, HOOKS),
    )
    .alias(&["vwc"])
    .cluster_scoped()
    .columns(HOOK_COLUMNS),
    Record::new(
        GROUP,
        "v1",
        "mutatingwebhookconfigurations",
        "mutatingwebhookconfiguration",
        "MutatingWebhookConfiguration",
        |json, ctx| pick::row(json, ctx, HOOKS),
    )
    .alias(&["mwc"])
    .cluster_scoped()
    .columns(HOOK_COLUMNS),
    Record::new(
        GROUP,
        "v1",
        "validatingadmissionpolicies",
        "validatingadmissionpolicy",
        "ValidatingAdmissionPolicy",
        |json, ctx| pick::row(json, ctx, VALIDATING),
    )
    .cluster_scoped()
    .columns(&[NAME, num("VALIDATIONS", 0), cell("PARAMKIND", 1), AGE]),
    Record::new(
        GROUP,
        "v1",
        "validatingadmissionpolicybindings",
        "validatingadmissionpolicybinding",
        "ValidatingAdmissionPolicyBinding",
        |json, ctx| pick::row(json, ctx, BINDING),
    )
    .cluster_scoped()
    .columns(BINDING_COLUMNS),
    Record::new(
        GROUP,
        "v1",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicy",
        "MutatingAdmissionPolicy",
        |json, ctx| pick::row(json, ctx, MUTATING),
    )
    .cluster_scoped()
    .columns(&[NAME, num("MUTATIONS", 0), cell("PARAMKIND", 1), AGE]),
    Record::new(
        GROUP,
        "v1",
        "mutatingadmissionpolicybindings",
        "mutatingadmissionpolicybinding",
        "MutatingAdmissionPolicyBinding",
        |json, ctx| pick::row(json, ctx, BINDING),
    )
    .cluster_scoped()
    .columns(BINDING_COLUMNS),
    Record::new("apiregistration.k8s.io", "v1", "apiservices", "apiservice", "APIService", |json, ctx| {
        pick::row(json, ctx, SERVICE)
    })
    .cluster_scoped()
    .columns(&[NAME, cell("SERVICE", 0).drop(2), cell("AVAILABLE", 1).drop(1), CAUSE, AGE]),
];

fn param_kind(object: &Value) -> Cell {
    match object.pointer("/spec/paramKind").filter(|kind| kind.is_object()) {
        None => Cell::Unset,
        Some(kind) => {
            Cell::text(format!("{}/{}", pick::str_at(kind, "/apiVersion"), pick::str_at(kind, "/kind")))
        }
    }
}

/// Parameters without a namespace may be of any.
fn param_ref(object: &Value) -> Cell {
    let at = |field: &str| pick::str_at(object, field);
    match (at("/spec/paramRef/name"), at("/spec/paramRef/namespace")) {
        ("", _) => Cell::Unset,
        (name, "") => Cell::text(format!("*/{name}")),
        (name, namespace) => Cell::text(format!("{namespace}/{name}")),
    }
}

fn served_by(object: &Value) -> Cell {
    match object.pointer("/spec/service").filter(|service| service.is_object()) {
        None => Cell::text("Local"),
        Some(service) => {
            Cell::text(format!("{}/{}", pick::str_at(service, "/namespace"), pick::str_at(service, "/name")))
        }
    }
}

fn available(object: &Value) -> Cell {
    let Some(condition) = pick::condition(object, "Available") else { return Cell::text("Unknown") };
    match (pick::str_at(condition, "/status"), pick::str_at(condition, "/reason")) {
        ("True", _) => Cell::text("True"),
        (status, "") => Cell::text(status),
        (status, reason) => Cell::text(format!("{status} ({reason})")),
    }
}

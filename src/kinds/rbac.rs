//! Roles and bindings.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::health::terminating;
use super::meta::{self, Meta, Str, nullable};
use super::parts::{Refs, text};
use super::record::{AGE, Col, NAME, Record, cell, num};
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Problem, Row};

const GROUP: &str = "rbac.authorization.k8s.io";

const ROLE: &[Col] = &[NAME, cell("CREATED AT", 0).drop(6), num("RULES", 1).extra(), AGE.extra().drop(1)];

const BINDING: &[Col] = &[
    NAME,
    cell("ROLE", 0).drop(1),
    AGE,
    cell("USERS", 1).wide(),
    cell("GROUPS", 2).wide(),
    cell("SERVICEACCOUNTS", 3).wide(),
    num("SUBJECTS", 4).extra_wide(),
];

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new(GROUP, "v1", "roles", "role", "Role", role).alias(&["ro"]).columns(ROLE),
    Record::new(GROUP, "v1", "clusterroles", "clusterrole", "ClusterRole", role)
        .alias(&["cr"])
        .cluster_scoped()
        .columns(ROLE),
    Record::new(GROUP, "v1", "rolebindings", "rolebinding", "RoleBinding", binding)
        .alias(&["rb"])
        .columns(BINDING)
        .drill(Drill::Reference("role")),
    Record::new(GROUP, "v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", binding)
        .alias(&["crb"])
        .cluster_scoped()
        .columns(BINDING)
        .drill(Drill::Reference("role")),
];

#[derive(Debug, Deserialize)]
struct Role<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(default, deserialize_with = "nullable")]
    rules: Vec<IgnoredAny>,
}

fn role(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Role<'_> = meta::decode(json)?;
    let cells = vec![
        Cell::text(object.metadata.creation_timestamp.to_string()),
        Cell::Int(i64::try_from(object.rules.len()).unwrap_or(i64::MAX)),
    ];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    Ok(meta::row(ctx, &object.metadata, cells, state, Facts::default()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binding<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    role_ref: RoleRef<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    subjects: Vec<Subject<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RoleRef<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Subject<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    namespace: Str<'a>,
}

fn binding(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Binding<'_> = meta::decode(json)?;
    let of_kind = |kind: &str, name: fn(&Subject<'_>) -> String| {
        let names: Vec<String> = object.subjects.iter().filter(|s| &*s.kind == kind).map(name).collect();
        names.join(", ")
    };
    let plain: fn(&Subject<'_>) -> String = |subject| subject.name.to_string();
    let cells = vec![
        text(ctx, &format!("{}/{}", &*object.role_ref.kind, &*object.role_ref.name)),
        text(ctx, &of_kind("User", plain)),
        text(ctx, &of_kind("Group", plain)),
        text(ctx, &of_kind("ServiceAccount", |s| format!("{}/{}", &*s.namespace, &*s.name))),
        Cell::Int(i64::try_from(object.subjects.len()).unwrap_or(i64::MAX)),
    ];
    let mut refs = Refs::default();
    let (role_kind, namespace) = match &*object.role_ref.kind {
        "Role" => ("roles.rbac.authorization.k8s.io", &*object.metadata.namespace),
        _ => ("clusterroles.rbac.authorization.k8s.io", ""),
    };
    refs.add(ctx, role_kind, namespace, &object.role_ref.name, "role");
    for subject in object.subjects.iter().filter(|subject| &*subject.kind == "ServiceAccount") {
        refs.add(ctx, "serviceaccounts", &subject.namespace, &subject.name, "subject");
    }
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

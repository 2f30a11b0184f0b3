//! Namespaces, config maps, secrets and service accounts.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Meta, Object, Str, nullable};
use super::parts::{Cond, Named, Refs, conditions, text};
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::{Drill, Projecting, Tags};
use crate::model::{Cell, Facts, Level, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("", "v1", "namespaces", "namespace", "Namespace", namespace)
        .short(&["ns"])
        .cluster_scoped()
        .columns(&[NAME, cell("STATUS", 0).drop(0), CAUSE, AGE])
        .drill(Drill::EnterNamespace),
    Record::new("", "v1", "configmaps", "configmap", "ConfigMap", config_map).short(&["cm"]).columns(&[
        NAME,
        num("DATA", 0),
        AGE,
    ]),
    Record::new("", "v1", "secrets", "secret", "Secret", secret)
        .alias(&["sec"])
        .columns(&[NAME, cell("TYPE", 0), num("DATA", 1), AGE])
        .tags(Tags::SECRET),
    Record::new("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", service_account)
        .short(&["sa"])
        .columns(&[NAME, num("SECRETS", 0).extra(), AGE]),
];

/// The number of members of an object; the members themselves are skipped.
#[derive(Debug, Default)]
struct Count(i64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_unit<E>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }
        }
        deserializer.deserialize_any(Members)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamespaceStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

fn namespace(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, IgnoredAny, NamespaceStatus<'_>> = meta::decode(json)?;
    let status = &object.status;
    // While a namespace goes, its conditions say what holds it.
    let failing = status.conditions.iter().find(|c| &*c.status == "True" && c.kind.ends_with("Failure"));
    let holding = status.conditions.iter().find(|c| &*c.status == "True" && c.kind.ends_with("Remaining"));
    let going = &*status.phase == "Terminating";
    let state = match (terminating(&object.metadata, ctx), failing, holding) {
        (_, Some(failing), _) => health(ctx, Level::Attention, &condition(failing)),
        (_, _, Some(holding)) => health(ctx, Level::Busy, &holding.message),
        (Some(state), ..) => state,
        _ if going => health(ctx, Level::Busy, "terminating"),
        _ => ok(),
    };
    let cells = vec![text(ctx, &status.phase)];
    let facts = Facts { conditions: conditions(&status.conditions, ctx), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigMap<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(default)]
    data: Count,
    #[serde(default)]
    binary_data: Count,
}

fn config_map(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: ConfigMap<'_> = meta::decode(json)?;
    let cells = vec![Cell::Int(object.data.0 + object.binary_data.0)];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    Ok(meta::row(ctx, &object.metadata, cells, state, Facts::default()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secret<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Str<'a>,
    #[serde(default)]
    data: Count,
}

fn secret(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Secret<'_> = meta::decode(json)?;
    let cells = vec![text(ctx, &object.kind), Cell::Int(object.data.0)];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    Ok(meta::row(ctx, &object.metadata, cells, state, Facts::default()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceAccount<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    secrets: Vec<Named<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    image_pull_secrets: Vec<Named<'a>>,
}

fn service_account(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: ServiceAccount<'_> = meta::decode(json)?;
    let mut refs = Refs::default();
    for (list, role) in [(&object.secrets, "secret"), (&object.image_pull_secrets, "pull secret")] {
        for named in list {
            refs.add(ctx, "secrets", &object.metadata.namespace, &named.name, role);
        }
    }
    let cells = vec![Cell::Int(i64::try_from(object.secrets.len()).unwrap_or(i64::MAX))];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

//! Custom resource definitions.

use serde::Deserialize;

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Object, Str, nullable};
use super::parts::{Cond, conditions, find, is, text};
use super::record::{AGE, CAUSE, NAME, Record, cell};
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Health, Level, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] = &[Record::new(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "customresourcedefinition",
    "CustomResourceDefinition",
    definition,
)
.short(&["crd", "crds"])
.categories(&["api-extensions"])
.cluster_scoped()
.columns(&[
    NAME,
    cell("SCOPE", 0).drop(5),
    cell("VERSIONS", 1).drop(3),
    CAUSE,
    cell("CREATED AT", 2).drop(7),
    cell("GROUP", 3).wide(),
    cell("KIND", 4).wide(),
    cell("SHORTNAMES", 5).wide(),
    cell("ESTABLISHED", 6).wide(),
    AGE.extra().drop(1),
])
.drill(Drill::Instances)];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(borrow)]
    group: Str<'a>,
    #[serde(borrow)]
    scope: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    names: Names<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    versions: Vec<Version<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Names<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    short_names: Vec<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(deserialize_with = "nullable")]
    served: bool,
    #[serde(deserialize_with = "nullable")]
    storage: bool,
    #[serde(deserialize_with = "nullable")]
    deprecated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

fn definition(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, Spec<'_>, Status<'_>> = meta::decode(json)?;
    let spec = &object.spec;
    let short_names: Vec<&str> = spec.names.short_names.iter().map(|name| &**name).collect();
    let mut versions: Vec<String> = spec
        .versions
        .iter()
        .filter(|version| version.served)
        .map(|version| format!("{}{}", &*version.name, if version.storage { "(storage)" } else { "" }))
        .collect();
    versions.sort();
    let cells = vec![
        text(ctx, &spec.scope),
        text(ctx, &versions.join(",")),
        Cell::text(object.metadata.creation_timestamp.to_string()),
        text(ctx, &spec.group),
        text(ctx, &spec.names.kind),
        text(ctx, &short_names.join(",")),
        Cell::Bool(is(&object.status.conditions, "Established", "True")),
    ];
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => judge(&object.status, &spec.versions, ctx),
    };
    let facts = Facts { conditions: conditions(&object.status.conditions, ctx), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn judge(status: &Status<'_>, versions: &[Version<'_>], ctx: &mut Projecting) -> Health {
    if let Some(refused) = find(&status.conditions, "NamesAccepted").filter(|c| &*c.status == "False") {
        return health(ctx, Level::Broken, &condition(refused));
    }
    match find(&status.conditions, "Established") {
        Some(established) if &*established.status == "True" => {}
        Some(established) => return health(ctx, Level::Attention, &condition(established)),
        None => return health(ctx, Level::Busy, "not established yet"),
    }
    let complaint = [
        find(&status.conditions, "NonStructuralSchema").filter(|c| &*c.status == "True"),
        find(&status.conditions, "Terminating").filter(|c| &*c.status == "True"),
    ];
    if let Some(complaint) = complaint.into_iter().flatten().next() {
        return health(ctx, Level::Attention, &condition(complaint));
    }
    match versions.iter().find(|version| version.storage && version.deprecated) {
        Some(version) => {
            health(ctx, Level::Attention, &format!("stored version {} is deprecated", &*version.name))
        }
        None => ok(),
    }
}

//! Horizontal pod autoscalers.

use serde::Deserialize;

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Object, Str, nullable};
use super::parts::{Cond, Refs, conditions, find, int, kind_of, text};
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Health, Level, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] = &[Record::new(
    "autoscaling",
    "v2",
    "horizontalpodautoscalers",
    "horizontalpodautoscaler",
    "HorizontalPodAutoscaler",
    autoscaler,
)
.short(&["hpa"])
.in_all()
.columns(&[
    NAME,
    cell("REFERENCE", 0).drop(2),
    cell("TARGETS", 1).drop(1),
    CAUSE,
    num("MINPODS", 2).drop(4),
    num("MAXPODS", 3).drop(4),
    num("REPLICAS", 4).drop(1),
    AGE,
])
.drill(Drill::Reference("scale target"))];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    scale_target_ref: Target<'a>,
    min_replicas: Option<i64>,
    max_replicas: Option<i64>,
    #[serde(borrow, deserialize_with = "nullable")]
    metrics: Vec<Metric<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Target<'a> {
    #[serde(borrow)]
    api_version: Str<'a>,
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
}

/// A metric's spec or status: the same shape but for `target` and `current`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metric<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    resource: Option<Source<'a>>,
    #[serde(borrow)]
    container_resource: Option<Source<'a>>,
    #[serde(borrow)]
    pods: Option<Source<'a>>,
    #[serde(borrow)]
    object: Option<Source<'a>>,
    #[serde(borrow)]
    external: Option<Source<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, alias = "target", deserialize_with = "nullable")]
    current: Amount<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Amount<'a> {
    #[serde(borrow)]
    value: Option<Str<'a>>,
    #[serde(borrow)]
    average_value: Option<Str<'a>>,
    average_utilization: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    observed_generation: Option<i64>,
    current_replicas: Option<i64>,
    desired_replicas: Option<i64>,
    #[serde(borrow, deserialize_with = "nullable")]
    current_metrics: Vec<Metric<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

fn autoscaler(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, Spec<'_>, Status<'_>> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let target = &spec.scale_target_ref;
    let cells = vec![
        text(ctx, &format!("{}/{}", &*target.kind, &*target.name)),
        text(ctx, &targets(&spec.metrics, &status.current_metrics)),
        spec.min_replicas.map_or(Cell::Unset, Cell::Int),
        int(spec.max_replicas),
        int(status.current_replicas),
    ];
    let mut refs = Refs::default();
    let kind = kind_of(&target.api_version, &target.kind);
    refs.add(ctx, &kind, &object.metadata.namespace, &target.name, "scale target");
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => judge(spec, status, ctx),
    };
    let facts = Facts {
        conditions: conditions(&status.conditions, ctx),
        refs: refs.done(),
        generation: (object.metadata.generation, status.observed_generation.unwrap_or(0)),
        ..Facts::default()
    };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn judge(spec: &Spec<'_>, status: &Status<'_>, ctx: &mut Projecting) -> Health {
    for kind in ["AbleToScale", "ScalingActive"] {
        match find(&status.conditions, kind) {
            Some(found) if &*found.status == "False" && &*found.reason == "ScalingDisabled" => {
                return health(ctx, Level::Done, "target is scaled to zero");
            }
            Some(found) if &*found.status == "False" => {
                return health(ctx, Level::Attention, &condition(found));
            }
            _ => {}
        }
    }
    let (max, current) = (spec.max_replicas.unwrap_or(0), status.current_replicas.unwrap_or(0));
    let wants_more = find(&status.conditions, "ScalingLimited")
        .is_some_and(|c| &*c.status == "True" && &*c.reason == "TooManyReplicas");
    if wants_more {
        return health(ctx, Level::Attention, &format!("at its maximum of {max}"));
    }
    match status.desired_replicas.unwrap_or(current) {
        desired if desired != current => health(ctx, Level::Busy, &format!("scaling {current} to {desired}")),
        _ => ok(),
    }
}

/// TARGETS as kubectl writes them: at most two metrics, the rest counted.
fn targets(specs: &[Metric<'_>], statuses: &[Metric<'_>]) -> String {
    const MOST: usize = 2;
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let texts: Vec<String> =
        specs.iter().enumerate().map(|(index, spec)| metric(spec, statuses.get(index))).collect();
    let shown = texts.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match specs.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{shown} + {more} more..."),
        _ => shown,
    }
}

type Pick = for<'m, 'a> fn(&'m Metric<'a>) -> Option<&'m Source<'a>>;

fn metric(spec: &Metric<'_>, status: Option<&Metric<'_>>) -> String {
    const KINDS: &[(&str, Pick)] = &[
        ("Resource", |m| m.resource.as_ref()),
        ("ContainerResource", |m| m.container_resource.as_ref()),
        ("Pods", |m| m.pods.as_ref()),
        ("Object", |m| m.object.as_ref()),
        ("External", |m| m.external.as_ref()),
    ];
    let Some((kind, pick)) = KINDS.iter().find(|(kind, _)| *kind == &*spec.kind) else {
        return "<unknown type>".to_owned();
    };
    let Some(source) = pick(spec) else { return "<unknown type>".to_owned() };
    let current = status.and_then(pick);
    match *kind {
        "Resource" | "ContainerResource" => {
            format!("{}: {}", &*source.name, resource(&source.current, current.map(|s| &s.current)))
        }
        "Pods" => {
            let now = current.map(|s| written(s.current.average_value.as_ref()));
            pair(now, written(source.current.average_value.as_ref()))
        }
        _ => value(&source.current, current.map(|s| &s.current)),
    }
}

/// A quantity of the wire; a missing one prints as Go prints a nil pointer.
fn written(quantity: Option<&Str<'_>>) -> String {
    quantity.map_or_else(|| "<nil>".to_owned(), |quantity| quantity.to_string())
}

fn pair(current: Option<String>, target: String) -> String {
    format!("{}/{target}", current.as_deref().unwrap_or("<unknown>"))
}

fn resource(target: &Amount<'_>, current: Option<&Amount<'_>>) -> String {
    if target.average_value.is_some() {
        let now = current.map(|amount| written(amount.average_value.as_ref()));
        return pair(now, written(target.average_value.as_ref()));
    }
    let per_cent = |value: i64| format!("{value}%");
    let now = current.and_then(|amount| amount.average_utilization).map(per_cent);
    pair(now, target.average_utilization.map_or_else(|| "<auto>".to_owned(), per_cent))
}

fn value(target: &Amount<'_>, current: Option<&Amount<'_>>) -> String {
    if target.average_value.is_some() {
        let now = current.and_then(|amount| amount.average_value.as_ref()).map(|now| now.to_string());
        return format!("{} (avg)", pair(now, written(target.average_value.as_ref())));
    }
    pair(current.map(|amount| written(amount.value.as_ref())), written(target.value.as_ref()))
}

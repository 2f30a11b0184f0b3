//! Pod disruption budgets.

use serde::Deserialize;

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Object, Str, nullable};
use super::parts::{Cond, Selector, conditions, find, int, selector_labels, text};
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::{Drill, Projecting};
use crate::model::{Facts, Health, Level, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] = &[Record::new(
    "policy",
    "v1",
    "poddisruptionbudgets",
    "poddisruptionbudget",
    "PodDisruptionBudget",
    budget,
)
.short(&["pdb"])
.columns(&[
    NAME,
    num("MIN AVAILABLE", 0).drop(2),
    num("MAX UNAVAILABLE", 1).drop(2),
    num("ALLOWED DISRUPTIONS", 2).drop(1),
    CAUSE,
    num("CURRENT", 3).extra(),
    num("DESIRED", 4).extra(),
    num("EXPECTED", 5).extra(),
    AGE,
    cell("SELECTOR", 6).extra_wide(),
])
.drill(Drill::PodsBySelector)];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec<'a> {
    #[serde(borrow)]
    min_available: Str<'a>,
    #[serde(borrow)]
    max_unavailable: Str<'a>,
    #[serde(borrow)]
    selector: Option<Selector<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    disruptions_allowed: Option<i64>,
    current_healthy: Option<i64>,
    desired_healthy: Option<i64>,
    expected_pods: Option<i64>,
    observed_generation: Option<i64>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

fn budget(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, Spec<'_>, Status<'_>> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let bound = |s: &Str<'_>| if s.is_empty() { "N/A".to_owned() } else { s.to_string() };
    let cells = vec![
        text(ctx, &bound(&spec.min_available)),
        text(ctx, &bound(&spec.max_unavailable)),
        int(status.disruptions_allowed),
        int(status.current_healthy),
        int(status.desired_healthy),
        int(status.expected_pods),
        text(ctx, &spec.selector.as_ref().map(Selector::text).unwrap_or_default()),
    ];
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => judge(status, ctx),
    };
    let facts = Facts {
        conditions: conditions(&status.conditions, ctx),
        selector: selector_labels(spec.selector.as_ref(), ctx),
        generation: (object.metadata.generation, status.observed_generation.unwrap_or(0)),
        ..Facts::default()
    };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn judge(status: &Status<'_>, ctx: &mut Projecting) -> Health {
    if let Some(failed) = find(&status.conditions, "DisruptionAllowed").filter(|c| &*c.reason == "SyncFailed")
    {
        return health(ctx, Level::Broken, &condition(failed));
    }
    let (healthy, desired) = (status.current_healthy.unwrap_or(0), status.desired_healthy.unwrap_or(0));
    match (status.expected_pods.unwrap_or(0), status.disruptions_allowed.unwrap_or(0)) {
        (0, _) => health(ctx, Level::Done, "selects no pod"),
        (_, 0) if healthy < desired => {
            health(ctx, Level::Attention, &format!("{healthy} of {desired} healthy"))
        }
        (_, 0) => health(ctx, Level::Attention, "allows no eviction"),
        _ => ok(),
    }
}

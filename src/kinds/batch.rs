//! Jobs and cron jobs.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Meta, Object, Str, nullable, time};
use super::parts::{
    Cond, Refs, Selector, conditions, flag, is, selector_cell, selector_labels, text, text_or_none,
};
use super::podspec::Template;
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::{Drill, Projecting, Tags};
use crate::model::{Cell, Facts, Health, Level, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("batch", "v1", "jobs", "job", "Job", job)
        .alias(&["jo"])
        .in_all()
        .columns(&[
            NAME,
            cell("STATUS", 0).drop(0),
            CAUSE,
            num("COMPLETIONS", 1).drop(2),
            num("DURATION", 2),
            AGE,
            cell("CONTAINERS", 3).wide(),
            cell("IMAGES", 4).wide(),
            cell("SELECTOR", 5).wide(),
        ])
        .drill(Drill::Owned("pods"))
        .tags(Tags::LOGS.and(Tags::SUSPEND)),
    Record::new("batch", "v1", "cronjobs", "cronjob", "CronJob", cron_job)
        .short(&["cj"])
        .in_all()
        .columns(&[
            NAME,
            cell("SCHEDULE", 0).drop(2),
            cell("TIMEZONE", 1).drop(6),
            cell("SUSPEND", 2).drop(3),
            num("ACTIVE", 3).drop(2),
            num("LAST SCHEDULE", 4).drop(2),
            num("LAST SUCCESS", 8).extra().drop(4),
            CAUSE,
            AGE,
            cell("CONTAINERS", 5).wide(),
            cell("IMAGES", 6).wide(),
            cell("SELECTOR", 7).wide(),
        ])
        .drill(Drill::Owned("jobs.batch"))
        .tags(Tags::SUSPEND),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    completions: Option<i64>,
    parallelism: Option<i64>,
    #[serde(borrow)]
    selector: Option<Selector<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    template: Template<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(deserialize_with = "nullable")]
    active: i64,
    #[serde(deserialize_with = "nullable")]
    succeeded: i64,
    #[serde(deserialize_with = "nullable")]
    failed: i64,
    #[serde(borrow)]
    start_time: Str<'a>,
    #[serde(borrow)]
    completion_time: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

type Job<'a> = Object<'a, Spec<'a>, Status<'a>>;

fn job(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Job<'_> = meta::decode(json)?;
    let (names, images) = object.spec.template.spec.layout(ctx);
    let cells = vec![
        text(ctx, status_word(&object)),
        completions(&object),
        duration(&object.status),
        names,
        images,
        selector_cell(object.spec.selector.as_ref(), ctx),
    ];
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => job_health(&object, ctx),
    };
    let mut refs = Refs::default();
    object.spec.template.spec.add_refs(&mut refs, ctx, &object.metadata.namespace, None);
    let facts = Facts {
        conditions: conditions(&object.status.conditions, ctx),
        refs: refs.done(),
        selector: selector_labels(object.spec.selector.as_ref(), ctx),
        ..Facts::default()
    };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn status_word(job: &Job<'_>) -> &'static str {
    // In the order that kubectl asks; deletion ranks between the final and the passing states.
    const BEFORE: &[(&str, &str)] = &[("Complete", "Complete"), ("Failed", "Failed")];
    const AFTER: &[&str] = &["Suspended", "FailureTarget", "SuccessCriteriaMet"];
    let has = |kind: &str| is(&job.status.conditions, kind, "True");
    if let Some((_, word)) = BEFORE.iter().find(|(kind, _)| has(kind)) {
        return word;
    }
    if !job.metadata.deletion_timestamp.is_empty() {
        return "Terminating";
    }
    AFTER.iter().find(|kind| has(kind)).copied().unwrap_or("Running")
}

fn completions(job: &Job<'_>) -> Cell {
    let done = job.status.succeeded;
    let small = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
    match (job.spec.completions, job.spec.parallelism.unwrap_or(0)) {
        (Some(total), _) => Cell::Ratio(small(done), small(total)),
        (None, parallel) if parallel > 1 => Cell::text(format!("{done}/1 of {parallel}")),
        _ => Cell::Ratio(small(done), 1),
    }
}

/// How long it took; while it runs the span grows, so it is kept as its start.
fn duration(status: &Status<'_>) -> Cell {
    match (time(&status.start_time), time(&status.completion_time)) {
        (None, _) => Cell::Empty,
        (Some(start), None) => Cell::Age(start),
        (Some(start), Some(end)) => Cell::Span(end.0 - start.0),
    }
}

fn job_health(job: &Job<'_>, ctx: &mut Projecting) -> Health {
    let status = &job.status;
    let found = |kind: &str| status.conditions.iter().find(|c| &*c.kind == kind && &*c.status == "True");
    if let Some(failed) = found("Failed").or_else(|| found("FailureTarget")) {
        return health(ctx, Level::Broken, &condition(failed));
    }
    if found("Complete").or_else(|| found("SuccessCriteriaMet")).is_some() {
        return Health { level: Level::Done, reason: None };
    }
    if found("Suspended").is_some() {
        return health(ctx, Level::Done, "suspended");
    }
    match (status.failed, status.active) {
        (0, 0) => health(ctx, Level::Busy, "no pod yet"),
        (0, _) => ok(),
        (1, _) => health(ctx, Level::Attention, "1 failed pod"),
        (failed, _) => health(ctx, Level::Attention, &format!("{failed} failed pods")),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CronSpec<'a> {
    #[serde(borrow)]
    schedule: Str<'a>,
    #[serde(borrow)]
    time_zone: Str<'a>,
    suspend: Option<bool>,
    #[serde(borrow, deserialize_with = "nullable")]
    job_template: JobTemplate<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobTemplate<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    spec: Spec<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CronStatus<'a> {
    #[serde(deserialize_with = "nullable")]
    active: Vec<IgnoredAny>,
    #[serde(borrow)]
    last_schedule_time: Str<'a>,
    #[serde(borrow)]
    last_successful_time: Str<'a>,
}

fn cron_job(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, CronSpec<'_>, CronStatus<'_>> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let template = &spec.job_template.spec;
    let (names, images) = template.template.spec.layout(ctx);
    let suspended = spec.suspend == Some(true);
    let moment = |s: &str, none: Cell| time(s).map_or(none, Cell::Age);
    let cells = vec![
        text(ctx, &spec.schedule),
        text_or_none(ctx, &spec.time_zone),
        spec.suspend.map_or(Cell::Unset, |suspend| flag(ctx, suspend)),
        Cell::Int(i64::try_from(status.active.len()).unwrap_or(i64::MAX)),
        moment(&status.last_schedule_time, Cell::None),
        names,
        images,
        selector_cell(template.selector.as_ref(), ctx),
        moment(&status.last_successful_time, Cell::None),
    ];
    let state = cron_health(&object.metadata, suspended, ctx);
    let mut refs = Refs::default();
    template.template.spec.add_refs(&mut refs, ctx, &object.metadata.namespace, None);
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn cron_health(metadata: &Meta<'_>, suspended: bool, ctx: &mut Projecting) -> Health {
    match terminating(metadata, ctx) {
        Some(state) => state,
        None if suspended => health(ctx, Level::Done, "suspended"),
        None => ok(),
    }
}

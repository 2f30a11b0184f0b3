//! Events, in both API groups that serve the same objects under different field names.

use serde::Deserialize;

use super::health::{health, ok};
use super::meta::{self, Meta, Str, nullable, time};
use super::parts::{Refs, kind_of, text};
use super::record::{AGE, Col, NAME, Record, cell, num};
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Level, Problem, Row, Timestamp};

const LAST_SEEN: &str = "LAST SEEN";

const COLUMNS: &[Col] = &[
    cell(LAST_SEEN, 0).drop(0),
    cell("TYPE", 1).drop(1),
    cell("REASON", 2).drop(0),
    cell("OBJECT", 3).drop(0),
    cell("SUBOBJECT", 4).wide(),
    cell("SOURCE", 5).wide(),
    cell("MESSAGE", 6).drop(0),
    cell("FIRST SEEN", 7).wide(),
    num("COUNT", 8).wide().drop(4),
    NAME.wide().drop(9),
    AGE.extra_wide(),
];

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("", "v1", "events", "event", "Event", event)
        .short(&["ev"])
        .columns(COLUMNS)
        .drill(Drill::Involved)
        .ordered_by(LAST_SEEN),
    Record::new("events.k8s.io", "v1", "events", "event", "Event", event)
        .short(&["ev"])
        .columns(COLUMNS)
        .drill(Drill::Involved)
        .ordered_by(LAST_SEEN),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow, default)]
    reason: Str<'a>,
    #[serde(borrow, default, alias = "note")]
    message: Str<'a>,
    #[serde(borrow, default, alias = "regarding", deserialize_with = "nullable")]
    involved_object: Involved<'a>,
    #[serde(borrow, default, alias = "deprecatedSource", deserialize_with = "nullable")]
    source: Origin<'a>,
    #[serde(borrow, default, alias = "reportingController")]
    reporting_component: Str<'a>,
    #[serde(borrow, default)]
    reporting_instance: Str<'a>,
    #[serde(borrow, default, alias = "deprecatedFirstTimestamp")]
    first_timestamp: Str<'a>,
    #[serde(borrow, default, alias = "deprecatedLastTimestamp")]
    last_timestamp: Str<'a>,
    #[serde(borrow, default)]
    event_time: Str<'a>,
    #[serde(default, alias = "deprecatedCount")]
    count: Option<i64>,
    #[serde(borrow, default)]
    series: Option<Series<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Involved<'a> {
    #[serde(borrow)]
    api_version: Str<'a>,
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    namespace: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    field_path: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Origin<'a> {
    #[serde(borrow)]
    component: Str<'a>,
    #[serde(borrow)]
    host: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series<'a> {
    count: Option<i64>,
    #[serde(borrow)]
    last_observed_time: Str<'a>,
}

impl Event<'_> {
    fn first_seen(&self) -> Option<Timestamp> {
        time(&self.first_timestamp).or_else(|| time(&self.event_time))
    }

    fn last_seen(&self) -> Option<Timestamp> {
        match &self.series {
            Some(series) => time(&series.last_observed_time),
            None => time(&self.last_timestamp).or_else(|| self.first_seen()),
        }
    }

    fn times_seen(&self) -> i64 {
        match (&self.series, self.count) {
            (Some(series), _) => series.count.unwrap_or(0),
            // An event that happened once carries no count in the newer API.
            (None, None | Some(0)) => 1,
            (None, Some(count)) => count,
        }
    }

    fn origin(&self) -> String {
        let first = |own: &str, other: &str| if own.is_empty() { other.to_owned() } else { own.to_owned() };
        let component = first(&self.source.component, &self.reporting_component);
        let instance = first(&self.source.host, &self.reporting_instance);
        if instance.is_empty() { component } else { format!("{component}, {instance}") }
    }
}

fn event(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Event<'_> = meta::decode(json)?;
    let involved = &object.involved_object;
    let mut target = involved.kind.to_lowercase();
    if !involved.name.is_empty() {
        target = format!("{target}/{}", &*involved.name);
    }
    let moment = |at: Option<Timestamp>| at.map_or(Cell::Unknown, Cell::Age);
    let cells = vec![
        moment(object.last_seen()),
        text(ctx, &object.kind),
        text(ctx, &object.reason),
        text(ctx, &target),
        text(ctx, &involved.field_path),
        text(ctx, &object.origin()),
        text(ctx, object.message.trim()),
        moment(object.first_seen()),
        Cell::Int(object.times_seen()),
    ];
    let state = if &*object.kind == "Warning" { health(ctx, Level::Attention, &object.reason) } else { ok() };
    let mut refs = Refs::default();
    let kind = kind_of(&involved.api_version, &involved.kind);
    refs.add(ctx, &kind, &involved.namespace, &involved.name, "involved");
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

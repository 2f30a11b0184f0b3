//! Printer columns of custom resources, and the generic columns of every kind without a record.
//!
//! A CRD's `additionalPrinterColumns` are compiled once; each object is read as a transient JSON
//! tree, its cells are taken out, the tree is dropped. Cells are what the API server prints.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::health::{self, terminating};
use super::jsonpath::Path;
use super::meta::{self, Meta, nullable};
use super::parts::{Conditions, conditions};
use super::record::{AGE, CAUSE, Col, LABELS, NAME, cell};
use super::{Align, Column, Projecting, Shown, Source};
use crate::model::{Cell, Facts, Health, Level, Problem, ProblemKind, Row, Timestamp};

/// Compiled printer columns of a custom resource.
#[derive(Debug, Default)]
pub struct Printer {
    columns: Arc<[Column]>,
    cells: Vec<CellRule>,
}

/// How one cell is taken out of an object.
#[derive(Debug)]
struct CellRule {
    path: Option<Path>,
    kind: Kind,
}

/// `type` of a printer column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Date,
}

const KINDS: &[(&str, Kind)] = &[
    ("string", Kind::String),
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("boolean", Kind::Boolean),
    ("date", Kind::Date),
];

/// Columns of a kind that nothing is known about.
const GENERIC: &[(Col, &str)] = &[
    (NAME, ""),
    (cell("READY", 0).extra().drop(1), r#".status.conditions[?(@.type=="Ready")].status"#),
    (cell("PHASE", 1).extra().drop(2), ".status.phase"),
    (CAUSE, ""),
    (AGE, ""),
    (LABELS, ""),
];

/// Conditions that tell how an object is doing: type, status that complains, how bad, most telling first.
const COMPLAINTS: &[(&str, &str, Level)] = &[
    ("Stalled", "True", Level::Broken),
    ("Failed", "True", Level::Broken),
    ("Ready", "False", Level::Broken),
    ("Available", "False", Level::Broken),
    ("Healthy", "False", Level::Broken),
    ("Accepted", "False", Level::Broken),
    ("Programmed", "False", Level::Attention),
    ("Degraded", "True", Level::Attention),
    ("Synced", "False", Level::Attention),
    ("Reconciling", "True", Level::Busy),
    ("Progressing", "True", Level::Busy),
    ("Ready", "Unknown", Level::Busy),
];

/// Words in a reason that say "not yet" rather than "broken".
const NOT_YET: &[&str] = &[
    "progress",
    "pending",
    "creating",
    "provision",
    "waiting",
    "wait",
    "reconcil",
    "initial",
    "issuing",
    "starting",
    "inprogress",
    "installing",
];

/// `status.phase` values that say how an object is doing, in lower case.
const PHASES: &[(&str, Level)] = &[
    ("failed", Level::Broken),
    ("error", Level::Broken),
    ("degraded", Level::Attention),
    ("unknown", Level::Attention),
    ("pending", Level::Busy),
    ("progressing", Level::Busy),
    ("creating", Level::Busy),
    ("provisioning", Level::Busy),
    ("terminating", Level::Busy),
    ("deleting", Level::Busy),
    ("succeeded", Level::Done),
    ("completed", Level::Done),
    ("suspended", Level::Done),
    ("paused", Level::Done),
];

impl Printer {
    /// Columns for a kind without a CRD at hand: NAME, READY and phase, AGE.
    pub fn generic() -> Self {
        let cells = GENERIC
            .iter()
            .filter(|(_, path)| !path.is_empty())
            .map(|(_, path)| CellRule { path: Path::parse(path), kind: Kind::String })
            .collect();
        Self { columns: GENERIC.iter().map(|(col, _)| col.column()).collect(), cells }
    }

    /// Columns from one parsed entry of a CRD's `spec.versions`.
    pub fn from_version(version: &Value) -> Self {
        let wire = version.get("additionalPrinterColumns").and_then(Value::as_array);
        let mut columns = vec![NAME.column()];
        let mut cells = Vec::new();
        for wire in wire.into_iter().flatten() {
            let text = |field: &str| wire.get(field).and_then(Value::as_str).unwrap_or_default();
            let path = Path::parse(text("jsonPath"));
            let kind =
                KINDS.iter().find(|(name, _)| *name == text("type")).map_or(Kind::String, |(_, kind)| *kind);
            let is_age = kind == Kind::Date
                && path.as_ref().is_some_and(|path| path.is_fields(&["metadata", "creationTimestamp"]));
            let wide = wire.get("priority").and_then(Value::as_i64).unwrap_or(0) > 0;
            let source =
                if is_age { Source::Age } else { Source::Cell(cells.len().try_into().unwrap_or(u16::MAX)) };
            columns.push(Column {
                title: text("name").to_uppercase().into(),
                source,
                align: if matches!(kind, Kind::Integer | Kind::Number) { Align::Right } else { Align::Left },
                shown: if wide { Shown::Wide } else { Shown::Always },
                drop: if is_age {
                    1
                } else {
                    u8::try_from(cells.len().min(4)).unwrap_or(4) + if wide { 4 } else { 2 }
                },
            });
            if !is_age {
                cells.push(CellRule { path, kind });
            }
        }
        Self::finish(&mut columns, wire.is_some_and(|wire| !wire.is_empty()));
        Self { columns: columns.into(), cells }
    }

    /// Adds CAUSE before AGE, AGE where it is missing (a default column when the CRD names none), LABELS.
    fn finish(columns: &mut Vec<Column>, has_own: bool) {
        let age = columns.iter().position(|column| column.source == Source::Age);
        if age.is_none() {
            columns.push(if has_own { AGE.extra().drop(1) } else { AGE }.column());
        }
        columns.insert(age.unwrap_or(columns.len() - 1), CAUSE.column());
        columns.push(LABELS.column());
    }

    /// Returns the columns, in order.
    pub fn columns(&self) -> Arc<[Column]> {
        self.columns.clone()
    }

    /// Projects an object.
    ///
    /// # Errors
    /// When the text is not an object.
    pub fn project(&self, json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
        row(json, ctx, |value, ctx| self.cells.iter().map(|cell| cell.take(value, ctx)).collect())
    }
}

/// Projects an object by its JSON tree: `cells` takes them out, health is judged by the usual conditions.
///
/// # Errors
/// When the text is not an object.
pub fn row(
    json: &str,
    ctx: &mut Projecting,
    cells: impl FnOnce(&Value, &mut Projecting) -> Vec<Cell>,
) -> Result<Row, Problem> {
    let object: Bare<'_> = meta::decode(json)?;
    let value: Value = meta::decode(json)?;
    if !value.is_object() {
        return Err(Problem::new(ProblemKind::Malformed, "cannot read an object: this is no JSON object"));
    }
    let cells = cells(&value, ctx);
    // The status of a component stands at the top of its object.
    let status = value.get("status").unwrap_or(&value);
    let wire = Conditions::deserialize(status).unwrap_or_default();
    let health = match terminating(&object.metadata, ctx) {
        Some(health) => health,
        None => judge(&wire, value.pointer("/status/phase").and_then(Value::as_str), ctx),
    };
    let observed = value.pointer("/status/observedGeneration").and_then(Value::as_i64).unwrap_or(0);
    let facts = Facts {
        conditions: conditions(&wire.conditions, ctx),
        generation: (object.metadata.generation, observed),
        ..Facts::default()
    };
    Ok(meta::row(ctx, &object.metadata, cells, health, facts))
}

#[derive(Debug, Deserialize)]
struct Bare<'a> {
    #[serde(borrow, default, deserialize_with = "nullable")]
    metadata: Meta<'a>,
}

fn judge(wire: &Conditions<'_>, phase: Option<&str>, ctx: &mut Projecting) -> Health {
    for (kind, status, level) in COMPLAINTS {
        let found = wire.conditions.iter().find(|c| &*c.kind == *kind && &*c.status == *status);
        if let Some(found) = found {
            let reason = found.reason.to_lowercase();
            let waits = *level > Level::Busy && NOT_YET.iter().any(|word| reason.contains(word));
            let level = if waits { Level::Busy } else { *level };
            return health::health(ctx, level, &health::condition(found));
        }
    }
    let phase = phase.unwrap_or_default();
    match PHASES.iter().find(|(word, _)| phase.eq_ignore_ascii_case(word)) {
        Some((_, level)) => health::health(ctx, *level, phase),
        None => health::ok(),
    }
}

impl CellRule {
    fn take(&self, object: &Value, ctx: &mut Projecting) -> Cell {
        let found = self.path.as_ref().and_then(|path| path.find(object));
        // As the server does: the first of several, nothing where evaluation failed.
        let Some(value) = found.as_ref().and_then(|found| found.first()) else { return Cell::Empty };
        match (self.kind, value) {
            (Kind::String, Value::String(s)) => super::parts::text(ctx, s),
            (Kind::String, Value::Null) => Cell::text("<no value>"),
            (Kind::String, other) => Cell::text(go_json(other)),
            (Kind::Integer, Value::Number(n)) => match (n.as_i64(), n.as_f64()) {
                (Some(n), _) => Cell::Int(n),
                // A decimal number loses its fraction, as in the server.
                (None, Some(n)) => Cell::Int(n as i64),
                _ => Cell::Empty,
            },
            (Kind::Number, Value::Number(n)) => n.as_f64().map_or(Cell::Empty, Cell::Float),
            (Kind::Boolean, Value::Bool(b)) => Cell::Bool(*b),
            (Kind::Date, Value::String(s)) if s.is_empty() => Cell::Unknown,
            (Kind::Date, Value::String(s)) => {
                Timestamp::parse(s).map_or_else(|| Cell::text("<invalid>"), Cell::Age)
            }
            _ => Cell::Empty,
        }
    }
}

/// Lists and objects print as the server's JSON encoder writes them: safe to stand in HTML.
fn go_json(value: &Value) -> String {
    value.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClusterId, KindId};

    const VERSION: &str = r#"{"name":"v1","additionalPrinterColumns":[
        {"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"},
        {"name":"Size","type":"integer","jsonPath":".spec.size"},
        {"name":"Ratio","type":"number","jsonPath":".spec.ratio"},
        {"name":"On","type":"boolean","jsonPath":".spec.on"},
        {"name":"Hosts","type":"string","jsonPath":".spec.hosts","priority":1},
        {"name":"Since","type":"date","jsonPath":".status.since"},
        {"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}]}"#;

    fn printer(version: &str) -> Printer {
        Printer::from_version(&serde_json::from_str(version).unwrap())
    }

    fn project(printer: &Printer, json: &str) -> Row {
        let mut ctx = Projecting::new(ClusterId("c".into()), KindId::new("example.com", "widgets"));
        printer.project(json, &mut ctx).unwrap()
    }

    #[test]
    fn columns_of_a_crd_keep_their_order_titles_and_priorities() {
        let printer = printer(VERSION);
        let titles: Vec<(&str, Shown)> = printer.columns.iter().map(|c| (&*c.title, c.shown)).collect();
        assert_eq!(
            titles,
            [
                ("NAME", Shown::Always),
                ("READY", Shown::Always),
                ("SIZE", Shown::Always),
                ("RATIO", Shown::Always),
                ("ON", Shown::Always),
                ("HOSTS", Shown::Wide),
                ("SINCE", Shown::Always),
                ("CAUSE", Shown::Extra),
                ("AGE", Shown::Always),
                ("LABELS", Shown::ExtraWide),
            ]
        );
    }

    #[test]
    fn cells_of_every_type_are_what_the_server_prints() {
        let printer = printer(VERSION);
        let row = project(
            &printer,
            r#"{"metadata":{"name":"a"},"spec":{"size":3,"ratio":0.5,"on":true,"hosts":["a","b"]},
               "status":{"since":"2026-11-24T16:20:27Z","conditions":[{"type":"Ready","status":"True"}]}}"#,
        );
        let now = Timestamp::parse("2026-11-24T16:20:57Z").unwrap();
        let shown: Vec<String> = row.cells.iter().map(|cell| cell.show(now)).collect();
        assert_eq!(shown, ["True", "3", "0.5", "true", r#"["a","b"]"#, "30s"]);
        let odd = project(
            &printer,
            r#"{"metadata":{"name":"a"},"spec":{"size":2.9,"ratio":"x","on":"true","hosts":null},"status":{"since":"soon"}}"#,
        );
        let shown: Vec<String> = odd.cells.iter().map(|cell| cell.show(now)).collect();
        assert_eq!(shown, ["", "2", "", "", "<no value>", "<invalid>"]);
        let empty = project(&printer, r#"{"metadata":{"name":"a"}}"#);
        assert!(empty.cells.iter().all(|cell| *cell == Cell::Empty));
    }

    #[test]
    fn a_crd_without_columns_shows_name_and_age() {
        let printer = printer(r#"{"name":"v1"}"#);
        let always: Vec<&str> =
            printer.columns.iter().filter(|c| c.shown == Shown::Always).map(|c| &*c.title).collect();
        assert_eq!(always, ["NAME", "AGE"]);
    }

    #[test]
    fn health_of_a_custom_resource_comes_from_its_conditions() {
        let generic = Printer::generic();
        for (status, level, reason) in [
            (r#"{"conditions":[{"type":"Ready","status":"True"}]}"#, Level::Ok, ""),
            (
                r#"{"conditions":[{"type":"Ready","status":"False","reason":"BadSpec","message":"no such host"}]}"#,
                Level::Broken,
                "BadSpec: no such host",
            ),
            (
                r#"{"conditions":[{"type":"Ready","status":"False","reason":"InProgress"}]}"#,
                Level::Busy,
                "InProgress",
            ),
            (
                r#"{"conditions":[{"type":"Synced","status":"False","reason":"Denied"}]}"#,
                Level::Attention,
                "Denied",
            ),
            (r#"{"phase":"Failed"}"#, Level::Broken, "Failed"),
            (r#"{"conditions":"nonsense"}"#, Level::Ok, ""),
            ("null", Level::Ok, ""),
        ] {
            let row = project(&generic, &format!(r#"{{"metadata":{{"name":"a"}},"status":{status}}}"#));
            assert_eq!(row.health.level, level, "{status}");
            assert_eq!(row.health.reason.as_deref().unwrap_or_default(), reason, "{status}");
        }
    }
}

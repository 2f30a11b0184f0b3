//! The containers of a pod as rows of a table of their own: a stand-in until the kinds room brings
//! its record; then this file goes and [`super::source`] names that one.

use std::sync::Arc;

use crate::kinds::{Align, Column, Drill, KindDef, Projecting, Projector, Shown, Source, Tags};
use crate::model::row::{Container, ContainerRole, Facts};
use crate::model::{Cell, Gvr, Health, Level, ObjKey, Problem, ProblemKind, Row, Scope};

/// Title, alignment and drop priority; NAME and AGE come from the row itself.
const COLUMNS: [(&str, Source, Align, u8); 9] = [
    ("IDX", Source::Cell(6), Align::Right, 8),
    ("NAME", Source::Name, Align::Left, 0),
    ("ROLE", Source::Cell(0), Align::Left, 4),
    ("IMAGE", Source::Cell(1), Align::Left, 5),
    ("READY", Source::Cell(2), Align::Left, 0),
    ("STATE", Source::Cell(3), Align::Left, 0),
    ("RESTARTS", Source::Cell(4), Align::Right, 2),
    ("PORTS", Source::Cell(5), Align::Left, 7),
    ("AGE", Source::Age, Align::Left, 0),
];

/// Returns the record of the pseudo-kind.
pub(super) fn kind() -> Arc<KindDef> {
    let gvr = Gvr::new("", "v1", "containers");
    let columns = COLUMNS.map(|(title, source, align, drop)| Column {
        title: title.into(),
        source,
        align,
        shown: Shown::Always,
        drop,
    });
    Arc::new(KindDef {
        id: gvr.id(),
        gvr,
        kind: "Container".into(),
        singular: "container".into(),
        short_names: Vec::new(),
        categories: Vec::new(),
        scope: Scope::Namespaced,
        verbs: Vec::new(),
        subresources: Vec::new(),
        columns: columns.into_iter().collect(),
        projector: Projector::Builtin(never),
        drill: Drill::Text,
        tags: Tags::LOGS.and(Tags::EXEC),
    })
}

/// Containers come from a pod's row, never from JSON of their own.
fn never(_: &[u8], _: &mut Projecting) -> Result<Row, Problem> {
    Err(Problem::new(ProblemKind::Internal, "containers have no objects of their own"))
}

/// Returns one row for each container of the pod.
pub(super) fn rows(pod: &Row) -> Vec<Row> {
    let id = kind().id.clone();
    pod.facts
        .containers
        .iter()
        .zip(0..)
        .map(|(container, index)| Row {
            key: ObjKey {
                cluster: pod.key.cluster.clone(),
                kind: id.clone(),
                namespace: pod.key.namespace.clone(),
                name: container.spec.name.clone(),
            },
            uid: pod.uid.clone(),
            created: container.state.started,
            deleting: pod.deleting,
            cells: cells(container, index),
            health: health(container),
            labels: pod.labels.clone(),
            owners: Box::default(),
            managers: Box::default(),
            facts: Facts { node: pod.facts.node.clone(), ..Facts::default() },
        })
        .collect()
}

fn cells(container: &Container, index: i64) -> Box<[Cell]> {
    let role = match container.spec.role {
        ContainerRole::Init => "init",
        ContainerRole::Sidecar => "sidecar",
        ContainerRole::Main => "main",
        ContainerRole::Ephemeral => "ephemeral",
    };
    let state = if container.state.reason.is_empty() {
        container.state.phase.clone()
    } else {
        container.state.reason.clone()
    };
    Box::new([
        Cell::text(role),
        Cell::Text(container.spec.image.clone()),
        Cell::Bool(container.ready),
        Cell::text(state),
        Cell::Restarts(container.restarts, container.last.as_ref().and_then(|last| last.finished)),
        Cell::text(container.spec.ports.clone()),
        Cell::Int(index),
    ])
}

fn health(container: &Container) -> Health {
    let level = match (&*container.state.phase, container.ready, container.state.exit) {
        ("terminated", _, Some(0)) => Level::Done,
        ("terminated", ..) => Level::Broken,
        ("waiting", ..) if container.restarts > 0 => Level::Broken,
        ("waiting", ..) => Level::Busy,
        ("running", false, _) => Level::Attention,
        _ => Level::Ok,
    };
    Health { level, reason: None }
}

//! The containers of a pod as a table: a kind that no server serves, made from a pod's facts.

use std::sync::{Arc, LazyLock};

use super::record::{AGE, CAUSE, Col, NAME, Record, cell, metric, num};
use super::{KindDef, Metric, Projecting, Tags, pod_health};
use crate::model::row::{Container, ContainerRole, Owner};
use crate::model::{Cell, Facts, Health, KindId, ObjKey, Problem, ProblemKind, Row, Text};

const COLUMNS: &[Col] = &[
    cell("IDX", 0).drop(4),
    NAME,
    cell("IMAGE", 1).drop(3),
    cell("READY", 2).drop(1),
    cell("STATE", 3).drop(0),
    cell("REASON", 4).drop(1),
    CAUSE.extra_wide(),
    num("RESTARTS", 5).drop(2),
    cell("PROBES(L:R:S)", 6).drop(6),
    metric("CPU", Metric::Cpu).drop(4),
    num("CPU/R:L", 7).extra_wide(),
    metric("%CPU/R", Metric::CpuOfRequest).drop(7),
    metric("%CPU/L", Metric::CpuOfLimit).drop(7),
    metric("MEM", Metric::Memory).drop(4),
    num("MEM/R:L", 8).extra_wide(),
    metric("%MEM/R", Metric::MemoryOfRequest).drop(7),
    metric("%MEM/L", Metric::MemoryOfLimit).drop(6),
    num("GPU/R:L", 10).extra_wide(),
    cell("PORTS", 9).drop(5),
    AGE,
];

const RECORD: Record = Record::new("", "v1", "containers", "container", "Container", never)
    .columns(COLUMNS)
    .ordered_by("IDX")
    .tags(Tags::LOGS.and(Tags::EXEC).and(Tags::FORWARD));

static DEFINITION: LazyLock<Arc<KindDef>> = LazyLock::new(|| Arc::new(RECORD.def()));

/// Returns the pseudo-kind of the containers table.
pub fn definition() -> Arc<KindDef> {
    DEFINITION.clone()
}

/// No server sends a container.
fn never(_json: &str, _ctx: &mut Projecting) -> Result<Row, Problem> {
    Err(Problem::new(ProblemKind::Internal, "containers are rows of a pod, not objects of their own"))
}

/// Makes the rows of a pod's containers, in the order init, main, ephemeral. Each row is named after
/// its container, is owned by its pod, and has one container fact: its own.
pub fn rows(pod: &Row) -> Vec<Row> {
    let mut counts = [0u32; 3];
    (0i128..)
        .zip(&pod.facts.containers)
        .map(|(place, container)| {
            let (letter, slot) = match container.spec.role {
                ContainerRole::Init | ContainerRole::Sidecar => ('I', 0),
                ContainerRole::Main => ('M', 1),
                ContainerRole::Ephemeral => ('E', 2),
            };
            let count = counts.get_mut(slot).map_or(0, |count| {
                *count += 1;
                *count
            });
            // Shown as a letter and a number, sorted by the place in the pod's life: E comes last, not first.
            row(pod, container, Cell::Quantity(Box::new((format!("{letter}{count}").into(), place))))
        })
        .collect()
}

fn row(pod: &Row, container: &Container, index: Cell) -> Row {
    let (level, reason) = pod_health::container(container);
    let spec = &container.spec;
    let owner = Owner {
        api_version: "v1".into(),
        kind: "Pod".into(),
        name: pod.key.name.clone(),
        uid: pod.uid.clone(),
        controller: true,
    };
    let last = container.last.as_deref().and_then(|last| last.finished).filter(|_| container.restarts > 0);
    Row {
        key: ObjKey {
            cluster: pod.key.cluster.clone(),
            kind: KindId(Text::from("containers")),
            namespace: pod.key.namespace.clone(),
            name: spec.name.clone(),
        },
        uid: pod.uid.clone(),
        created: container.state.started,
        deleting: pod.deleting,
        cells: vec![
            index,
            Cell::Text(spec.image.clone()),
            Cell::Bool(container.ready),
            state(container),
            reason_cell(container),
            Cell::Restarts(container.restarts, last),
            probes(spec.probes),
            request_and_limit(spec.cpu, |value| value),
            request_and_limit(spec.memory, |value| value >> 20),
            Cell::text(spec.ports.clone()),
            request_and_limit(spec.gpu, |value| value),
        ]
        .into(),
        health: Health { level, reason: (!reason.is_empty()).then(|| reason.into()) },
        labels: pod.labels.clone(),
        owners: Box::new([owner]),
        managers: Box::default(),
        facts: Facts {
            containers: Box::new([container.clone()]),
            node: pod.facts.node.clone(),
            ..Facts::default()
        },
    }
}

fn state(container: &Container) -> Cell {
    Cell::text(match &*container.state.phase {
        "running" => "Running",
        "waiting" => "Waiting",
        "terminated" => "Terminated",
        _ => "Unknown",
    })
}

/// Why it waits, how it ended, or how the run before ended.
fn reason_cell(container: &Container) -> Cell {
    match (container.state.exit, container.last.as_deref()) {
        (Some(0), _) => Cell::text(container.state.reason.clone()),
        (Some(_), _) => Cell::text(pod_health::end(&container.state)),
        (None, Some(last)) if !container.state.reason.is_empty() => {
            Cell::text(format!("{}, last {}", container.state.reason, pod_health::end(last)))
        }
        (None, Some(last)) => Cell::text(format!("last {}", pod_health::end(last))),
        (None, None) => Cell::text(container.state.reason.clone()),
    }
}

fn probes((liveness, readiness, startup): (bool, bool, bool)) -> Cell {
    let word = |set: bool| if set { "on" } else { "off" };
    Cell::text(format!("{}:{}:{}", word(liveness), word(readiness), word(startup)))
}

/// Returns a request and a limit as one cell, as `100:250`; empty where neither is set.
pub fn request_and_limit(amounts: (Option<i64>, Option<i64>), unit: fn(i64) -> i64) -> Cell {
    let text = |amount: Option<i64>| amount.map_or_else(|| "–".to_owned(), |value| unit(value).to_string());
    match amounts {
        (None, None) => Cell::NoData,
        (request, limit) => Cell::text(format!("{}:{}", text(request), text(limit))),
    }
}

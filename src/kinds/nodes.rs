//! Nodes.

use serde::Deserialize;

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Meta, Object, Pairs, Str, nullable};
use super::parts::{Cond, conditions, find, gpus, sorted_set, text, text_or, text_or_none};
use super::record::{AGE, CAUSE, Col, NAME, Record, cell, metric, num};
use super::{Drill, Metric, Projecting, Tags};
use crate::model::{Cell, Facts, Health, Level, Problem, Row, quantity};

const CPU_ALLOCATABLE: u16 = 9;
const MEMORY_ALLOCATABLE: u16 = 10;

const COLUMNS: &[Col] = &[
    NAME,
    cell("STATUS", 0).drop(0),
    CAUSE,
    cell("ROLES", 1),
    AGE,
    cell("VERSION", 2).drop(4),
    num("TAINTS", 8).extra().drop(6),
    metric("PODS", Metric::Pods),
    metric("CPU", Metric::Cpu),
    metric("%CPU/A", Metric::CpuOfAllocatable).drop(4),
    metric("MEM", Metric::Memory),
    metric("%MEM/A", Metric::MemoryOfAllocatable).drop(4),
    cell("INTERNAL-IP", 3).wide(),
    cell("EXTERNAL-IP", 4).wide(),
    cell("OS-IMAGE", 5).wide(),
    cell("KERNEL-VERSION", 6).wide(),
    cell("CONTAINER-RUNTIME", 7).wide(),
    num("CPU/A", CPU_ALLOCATABLE).extra_wide(),
    num("MEM/A", MEMORY_ALLOCATABLE).extra_wide(),
    num("PODS/A", 11).extra_wide(),
    num("GPU/A", 13).extra_wide(),
    num("GPU/C", 14).extra_wide(),
    cell("ARCH", 12).extra_wide(),
];

/// The records of this file.
pub const RECORDS: &[Record] = &[Record::new("", "v1", "nodes", "node", "Node", project)
    .short(&["no"])
    .cluster_scoped()
    .columns(COLUMNS)
    .drill(Drill::PodsOnNode)
    .tags(Tags::NODE)];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(deserialize_with = "nullable")]
    unschedulable: bool,
    #[serde(borrow, deserialize_with = "nullable")]
    taints: Vec<Taint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Taint<'a> {
    #[serde(borrow)]
    key: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    addresses: Vec<Address<'a>>,
    #[serde(borrow)]
    allocatable: Pairs<'a>,
    #[serde(borrow)]
    capacity: Pairs<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    node_info: Info<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    address: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Info<'a> {
    #[serde(borrow)]
    kubelet_version: Str<'a>,
    #[serde(borrow)]
    os_image: Str<'a>,
    #[serde(borrow)]
    kernel_version: Str<'a>,
    #[serde(borrow)]
    container_runtime_version: Str<'a>,
    #[serde(borrow)]
    architecture: Str<'a>,
}

type Node<'a> = Object<'a, Spec<'a>, Status<'a>>;

/// Returns a node row's allocatable milli-cores and bytes, for per cent columns.
pub fn allocatable(row: &Row) -> (Option<i64>, Option<i64>) {
    let amount = |index: u16| match row.cells.get(usize::from(index)) {
        Some(Cell::Millicores(value) | Cell::Mebibytes(value)) => Some(*value),
        _ => None,
    };
    (amount(CPU_ALLOCATABLE), amount(MEMORY_ALLOCATABLE))
}

fn project(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let node: Node<'_> = meta::decode(json)?;
    let info = &node.status.node_info;
    let mut kernel =
        if info.kernel_version.is_empty() { "<unknown>" } else { &*info.kernel_version }.to_owned();
    if !info.architecture.is_empty() {
        kernel = format!("{kernel} ({})", &*info.architecture);
    }
    let address =
        |kind: &str| node.status.addresses.iter().find(|a| &*a.kind == kind).map_or("", |a| &*a.address);
    let amount = |name: &str, parse: fn(&str) -> Option<i64>, cell: fn(i64) -> Cell| {
        node.status.allocatable.get(name).and_then(parse).map_or(Cell::NoData, cell)
    };
    let cells = vec![
        text(ctx, &status_word(&node)),
        text_or_none(ctx, &roles(&node.metadata)),
        text(ctx, &info.kubelet_version),
        text_or_none(ctx, address("InternalIP")),
        text_or_none(ctx, address("ExternalIP")),
        text_or(ctx, &info.os_image, Cell::Unknown),
        text(ctx, &kernel),
        text_or(ctx, &info.container_runtime_version, Cell::Unknown),
        Cell::Int(i64::try_from(node.spec.taints.len()).unwrap_or(i64::MAX)),
        amount("cpu", quantity::millicores, Cell::Millicores),
        amount("memory", quantity::bytes, Cell::Mebibytes),
        amount("pods", quantity::bytes, Cell::Int),
        text(ctx, &info.architecture),
        gpus(&node.status.allocatable).map_or(Cell::NoData, Cell::Int),
        gpus(&node.status.capacity).map_or(Cell::NoData, Cell::Int),
    ];
    let health = match terminating(&node.metadata, ctx) {
        Some(health) => health,
        None => judge(&node, ctx),
    };
    let facts = Facts { conditions: conditions(&node.status.conditions, ctx), ..Facts::default() };
    Ok(meta::row(ctx, &node.metadata, cells, health, facts))
}

fn status_word(node: &Node<'_>) -> String {
    let ready = match find(&node.status.conditions, "Ready") {
        Some(ready) if &*ready.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if node.spec.unschedulable { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
}

fn roles(metadata: &Meta<'_>) -> String {
    sorted_set(metadata.labels.0.iter().filter_map(|(key, value)| {
        key.strip_prefix("node-role.kubernetes.io/")
            .or_else(|| (&**key == "kubernetes.io/role").then_some(&**value))
    }))
}

fn judge(node: &Node<'_>, ctx: &mut Projecting) -> Health {
    match find(&node.status.conditions, "Ready") {
        Some(ready) if &*ready.status == "True" => {}
        Some(ready) if &*ready.status == "Unknown" => {
            return health(ctx, Level::Broken, "kubelet does not answer");
        }
        Some(ready) => return health(ctx, Level::Broken, &condition(ready)),
        None => return health(ctx, Level::Broken, "kubelet has not reported"),
    }
    // Every other condition of a node is a complaint when true: pressures, no network, detectors' findings.
    let complaints: Vec<&str> = node
        .status
        .conditions
        .iter()
        .filter(|c| &*c.kind != "Ready" && &*c.status == "True")
        .map(|c| &*c.kind)
        .collect();
    if complaints.contains(&"NetworkUnavailable") {
        return health(ctx, Level::Broken, &complaints.join(", "));
    }
    if !complaints.is_empty() {
        return health(ctx, Level::Attention, &complaints.join(", "));
    }
    if node.spec.unschedulable {
        return health(ctx, Level::Attention, "cordoned");
    }
    let taint = node.spec.taints.iter().find(|t| t.key.starts_with("node.kubernetes.io/"));
    match taint {
        Some(taint) => health(ctx, Level::Attention, &format!("taint {}", &*taint.key)),
        None => ok(),
    }
}

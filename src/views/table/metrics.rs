//! Joins polled metrics to rows: the one place where a metric becomes a cell.

use crate::kinds::containers::request_and_limit;
use crate::kinds::{Metric, nodes};
use crate::model::row::ContainerSpec;
use crate::model::{Cell, ClusterId, Freshness, KindId, Row, ShardKey, WatchScope};
use crate::store::{Shard, Usage};
use crate::views::Cx;

/// Returns the figure of a row, [`Cell::NoData`] where none is known.
pub(super) fn metric_cell(cx: &Cx<'_>, row: &Row, metric: Metric) -> Cell {
    match metric {
        Metric::Pods => return pods_on(cx, row),
        Metric::CpuBounds => return request_and_limit(both(row, |spec| spec.cpu), |value| value),
        Metric::MemoryBounds => return request_and_limit(both(row, |spec| spec.memory), |value| value >> 20),
        Metric::GpuBounds => return request_and_limit(gpus(row), |value| value),
        _ => {}
    }
    let Some(usage) = usage(cx, row) else { return Cell::NoData };
    let of = |used: i64, whole: Option<i64>| match whole {
        Some(whole) if whole > 0 => {
            Cell::Percent(u32::try_from(used.saturating_mul(100) / whole).unwrap_or(u32::MAX))
        }
        _ => Cell::NoData,
    };
    match metric {
        Metric::Cpu => Cell::Millicores(usage.cpu),
        Metric::Memory => Cell::Mebibytes(usage.memory),
        Metric::CpuOfRequest => of(usage.cpu, sum(row, |spec| spec.cpu.0)),
        Metric::CpuOfLimit => of(usage.cpu, sum(row, |spec| spec.cpu.1)),
        Metric::MemoryOfRequest => of(usage.memory, sum(row, |spec| spec.memory.0)),
        Metric::MemoryOfLimit => of(usage.memory, sum(row, |spec| spec.memory.1)),
        Metric::CpuOfAllocatable => of(usage.cpu, nodes::allocatable(row).0),
        Metric::MemoryOfAllocatable => of(usage.memory, nodes::allocatable(row).1),
        Metric::Pods | Metric::CpuBounds | Metric::MemoryBounds | Metric::GpuBounds => Cell::NoData,
    }
}

/// The shard that pods per node are counted from.
pub(super) fn all_pods(cluster: &ClusterId) -> ShardKey {
    ShardKey { cluster: cluster.clone(), kind: KindId("pods".into()), scope: WatchScope::All }
}

/// How many pods are on the node behind a row: as many as Enter shows. Nothing before all of them are
/// known, and nothing where some may not be read.
fn pods_on(cx: &Cx<'_>, row: &Row) -> Cell {
    let pods = cx.store.find(&all_pods(&row.key.cluster)).filter(|pods| is_whole(pods));
    pods.map_or(Cell::NoData, |pods| {
        Cell::Int(i64::try_from(pods.on_node(&row.key.name)).unwrap_or(i64::MAX))
    })
}

fn is_whole(pods: &Shard) -> bool {
    let status = pods.status();
    status.namespaces.is_empty()
        && matches!(
            status.freshness,
            Freshness::Live | Freshness::Reconnecting { .. } | Freshness::Stale { .. }
        )
}

/// Returns what differs when pods per node do: how many clusters' pods are known, and their changes.
pub(super) fn pods_revision(cx: &Cx<'_>, clusters: &[ClusterId]) -> (usize, u64) {
    let known = clusters.iter().filter_map(|cluster| cx.store.find(&all_pods(cluster)));
    known.filter(|pods| is_whole(pods)).fold((0, 0), |(count, rev), pods| (count + 1, rev + pods.nodes_rev()))
}

/// What the object behind a row uses.
fn usage(cx: &Cx<'_>, row: &Row) -> Option<Usage> {
    let key = &row.key;
    let metrics = cx.store.metrics();
    match &*key.kind.0 {
        "pods" => metrics.pod(&key.cluster, &key.namespace, &key.name),
        "nodes" => metrics.node(&key.cluster, &key.name),
        "containers" => {
            let pod = row.owner()?;
            metrics.container(&key.cluster, &key.namespace, &pod.name, &key.name)
        }
        _ => None,
    }
}

/// The sum over containers that run side by side. `None` where one of them sets nothing: a share of
/// "no limit" is no number.
fn sum(row: &Row, of: impl Fn(&ContainerSpec) -> Option<i64>) -> Option<i64> {
    side_by_side(row).map(of).try_fold(0_i64, |sum, amount| Some(sum.saturating_add(amount?)))
}

/// Request and limit, each summed.
fn both(row: &Row, of: fn(&ContainerSpec) -> (Option<i64>, Option<i64>)) -> (Option<i64>, Option<i64>) {
    (sum(row, |spec| of(spec).0), sum(row, |spec| of(spec).1))
}

/// The same for GPUs, where setting nothing means none: who asks for no GPU gets none. `None` when nobody asks.
fn gpus(row: &Row) -> (Option<i64>, Option<i64>) {
    let add = |sum: Option<i64>, amount: Option<i64>| match (sum, amount) {
        (Some(sum), Some(amount)) => Some(sum.saturating_add(amount)),
        (sum, amount) => sum.or(amount),
    };
    side_by_side(row).fold((None, None), |sum, spec| (add(sum.0, spec.gpu.0), add(sum.1, spec.gpu.1)))
}

fn side_by_side(row: &Row) -> impl Iterator<Item = &ContainerSpec> {
    use crate::model::row::ContainerRole::{Main, Sidecar};
    let is_alone = row.facts.containers.len() == 1;
    let containers = row.facts.containers.iter().map(|container| &*container.spec);
    containers.filter(move |spec| is_alone || matches!(spec.role, Main | Sidecar))
}

/// Returns a number that grows when metrics changed, or `None` while none of the clusters serves
/// them: then metric columns are not shown.
pub(super) fn revision(cx: &Cx<'_>, clusters: &[ClusterId]) -> Option<u64> {
    let metrics = cx.store.metrics();
    let is_served = clusters.iter().any(|cluster| metrics.available(cluster) == Some(true));
    is_served.then(|| metrics.rev().0)
}

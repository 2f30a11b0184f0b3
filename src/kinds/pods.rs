//! Pods: the kind that everything ends in.

use super::health::terminating;
use super::meta::{self, time};
use super::parts::{Refs, conditions, text, text_or_none};
use super::pod_health;
use super::pod_status::{ContainerStatus, Pod, StateWire, is_terminal, summary};
use super::podspec::ContainerWire;
use super::record::{AGE, CAUSE, Col, NAME, Record, cell, metric, num};
use super::{Drill, Metric, Projecting, Tags};
use crate::model::row::{Container, ContainerRole, ContainerState};
use crate::model::{Cell, Facts, Problem, Row};

/// Longest kubelet sentence kept as a fact; the whole one is in the packed text.
const LONGEST_MESSAGE: usize = 400;

const COLUMNS: &[Col] = &[
    NAME,
    num("READY", 0).drop(0),
    cell("STATUS", 1).drop(0),
    CAUSE,
    num("RESTARTS", 2).drop(2),
    metric("CPU", Metric::Cpu).drop(4),
    metric("MEM", Metric::Memory).drop(4),
    metric("%MEM/L", Metric::MemoryOfLimit).drop(6),
    AGE,
    cell("IP", 3).wide(),
    cell("NODE", 4).wide().drop(5),
    cell("NOMINATED NODE", 5).wide().drop(9),
    cell("READINESS GATES", 6).wide().drop(9),
    metric("%CPU/R", Metric::CpuOfRequest).extra_wide(),
    metric("%CPU/L", Metric::CpuOfLimit).extra_wide(),
    metric("%MEM/R", Metric::MemoryOfRequest).extra_wide(),
    metric("CPU/R:L", Metric::CpuBounds).extra_wide(),
    metric("MEM/R:L", Metric::MemoryBounds).extra_wide(),
    metric("GPU/R:L", Metric::GpuBounds).extra_wide(),
    num("LAST RESTART", 7).extra_wide(),
    cell("QOS", 8).extra_wide(),
    cell("SERVICE-ACCOUNT", 9).extra_wide(),
];

/// The records of this file.
pub const RECORDS: &[Record] = &[Record::new("", "v1", "pods", "pod", "Pod", project)
    .short(&["po"])
    .in_all()
    .columns(COLUMNS)
    .drill(Drill::Containers)
    .tags(Tags::LOGS.and(Tags::EXEC).and(Tags::FORWARD))];

fn project(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let pod: Pod<'_> = meta::decode(json)?;
    let containers = containers(&pod, ctx);
    let summary = summary(&pod);
    let cells = vec![
        Cell::Ratio(summary.ready, summary.total),
        text(ctx, &summary.status),
        Cell::Restarts(summary.restarts, summary.last_restart),
        text_or_none(ctx, pod.status.pod_ips.first().map_or(&*pod.status.pod_ip, |first| &*first.ip)),
        text_or_none(ctx, &pod.spec.node_name),
        text_or_none(ctx, &pod.status.nominated_node_name),
        readiness_gates(&pod),
        summary.last_restart.map_or(Cell::Empty, Cell::Age),
        text(ctx, &pod.status.qos_class),
        text(ctx, &pod.spec.service_account_name),
    ];
    let health = match terminating(&pod.metadata, ctx) {
        Some(health) if !is_terminal(&pod.status.phase) && &*pod.status.reason != "NodeLost" => health,
        _ => pod_health::pod(&pod, &summary.status, &containers, ctx),
    };
    let mut refs = Refs::default();
    pod.spec.add_refs(&mut refs, ctx, &pod.metadata.namespace, Some(&pod.metadata.name));
    let facts = Facts {
        conditions: conditions(&pod.status.conditions, ctx),
        containers: containers.into(),
        refs: refs.done(),
        node: (!pod.spec.node_name.is_empty()).then(|| ctx.interner.get(&pod.spec.node_name)),
        priority: pod.spec.priority,
        ..Facts::default()
    };
    Ok(meta::row(ctx, &pod.metadata, cells, health, facts))
}

/// `<none>`, or how many of the gates' conditions are true.
fn readiness_gates(pod: &Pod<'_>) -> Cell {
    let gates = &pod.spec.readiness_gates;
    if gates.is_empty() {
        return Cell::None;
    }
    let passed = gates
        .iter()
        .filter(|gate| super::parts::is(&pod.status.conditions, &gate.condition_type, "True"))
        .count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Cell::Ratio(count(passed), count(gates.len()))
}

/// Container facts in the order init, main, ephemeral; statuses are matched by name.
fn containers(pod: &Pod<'_>, ctx: &mut Projecting) -> Vec<Container> {
    let (spec, status) = (&pod.spec, &pod.status);
    let groups = [
        (&spec.init_containers, &status.init_container_statuses, ContainerRole::Init),
        (&spec.containers, &status.container_statuses, ContainerRole::Main),
        (&spec.ephemeral_containers, &status.ephemeral_container_statuses, ContainerRole::Ephemeral),
    ];
    let mut out = Vec::with_capacity(spec.containers.len() + spec.init_containers.len());
    for (templates, statuses, role) in groups {
        for template in templates {
            let found = statuses.iter().find(|status| *status.name == *template.name);
            out.push(container(template, found, role, ctx));
        }
    }
    out
}

fn container(
    template: &ContainerWire<'_>,
    status: Option<&ContainerStatus<'_>>,
    role: ContainerRole,
    ctx: &mut Projecting,
) -> Container {
    let role =
        if role == ContainerRole::Init && template.is_sidecar() { ContainerRole::Sidecar } else { role };
    let spec = template.spec(role, ctx);
    let spec = ctx.share(spec);
    match status {
        None => {
            let state = ContainerState::default();
            Container { spec, ready: false, started: false, restarts: 0, state, last: None }
        }
        Some(status) => Container {
            spec,
            ready: status.ready,
            started: status.started.unwrap_or(false),
            restarts: status.restart_count,
            state: state(&status.state, ctx).unwrap_or_default(),
            last: state(&status.last_state, ctx).map(Box::new),
        },
    }
}

fn state(wire: &StateWire<'_>, ctx: &mut Projecting) -> Option<ContainerState> {
    let sentence = |s: &str| s.chars().take(LONGEST_MESSAGE).collect::<String>();
    Some(if let Some(waiting) = &wire.waiting {
        ContainerState {
            phase: ctx.interner.get("waiting"),
            reason: ctx.interner.get(&waiting.reason),
            message: ctx.interner.get(&sentence(&waiting.message)),
            ..ContainerState::default()
        }
    } else if let Some(end) = &wire.terminated {
        ContainerState {
            phase: ctx.interner.get("terminated"),
            reason: ctx.interner.get(&end.reason),
            message: ctx.interner.get(&sentence(&end.message)),
            exit: Some(end.exit_code),
            signal: (end.signal != 0).then_some(end.signal),
            started: time(&end.started_at),
            finished: time(&end.finished_at),
        }
    } else if let Some(running) = &wire.running {
        ContainerState {
            phase: ctx.interner.get("running"),
            started: time(&running.started_at),
            ..ContainerState::default()
        }
    } else {
        return None;
    })
}

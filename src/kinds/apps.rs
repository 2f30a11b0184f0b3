//! Deployments, stateful sets, daemon sets, replica sets and replication controllers.

use serde::Deserialize;

use super::apps_health;
use super::health::terminating;
use super::meta::{self, Object, Pairs, Str, nullable};
use super::parts::{
    Cond, Refs, Selector, conditions, count, int, pairs_cell, selector_cell, selector_labels, text,
};
use super::podspec::Template;
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::{Drill, Projecting, Tags};
use crate::model::{Cell, Facts, Health, Labels, Problem, Row};

const SCALED: Tags = Tags::LOGS.and(Tags::SCALE).and(Tags::RESTART).and(Tags::FORWARD);

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("apps", "v1", "deployments", "deployment", "Deployment", deployment)
        .short(&["deploy"])
        .alias(&["dp"])
        .in_all()
        .columns(&[
            NAME,
            num("READY", 0).drop(0),
            num("UP-TO-DATE", 1).drop(4),
            num("AVAILABLE", 2).drop(4),
            CAUSE,
            AGE,
            cell("CONTAINERS", 3).wide(),
            cell("IMAGES", 4).wide(),
            cell("SELECTOR", 5).wide(),
        ])
        .drill(Drill::PodsBySelector)
        .tags(SCALED),
    Record::new("apps", "v1", "statefulsets", "statefulset", "StatefulSet", stateful_set)
        .short(&["sts"])
        .in_all()
        .columns(&[
            NAME,
            num("READY", 0).drop(0),
            CAUSE,
            AGE,
            cell("CONTAINERS", 1).wide(),
            cell("IMAGES", 2).wide(),
            cell("SERVICE", 3).extra_wide(),
            cell("SELECTOR", 4).extra_wide(),
        ])
        .drill(Drill::PodsBySelector)
        .tags(SCALED),
    Record::new("apps", "v1", "daemonsets", "daemonset", "DaemonSet", daemon_set)
        .short(&["ds"])
        .in_all()
        .columns(&[
            NAME,
            num("DESIRED", 0).drop(0),
            num("CURRENT", 1).drop(5),
            num("READY", 2).drop(0),
            num("UP-TO-DATE", 3).drop(4),
            num("AVAILABLE", 4).drop(5),
            cell("NODE SELECTOR", 5).drop(6),
            CAUSE,
            AGE,
            cell("CONTAINERS", 6).wide(),
            cell("IMAGES", 7).wide(),
            cell("SELECTOR", 8).wide(),
        ])
        .drill(Drill::PodsBySelector)
        .tags(Tags::LOGS.and(Tags::RESTART).and(Tags::FORWARD)),
    Record::new("apps", "v1", "replicasets", "replicaset", "ReplicaSet", replica_set)
        .short(&["rs"])
        .in_all()
        .columns(REPLICAS)
        .drill(Drill::Owned("pods"))
        .tags(Tags::LOGS.and(Tags::SCALE).and(Tags::FORWARD)),
    Record::new(
        "",
        "v1",
        "replicationcontrollers",
        "replicationcontroller",
        "ReplicationController",
        controller,
    )
    .short(&["rc"])
    .in_all()
    .columns(REPLICAS)
    .drill(Drill::PodsBySelector)
    .tags(Tags::LOGS.and(Tags::SCALE).and(Tags::FORWARD)),
];

const REPLICAS: &[super::record::Col] = &[
    NAME,
    num("DESIRED", 0).drop(0),
    num("CURRENT", 1).drop(4),
    num("READY", 2).drop(0),
    CAUSE,
    AGE,
    cell("CONTAINERS", 3).wide(),
    cell("IMAGES", 4).wide(),
    cell("SELECTOR", 5).wide(),
];

/// `spec` of the workloads with a label selector.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec<'a> {
    /// Replicas wanted.
    pub replicas: Option<i64>,
    /// Whether a deployment's rollout is held.
    #[serde(deserialize_with = "nullable")]
    pub paused: bool,
    #[serde(borrow)]
    selector: Option<Selector<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    template: Template<'a>,
    #[serde(borrow)]
    service_name: Str<'a>,
}

/// `status` of the workloads.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status<'a> {
    /// The generation that the controller has seen.
    pub observed_generation: Option<i64>,
    /// Pods there are.
    pub replicas: Option<i64>,
    /// Pods of the new template.
    pub updated_replicas: Option<i64>,
    /// Ready pods.
    pub ready_replicas: Option<i64>,
    /// Pods ready for long enough.
    pub available_replicas: Option<i64>,
    /// Revision of a stateful set's pods before.
    #[serde(borrow)]
    pub current_revision: Str<'a>,
    /// Revision of a stateful set's pods to be.
    #[serde(borrow)]
    pub update_revision: Str<'a>,
    /// Nodes that should run a daemon pod.
    pub desired_number_scheduled: Option<i64>,
    /// Nodes that run one and should.
    pub current_number_scheduled: Option<i64>,
    /// Nodes with a ready daemon pod.
    pub number_ready: Option<i64>,
    /// Nodes with a daemon pod of the new template.
    pub updated_number_scheduled: Option<i64>,
    /// Nodes with a daemon pod ready for long enough.
    pub number_available: Option<i64>,
    /// Conditions.
    #[serde(borrow, deserialize_with = "nullable")]
    pub conditions: Vec<Cond<'a>>,
}

/// A workload on the wire.
pub type Workload<'a> = Object<'a, Spec<'a>, Status<'a>>;

type Judge = fn(&Workload<'_>, &mut Projecting) -> Health;

/// What all of these kinds share: references, selector, health.
fn finish(
    ctx: &mut Projecting,
    object: &Workload<'_>,
    cells: Vec<Cell>,
    selector: Option<Labels>,
    judge: Judge,
) -> Row {
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => judge(object, ctx),
    };
    let mut refs = Refs::default();
    object.spec.template.spec.add_refs(&mut refs, ctx, &object.metadata.namespace, None);
    refs.add(ctx, "services", &object.metadata.namespace, &object.spec.service_name, "service");
    let facts = Facts {
        conditions: conditions(&object.status.conditions, ctx),
        refs: refs.done(),
        selector,
        generation: (object.metadata.generation, object.status.observed_generation.unwrap_or(0)),
        ..Facts::default()
    };
    meta::row(ctx, &object.metadata, cells, state, facts)
}

fn deployment(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Workload<'_> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let (names, images) = spec.template.spec.layout(ctx);
    let cells = vec![
        Cell::Ratio(count(status.ready_replicas), count(spec.replicas)),
        int(status.updated_replicas),
        int(status.available_replicas),
        names,
        images,
        text(ctx, &spec.selector.as_ref().map(Selector::text).unwrap_or_default()),
    ];
    let selector = selector_labels(spec.selector.as_ref(), ctx);
    Ok(finish(ctx, &object, cells, selector, apps_health::deployment))
}

fn stateful_set(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Workload<'_> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let (names, images) = spec.template.spec.layout(ctx);
    let cells = vec![
        Cell::Ratio(count(status.ready_replicas), count(spec.replicas)),
        names,
        images,
        text(ctx, &spec.service_name),
        selector_cell(spec.selector.as_ref(), ctx),
    ];
    let selector = selector_labels(spec.selector.as_ref(), ctx);
    Ok(finish(ctx, &object, cells, selector, apps_health::stateful_set))
}

fn daemon_set(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Workload<'_> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let (names, images) = spec.template.spec.layout(ctx);
    let cells = vec![
        int(status.desired_number_scheduled),
        int(status.current_number_scheduled),
        int(status.number_ready),
        int(status.updated_number_scheduled),
        int(status.number_available),
        pairs_cell(&spec.template.spec.node_selector, ctx),
        names,
        images,
        selector_cell(spec.selector.as_ref(), ctx),
    ];
    let selector = selector_labels(spec.selector.as_ref(), ctx);
    Ok(finish(ctx, &object, cells, selector, apps_health::daemon_set))
}

fn replica_set(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Workload<'_> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let (names, images) = spec.template.spec.layout(ctx);
    let cells = vec![
        int(spec.replicas),
        int(status.replicas),
        int(status.ready_replicas),
        names,
        images,
        selector_cell(spec.selector.as_ref(), ctx),
    ];
    let selector = selector_labels(spec.selector.as_ref(), ctx);
    Ok(finish(ctx, &object, cells, selector, apps_health::replica_set))
}

/// `spec` of a replication controller: its selector is a plain map.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ControllerSpec<'a> {
    replicas: Option<i64>,
    #[serde(borrow)]
    selector: Pairs<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    template: Template<'a>,
}

fn controller(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, ControllerSpec<'_>, Status<'_>> = meta::decode(json)?;
    let (names, images) = object.spec.template.spec.layout(ctx);
    let cells = vec![
        int(object.spec.replicas),
        int(object.status.replicas),
        int(object.status.ready_replicas),
        names,
        images,
        pairs_cell(&object.spec.selector, ctx),
    ];
    let selector = Some(object.spec.selector.intern(ctx));
    let spec = Spec { replicas: object.spec.replicas, template: object.spec.template, ..Spec::default() };
    let object = Object { metadata: object.metadata, spec, status: object.status };
    Ok(finish(ctx, &object, cells, selector, apps_health::replica_set))
}

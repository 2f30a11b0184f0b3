//! Ingresses, ingress classes and network policies.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::health::terminating;
use super::meta::{self, Meta, Object, Str, nullable};
use super::parts::{Refs, Selector, selector_cell, selector_labels, text, text_or_none};
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::services::LoadBalancer;
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Problem, Row};

const GROUP: &str = "networking.k8s.io";

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new(GROUP, "v1", "ingresses", "ingress", "Ingress", ingress)
        .short(&["ing"])
        .columns(&[
            NAME,
            cell("CLASS", 0).drop(4),
            cell("HOSTS", 1).drop(1),
            cell("ADDRESS", 2),
            cell("PORTS", 3).drop(5),
            cell("BACKENDS", 4).extra_wide(),
            AGE,
        ])
        .drill(Drill::Reference("backend")),
    Record::new(GROUP, "v1", "ingressclasses", "ingressclass", "IngressClass", ingress_class)
        .cluster_scoped()
        .columns(&[
            NAME,
            cell("DEFAULT", 2).extra().drop(2),
            cell("CONTROLLER", 0).drop(1),
            cell("PARAMETERS", 1),
            AGE,
        ]),
    Record::new(GROUP, "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", network_policy)
        .short(&["netpol"])
        .alias(&["np"])
        .columns(&[
            NAME,
            cell("POD-SELECTOR", 0).drop(1),
            CAUSE.extra_wide(),
            AGE,
            cell("POLICY TYPES", 1).extra_wide(),
            num("INGRESS RULES", 2).extra_wide(),
            num("EGRESS RULES", 3).extra_wide(),
        ])
        .drill(Drill::PodsBySelector),
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IngressSpec<'a> {
    #[serde(borrow)]
    ingress_class_name: Str<'a>,
    #[serde(borrow)]
    default_backend: Option<Backend<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    rules: Vec<Rule<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    tls: Vec<Tls<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    host: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    http: Http<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    paths: Vec<HttpPath<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HttpPath<'a> {
    #[serde(borrow)]
    backend: Option<Backend<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Backend<'a> {
    #[serde(borrow)]
    service: Option<BackendService<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BackendService<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Tls<'a> {
    #[serde(borrow)]
    secret_name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IngressStatus<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    load_balancer: LoadBalancer<'a>,
}

fn ingress(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, IngressSpec<'_>, IngressStatus<'_>> = meta::decode(json)?;
    let (spec, namespace) = (&object.spec, &*object.metadata.namespace);
    let backends =
        spec.rules.iter().flat_map(|rule| &rule.http.paths).filter_map(|path| path.backend.as_ref());
    let services: Vec<&str> = spec
        .default_backend
        .iter()
        .chain(backends)
        .filter_map(|backend| backend.service.as_ref())
        .map(|service| &*service.name)
        .collect();
    let mut refs = Refs::default();
    for service in &services {
        refs.add(ctx, "services", namespace, service, "backend");
    }
    for tls in &spec.tls {
        refs.add(ctx, "secrets", namespace, &tls.secret_name, "certificate");
    }
    refs.add(ctx, "ingressclasses.networking.k8s.io", "", &spec.ingress_class_name, "class");
    let cells = vec![
        text_or_none(ctx, &spec.ingress_class_name),
        text(ctx, &hosts(&spec.rules)),
        text(ctx, &object.status.load_balancer.addresses()),
        text(ctx, if spec.tls.is_empty() { "80" } else { "80, 443" }),
        text(ctx, &super::parts::sorted_set(services.iter().copied())),
    ];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

/// The first three hosts; the rest is counted by rule, as kubectl does it.
fn hosts(rules: &[Rule<'_>]) -> String {
    const MOST: usize = 3;
    let (mut list, mut more) = (Vec::new(), false);
    for rule in rules {
        more |= list.len() == MOST;
        if !more && !rule.host.is_empty() {
            list.push(&*rule.host);
        }
    }
    match list.join(",") {
        joined if joined.is_empty() => "*".to_owned(),
        joined if more => format!("{joined} + {} more...", rules.len() - MOST),
        joined => joined,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClassSpec<'a> {
    #[serde(borrow)]
    controller: Str<'a>,
    #[serde(borrow)]
    parameters: Option<Parameters<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters<'a> {
    #[serde(borrow)]
    api_group: Option<Str<'a>>,
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
}

fn ingress_class(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, ClassSpec<'_>, IgnoredAny> = meta::decode(json)?;
    let parameters = object.spec.parameters.as_ref().map(|p| match &p.api_group {
        Some(group) => format!("{}.{}/{}", &*p.kind, &**group, &*p.name),
        None => format!("{}/{}", &*p.kind, &*p.name),
    });
    let cells = vec![
        text(ctx, &object.spec.controller),
        text_or_none(ctx, &parameters.unwrap_or_default()),
        default_mark(&object.metadata, ctx),
    ];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    Ok(meta::row(ctx, &object.metadata, cells, state, Facts::default()))
}

fn default_mark(metadata: &Meta<'_>, ctx: &mut Projecting) -> Cell {
    match metadata.annotations.get("ingressclass.kubernetes.io/is-default-class") {
        Some("true") => super::parts::flag(ctx, true),
        _ => Cell::Empty,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PolicySpec<'a> {
    #[serde(borrow)]
    pod_selector: Option<Selector<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    policy_types: Vec<Str<'a>>,
    #[serde(deserialize_with = "nullable")]
    ingress: Vec<IgnoredAny>,
    #[serde(deserialize_with = "nullable")]
    egress: Vec<IgnoredAny>,
}

fn network_policy(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, PolicySpec<'_>, IgnoredAny> = meta::decode(json)?;
    let spec = &object.spec;
    let types: Vec<&str> = spec.policy_types.iter().map(|kind| &**kind).collect();
    let rules = |list: &[IgnoredAny]| Cell::Int(i64::try_from(list.len()).unwrap_or(i64::MAX));
    let cells = vec![
        selector_cell(spec.pod_selector.as_ref(), ctx),
        text(ctx, &types.join(",")),
        rules(&spec.ingress),
        rules(&spec.egress),
    ];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    let selector = selector_labels(spec.pod_selector.as_ref(), ctx);
    let facts = Facts { selector, ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

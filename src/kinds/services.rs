//! Services and their (old) endpoints.

use serde::Deserialize;

use super::health::{health, ok, terminating};
use super::meta::{self, Meta, Object, Pairs, Str, nullable};
use super::parts::{Cond, Refs, conditions, pairs_cell, sorted_set, text, text_or_none, with_more};
use super::record::{AGE, CAUSE, NAME, Record, cell};
use super::{Drill, Projecting, Tags};
use crate::model::{Cell, Facts, Level, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("", "v1", "services", "service", "Service", service)
        .short(&["svc"])
        .in_all()
        .columns(&[
            NAME,
            cell("TYPE", 0).drop(2),
            cell("CLUSTER-IP", 1).drop(4),
            cell("EXTERNAL-IP", 2),
            cell("PORT(S)", 3),
            CAUSE.drop(5),
            AGE,
            cell("SELECTOR", 4).wide(),
        ])
        .drill(Drill::PodsBySelector)
        .tags(Tags::LOGS.and(Tags::FORWARD)),
    Record::new("", "v1", "endpoints", "endpoints", "Endpoints", endpoints)
        .short(&["ep"])
        .columns(&[NAME, cell("ENDPOINTS", 0), CAUSE, AGE])
        .drill(Drill::Reference("service")),
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow, rename = "clusterIP")]
    cluster_ip: Str<'a>,
    #[serde(borrow, rename = "clusterIPs", deserialize_with = "nullable")]
    cluster_ips: Vec<Str<'a>>,
    #[serde(borrow, rename = "externalIPs", deserialize_with = "nullable")]
    external_ips: Vec<Str<'a>>,
    #[serde(borrow)]
    external_name: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    ports: Vec<Port<'a>>,
    #[serde(borrow)]
    selector: Pairs<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Port<'a> {
    port: Option<i64>,
    node_port: Option<i64>,
    #[serde(borrow)]
    protocol: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    load_balancer: LoadBalancer<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

/// `status.loadBalancer` of services and ingresses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LoadBalancer<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    ingress: Vec<Ingress<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ingress<'a> {
    #[serde(borrow)]
    ip: Str<'a>,
    #[serde(borrow)]
    hostname: Str<'a>,
}

impl LoadBalancer<'_> {
    /// Returns the addresses, sorted.
    pub fn addresses(&self) -> String {
        sorted_set(self.ingress.iter().map(|i| if i.ip.is_empty() { &*i.hostname } else { &*i.ip }))
    }
}

fn service(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, Spec<'_>, Status<'_>> = meta::decode(json)?;
    let spec = &object.spec;
    let ports: Vec<String> = spec.ports.iter().map(port).collect();
    let external = external_ip(spec, &object.status);
    let pending = external == "<pending>";
    let cells = vec![
        text(ctx, &spec.kind),
        text_or_none(ctx, spec.cluster_ips.first().unwrap_or(&spec.cluster_ip)),
        text_or_none(ctx, &external),
        text_or_none(ctx, &ports.join(",")),
        pairs_cell(&spec.selector, ctx),
    ];
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None if pending => health(ctx, Level::Busy, "waits for a load balancer address"),
        None => ok(),
    };
    let facts = Facts {
        conditions: conditions(&object.status.conditions, ctx),
        selector: (!spec.selector.0.is_empty()).then(|| spec.selector.intern(ctx)),
        ..Facts::default()
    };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn port(port: &Port<'_>) -> String {
    let number = port.port.unwrap_or(0);
    match port.node_port {
        Some(node) if node > 0 => format!("{number}:{node}/{}", &*port.protocol),
        _ => format!("{number}/{}", &*port.protocol),
    }
}

fn external_ip(spec: &Spec<'_>, status: &Status<'_>) -> String {
    let own = spec.external_ips.iter().map(|ip| &**ip).collect::<Vec<_>>().join(",");
    match &*spec.kind {
        "ClusterIP" | "NodePort" => own,
        "LoadBalancer" => match (status.load_balancer.addresses(), own) {
            (given, own) if given.is_empty() && own.is_empty() => "<pending>".to_owned(),
            (given, own) if given.is_empty() || own.is_empty() => given + &own,
            (given, own) => format!("{given},{own}"),
        },
        "ExternalName" => spec.external_name.to_string(),
        _ => "<unknown>".to_owned(),
    }
}

#[derive(Debug, Deserialize)]
struct Endpoints<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    subsets: Vec<Subset<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Subset<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    addresses: Vec<Address<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    not_ready_addresses: Vec<Address<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    ports: Vec<Port<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Address<'a> {
    #[serde(borrow)]
    ip: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    target_ref: Target<'a>,
}

/// What stands behind an address.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Target<'a> {
    /// `Pod`, mostly.
    #[serde(borrow)]
    pub kind: Str<'a>,
    /// Name.
    #[serde(borrow)]
    pub name: Str<'a>,
    /// Namespace.
    #[serde(borrow)]
    pub namespace: Str<'a>,
}

impl Target<'_> {
    /// Adds the target as an endpoint.
    pub fn add(&self, refs: &mut Refs, ctx: &mut Projecting) {
        if &*self.kind == "Pod" {
            refs.add(ctx, "pods", &self.namespace, &self.name, "endpoint");
        }
    }
}

fn endpoints(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Endpoints<'_> = meta::decode(json)?;
    let mut list = Vec::new();
    for subset in &object.subsets {
        if subset.ports.is_empty() {
            list.extend(subset.addresses.iter().map(|address| address.ip.to_string()));
        }
        for port in &subset.ports {
            let number = port.port.unwrap_or(0);
            list.extend(subset.addresses.iter().map(|address| join_host_port(&address.ip, number)));
        }
    }
    let mut refs = Refs::default();
    refs.add(ctx, "services", &object.metadata.namespace, &object.metadata.name, "service");
    let all = |s: &Subset<'_>| (s.addresses.len(), s.not_ready_addresses.len());
    let (ready, unready) =
        object.subsets.iter().map(all).fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
    for address in object.subsets.iter().flat_map(|s| s.addresses.iter().chain(&s.not_ready_addresses)) {
        address.target_ref.add(&mut refs, ctx);
    }
    let cells = vec![if object.subsets.is_empty() { Cell::None } else { text(ctx, &with_more(&list, 3)) }];
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => endpoint_health(ready, ready + unready, ctx),
    };
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

/// Judges how many of a service's endpoints take traffic.
pub fn endpoint_health(ready: usize, all: usize, ctx: &mut Projecting) -> crate::model::Health {
    match (ready, all) {
        (0, 0) => health(ctx, Level::Attention, "no endpoint"),
        _ if ready < all => health(ctx, Level::Attention, &format!("{ready} of {all} ready")),
        _ => ok(),
    }
}

fn join_host_port(ip: &str, port: i64) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

//! Endpoint slices.

use serde::Deserialize;

use super::health::terminating;
use super::meta::{self, Meta, Str, nullable};
use super::parts::{Refs, text, with_more};
use super::record::{AGE, CAUSE, NAME, Record, cell};
use super::services::{Target, endpoint_health};
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Problem, Row};

/// The records of this file.
pub const RECORDS: &[Record] =
    &[Record::new("discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", slice)
        .alias(&["eps"])
        .columns(&[
            NAME,
            cell("ADDRESSTYPE", 0).drop(5),
            cell("PORTS", 1).drop(2),
            cell("ENDPOINTS", 2).drop(2),
            CAUSE,
            AGE,
        ])
        .drill(Drill::Reference("service"))];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Slice<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default)]
    address_type: Str<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    ports: Vec<Port<'a>>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    endpoints: Vec<Endpoint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Port<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    port: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Endpoint<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    addresses: Vec<Str<'a>>,
    #[serde(deserialize_with = "nullable")]
    conditions: EndpointConditions,
    #[serde(borrow, deserialize_with = "nullable")]
    target_ref: Target<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EndpointConditions {
    ready: Option<bool>,
}

fn slice(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Slice<'_> = meta::decode(json)?;
    let ports: Vec<String> = object
        .ports
        .iter()
        .map(|port| match (port.port, &port.name) {
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name.to_string(),
            (None, None) => "*".to_owned(),
        })
        .collect();
    let addresses: Vec<String> =
        object.endpoints.iter().flat_map(|endpoint| &endpoint.addresses).map(|a| a.to_string()).collect();
    let mut refs = Refs::default();
    let service = object.metadata.labels.get("kubernetes.io/service-name").unwrap_or_default().to_owned();
    refs.add(ctx, "services", &object.metadata.namespace, &service, "service");
    for endpoint in &object.endpoints {
        endpoint.target_ref.add(&mut refs, ctx);
    }
    // A missing condition counts as ready, as the API says.
    let ready = object.endpoints.iter().filter(|endpoint| endpoint.conditions.ready != Some(false)).count();
    let cells =
        vec![text(ctx, &object.address_type), list_or_unset(&ports, ctx), list_or_unset(&addresses, ctx)];
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => endpoint_health(ready, object.endpoints.len(), ctx),
    };
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn list_or_unset(list: &[String], ctx: &mut Projecting) -> Cell {
    match with_more(list, 3) {
        joined if joined.is_empty() => Cell::Unset,
        joined => text(ctx, &joined),
    }
}

//! Discovery, plain and aggregated, version, health, and where the OpenAPI documents are.

use std::sync::Arc;

use http::Response;
use serde_json::{Map, Value, json};

use super::World;
use super::ask::Ask;
use super::body::{Payload, full};
use super::kinds::Served;
use super::openapi;
use super::status::Refusal;

/// Answers a path that is no resource.
pub(crate) fn answer(world: &World, ask: &Ask) -> Result<Response<Payload>, Refusal> {
    let path = ask.path.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let kinds = world.catalog.all();
    let aggregated = aggregated(ask.header("accept"));
    match parts.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => text("ok"),
        ["version"] => value(version(&world.options.version)),
        ["api"] if aggregated.is_some() => typed(groups(&kinds, true), aggregated.unwrap_or_default()),
        ["apis"] if aggregated.is_some() => typed(groups(&kinds, false), aggregated.unwrap_or_default()),
        ["api"] => value(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": world.address()}],
        })),
        ["apis"] => value(
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": names(&kinds).iter().map(|g| group(&kinds, g)).collect::<Vec<_>>()}),
        ),
        ["apis", name] if names(&kinds).iter().any(|known| known == name) => {
            let mut body = group(&kinds, name);
            if let Some(fields) = body.as_object_mut() {
                fields.insert("kind".into(), "APIGroup".into());
                fields.insert("apiVersion".into(), "v1".into());
            }
            value(body)
        }
        ["api", version] => resources(&kinds, "", version),
        ["apis", group, version] => resources(&kinds, group, version),
        ["openapi", "v3"] => value(openapi::index(&kinds)),
        ["openapi", "v3", "api", version] => value(openapi::document(world, &kinds, "", version)),
        ["openapi", "v3", "apis", group, version] => value(openapi::document(world, &kinds, group, version)),
        ["openapi", "v2"] => value(json!({
            "swagger": "2.0", "info": {"title": "Kubernetes", "version": &*world.options.version}, "paths": {},
        })),
        [] => value(
            json!({"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]}),
        ),
        _ => Err(Refusal::no_such_path()),
    }
}

fn text(body: &'static str) -> Result<Response<Payload>, Refusal> {
    build("text/plain; charset=utf-8", body.into())
}

fn value(body: Value) -> Result<Response<Payload>, Refusal> {
    build("application/json", format!("{body}\n"))
}

fn typed(body: Value, version: &str) -> Result<Response<Payload>, Refusal> {
    let content = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    let mut body = body;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("apiVersion".into(), format!("apidiscovery.k8s.io/{version}").into());
    }
    build(&content, format!("{body}\n"))
}

fn build(content: &str, body: String) -> Result<Response<Payload>, Refusal> {
    Response::builder()
        .header("content-type", content)
        .body(full(body))
        .map_err(|error| Refusal::new(500, "InternalError", error.to_string()))
}

/// Returns the version of aggregated discovery that is asked for first.
fn aggregated(accept: &str) -> Option<&'static str> {
    accept.split(',').find_map(|choice| {
        let asked = choice.contains("as=APIGroupDiscoveryList") && choice.contains("application/json");
        let versions = ["v2beta1", "v2"];
        let known = versions
            .into_iter()
            .find(|version| choice.split(';').any(|part| part.trim() == format!("v={version}")));
        known.filter(|_| asked)
    })
}

fn version(version: &str) -> Value {
    let mut numbers = version.trim_start_matches('v').split('.');
    json!({
        "major": numbers.next().unwrap_or("1"), "minor": numbers.next().unwrap_or("37"), "gitVersion": version,
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2026-11-10T12:00:00Z", "goVersion": "go1.25.4", "compiler": "gc", "platform": "linux/amd64",
    })
}

/// Names of the groups other than the core group, in order.
fn names(kinds: &[Arc<Served>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for kind in kinds.iter().filter(|kind| !kind.group.is_empty()) {
        if !names.iter().any(|name| *name == *kind.group) {
            names.push(kind.group.to_string());
        }
    }
    names
}

/// Versions of a group, in order.
fn versions(kinds: &[Arc<Served>], group: &str) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for kind in kinds.iter().filter(|kind| *kind.group == *group) {
        if !versions.iter().any(|version| *version == *kind.version) {
            versions.push(kind.version.to_string());
        }
    }
    versions
}

fn group(kinds: &[Arc<Served>], name: &str) -> Value {
    let versions: Vec<Value> = versions(kinds, name)
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

fn scope(kind: &Served) -> &'static str {
    if kind.namespaced { "Namespaced" } else { "Cluster" }
}

/// A sub-resource's group, version and kind, where empty means those of the kind itself.
fn spoken<'k>(kind: &'k Served, sub: &super::kinds::Sub) -> (&'k str, &'k str, &'k str) {
    if sub.1.is_empty() { (&kind.group, &kind.version, &kind.kind) } else { (sub.2, sub.3, sub.1) }
}

fn groups(kinds: &[Arc<Served>], core: bool) -> Value {
    let names = if core { vec![String::new()] } else { names(kinds) };
    let items: Vec<Value> = names
        .iter()
        .map(|name| {
            let versions: Vec<Value> = versions(kinds, name)
                .iter()
                .map(|version| {
                    let of_version =
                        kinds.iter().filter(|kind| *kind.group == **name && *kind.version == **version);
                    let resources: Vec<Value> = of_version.map(|kind| aggregated_resource(kind)).collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let metadata = if core { json!({"creationTimestamp": null}) } else { json!({"name": name}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "metadata": {}, "items": items})
}

fn aggregated_resource(kind: &Served) -> Value {
    let mut fields = Map::new();
    fields.insert("resource".into(), (*kind.resource).into());
    fields.insert(
        "responseKind".into(),
        json!({"group": &*kind.group, "version": &*kind.version, "kind": &*kind.kind}),
    );
    fields.insert("scope".into(), scope(kind).into());
    fields.insert("singularResource".into(), (*kind.singular).into());
    fields.insert("verbs".into(), kind.verbs.into());
    let texts = |list: &[crate::model::Text]| list.iter().map(|text| Value::from(&**text)).collect::<Value>();
    if !kind.short.is_empty() {
        fields.insert("shortNames".into(), texts(&kind.short));
    }
    if !kind.categories.is_empty() {
        fields.insert("categories".into(), texts(&kind.categories));
    }
    let subs: Vec<Value> = kind
        .subs
        .iter()
        .map(|sub| {
            let (group, version, name) = spoken(kind, sub);
            json!({"subresource": sub.0, "responseKind": {"group": group, "version": version, "kind": name}, "verbs": sub.4})
        })
        .collect();
    if !subs.is_empty() {
        fields.insert("subresources".into(), subs.into());
    }
    Value::Object(fields)
}

fn resources(kinds: &[Arc<Served>], group: &str, version: &str) -> Result<Response<Payload>, Refusal> {
    let mut list = Vec::new();
    for kind in kinds.iter().filter(|kind| *kind.group == *group && *kind.version == *version) {
        let mut entry = json!({
            "name": &*kind.resource, "singularName": &*kind.singular, "namespaced": kind.namespaced,
            "kind": &*kind.kind, "verbs": kind.verbs,
        });
        let texts =
            |list: &[crate::model::Text]| list.iter().map(|text| Value::from(&**text)).collect::<Value>();
        if let Some(fields) = entry.as_object_mut() {
            if !kind.short.is_empty() {
                fields.insert("shortNames".into(), texts(&kind.short));
            }
            if !kind.categories.is_empty() {
                fields.insert("categories".into(), texts(&kind.categories));
            }
        }
        list.push(entry);
        for sub in &kind.subs {
            let (group, version, name) = spoken(kind, sub);
            let mut entry = json!({
                "name": format!("{}/{}", kind.resource, sub.0), "singularName": "", "namespaced": kind.namespaced,
                "kind": name, "verbs": sub.4,
            });
            if let (true, Some(fields)) = (!sub.1.is_empty() && *group != *kind.group, entry.as_object_mut())
            {
                fields.insert("group".into(), group.into());
                fields.insert("version".into(), version.into());
            }
            list.push(entry);
        }
    }
    if list.is_empty() {
        return Err(Refusal::no_such_path());
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    value(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list,
    }))
}

pub(crate) fn root(kind: &Served) -> String {
    if kind.group.is_empty() {
        format!("api/{}", kind.version)
    } else {
        format!("apis/{}/{}", kind.group, kind.version)
    }
}

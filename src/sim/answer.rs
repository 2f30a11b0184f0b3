//! From a request to its answer: rights first, then the verb's own code.

use std::sync::Arc;

use http::{Method, Response, StatusCode};
use serde_json::Value;

use super::World;
use super::access::Attempt;
use super::ask::{Ask, Target, target};
use super::body::{ListText, Payload, full, made};
use super::entry::{Entry, Key};
use super::faults::Fault;
use super::form::{Form, typed};
use super::status::{Refusal, success};
use super::write::{Removed, Written};
use super::{discovery, list, logs, metrics, parts, watch, write};

/// Answers a request.
pub(crate) fn answer(
    world: &Arc<World>,
    ask: &Ask,
    fault: Option<&Fault>,
) -> Result<Response<Payload>, Refusal> {
    match target(&world.catalog, &ask.path) {
        Some(target) => resource(world, ask, &target, fault),
        None => {
            let verb = ask.method.as_str().to_lowercase();
            world.access.authorize_path(&ask.user, &verb, &ask.path)?;
            discovery::answer(world, ask)
        }
    }
}

/// Turns a refusal into its answer.
pub(crate) fn refuse(refusal: &Refusal) -> Response<Payload> {
    let mut answer = Response::builder()
        .status(StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header("content-type", "application/json");
    if let Some(seconds) = refusal.retry_after {
        answer = answer.header("retry-after", seconds);
    }
    answer.body(full(format!("{}\n", refusal.body()))).unwrap_or_else(|_| Response::new(full("")))
}

fn verb(ask: &Ask, target: &Target) -> &'static str {
    match (&ask.method, &target.name) {
        (&Method::GET, _) if ask.flag("watch") && target.sub.is_none() => "watch",
        (&Method::GET | &Method::HEAD, Some(_)) => "get",
        (&Method::GET | &Method::HEAD, None) => "list",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, Some(_)) => "delete",
        (&Method::DELETE, None) => "deletecollection",
        _ => "",
    }
}

fn resource(
    world: &Arc<World>,
    ask: &Ask,
    target: &Target,
    fault: Option<&Fault>,
) -> Result<Response<Payload>, Refusal> {
    let verb = verb(ask, target);
    // The namespace of a namespace is itself, to the authorizer.
    let own = if &*target.kind.id == "namespaces" { target.name.as_deref() } else { None };
    let attempt = Attempt {
        verb,
        group: &target.kind.group,
        resource: &target.kind.resource,
        sub: target.sub.as_deref().unwrap_or_default(),
        namespace: target.namespace.as_deref().or(own).unwrap_or_default(),
        name: target.name.as_deref().unwrap_or_default(),
    };
    world.access.authorize(&ask.user, &target.kind, &attempt)?;
    if let Some(sub) = target.sub.as_deref() {
        return subresource(world, ask, target, verb, sub);
    }
    if !target.kind.verbs.contains(&verb) {
        return Err(Refusal::method(verb));
    }
    let review = matches!(&*target.kind.group, "authorization.k8s.io" | "authentication.k8s.io");
    match verb {
        "watch" => watch::watch(world, ask, target, fault),
        "list" => list::list(world, ask, target, fault),
        "get" => object(ask, target, StatusCode::OK, find(world, target)?.as_ref()),
        "create" if review => {
            let body = world.access.review(&ask.user, &target.kind.kind, ask.json()?);
            value(StatusCode::CREATED, &typed(&target.kind, body))
        }
        "create" => written(ask, target, write::create(world, ask, target)?),
        "update" => written(ask, target, write::update(world, ask, target)?),
        "patch" => written(ask, target, write::patch(world, ask, target)?),
        "delete" => match write::delete(world, ask, target)? {
            Removed::Going(entry) => object(ask, target, StatusCode::OK, &entry),
            Removed::Gone(entry) if &*target.kind.id == "pods" => object(ask, target, StatusCode::OK, &entry),
            Removed::Gone(entry) => {
                value(StatusCode::OK, &success(&target.kind, &entry.key.name, &entry.facts.uid))
            }
        },
        _ => collection(world, ask, target),
    }
}

fn collection(world: &Arc<World>, ask: &Ask, target: &Target) -> Result<Response<Payload>, Refusal> {
    let gone = write::delete_all(world, ask, target)?;
    let form = Form::plain(target.kind.clone());
    let head = form.head(world.store.rv(), None, None);
    let body = made(&world.slots, ListText::new(head, gone, form, None));
    Response::builder().header("content-type", "application/json").body(body).map_err(internal)
}

fn subresource(
    world: &Arc<World>,
    ask: &Ask,
    target: &Target,
    verb: &str,
    sub: &str,
) -> Result<Response<Payload>, Refusal> {
    let known = target.kind.sub(sub).ok_or_else(Refusal::no_such_path)?;
    if !known.4.contains(&verb) {
        return Err(Refusal::method(verb));
    }
    match (sub, verb) {
        ("log", _) => logs::log(world, ask, target, find(world, target)?.as_ref()),
        ("exec" | "attach" | "portforward", _) => {
            find(world, target)?;
            Err(not_served(target, sub, "it runs no containers"))
        }
        ("token" | "finalize" | "binding", _) => Err(not_served(target, sub, "it does not need it")),
        ("eviction", _) => {
            parts::evict(world, ask, target)?;
            let body = serde_json::json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
            value(StatusCode::CREATED, &body)
        }
        ("scale", "get") => value(StatusCode::OK, &parts::scale_of(&find(world, target)?.value())),
        ("scale", _) => {
            let (status, entry) = match verb {
                "patch" => write::patch(world, ask, target)?,
                _ => write::update(world, ask, target)?,
            };
            value(status, &parts::scale_of(&entry.value()))
        }
        (_, "get") => object(ask, target, StatusCode::OK, find(world, target)?.as_ref()),
        (_, "patch") => written(ask, target, write::patch(world, ask, target)?),
        _ => written(ask, target, write::update(world, ask, target)?),
    }
}

fn not_served(target: &Target, sub: &str, why: &str) -> Refusal {
    let message = format!("the simulated cluster does not serve {}/{sub}: {why}", target.kind.resource);
    Refusal::new(501, "NotImplemented", message)
}

fn find(world: &World, target: &Target) -> Result<Arc<Entry>, Refusal> {
    let key =
        Key::new(target.namespace.as_deref().unwrap_or_default(), target.name.as_deref().unwrap_or_default());
    let found = if target.kind.group.starts_with("metrics.") {
        metrics::one(world, &target.kind.id, &key)
    } else {
        world.store.get(&target.kind.stored, &key)
    };
    found.ok_or_else(|| Refusal::not_found(&target.kind, &key.name))
}

fn written(ask: &Ask, target: &Target, (status, entry): Written) -> Result<Response<Payload>, Refusal> {
    object(ask, target, status, &entry)
}

fn object(
    ask: &Ask,
    target: &Target,
    status: StatusCode,
    entry: &Entry,
) -> Result<Response<Payload>, Refusal> {
    let form = Form::negotiate(target.kind.clone(), ask.header("accept"), ask.param("includeObject"));
    let mut out = Vec::with_capacity(entry.body.len() + 128);
    form.single(entry, true, &mut out);
    out.push(b'\n');
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(full(out))
        .map_err(internal)
}

fn value(status: StatusCode, value: &Value) -> Result<Response<Payload>, Refusal> {
    let body = full(format!("{value}\n"));
    Response::builder().status(status).header("content-type", "application/json").body(body).map_err(internal)
}

fn internal(error: http::Error) -> Refusal {
    Refusal::new(500, "InternalError", error.to_string())
}

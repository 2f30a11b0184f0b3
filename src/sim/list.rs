//! Lists: pages pinned to a resource version, selectors, resource version rules, streamed and compressed.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use serde_json::{Value, json};

use super::World;
use super::ask::{Ask, Target};
use super::body::{self, Gzip, ListText, Payload, Spoil};
use super::entry::{Entry, Key};
use super::faults::Fault;
use super::form::Form;
use super::metrics;
use super::selector::Filter;
use super::status::Refusal;
use super::store::Snapshot;

/// Answers larger than this are compressed for clients that ask for it.
const COMPRESS_FROM: usize = 128 * 1024;

/// Builds the filter of a list or watch.
pub(crate) fn filter(ask: &Ask, target: &Target) -> Result<Filter, Refusal> {
    let mut filter = Filter::new(
        &target.kind,
        target.namespace.as_deref(),
        ask.param("labelSelector").unwrap_or_default(),
        ask.param("fieldSelector").unwrap_or_default(),
    )?;
    if let Some(name) = &target.name {
        filter.only(name);
    }
    Ok(filter)
}

/// Reads a resource version parameter.
pub(crate) fn version(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| {
        let mut refusal = Refusal::bad_request(format!(
            "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        ));
        refusal.details = Some(json!({}));
        refusal
    })
}

/// Answers a list.
pub(crate) fn list(
    world: &Arc<World>,
    ask: &Ask,
    target: &Target,
    fault: Option<&Fault>,
) -> Result<Response<Payload>, Refusal> {
    let filter = filter(ask, target)?;
    let form = Form::negotiate(target.kind.clone(), ask.header("accept"), ask.param("includeObject"));
    let limit = limit(ask)?;
    let page = Page::take(world, ask, target, &filter, limit)?;
    let made = is_metrics(target).then(|| metrics::making(world, &target.kind.id));
    let is_work = body::is_work(&page.items);
    let wants_gzip = ask.header("accept-encoding").contains("gzip");
    let is_packed = wants_gzip && body::is_larger(&page.items, COMPRESS_FROM);
    let head = form.head(page.rv, page.resume.as_deref(), page.remaining);
    let text = ListText::new(head, page.items, form, Spoil::of(fault)).making(made);
    let mut answer = Response::builder().header("content-type", "application/json");
    let body = if is_packed {
        answer = answer.header("content-encoding", "gzip").header("vary", "Accept-Encoding");
        body::made(&world.slots, Gzip::new(text))
    } else if is_work {
        body::made(&world.slots, text)
    } else {
        body::at_once(text)
    };
    answer.body(body).map_err(|error| Refusal::new(500, "InternalError", error.to_string()))
}

fn is_metrics(target: &Target) -> bool {
    target.kind.group.starts_with("metrics.")
}

fn limit(ask: &Ask) -> Result<Option<usize>, Refusal> {
    let Some(text) = ask.param("limit") else { return Ok(None) };
    let limit: usize = text.parse().map_err(|_| Refusal::bad_request(format!("invalid limit {text:?}")))?;
    // What the watch cache answers for version 0 is never paged.
    let unpaged = ask.param("resourceVersion") == Some("0") && ask.param("continue").is_none();
    Ok(Some(limit).filter(|limit| *limit > 0 && !unpaged))
}

struct Page {
    rv: u64,
    items: Vec<Arc<Entry>>,
    resume: Option<String>,
    remaining: Option<usize>,
}

impl Page {
    fn take(
        world: &World,
        ask: &Ask,
        target: &Target,
        filter: &Filter,
        limit: Option<usize>,
    ) -> Result<Self, Refusal> {
        let snapshot = snapshot(world, ask, target, filter)?;
        let (rv, total) = (snapshot.rv, snapshot.items.len());
        let Some(limit) = limit else {
            let selects = filter.selects();
            let mut items = snapshot.items;
            if selects {
                items.retain(|entry| filter.lets(entry));
            }
            return Ok(Self { rv, items, resume: None, remaining: None });
        };
        let mut items = Vec::with_capacity(limit.min(total));
        let mut more = None;
        for (index, entry) in snapshot.items.iter().enumerate() {
            if !filter.lets(entry) {
                continue;
            }
            if items.len() == limit {
                more = Some(total - index);
                break;
            }
            items.push(entry.clone());
        }
        let resume = more.and_then(|_| items.last()).map(|last| token(rv, &last.key));
        let remaining = more.filter(|_| !filter.selects());
        Ok(Self { rv, items, resume, remaining })
    }
}

fn snapshot(world: &World, ask: &Ask, target: &Target, filter: &Filter) -> Result<Snapshot, Refusal> {
    let (kind, namespace) = (&*target.kind.stored, filter.namespace());
    if is_metrics(target) {
        return Ok(metrics::snapshot(world, kind, namespace));
    }
    let now = world.store.rv();
    if let Some(text) = ask.param("continue") {
        let (rv, after) = read_token(text)?;
        let pinned = rv.unwrap_or(now);
        return world.store.list_at(kind, namespace, Some(&after), pinned).map_err(|_| {
            Refusal::continue_expired(encode(
                &json!({"v": "meta.k8s.io/v1", "rv": -1, "start": start(&after)}),
            ))
        });
    }
    match (ask.param("resourceVersion"), ask.param("resourceVersionMatch")) {
        (None | Some("0"), _) => Ok(world.store.list(kind, namespace)),
        (Some(text), matching) => {
            let asked = version(text)?;
            if asked > now {
                return Err(Refusal::too_new(asked, now));
            }
            let exact = matching == Some("Exact") || (matching.is_none() && ask.param("limit").is_some());
            if exact {
                let answer = world.store.list_at(kind, namespace, None, asked);
                answer.map_err(|old| Refusal::expired(asked, old.oldest))
            } else {
                Ok(world.store.list(kind, namespace))
            }
        }
    }
}

fn start(key: &Key) -> String {
    format!("{}/{}\0", key.namespace, key.name)
}

fn encode(token: &Value) -> String {
    URL_SAFE_NO_PAD.encode(token.to_string())
}

fn token(rv: u64, last: &Key) -> String {
    encode(&json!({"v": "meta.k8s.io/v1", "rv": rv, "start": start(last)}))
}

/// Reads a continue token: the version it is pinned to, if it still is, and the key after which it goes on.
fn read_token(text: &str) -> Result<(Option<u64>, Key), Refusal> {
    let bad = || Refusal::bad_request("continue key is not valid: unable to decode the token");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let start = token.get("start").and_then(Value::as_str).ok_or_else(bad)?;
    let (namespace, name) = start.trim_end_matches('\0').split_once('/').ok_or_else(bad)?;
    Ok((token.get("rv").and_then(Value::as_u64), Key::new(namespace, name)))
}

//! The selected row's place in the world, in one line: who owns it, where it runs, what it serves, and
//! why it is not well. Reads rows that are cached anyway; asks nobody.

use std::sync::Arc;

use super::drill::owner_kind;
use super::{TableView, What};
use crate::kinds::Source;
use crate::model::row::{Owner, Ref};
use crate::model::{Cell, KindId, Level, ObjKey, Row, Text};
use crate::theme::{Theme, Token};
use crate::views::Cx;

/// One link of the chain and how it is drawn.
pub type Link = (String, Token);

/// Most owners that are followed upwards: a ring of them must not hang the screen.
const HIGHEST: usize = 5;

/// Most things that a row names which are told.
const NAMED: usize = 3;

/// The label that names the template of a deployment's pods.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// Returns the chain of the selected row, topmost owner first; empty when nothing is selected.
pub(super) fn chain(view: &TableView, cx: &Cx<'_>) -> Vec<Link> {
    let Some(row) = view.selected() else { return Vec::new() };
    let mut links = Vec::new();
    if let What::Containers(pod) = &view.what {
        if let Some(pod) = cached(cx, &pod.key) {
            links = owners(cx, &pod);
        }
        links.push((format!("Pod {}", pod.key.name), Token::Text));
        links.push((format!("Container {}", row.key.name), Token::Text));
    } else {
        links = owners(cx, row);
        // The cursor says which one.
        let kind = view.kind.as_ref().map_or(&*row.key.kind.0, |kind| &*kind.kind);
        links.push((kind.to_owned(), Token::Text));
    }
    links.extend(below(cx, row));
    if let Some(reason) = &row.health.reason {
        let sign = cx.theme.sign(row.health.level);
        links.push((format!("{sign} {reason}").trim_start().to_owned(), level(row)));
    }
    // A kind alone says nothing that the title does not.
    if links.len() == 1 { Vec::new() } else { links }
}

/// The owners, topmost first.
fn owners(cx: &Cx<'_>, row: &Row) -> Vec<Link> {
    let mut links = Vec::new();
    let mut below = Arc::new(row.clone());
    for _ in 0..HIGHEST {
        let Some(owner) = below.owner() else { break };
        let key = owner_key(cx, &below, owner);
        let Some(found) = cached(cx, &key) else {
            let unseen = || (format!("{} {}", owner.kind, owner.name), Token::Text);
            links.push(deployment(owner, row).unwrap_or_else(unseen));
            break;
        };
        // A replica set is a deployment's own affair: what it is short of, that one is short of.
        if &*owner.kind != "ReplicaSet" || found.owner().is_none() {
            links.push((format!("{} {}{}", owner.kind, owner.name, ready(cx, &found)), level(&found)));
        }
        below = found;
    }
    links.reverse();
    links
}

fn owner_key(cx: &Cx<'_>, row: &Row, owner: &Owner) -> ObjKey {
    let (cluster, namespace) = (row.key.cluster.clone(), row.key.namespace.clone());
    let kind = owner_kind(cx, &cluster, owner);
    ObjKey { cluster, kind, namespace, name: owner.name.clone() }
}

/// A replica set that is not cached still tells its deployment: its name is that one's and the hash of
/// the template, which its pods carry as a label.
fn deployment(owner: &Owner, pod: &Row) -> Option<Link> {
    let hash = pod.label(TEMPLATE_HASH).filter(|_| &*owner.kind == "ReplicaSet")?;
    let name = owner.name.strip_suffix(hash)?.strip_suffix('-')?;
    Some((format!("Deployment {name}"), Token::Text))
}

/// What the row leads to: its node, what it selects, what it names.
fn below(cx: &Cx<'_>, row: &Row) -> Vec<Link> {
    if let Some(name) = row.facts.node.as_ref().filter(|name| !name.is_empty()) {
        return vec![node(cx, row, name)];
    }
    let selector = row.facts.selector.as_ref().filter(|labels| !labels.is_empty());
    let selects = selector.map(|labels| {
        let terms: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        (format!("selects {}", terms.join(",")), Token::Text)
    });
    let mut named: Vec<Link> = Vec::new();
    // A pod names its volumes and accounts, which says little of where it belongs.
    let refs: &[Ref] = if row.facts.containers.is_empty() { &row.facts.refs } else { &[] };
    for other in refs {
        let kind = cx.world.kind(&row.key.cluster, &other.kind);
        let kind = kind.as_ref().map_or(&*other.kind.0, |kind| &*kind.kind);
        let link = (format!("{kind} {}", other.name), Token::Text);
        if named.len() < NAMED && !named.contains(&link) {
            named.push(link);
        }
    }
    selects.into_iter().chain(named).collect()
}

fn node(cx: &Cx<'_>, row: &Row, name: &Text) -> Link {
    let (cluster, kind) = (row.key.cluster.clone(), KindId("nodes".into()));
    let found = cached(cx, &ObjKey { cluster, kind, namespace: Text::default(), name: name.clone() });
    match found.as_ref().filter(|node| node.health.is_fault()) {
        Some(node) => {
            let reason = node.health.reason.as_deref().unwrap_or_default();
            (format!("node {name} {reason}").trim_end().to_owned(), level(node))
        }
        None => (format!("node {name}"), Token::Text),
    }
}

/// How many of how many are ready, as the owner's own table says it.
fn ready(cx: &Cx<'_>, row: &Row) -> String {
    let kind = cx.world.kind(&row.key.cluster, &row.key.kind);
    let source =
        kind.and_then(|kind| Some(kind.columns.iter().find(|column| &*column.title == "READY")?.source));
    match source {
        Some(Source::Cell(at)) => match row.cells.get(usize::from(at)) {
            Some(cell @ Cell::Ratio(..)) => format!(" {}", cell.show(cx.now)),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

fn level(row: &Row) -> Token {
    if row.health.level == Level::Ok { Token::Text } else { Theme::level(row.health.level) }
}

/// Finds a row in whichever shard of its kind holds it.
fn cached(cx: &Cx<'_>, key: &ObjKey) -> Option<Arc<Row>> {
    cx.store.all_of(&key.cluster, &key.kind).find_map(|shard| {
        // What belongs to the whole cluster has no namespace, whatever its dependent has.
        let bare = ObjKey { namespace: Text::default(), ..key.clone() };
        shard.get(key).or_else(|| shard.get(&bare))
    })
}

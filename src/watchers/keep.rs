//! One shard's task: a single engine, or one a namespace where the whole may not be read.

use std::collections::HashMap;

use tokio::sync::watch;

use super::api::Api;
use super::engine::{Engine, OnForbidden, Plant};
use super::link::Encoding;
use crate::cluster::task::{self, Task};
use crate::model::{Freshness, KindId, Problem, ProblemKind, Scope, Text, WatchScope};
use crate::store::Shard;

/// Each namespace of the fallback is a connection of its own; more than this would burden the server.
const NAMESPACES: usize = 64;

/// The namespaces to fall back to, as they become known.
pub(crate) type Namespaces = watch::Receiver<Vec<Text>>;

/// Keeps one shard true until the task is dropped.
pub(crate) async fn keep<A: Api>(plant: Plant<A>, scope: WatchScope, mut namespaces: Namespaces) {
    let partition = match scope {
        WatchScope::Namespace(namespace) if plant.def.scope == Scope::Namespaced => namespace,
        // Kinds without namespaces have one part, whatever was asked for.
        WatchScope::Namespace(_) | WatchScope::All => Text::from(""),
    };
    if !plant.offers("list") {
        refuse(&plant.shard, &plant.def.id, "the server offers no such verb");
        return std::future::pending().await;
    }
    let may_fall_back = partition.is_empty() && plant.def.scope == Scope::Namespaced;
    let on_forbidden = if may_fall_back { OnForbidden::GiveUp } else { OnForbidden::AskAgain };
    loop {
        let problem = Engine::new(&plant, partition.clone(), on_forbidden).run().await;
        one_by_one(&plant, problem, &mut namespaces).await;
        // The rows stay; the list that follows covers everything and swaps them.
        plant.shard.set_namespaces(Vec::new(), (plant.clock)());
    }
}

/// Marks a shard as one that the server has nothing for.
pub(crate) fn refuse(shard: &Shard, kind: &KindId, why: &str) {
    let partition = match &shard.key().scope {
        WatchScope::Namespace(namespace) => namespace.clone(),
        WatchScope::All => Text::from(""),
    };
    let problem = Problem::new(ProblemKind::NotFound, format!("{kind} cannot be listed: {why}"));
    shard.set_freshness(&partition, Freshness::Gone(problem));
}

/// Watches namespace by namespace until the whole may be read.
async fn one_by_one<A: Api>(plant: &Plant<A>, problem: Problem, namespaces: &mut Namespaces) {
    let mut engines: HashMap<Text, Task> = HashMap::new();
    let mut orders = plant.orders.clone();
    orders.mark_unchanged();
    loop {
        let mut known = namespaces.borrow_and_update().clone();
        known.truncate(NAMESPACES);
        engines.retain(|namespace, engine| known.contains(namespace) && !engine.is_finished());
        plant.shard.set_namespaces(known.clone(), (plant.clock)());
        if known.is_empty() {
            plant.shard.set_freshness(&"".into(), Freshness::Forbidden(problem.clone()));
        }
        for namespace in known {
            engines.entry(namespace.clone()).or_insert_with(|| {
                let name = format!("watch {} in {namespace}", plant.def.id);
                let plant = plant.clone();
                task::spawn(name, async move {
                    until_allowed(&plant, &namespace).await;
                    Engine::new(&plant, namespace, OnForbidden::AskAgain).run().await;
                })
            });
        }
        loop {
            let is_new = tokio::select! {
                changed = namespaces.changed() => { closed(changed).await; true }
                changed = orders.changed() => { closed(changed).await; false }
                () = tokio::time::sleep(plant.timing.forbidden) => false,
            };
            if is_new {
                break;
            }
            if may_read_all(plant).await {
                return;
            }
        }
    }
}

/// Waits while the user's rules rule the list out: asked once for all kinds of a namespace, they save each of
/// them a request that would be refused. When asked by hand, the server itself is to say no.
async fn until_allowed<A: Api>(plant: &Plant<A>, namespace: &Text) {
    let gvr = &plant.def.gvr;
    let mut orders = plant.orders.clone();
    orders.mark_unchanged();
    while plant.api.may_list(namespace, &gvr.group, &gvr.resource).await == Some(false) {
        let what = format!("your rights in namespace {namespace} do not include list on {}", plant.def.id);
        let problem = Problem::new(ProblemKind::Forbidden, what)
            .hint(format!("ask for a role there with list and watch on {}", plant.def.id));
        plant.shard.set_freshness(namespace, Freshness::Forbidden(problem));
        tokio::select! {
            changed = orders.changed() => {
                closed(changed).await;
                return;
            }
            () = tokio::time::sleep(plant.timing.forbidden) => {}
        }
    }
}

/// A channel whose sender is gone says so at once and for ever: its task is about to be stopped.
async fn closed<E>(changed: Result<(), E>) {
    if changed.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Asks for one object of all: the cheapest question that a gained right answers.
async fn may_read_all<A: Api>(plant: &Plant<A>) -> bool {
    let link = plant.link(&"".into());
    link.get(&[("limit", "1")], Encoding::Identity, plant.timing.header).await.is_ok()
}

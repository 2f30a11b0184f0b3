//! What is given up when memory is short, and what goes on nevertheless.

use super::embedded::World;
use super::*;
use crate::cluster::Cluster;
use crate::commands::Target;
use crate::kinds::catalog::Catalog;
use crate::runtime::effects;
use crate::sim::{Fault, FaultScript};

/// Each pod takes some 300 bytes as a row.
fn many(pods: usize) -> Answer {
    let items: Vec<String> = (0..pods).map(|at| pod(&format!("pod-{at:05}"), 1)).collect();
    Answer::Body(list_of(&items, 1))
}

fn halted(shard: &Shard) -> bool {
    matches!(shard.freshness(), Freshness::Halted(_))
}

#[tokio::test]
async fn a_list_beyond_the_limit_loses_its_texts_and_is_ended_and_yaml_comes_from_the_server() {
    const PODS: usize = 1_000;
    let world = World::with_pods(PODS).await;
    let cluster = world.connected().await;
    let store = Arc::new(Store::with_clock(Arc::new(Bell::default()), clock));
    store.set_limit(1_000_000);
    let catalog = Catalog::builtin();
    let supervisor: Supervisor<Cluster> = Supervisor::with_timing(store.clone(), clock, quick());
    supervisor.add_cluster(cluster.clone());
    let known = catalog.clone();
    supervisor.set_kinds(cluster.id(), Arc::new(move |id| known.get(id)));
    let key = ShardKey { cluster: cluster.id().clone(), ..all_pods() };
    supervisor.want(vec![key.clone()]);
    let shard = store.shard(&key);
    until("the limit", || halted(&shard)).await;
    until("a count of all", || shard.status().expected.is_some()).await;
    let status = shard.status();
    assert!(status.is_bare && (200..PODS).contains(&status.rows), "{status:?}");
    assert!(status.expected.is_some_and(|all| all >= PODS), "{status:?}");
    assert!((500_000..1_000_000).contains(&store.bytes()), "{}", store.bytes());

    let crate::store::Delta::Full(rows) = shard.read(None).1 else { panic!("all rows") };
    let (key, uid) = (rows[0].key.clone(), rows[0].uid.clone());
    assert_eq!(shard.text(&key), None);
    let target = Target { key: key.clone(), uid };
    let kind = catalog.get(&key.kind);
    let yaml = effects::yaml(Some(cluster.clone()), kind.clone(), store.clone(), target.clone()).await;
    assert!(yaml.is_ok_and(|yaml| yaml.starts_with("apiVersion: v1\nkind: Pod\n")));
    world.sim.set_faults(FaultScript::none().on(&key.name, 9, Fault::Status(500, None)));
    let none = effects::yaml(Some(cluster), kind, store, target).await;
    assert!(none.is_err(), "there is no copy to fall back to");
}

#[tokio::test]
async fn what_was_left_gives_up_its_rows_before_a_list_on_screen_is_ended() {
    let server = Server::new(|asked| match (asked.is_watch(), asked.path.contains("namespaces/")) {
        (true, _) => silence(),
        (false, true) => many(100),
        (false, false) => many(2_000),
    });
    let deck = Deck::idle(server, Timing { linger: Duration::from_secs(60), ..quick() });
    deck.supervisor.want(vec![all_pods()]);
    deck.live().await;
    let whole = deck.store.bytes();
    let of_shop = ShardKey { scope: WatchScope::Namespace("shop".into()), ..all_pods() };
    deck.supervisor.want(vec![of_shop.clone()]);
    let shop = deck.store.shard(&of_shop);
    until("the namespace", || shop.freshness().is_live()).await;
    assert!(deck.store.find(&all_pods()).is_some(), "there is room");
    deck.store.set_limit(whole / 2);
    until("room", || deck.store.find(&all_pods()).is_none()).await;
    assert_eq!((names(&shop).len(), shop.freshness().is_live()), (100, true));
}

#[tokio::test]
async fn a_list_that_was_ended_is_got_anew_only_when_asked_for() {
    let server = Server::new(|asked| match (asked.is_watch(), asked.get("limit")) {
        (true, _) => silence(),
        (false, Some(_)) => Answer::Body(
            r#"{"kind":"PodList","metadata":{"resourceVersion":"1","remainingItemCount":4999},"items":[{}]}"#
                .into(),
        ),
        (false, None) => many(5_000),
    });
    let deck = Deck::idle(server, quick());
    deck.store.set_limit(300_000);
    deck.supervisor.want(vec![all_pods()]);
    until("the limit", || halted(&deck.shard)).await;
    until("a count", || deck.shard.status().expected == Some(5_000)).await;
    let lists = || deck.server.lists().iter().filter(|asked| asked.get("limit").is_none()).count();
    assert_eq!(lists(), 1, "nothing asks again by itself");
    deck.store.set_limit(usize::MAX);
    deck.supervisor.refresh(&[all_pods()]);
    let anew = || deck.store.find(&all_pods()).filter(|shard| shard.freshness().is_live());
    until("all rows", || anew().is_some_and(|shard| shard.status().rows == 5_000)).await;
    assert_eq!(lists(), 2);
}

//! The context row: the chain of the selected row.

use super::{Bench, NOW, broken, pod, pods, spec};
use crate::commands::NamespaceSet;
use crate::model::row::Owner;
use crate::model::{Freshness, Health, KindId, Level, ShardKey, Text, Uid, WatchScope};
use crate::store::Change;
use crate::views::View;

fn owner(kind: &str, name: &str) -> Owner {
    Owner {
        api_version: "apps/v1".into(),
        kind: kind.into(),
        name: name.into(),
        uid: Uid::Other("u".into()),
        controller: true,
    }
}

fn words(bench: &mut Bench) -> Vec<String> {
    bench.with(|view, cx| view.context(cx)).into_iter().map(|(text, _)| text).collect()
}

#[test]
fn a_pods_chain_goes_from_its_deployment_to_its_node_and_says_why_it_is_ill() {
    let mut bench = Bench::pods();
    let mut row = broken("shop", "api-7d9f-x2", 3);
    row.owners = Box::new([owner("ReplicaSet", "api-7d9f")]);
    row.labels = [("pod-template-hash".into(), "7d9f".into())].into();
    row.facts.node = Some("n-3".into());
    bench.upsert([row]);
    let chain = [
        "Deployment api",
        "ReplicaSet api-7d9f",
        "Pod api-7d9f-x2",
        "node n-3",
        "✖ OOMKilled 137, limit 512Mi",
    ];
    assert_eq!(words(&mut bench), chain);
    // The node is cached, because the header counts nodes: what is wrong with it is told.
    let key = ShardKey {
        cluster: spec(NamespaceSet::All).clusters[0].clone(),
        kind: KindId("nodes".into()),
        scope: WatchScope::All,
    };
    let mut node = pod("", "n-3");
    node.key.kind = KindId("nodes".into());
    node.health = Health { level: Level::Attention, reason: Some("MemoryPressure".into()) };
    let shard = bench.store.shard(&key);
    shard.set_freshness(&Text::from(""), Freshness::Live);
    shard.apply(&Text::from(""), vec![Change::Upsert { row: node, text: b"{}".to_vec() }]);
    assert_eq!(words(&mut bench)[3], "node n-3 MemoryPressure");
}

#[test]
fn a_row_of_which_nothing_more_is_known_has_no_chain() {
    let mut bench = Bench::of(pods(), spec(NamespaceSet::All), &["prod-eu"]);
    assert_eq!(words(&mut bench), [""; 0]);
    bench.now = NOW;
    bench.upsert([pod("shop", "alone")]);
    assert_eq!(words(&mut bench), [""; 0]);
}

#[test]
fn what_a_service_selects_and_names_is_told() {
    let mut bench = Bench::pods();
    let mut row = pod("shop", "api");
    row.facts.selector = Some([("app".into(), "api".into())].into());
    bench.upsert([row]);
    assert_eq!(words(&mut bench), ["Pod api", "selects app=api"]);
}

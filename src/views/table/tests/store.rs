//! The table on the real store: revisions, re-made shards, kinds that become known later.

use std::sync::Arc;

use super::{NOW, pod, spec};
use crate::commands::{ClusterFacts, NamespaceSet, World};
use crate::kinds::catalog::Catalog;
use crate::model::{ClusterId, Freshness, KindId, Row, Text};
use crate::store::{Change, Store};
use crate::views::table::TableView;
use crate::views::widgets::testing;
use crate::views::{Cx, View};

fn world() -> World {
    let mut world = World::default();
    let facts = ClusterFacts { catalog: Arc::new(Catalog::builtin()), ..ClusterFacts::default() };
    world.clusters.insert(ClusterId("prod-eu".into()), facts);
    world
}

fn upsert(row: Row) -> Change {
    Change::Upsert { row, text: b"{}".to_vec() }
}

#[test]
fn rows_come_by_revision_and_survive_a_shard_that_is_made_again() {
    let (store, world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
    let mut view = TableView::open(spec(NamespaceSet::All), None, false, &cx);
    let mut keys = Vec::new();
    view.wants(&cx, &mut keys);
    assert_eq!(keys.len(), 1);
    let partition = Text::from("");
    let shard = store.shard(&keys[0]);
    shard.set_freshness(&partition, Freshness::Live);
    shard.apply(&partition, vec![upsert(pod("shop", "a")), upsert(pod("shop", "b"))]);
    assert!(view.refresh(&cx));
    assert_eq!(view.order.shown(), 2);
    assert!(!view.refresh(&cx), "nothing changed since");
    assert_eq!(view.loaded(&cx), Ok(true));
    store.drop_shard(&keys[0]);
    let shard = store.shard(&keys[0]);
    shard.apply(&partition, vec![upsert(pod("shop", "c"))]);
    view.refresh(&cx);
    let names: Vec<_> = view.order.shown_from(0).map(|row| row.key.name.to_string()).collect();
    assert_eq!(names, ["c"]);
}

#[test]
fn cluster_scoped_kinds_need_one_watch_however_many_namespaces_are_chosen() {
    let (store, world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
    let wants = |kind: &str| {
        let mut spec = spec(NamespaceSet::Only(vec!["a".into(), "b".into(), "a".into()]));
        spec.kind = KindId(kind.into());
        let mut keys = Vec::new();
        TableView::open(spec, None, false, &cx).wants(&cx, &mut keys);
        keys.len()
    };
    assert_eq!((wants("pods"), wants("nodes")), (2, 1));
}

//! The table on the real store: revisions, re-made shards, kinds that become known later.

use std::sync::Arc;

use super::{NOW, pod, spec};
use crate::commands::{ClusterFacts, NamespaceSet, TableSpec, World};
use crate::kinds::catalog::Catalog;
use crate::kinds::{Metric, Projecting, containers};
use crate::model::{ClusterId, Freshness, KindId, Row, ShardKey, Text, WatchScope};
use crate::store::{Change, Store};
use crate::views::table::{TableView, metrics};
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
    view.wants(&mut keys);
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
fn a_namespace_that_does_not_exist_is_told_from_an_empty_one() {
    let (store, mut world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let spec = spec(NamespaceSet::Only(vec!["shp".into()]));
    let facts = world.clusters.get_mut(&spec.clusters[0]).unwrap();
    facts.namespaces = vec!["default".into(), "shop".into()];
    facts.link.connected = true;
    let mut tell = |may_list: Option<bool>| {
        world.clusters.values_mut().for_each(|facts| facts.may_list_namespaces = may_list);
        let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
        let mut view = TableView::open(spec.clone(), None, false, &cx);
        let mut keys = Vec::new();
        view.wants(&mut keys);
        store.shard(&keys[0]).set_freshness(&Text::from(""), Freshness::Live);
        view.refresh(&cx);
        let mut out = String::new();
        view.print(&cx, &mut out);
        (view.loaded(&cx), out)
    };
    assert_eq!(tell(None), (Ok(false), "There are no Pods in shp.\n".into()), "worth waiting for");
    assert_eq!(tell(Some(false)), (Ok(true), "There are no Pods in shp.\n".into()), "nobody can know");
    let (loaded, out) = tell(Some(true));
    assert_eq!(out, "namespace \"shp\" not found\n");
    assert_eq!(loaded.unwrap_err().hint.as_deref(), Some("did you mean shop?"));
}

#[test]
fn cluster_scoped_kinds_need_one_watch_however_many_namespaces_are_chosen() {
    let (store, world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
    let wants = |kind: &str| {
        let mut spec = spec(NamespaceSet::Only(vec!["a".into(), "b".into(), "a".into()]));
        spec.kind = KindId(kind.into());
        let mut keys = Vec::new();
        TableView::open(spec, None, false, &cx).wants(&mut keys);
        keys.len()
    };
    assert_eq!((wants("pods"), wants("nodes")), (2, 1));
}

#[test]
fn pods_are_counted_on_their_nodes_as_they_come_and_go() {
    let (store, world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
    let nodes = TableSpec { kind: KindId("nodes".into()), ..spec(NamespaceSet::All) };
    let mut view = TableView::open(nodes, Some(("PODS".into(), true)), false, &cx);
    let (mut keys, partition) = (Vec::new(), Text::from(""));
    view.wants(&mut keys);
    view.wants_counted(&mut keys);
    let shards: Vec<_> = keys.iter().map(|key| store.shard(key)).collect();
    let node = |name: &str| {
        let mut row = pod("", name);
        row.key.kind = KindId("nodes".into());
        upsert(row)
    };
    let on = |name: &str, node: &str| {
        let mut row = pod("shop", name);
        row.facts.node = Some(node.into());
        upsert(row)
    };
    shards[0].apply(&partition, vec![node("a"), node("b")]);
    shards[0].set_freshness(&partition, Freshness::Live);
    shards[1].apply(&partition, vec![on("p1", "a"), on("p2", "a"), on("p3", "b")]);
    view.refresh(&cx);
    let counts = |view: &TableView| -> Vec<(String, String)> {
        let cell = |row: &Row| metrics::metric_cell(&cx, row, Metric::Pods).show(NOW);
        view.order.shown_from(0).map(|row| (row.key.name.to_string(), cell(row))).collect()
    };
    let pair = |name: &str, count: &str| (name.to_owned(), count.to_owned());
    assert_eq!(counts(&view), [pair("a", "–"), pair("b", "–")], "half a count is none");
    assert_eq!(view.loaded(&cx), Ok(false));
    shards[1].set_freshness(&partition, Freshness::Live);
    assert!(view.refresh(&cx));
    assert_eq!(counts(&view), [pair("a", "2"), pair("b", "1")]);
    assert_eq!(view.loaded(&cx), Ok(true));
    let key = pod("shop", "p1").key;
    shards[1].apply(&partition, vec![on("p2", "b"), Change::Delete { key, at: NOW }]);
    assert!(view.refresh(&cx), "a pod that moves changes the picture of the nodes");
    assert_eq!(counts(&view), [pair("b", "2"), pair("a", "0")]);
}

#[test]
fn gpus_are_counted_whatever_their_make_and_without_metrics() {
    let (store, world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
    let project = |kind: &str, json: &str| {
        let def = Catalog::builtin().get(&KindId(kind.into())).unwrap();
        def.project(json.as_bytes(), &mut Projecting::new(ClusterId("prod-eu".into()), def.id.clone()))
            .unwrap()
    };
    let trainer = project(
        "pods",
        r#"{"metadata":{"name":"trainer","namespace":"ml"},"spec":{"containers":[
            {"name":"a","resources":{"requests":{"nvidia.com/gpu":"2"},"limits":{"nvidia.com/gpu":"2"}}},
            {"name":"b","resources":{"limits":{"nvidia.com/mig-1g.5gb":"1","cpu":"1"}}},
            {"name":"proxy"}]}}"#,
    );
    let bounds = |row: &Row| metrics::metric_cell(&cx, row, Metric::GpuBounds).show(NOW);
    assert_eq!(bounds(&trainer), "2:3");
    assert_eq!(bounds(&pod("shop", "web")), "–", "nobody asks for one");
    let containers: Vec<String> =
        containers::rows(&trainer).iter().map(|row| row.cells.last().unwrap().show(NOW)).collect();
    assert_eq!(containers, ["2:2", "–:1", "–"]);
    let greedy = r#"{"name":"a","resources":{"requests":{"nvidia.com/gpu":"9000000000000000000","cpu":"9000000000000000"}}}"#;
    let greedy = format!(
        r#"{{"metadata":{{"name":"g","namespace":"ml"}},"spec":{{"containers":[{greedy},{greedy}]}}}}"#
    );
    let greedy = project("pods", &greedy);
    let cpu = metrics::metric_cell(&cx, &greedy, Metric::CpuBounds).show(NOW);
    assert_eq!((bounds(&greedy), cpu), (format!("{}:–", i64::MAX), format!("{}:–", i64::MAX)));
    let node = project(
        "nodes",
        r#"{"metadata":{"name":"n"},"status":{"allocatable":{"amd.com/gpu":"7"},"capacity":{"amd.com/gpu":"8"}}}"#,
    );
    assert_eq!((node.cells[13].show(NOW), node.cells[14].show(NOW)), ("7".into(), "8".into()));
    let mut view = TableView::open(spec(NamespaceSet::All), None, true, &cx);
    view.refresh(&cx);
    let titles: Vec<&str> = view.rules.shape.shown().map(|column| &*column.title).collect();
    assert!(titles.contains(&"GPU/R:L") && !titles.contains(&"%CPU/R"), "no metrics are served: {titles:?}");
}

#[test]
fn labels_of_the_command_line_are_asked_of_the_server_unless_all_rows_are_here() {
    let (store, world, theme) = (Store::new(Arc::default()), world(), testing::theme());
    let cx = Cx { store: &store, world: &world, theme: &theme, now: NOW };
    let wants = |view: &TableView| {
        let mut keys = Vec::new();
        view.wants(&mut keys);
        keys.into_iter().map(|key| key.scope).collect::<Vec<_>>()
    };
    let open = |namespaces, filter: &str| {
        TableView::open(TableSpec { filter: filter.into(), ..spec(namespaces) }, None, false, &cx)
    };
    let labelled = |namespace: &str| WatchScope::Labelled {
        namespace: namespace.into(),
        labels: "app=web,env!=dev".into(),
    };
    let filter = "-l app=web,env!=dev crash";
    let in_two = open(NamespaceSet::Only(vec!["a".into(), "b".into()]), filter);
    assert_eq!(wants(&in_two), [labelled("a"), labelled("b")]);
    for either in ["-l app=web | crash", "!label:app=web", "app"] {
        assert_eq!(wants(&open(NamespaceSet::All, either)), [WatchScope::All], "{either}");
    }

    let mut view = open(NamespaceSet::All, filter);
    assert_eq!(wants(&view), [labelled("")]);
    view.refresh(&cx);
    assert_eq!(wants(&view), [labelled("")], "what is known of the kind changes nothing");
    view.set_filter("-l env!=dev,app=web,tier=x", &cx).unwrap();
    assert_eq!(wants(&view), [labelled("")], "all of these rows are here");
    view.set_filter("-l app=web", &cx).unwrap();
    assert_eq!(wants(&view), [WatchScope::All]);
    view.set_filter(filter, &cx).unwrap();
    assert_eq!(wants(&view), [WatchScope::All], "typing asks no server");

    let key = ShardKey {
        cluster: view.spec.clusters[0].clone(),
        kind: view.spec.kind.clone(),
        scope: WatchScope::All,
    };
    store.shard(&key).set_freshness(&"".into(), Freshness::Live);
    assert_eq!(wants(&open(NamespaceSet::All, filter)), [WatchScope::All]);
}

//! Who is watched for whom, how long, and with which rights.

use std::sync::atomic::AtomicBool;

use super::*;

fn steady() -> Server {
    Server::new(|asked| if asked.is_watch() { silence() } else { list(&["a", "b"], 10) })
}

fn cluster() -> ClusterId {
    ClusterId("c".into())
}

#[tokio::test]
async fn wanting_the_same_again_starts_nothing() {
    let deck = Deck::new(steady(), quick());
    deck.live().await;
    for _ in 0..3 {
        deck.supervisor.want(vec![all_pods(), all_pods()]);
        deck.supervisor.set_kinds(&cluster(), kinds_of(pods()));
    }
    let discovered = KindDef { verbs: vec!["list".into(), "watch".into()], ..pods() };
    deck.supervisor.set_kinds(&cluster(), kinds_of(discovered));
    deck.server.send(event("ADDED", "c", 11)).await;
    deck.has(&["a", "b", "c"]).await;
    assert_eq!(deck.server.asked().len(), 2);
}

#[tokio::test]
async fn an_unwanted_shard_lingers_then_stops_and_its_rows_go_later() {
    let deck = Deck::new(steady(), Timing { keep: Duration::from_millis(800), ..quick() });
    deck.live().await;
    deck.supervisor.want(Vec::new());
    assert!(deck.server.is_read(), "still watched for a while");
    until("stopped", || !deck.server.is_read()).await;
    assert!(deck.store.find(&all_pods()).is_some(), "the rows outlive the watch");
    assert!(!deck.shard.freshness().is_live());
    until("dropped", || deck.store.find(&all_pods()).is_none()).await;
    assert!(deck.supervisor.info().is_empty());
}

#[tokio::test]
async fn coming_back_while_it_lingers_costs_no_request() {
    let timing = Timing { linger: Duration::from_secs(30), ..quick() };
    let deck = Deck::new(steady(), timing);
    deck.live().await;
    deck.supervisor.want(Vec::new());
    deck.supervisor.want(vec![all_pods()]);
    deck.server.send(event("ADDED", "c", 11)).await;
    deck.has(&["a", "b", "c"]).await;
    assert_eq!(deck.server.asked().len(), 2);
}

#[tokio::test]
async fn coming_back_after_the_stop_shows_the_old_rows_and_lists_anew() {
    let timing = Timing { keep: Duration::from_secs(30), ..quick() };
    let deck = Deck::new(steady(), timing);
    deck.live().await;
    deck.supervisor.want(Vec::new());
    until("stopped", || !deck.server.is_read()).await;
    assert_eq!(deck.names(), ["a", "b"]);
    deck.supervisor.want(vec![all_pods()]);
    deck.live().await;
    assert_eq!(deck.server.lists().len(), 2);
}

#[tokio::test]
async fn a_pinned_shard_is_watched_while_views_want_anything_of_its_cluster() {
    let other = ShardKey { scope: WatchScope::Namespace("shop".into()), ..all_pods() };
    let deck = Deck::idle(steady(), Timing { keep: Duration::from_millis(100), ..quick() });
    deck.supervisor.want(vec![other.clone()]);
    deck.supervisor.watch_internal(all_pods());
    deck.live().await;
    let runs = |key: &ShardKey| deck.supervisor.info().iter().any(|info| info.key == *key && info.is_running);
    deck.supervisor.want(Vec::new());
    assert!(runs(&all_pods()), "it lingers like everything else");
    until("released", || !runs(&all_pods())).await;
    until("the other is forgotten", || deck.store.find(&other).is_none()).await;
    assert_eq!(deck.names(), ["a", "b"], "its rows stay");
    deck.supervisor.want(vec![other]);
    assert!(runs(&all_pods()), "back with the first want");
    deck.live().await;
}

#[tokio::test]
async fn a_shard_of_an_unknown_kind_waits_for_the_catalog() {
    let deck = Deck::idle(steady(), quick());
    let widgets = ShardKey { kind: KindId::new("x.io", "widgets"), ..all_pods() };
    deck.supervisor.want(vec![widgets.clone()]);
    assert!(!deck.supervisor.info()[0].is_running);
    let def = KindDef { id: widgets.kind.clone(), gvr: Gvr::new("x.io", "v1", "widgets"), ..pods() };
    deck.supervisor.set_kinds(&cluster(), kinds_of(def));
    let shard = deck.store.shard(&widgets);
    until("live", || shard.freshness().is_live()).await;
    assert_eq!(deck.server.asked()[0].path, "/apis/x.io/v1/widgets");
}

#[tokio::test]
async fn a_kind_that_the_server_does_not_serve_is_said_to_be_gone_until_it_is_served() {
    let deck = Deck::idle(steady(), quick());
    let widgets = ShardKey { kind: KindId::new("x.io", "widgets"), ..all_pods() };
    deck.supervisor.want(vec![widgets.clone()]);
    let shard = deck.store.shard(&widgets);
    deck.supervisor.refuse_unknown(&cluster());
    assert!(matches!(shard.freshness(), Freshness::Gone(_)));
    let def = KindDef { id: widgets.kind.clone(), gvr: Gvr::new("x.io", "v1", "widgets"), ..pods() };
    deck.supervisor.set_kinds(&cluster(), kinds_of(def));
    deck.supervisor.refuse_unknown(&cluster());
    until("live", || shard.freshness().is_live()).await;
}

#[tokio::test]
async fn a_kind_that_is_gone_is_asked_for_again_when_the_catalog_changes() {
    let exists = Arc::new(AtomicBool::new(false));
    let there = exists.clone();
    let server = Server::new(move |asked| match (there.load(Ordering::Relaxed), asked.is_watch()) {
        (false, _) => fails(ProblemKind::NotFound),
        (true, true) => silence(),
        (true, false) => list(&["a"], 10),
    });
    let deck = Deck::new(server, Timing { forbidden: Duration::from_secs(600), ..quick() });
    until("gone", || matches!(deck.shard.freshness(), Freshness::Gone(_))).await;
    exists.store(true, Ordering::Relaxed);
    deck.supervisor.set_kinds(&cluster(), kinds_of(pods()));
    deck.live().await;
}

/// Only `shop` may be read until `all` is set.
fn low_rights(all: Arc<AtomicBool>) -> Server {
    Server::new(move |asked| {
        let is_allowed = all.load(Ordering::Relaxed) || asked.path.contains("/namespaces/shop/");
        match (is_allowed, asked.is_watch()) {
            (false, _) => fails(ProblemKind::Forbidden),
            (true, true) => silence(),
            (true, false) => list(&["a"], 10),
        }
    })
}

#[tokio::test]
async fn a_forbidden_whole_falls_back_to_namespaces_and_marks_the_dark_ones() {
    let deck =
        Deck::idle(low_rights(Arc::default()), Timing { forbidden: Duration::from_secs(60), ..quick() });
    deck.supervisor.set_namespaces(&cluster(), vec!["shop".into(), "dark".into()]);
    deck.supervisor.want(vec![all_pods()]);
    until("shop is live", || deck.shard.status().freshness.is_live()).await;
    until("dark is marked", || deck.shard.status().forbidden == [Text::from("dark")]).await;
    let status = deck.shard.status();
    assert_eq!((status.namespaces.len(), status.rows), (2, 1));
    assert!(deck.server.asked().iter().any(|asked| asked.path == "/api/v1/namespaces/shop/pods"));
}

#[tokio::test]
async fn what_the_rules_rule_out_is_marked_without_a_request_until_a_right_is_gained() {
    let server = low_rights(Arc::default());
    server.deny(&["shop"]);
    let deck = Deck::idle(server, quick());
    deck.supervisor.set_namespaces(&cluster(), vec!["shop".into()]);
    deck.supervisor.want(vec![all_pods()]);
    until("shop is marked", || deck.shard.status().forbidden == [Text::from("shop")]).await;
    assert!(deck.server.asked().iter().all(|asked| !asked.path.contains("/namespaces/shop/")));
    deck.server.deny(&[]);
    deck.live().await;
    assert_eq!(deck.names(), ["a"]);
}

#[tokio::test]
async fn without_known_namespaces_it_says_forbidden_and_a_new_one_is_tried() {
    let deck =
        Deck::new(low_rights(Arc::default()), Timing { forbidden: Duration::from_secs(60), ..quick() });
    until("forbidden", || matches!(deck.shard.freshness(), Freshness::Forbidden(_))).await;
    deck.supervisor.set_namespaces(&cluster(), vec!["shop".into()]);
    deck.live().await;
    assert_eq!(deck.names(), ["a"]);
}

#[tokio::test]
async fn a_right_gained_later_is_found_and_the_whole_is_watched_again() {
    let all = Arc::new(AtomicBool::new(false));
    let deck = Deck::idle(low_rights(all.clone()), quick());
    deck.supervisor.set_namespaces(&cluster(), vec!["shop".into()]);
    deck.supervisor.want(vec![all_pods()]);
    deck.live().await;
    all.store(true, Ordering::Relaxed);
    until("one watch for all", || {
        deck.shard.status().namespaces.is_empty() && deck.shard.freshness().is_live()
    })
    .await;
    assert_eq!(deck.server.watches().last().unwrap().path, "/api/v1/pods");
    assert_eq!(deck.names(), ["a"]);
}

#[tokio::test]
async fn one_namespace_is_asked_for_alone_and_says_when_it_is_forbidden() {
    let deck = Deck::idle(low_rights(Arc::default()), quick());
    let of = |namespace: &str| ShardKey { scope: WatchScope::Namespace(namespace.into()), ..all_pods() };
    deck.supervisor.want(vec![of("shop"), of("dark")]);
    let (shop, dark) = (deck.store.shard(&of("shop")), deck.store.shard(&of("dark")));
    until("shop is live", || shop.freshness().is_live()).await;
    until("dark is forbidden", || matches!(dark.freshness(), Freshness::Forbidden(_))).await;
    assert_eq!(names(&shop), ["a"]);
}

#[tokio::test]
async fn reconnect_tries_now_what_waits_for_minutes() {
    let is_up = Arc::new(AtomicBool::new(false));
    let up = is_up.clone();
    let server = Server::new(move |asked| match (up.load(Ordering::Relaxed), asked.is_watch()) {
        (false, _) => fails(ProblemKind::Unauthorized),
        (true, true) => silence(),
        (true, false) => list(&["a"], 10),
    });
    let deck = Deck::new(server, Timing { unauthorized: Duration::from_secs(600), ..quick() });
    until("told", || matches!(deck.shard.freshness(), Freshness::Reconnecting { .. })).await;
    is_up.store(true, Ordering::Relaxed);
    deck.supervisor.reconnect(&cluster());
    deck.live().await;
}

#[tokio::test]
async fn waking_from_sleep_renews_connections_at_once() {
    static SLEPT: AtomicI64 = AtomicI64::new(0);
    fn clock() -> Timestamp {
        Timestamp(1000 + SLEPT.load(Ordering::Relaxed))
    }
    let store = Arc::new(Store::with_clock(Arc::new(Bell::default()), clock));
    let (server, shard) = (steady(), store.shard(&all_pods()));
    let supervisor = Supervisor::with_timing(store, clock, quick());
    supervisor.add_cluster(server.clone());
    supervisor.set_kinds(&cluster(), kinds_of(pods()));
    supervisor.want(vec![all_pods()]);
    until("live", || shard.freshness().is_live()).await;
    SLEPT.store(3600, Ordering::Relaxed);
    until("a second watch", || server.watches().len() == 2).await;
    assert_eq!(server.watches()[1].get("resourceVersion"), Some("10"));
    assert_eq!(server.lists().len(), 1);
}

#[tokio::test]
async fn a_kind_that_cannot_be_watched_is_listed_once_and_again_when_asked() {
    let server = Server::new(|_| Answer::Body(format!(r#"{{"metadata":{{}},"items":[{}]}}"#, pod("a", 1))));
    let deck = Deck::idle(server, quick());
    let def = KindDef { verbs: vec!["list".into(), "get".into()], ..pods() };
    deck.supervisor.set_kinds(&cluster(), kinds_of(def));
    deck.supervisor.want(vec![all_pods()]);
    deck.live().await;
    assert_eq!((deck.names(), deck.server.asked().len()), (vec!["a".to_owned()], 1));
    deck.supervisor.refresh(&[all_pods()]);
    until("a second list", || deck.server.asked().len() == 2).await;
    assert!(deck.server.watches().is_empty());
}

fn metrics_server() -> Server {
    Server::new(figures)
}

fn figures(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/apis/metrics.k8s.io/v1beta1/nodes" => Answer::Body(
            r#"{"items":[{"metadata":{"name":"n1"},"usage":{"cpu":"1500m","memory":"2Mi"}}],"metadata":{}}"#.into(),
        ),
        "/apis/metrics.k8s.io/v1beta1/pods" => Answer::Body(
            r#"{"items":[{"metadata":{"name":"a","namespace":"shop"},"containers":[{"name":"app","usage":{"cpu":"250m","memory":"1Ki"}},{"name":"x","usage":{"cpu":"1n","memory":"1"}}]}]}"#.into(),
        ),
        _ => fails(ProblemKind::NotFound),
    }
}

#[tokio::test]
async fn metrics_are_polled_while_wanted_and_forgotten_afterwards() {
    let deck = Deck::idle(metrics_server(), quick());
    let (metrics, id) = (deck.store.metrics(), cluster());
    deck.supervisor.want_metrics(vec![id.clone()]);
    until("two polls", || metrics.pod_history(&id, "shop", "a").len() >= 2).await;
    assert_eq!(metrics.available(&id), Some(true));
    assert_eq!(metrics.pod(&id, "shop", "a").map(|usage| (usage.cpu, usage.memory)), Some((251, 1025)));
    assert_eq!(metrics.container(&id, "shop", "a", "app").map(|usage| usage.cpu), Some(250));
    assert_eq!(metrics.node(&id, "n1").map(|usage| usage.cpu), Some(1500));
    deck.supervisor.want_metrics(Vec::new());
    until("forgotten", || metrics.available(&id).is_none()).await;
    assert_eq!(metrics.node(&id, "n1"), None);
}

#[tokio::test]
async fn an_absent_metrics_api_is_no_error_and_asked_for_again() {
    let deck = Deck::idle(Server::new(|_| fails(ProblemKind::NotFound)), quick());
    deck.supervisor.want_metrics(vec![cluster()]);
    until("known to be absent", || deck.store.metrics().available(&cluster()) == Some(false)).await;
    until("asked again", || deck.server.asked().len() >= 2).await;
}

#[tokio::test]
async fn a_metrics_server_that_is_only_down_is_asked_again_soon() {
    for kind in [ProblemKind::Server, ProblemKind::TooBusy] {
        let is_up = Arc::new(AtomicBool::new(false));
        let up = is_up.clone();
        let server =
            Server::new(move |asked| if up.load(Ordering::Relaxed) { figures(asked) } else { fails(kind) });
        let deck = Deck::idle(server, Timing { metrics_absent: Duration::from_secs(600), ..quick() });
        let metrics = deck.store.metrics();
        deck.supervisor.want_metrics(vec![cluster()]);
        until("known to be down", || metrics.available(&cluster()) == Some(false)).await;
        is_up.store(true, Ordering::Relaxed);
        until("figures", || metrics.available(&cluster()) == Some(true)).await;
    }
}

#[tokio::test]
async fn dropping_the_supervisor_stops_its_tasks() {
    let Deck { server, supervisor, shard, .. } = Deck::new(steady(), quick());
    until("live", || shard.freshness().is_live()).await;
    drop(supervisor);
    until("stopped", || !server.is_read()).await;
}

#[tokio::test]
async fn a_kind_without_namespaces_is_asked_for_as_a_whole_in_any_scope() {
    let mut lists = 0;
    let server = Server::new(move |asked| {
        if asked.is_watch() {
            return silence();
        }
        lists += 1;
        let name = if lists == 1 { "n1" } else { "n2" };
        Answer::Body(list_of(&[format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)], 10))
    });
    let deck = Deck::idle(server, quick());
    deck.supervisor.set_kinds(&cluster(), kinds_of(KindDef { scope: Scope::Cluster, ..pods() }));
    let key = ShardKey { scope: WatchScope::Namespace("shop".into()), ..all_pods() };
    deck.supervisor.want(vec![key.clone()]);
    let shard = deck.store.shard(&key);
    until("live", || shard.freshness().is_live()).await;
    assert_eq!(deck.server.asked()[0].path, "/api/v1/pods");
    deck.supervisor.refresh(std::slice::from_ref(&key));
    until("n1 has vanished", || names(&shard) == ["n2"]).await;
}

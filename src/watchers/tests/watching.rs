//! What happens while a watch is open, and when it ends in all the ways that watches end.

use super::*;

/// Lists `a` and `b` at 10, then keeps every watch open.
fn steady() -> Server {
    Server::new(|asked| if asked.is_watch() { silence() } else { list(&["a", "b"], 10) })
}

#[tokio::test]
async fn a_list_is_followed_by_a_watch_from_its_resource_version() {
    let deck = Deck::new(steady(), quick());
    deck.live().await;
    assert_eq!(deck.names(), ["a", "b"]);
    deck.server
        .send(event("ADDED", "c", 11) + &event("DELETED", "a", 12) + &event("MODIFIED", "b", 13))
        .await;
    deck.has(&["b", "c"]).await;
    let asked = deck.server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!((asked[0].path.as_str(), asked[0].get("resourceVersion")), ("/api/v1/pods", Some("0")));
    assert_eq!(asked[1].get("resourceVersion"), Some("10"));
    assert_eq!(asked[1].get("allowWatchBookmarks"), Some("true"));
    assert_eq!(asked[1].encoding, "identity");
    let info = &deck.supervisor.info()[0];
    assert_eq!((info.requests, info.events, info.rows, info.strategy), (2, 3, 2, "whole list"));
}

#[tokio::test]
async fn an_object_keeps_one_text_whether_listed_or_watched() {
    let deck = Deck::new(steady(), quick());
    deck.live().await;
    let key = |name: &str| ObjKey {
        cluster: ClusterId("c".into()),
        kind: KindId::new("", "pods"),
        namespace: "shop".into(),
        name: name.into(),
    };
    let text = deck.shard.text(&key("a")).unwrap();
    assert!(text.starts_with(r#"{"kind":"Pod","apiVersion":"v1","metadata""#), "{text}");
    let (rev, _) = deck.shard.read(None);
    let same = text.replace('\n', "");
    deck.server
        .send(format!("{{\"type\":\"MODIFIED\",\"object\":{same}}}\n") + &event("ADDED", "z", 12))
        .await;
    deck.has(&["a", "b", "z"]).await;
    let crate::store::Delta::Changed { upserts, .. } = deck.shard.read(Some(rev)).1 else { panic!() };
    assert_eq!(upserts.iter().map(|row| &*row.key.name).collect::<Vec<_>>(), ["z"]);
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_line_resumes_where_it_was_and_lists_nothing_again() {
    let deck = Deck::new(steady(), quick());
    deck.live().await;
    deck.server.send(event("ADDED", "c", 17) + r#"{"type":"ADDED","obj"#).await;
    deck.has(&["a", "b", "c"]).await;
    deck.server.cut().await;
    until("a second watch", || deck.server.watches().len() == 2).await;
    assert_eq!(deck.server.watches()[1].get("resourceVersion"), Some("17"));
    assert_eq!(deck.server.lists().len(), 1);
    deck.server.send(event("ADDED", "d", 18)).await;
    deck.has(&["a", "b", "c", "d"]).await;
}

#[tokio::test]
async fn a_short_cut_goes_unseen() {
    let timing = Timing { reconnecting: Duration::from_secs(20), stale: Duration::from_secs(60), ..quick() };
    let deck = Deck::new(steady(), timing);
    deck.live().await;
    let _ = deck.store.bell().take();
    deck.server.cut().await;
    until("a second watch", || deck.server.watches().len() == 2 && deck.server.is_read()).await;
    assert!(deck.shard.freshness().is_live());
    assert!(!deck.store.bell().take(), "nothing has changed for the screen");
}

#[tokio::test]
async fn bookmarks_move_the_resource_version_and_ring_nobody() {
    let deck = Deck::new(steady(), quick());
    deck.live().await;
    let _ = deck.store.bell().take();
    deck.server.send(bookmark(99)).await;
    deck.server.end();
    until("a second watch", || deck.server.watches().len() == 2).await;
    assert_eq!(deck.server.watches()[1].get("resourceVersion"), Some("99"));
    assert!(!deck.store.bell().take());
}

/// Lists at 10, then at 50; the first watch ends as given, the second one stays open.
fn expiring(mut first: impl FnMut() -> Answer + Send + 'static) -> Server {
    let (mut lists, mut watches) = (0, 0);
    Server::new(move |asked| {
        if asked.is_watch() {
            watches += 1;
            if watches == 1 { first() } else { silence() }
        } else {
            lists += 1;
            if lists == 1 { list(&["a", "b"], 10) } else { list(&["b", "c"], 50) }
        }
    })
}

#[tokio::test]
async fn too_old_in_every_form_lists_anew_and_removes_the_vanished() {
    let event = |status: &str| format!("{{\"type\":\"ERROR\",\"object\":{status}}}\n");
    let gone =
        event(r#"{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}"#);
    let old = event(r#"{"kind":"Status","code":500,"message":"too old resource version: 1 (5)"}"#);
    let answers: Vec<Box<dyn FnMut() -> Answer + Send>> = vec![
        Box::new(|| fails(ProblemKind::Expired)),
        Box::new(move || Answer::Body(gone.clone())),
        Box::new(move || Answer::Body(old.clone())),
    ];
    for answer in answers {
        let deck = Deck::new(expiring(answer), quick());
        deck.has(&["b", "c"]).await;
        deck.live().await;
        let lists = deck.server.lists();
        assert_eq!(lists.len(), 2);
        assert_eq!(lists[1].get("resourceVersion"), None, "a second list must not go back in time");
        assert_eq!(deck.server.watches()[1].get("resourceVersion"), Some("50"));
        assert_eq!(deck.shard.tombstones().len(), 1);
    }
}

#[tokio::test]
async fn an_error_event_is_shown_only_when_it_lasts() {
    let error = "{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcd is away\"}}\n";
    let mut watches = 0;
    let server = Server::new(move |asked| {
        if !asked.is_watch() {
            return list(&["a"], 10);
        }
        watches += 1;
        if watches > 3 { silence() } else { Answer::Body(error.to_owned()) }
    });
    let deck = Deck::new(server, quick());
    until("the fourth watch", || deck.server.watches().len() == 4).await;
    deck.live().await;
    assert_eq!(deck.server.lists().len(), 1, "a server's trouble is no reason to list again");
}

#[tokio::test]
async fn an_outage_is_told_as_reconnecting_then_stale_and_the_rows_stay() {
    let is_down = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let down = is_down.clone();
    let server = Server::new(move |asked| {
        if down.load(Ordering::Relaxed) {
            return fails(ProblemKind::Tcp);
        }
        if asked.is_watch() { silence() } else { list(&["a"], 10) }
    });
    let deck = Deck::new(server, quick());
    deck.live().await;
    is_down.store(true, Ordering::Relaxed);
    deck.server.cut().await;
    until("reconnecting", || matches!(deck.shard.freshness(), Freshness::Reconnecting { .. })).await;
    until("stale", || matches!(deck.shard.freshness(), Freshness::Stale { .. })).await;
    assert_eq!(deck.names(), ["a"]);
    is_down.store(false, Ordering::Relaxed);
    deck.live().await;
    assert_eq!(deck.server.lists().len(), 1);
}

#[tokio::test]
async fn the_servers_retry_after_is_kept() {
    let asked_at = Arc::new(Mutex::new(Vec::new()));
    let times = asked_at.clone();
    let server = Server::new(move |asked| {
        times.lock().push(std::time::Instant::now());
        if asked.is_watch() {
            return silence();
        }
        if times.lock().len() == 1 {
            let mut problem = Problem::new(ProblemKind::TooBusy, "slow down");
            problem.retry_after = Some(1);
            return Answer::Fails(problem);
        }
        list(&["a"], 10)
    });
    let deck = Deck::new(server, quick());
    until("reconnecting", || matches!(deck.shard.freshness(), Freshness::Reconnecting { .. })).await;
    deck.has(&["a"]).await;
    let times = asked_at.lock();
    assert!(times[1] - times[0] >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_with_too_much_to_do_is_asked_less_and_less_often() {
    const REFUSALS: usize = 4;
    let asked_at = Arc::new(Mutex::new(Vec::new()));
    let times = asked_at.clone();
    let server = Server::new(move |asked| {
        times.lock().push(std::time::Instant::now());
        match times.lock().len() {
            _ if asked.is_watch() => silence(),
            ..=REFUSALS => Answer::Fails(Problem::new(ProblemKind::TooBusy, "slow down")),
            _ => list(&["a"], 10),
        }
    });
    let backoff = (Duration::from_millis(40), Duration::from_secs(4));
    let deck = Deck::new(server, Timing { backoff, ..quick() });
    deck.has(&["a"]).await;
    let times = asked_at.lock();
    for (n, pair) in (0u32..).zip(times[..=REFUSALS].windows(2)) {
        // Half of a wait that doubles; the other half is chance.
        let least = backoff.0 / 2 * 2u32.pow(n);
        assert!(pair[1] - pair[0] >= least, "wait {n}: {:?}, not {least:?}", pair[1] - pair[0]);
    }
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_after_the_servers_own_timeout() {
    let timing =
        Timing { watch: Duration::from_millis(50), watch_slack: Duration::from_millis(30), ..quick() };
    let deck = Deck::new(steady(), timing);
    until("a second watch", || deck.server.watches().len() >= 2).await;
    assert_eq!(deck.server.lists().len(), 1);
}

#[tokio::test]
async fn a_malformed_object_is_counted_and_the_rest_lives() {
    let items = [pod("a", 1), r#"{"metadata":{"name":["x"]}}"#.to_owned(), "7".to_owned(), pod("b", 2)];
    let body = list_of(&items, 10);
    let server =
        Server::new(move |asked| if asked.is_watch() { silence() } else { Answer::Body(body.clone()) });
    let deck = Deck::new(server, quick());
    deck.live().await;
    assert_eq!(deck.names(), ["a", "b"]);
    assert_eq!(deck.shard.status().malformed.0, 2);
    deck.server.send("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":{}}}}\n{broken}\n").await;
    deck.server.send(event("ADDED", "c", 12)).await;
    deck.has(&["a", "b", "c"]).await;
    assert_eq!(deck.shard.status().malformed.0, 4);
    assert!(deck.shard.status().malformed.1.is_some());
}

#[tokio::test]
async fn envelopes_with_members_in_another_order_are_understood() {
    let deck = Deck::new(steady(), quick());
    deck.live().await;
    let odd = format!("{{\"object\":{},\"type\":\"ADDED\"}}\n", pod("c", 11));
    let tail = format!("{{\"type\":\"ADDED\",\"object\":{},\"x\":{{}}}}\n", pod("d", 12));
    deck.server.send(odd + &tail).await;
    deck.has(&["a", "b", "c", "d"]).await;
    assert_eq!(deck.shard.status().malformed.0, 0);
}

#[tokio::test]
async fn a_server_that_ends_each_watch_at_once_is_not_hammered() {
    let server =
        Server::new(|asked| if asked.is_watch() { Answer::Body(String::new()) } else { list(&["a"], 10) });
    let timing = Timing { backoff: (Duration::from_millis(50), Duration::from_secs(60)), ..quick() };
    let deck = Deck::new(server, timing);
    let began = std::time::Instant::now();
    until("the fourth watch", || deck.server.watches().len() == 4).await;
    // Three waits of at least 25, 50 and 100 ms.
    assert!(began.elapsed() >= Duration::from_millis(175), "{:?}", began.elapsed());
}

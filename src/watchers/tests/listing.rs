//! How first lists are got from servers of all kinds.

use super::*;

fn facts(minor: u32) -> ServerFacts {
    ServerFacts {
        version: Some((1, minor)),
        round_trip: Some(Duration::from_millis(1)),
        ..ServerFacts::default()
    }
}

#[tokio::test]
async fn the_first_rows_are_there_before_the_body_ends() {
    let server = Server::new(|asked| {
        if asked.is_watch() {
            return silence();
        }
        let head = r#"{"kind":"PodList","metadata":{"resourceVersion":"10"},"items":["#;
        Answer::Open(vec![format!("{head}{},{},{{\"meta", pod("a", 1), pod("b", 2))])
    });
    let deck = Deck::new(server, quick());
    deck.has(&["a", "b"]).await;
    assert!(matches!(deck.shard.freshness(), Freshness::Loading { .. }));
    deck.server.send(r#"data":{"name":"c","namespace":"shop"}}]}"#).await;
    deck.server.end();
    deck.has(&["a", "b", "c"]).await;
    deck.live().await;
}

#[tokio::test]
async fn a_list_that_breaks_off_removes_nothing() {
    let mut lists = 0;
    let server = Server::new(move |asked| {
        if asked.is_watch() {
            return if lists < 2 { fails(ProblemKind::Expired) } else { silence() };
        }
        lists += 1;
        match lists {
            1 => list(&["a", "b"], 10),
            2 => {
                Answer::Cut(format!(r#"{{"metadata":{{"resourceVersion":"20"}},"items":[{},"#, pod("c", 20)))
            }
            _ => Answer::Hangs,
        }
    });
    let deck = Deck::new(server, quick());
    until("the third list", || deck.server.lists().len() == 3).await;
    assert_eq!(deck.names(), ["a", "b", "c"]);
}

#[tokio::test]
async fn an_older_server_is_asked_for_a_small_page_beside_the_whole_list() {
    let server = Server::with_facts(facts(28), |asked| {
        if asked.is_watch() {
            return silence();
        }
        match asked.get("limit") {
            Some("250") => Answer::Body(format!(
                r#"{{"metadata":{{"resourceVersion":"11","continue":"x","remainingItemCount":750}},"items":[{}]}}"#,
                pod("early", 3)
            )),
            _ => Answer::Open(vec![r#"{"items":["#.to_owned()]),
        }
    });
    let deck = Deck::new(server, quick());
    deck.has(&["early"]).await;
    assert_eq!(deck.shard.status().expected, Some(1000));
    assert!(!deck.shard.freshness().is_live());
    deck.server.send(format!(r#"{}],"metadata":{{"resourceVersion":"10"}}}}"#, pod("a", 1))).await;
    deck.server.end();
    deck.has(&["a"]).await;
    deck.live().await;
    assert_eq!(deck.server.watches()[0].get("resourceVersion"), Some("10"), "the list's version counts");
}

#[tokio::test]
async fn a_streaming_list_is_live_with_its_mark_and_goes_on_as_the_watch() {
    let server = Server::new(|asked| {
        if asked.get("sendInitialEvents").is_some() {
            return Answer::Open(vec![event("ADDED", "a", 5) + &event("ADDED", "b", 7)]);
        }
        silence()
    });
    let deck = Deck::new(server, Timing { mark: Duration::from_secs(20), ..quick() });
    deck.has(&["a", "b"]).await;
    assert!(!deck.shard.freshness().is_live());
    let mark = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"20\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n";
    deck.server.send(mark).await;
    deck.live().await;
    deck.server.send(event("DELETED", "a", 21)).await;
    deck.has(&["b"]).await;
    deck.server.cut().await;
    until("a plain watch", || deck.server.watches().len() == 2).await;
    let watch = &deck.server.watches()[1];
    assert_eq!((watch.get("resourceVersion"), watch.get("sendInitialEvents")), (Some("21"), None));
    assert_eq!(deck.supervisor.info()[0].strategy, "streaming list");
}

#[tokio::test]
async fn a_server_that_never_marks_the_end_is_asked_page_by_page_and_remembered() {
    let server = Server::new(|asked| {
        if asked.get("sendInitialEvents").is_some() {
            return Answer::Open(vec![event("ADDED", "a", 5)]);
        }
        match (asked.is_watch(), asked.get("limit"), asked.get("continue")) {
            (true, ..) => silence(),
            (false, Some(_), None) => Answer::Body(format!(
                r#"{{"metadata":{{"resourceVersion":"30","continue":"t","remainingItemCount":1}},"items":[{}]}}"#,
                pod("a", 5)
            )),
            (false, Some(_), Some("t")) => list(&["b"], 30),
            // The whole list hangs.
            _ => silence(),
        }
    });
    let deck = Deck::new(server, quick());
    deck.has(&["a", "b"]).await;
    deck.live().await;
    assert_eq!(deck.server.watches().last().unwrap().get("resourceVersion"), Some("30"));
    let before = deck.server.asked().len();
    deck.supervisor.refresh(&[all_pods()]);
    until("a second paged list", || deck.server.asked().len() == before + 3).await;
    let again = &deck.server.asked()[before];
    assert_eq!(
        (again.get("limit"), again.is_watch()),
        (Some("500"), false),
        "what failed is not tried first"
    );
}

#[tokio::test]
async fn a_refused_streaming_list_falls_back_at_once() {
    let server = Server::new(|asked| {
        if asked.get("sendInitialEvents").is_some() {
            return fails(ProblemKind::Server);
        }
        match (asked.is_watch(), asked.get("limit")) {
            (true, _) | (false, None) => silence(),
            (false, Some(_)) => list(&["a"], 30),
        }
    });
    let deck = Deck::new(server, quick());
    deck.has(&["a"]).await;
    deck.live().await;
}

#[tokio::test]
async fn an_expired_continue_token_restarts_the_list_as_a_whole() {
    let mut wholes = 0;
    let server = Server::with_facts(facts(28), move |asked| {
        match (asked.is_watch(), asked.get("limit"), asked.get("continue")) {
            (true, ..) => silence(),
            (false, Some("500"), Some(_)) => fails(ProblemKind::Expired),
            (false, Some("500"), None) => Answer::Body(format!(
                r#"{{"metadata":{{"resourceVersion":"30","continue":"t"}},"items":[{}]}}"#,
                pod("old", 5)
            )),
            (false, Some(_), _) => silence(),
            (false, None, _) => {
                wholes += 1;
                if wholes == 1 { silence() } else { list(&["a", "b"], 40) }
            }
        }
    });
    let deck = Deck::new(server, quick());
    deck.has(&["a", "b"]).await;
    deck.live().await;
    assert_eq!(deck.server.watches()[0].get("resourceVersion"), Some("40"));
}

#[tokio::test]
async fn slow_links_get_compressed_lists_and_plain_watches() {
    let slow = ServerFacts { round_trip: Some(Duration::from_millis(80)), ..facts(37) };
    let server =
        Server::with_facts(slow, |asked| if asked.is_watch() { silence() } else { list(&["a"], 10) });
    let deck = Deck::new(server, quick());
    deck.live().await;
    assert!(deck.server.lists().iter().all(|asked| asked.encoding == "gzip"));
    assert!(deck.server.watches().iter().all(|asked| asked.encoding == "identity"));
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_a_problem_in_words() {
    let server = Server::new(|_| Answer::Body("<html>Sign in</html>".to_owned()));
    let deck = Deck::new(server, quick());
    until("told", || matches!(deck.shard.freshness(), Freshness::Reconnecting { .. })).await;
    let Freshness::Reconnecting { problem, .. } = deck.shard.freshness() else { panic!() };
    assert!(problem.what.contains("web page") && problem.hint.is_some(), "{problem}");
}

#[tokio::test]
async fn ten_thousand_objects_arrive_whole_and_get_packed() {
    let items: Vec<String> = (0..10_000)
        .map(|i| {
            format!(
                r#"{{"metadata":{{"name":"p{i:05}","namespace":"shop","uid":"{i}"}},"spec":{{"image":"registry/app:{}","env":"{}"}}}}"#,
                i % 7,
                "x=y,".repeat(40)
            )
        })
        .collect();
    let body = list_of(&items, 10);
    let server =
        Server::new(move |asked| if asked.is_watch() { silence() } else { Answer::Body(body.clone()) });
    let deck = Deck::new(server, quick());
    deck.live().await;
    assert_eq!(deck.names().len(), 10_000);
    until("packed", || !deck.shard.wants_packing()).await;
    let status = deck.shard.status();
    assert!(status.bytes / status.rows < 800, "{} bytes an object", status.bytes / status.rows);
}

#[tokio::test]
async fn labels_are_the_servers_to_select_by_in_lists_pages_and_watches() {
    let server = Server::with_facts(ServerFacts::default(), |asked| match asked.is_watch() {
        true => silence(),
        false => list(&["a"], 1),
    });
    let deck = Deck::idle(server, quick());
    let scope = WatchScope::All.labelled("app=web,env in (a,b)");
    let key = ShardKey { scope, ..all_pods() };
    deck.supervisor.want(vec![key.clone()]);
    let shard = deck.store.shard(&key);
    until("live", || shard.freshness().is_live()).await;
    let asked = deck.server.asked();
    assert!(asked.iter().any(Asked::is_watch) && asked.iter().any(|asked| asked.get("limit").is_some()));
    let labels = |asked: &Asked| asked.get("labelSelector").map(str::to_owned);
    let want = Some("app%3Dweb%2Cenv%20in%20%28a%2Cb%29".to_owned());
    assert!(asked.iter().all(|asked| labels(asked) == want), "{asked:#?}");
    assert!(asked.iter().all(|asked| asked.path == "/api/v1/pods"), "{asked:#?}");
}

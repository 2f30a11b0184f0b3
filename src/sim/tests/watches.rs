//! Watches: order, resumption, bookmarks, selectors, streaming lists, the end of history.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Options, Sim};
use super::client::{Client, short};
use super::{bare, bare_with};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(sim: &Sim, name: &str, app: &str) {
    let object = json!({"metadata": {"name": name, "namespace": "default", "labels": {"app": app}}});
    sim.store().create("configmaps", object).unwrap();
}

fn version(list: &Value) -> String {
    list["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_watch_resumes_after_the_version_that_it_names() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    map(&sim, "a", "x");
    sim.store().patch("configmaps", "default", "a", &json!({"data": {"k": "v"}})).unwrap();
    sim.store().delete("configmaps", "default", "a").unwrap();
    let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED a");
    let modified = lines.next().await.unwrap();
    assert_eq!(short(&modified), "MODIFIED a");
    assert_eq!(modified["object"]["kind"], "ConfigMap");
    let deleted = lines.next().await.unwrap();
    assert_eq!(short(&deleted), "DELETED a");
    let number = |line: &Value| version(&line["object"]).parse::<u64>().unwrap();
    assert!(number(&deleted) > number(&modified), "a deletion has a version of its own");
    map(&sim, "b", "x");
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED b");
}

#[tokio::test]
async fn an_object_enters_and_leaves_a_selecting_watch() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    let mut lines =
        client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}&labelSelector=app%3Dweb")).await;
    map(&sim, "a", "db");
    let set = |app: &str| {
        sim.store()
            .patch("configmaps", "default", "a", &json!({"metadata": {"labels": {"app": app}}}))
            .unwrap()
    };
    set("web");
    set("db");
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED a");
    assert_eq!(short(&lines.next().await.unwrap()), "DELETED a");
}

#[tokio::test]
async fn bookmarks_come_when_asked_for_and_carry_the_newest_version() {
    let sim = bare_with(Options { bookmark_every: Duration::from_millis(20), ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    let mut lines =
        client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}&allowWatchBookmarks=true")).await;
    // A change of another kind moves the version of this kind's bookmarks too.
    sim.store().create("namespaces", json!({"metadata": {"name": "other"}})).unwrap();
    let newest = sim.store().resource_version().to_string();
    let line = lines.until(|line| version(&line["object"]) == newest).await;
    assert_eq!(line["type"], "BOOKMARK");
    assert_eq!(line["object"]["kind"], "ConfigMap");
}

#[tokio::test]
async fn a_watch_ends_at_its_timeout() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    let mut lines = client
        .watch(&format!("{MAPS}?watch=1&resourceVersion={rv}&timeoutSeconds=1&allowWatchBookmarks=1"))
        .await;
    assert_eq!(short(&lines.next().await.unwrap()), "BOOKMARK -");
    assert!(lines.next().await.is_none());
}

#[tokio::test]
async fn a_forgotten_version_is_answered_with_an_error_event() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    map(&sim, "a", "x");
    sim.forget_history();
    let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
    let line = lines.next().await.unwrap();
    assert_eq!(line["type"], "ERROR");
    assert_eq!((&line["object"]["code"], &line["object"]["reason"]), (&json!(410), &json!("Expired")));
    assert!(line["object"]["message"].as_str().unwrap().starts_with("too old resource version: "));
    assert!(lines.next().await.is_none());
}

#[tokio::test]
async fn a_watch_that_the_ring_has_overtaken_is_ended() {
    let sim = bare_with(Options { window: 10, ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    for index in 0..30 {
        map(&sim, &format!("m{index}"), "x");
    }
    let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
    assert_eq!(lines.next().await.unwrap()["object"]["code"], 410);
}

#[tokio::test]
async fn a_watch_that_does_not_keep_up_is_ended_and_can_come_back() {
    let sim = bare_with(Options { window: 10, ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    let rv = version(&client.read(MAPS).await);
    let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
    // On this runtime of one thread the server gets no turn between these.
    for index in 0..30 {
        map(&sim, &format!("m{index}"), "x");
    }
    assert!(lines.next().await.is_none());
    let rv = sim.store().resource_version();
    let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
    map(&sim, "next", "x");
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED next");
}

#[tokio::test]
async fn a_streaming_list_ends_with_the_bookmark_that_says_so() {
    let sim = bare().await;
    map(&sim, "a", "x");
    map(&sim, "b", "x");
    let client = Client::new(&sim, "admin");
    let query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=0&labelSelector=app";
    let mut lines = client.watch(&format!("{MAPS}?{query}")).await;
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED a");
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED b");
    let end = lines.next().await.unwrap();
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    map(&sim, "c", "x");
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED c");
    let refused = client.get(&format!("{MAPS}?watch=1&sendInitialEvents=true")).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_table_watch_defines_its_columns_once() {
    let sim = bare().await;
    map(&sim, "a", "x");
    map(&sim, "b", "x");
    let client = Client::new(&sim, "admin");
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let mut lines = client.watch_as(&format!("{MAPS}?watch=1&labelSelector=app"), accept).await;
    let (first, second) = (lines.next().await.unwrap(), lines.next().await.unwrap());
    assert_eq!(first["object"]["columnDefinitions"][0]["name"], "Name");
    assert_eq!(first["object"]["rows"][0]["cells"][0], "a");
    assert!(second["object"]["columnDefinitions"].is_null());
}

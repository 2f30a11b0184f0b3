//! Every scripted fault, seen from the client.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use serde_json::json;

use super::super::{Fault, FaultScript, Options, Sim};
use super::client::Client;
use super::{bare, bare_with};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn with_pods() -> (Sim, Client) {
    let sim = bare_with(Options { pods: 40, ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    (sim, client)
}

#[tokio::test]
async fn a_status_comes_so_often_as_scripted_and_says_when_to_retry() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    sim.set_faults(FaultScript::none().on("/configmaps", 2, Fault::Status(429, Some(7))));
    for _ in 0..2 {
        let answer = client.get(MAPS).await;
        assert_eq!(
            (answer.status, &answer.headers["retry-after"]),
            (429, &http::HeaderValue::from_static("7"))
        );
    }
    assert_eq!(client.get(MAPS).await.status, 200);
    for code in [401, 403, 410, 500, 503] {
        sim.set_faults(FaultScript::none().on("/configmaps", 1, Fault::Status(code, None)));
        assert_eq!(client.get(MAPS).await.json()["code"], code);
    }
}

#[tokio::test]
async fn a_cut_body_ends_in_the_middle() {
    let (sim, client) = with_pods().await;
    sim.set_faults(FaultScript::none().on("/pods", 1, Fault::Cut(5_000)));
    let mut body = client.open("GET", "/api/v1/pods", &[], Vec::new()).await.unwrap().into_body();
    let mut got = 0;
    let end = loop {
        match body.frame().await {
            Some(Ok(frame)) => got += frame.data_ref().map_or(0, |data| data.len()),
            other => break other,
        }
    };
    assert!(matches!(end, Some(Err(_))));
    assert!(got <= 5_000, "{got}");
    assert_eq!(client.get("/api/v1/pods").await.status, 200);
}

#[tokio::test]
async fn a_half_open_connection_never_answers() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    sim.set_faults(FaultScript::none().on("/configmaps", 1, Fault::HalfOpen));
    let asking = client.open("GET", MAPS, &[], Vec::new());
    assert!(tokio::time::timeout(Duration::from_millis(200), asking).await.is_err());
    assert_eq!(sim.requests().last().unwrap().status, 0);
}

#[tokio::test]
async fn slow_answers_and_trickling_bodies_take_their_time() {
    let (sim, client) = with_pods().await;
    for fault in [Fault::Slow(Duration::from_millis(150)), Fault::Trickle(Duration::from_millis(150))] {
        sim.set_faults(FaultScript::none().on("/pods", 1, fault.clone()));
        let start = Instant::now();
        assert_eq!(client.get("/api/v1/pods").await.status, 200);
        assert!(start.elapsed() >= Duration::from_millis(150), "{fault:?}");
    }
}

#[tokio::test]
async fn one_item_is_malformed_and_the_others_are_not() {
    let (sim, client) = with_pods().await;
    sim.set_faults(FaultScript::none().on("/pods", 1, Fault::Malformed));
    let body = client.get("/api/v1/pods").await.body;
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    let text = String::from_utf8(body.to_vec()).unwrap().replace("oops", "\"oops\"");
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 40);
}

#[tokio::test]
async fn a_huge_line_is_huge() {
    let sim = bare().await;
    sim.store().create("configmaps", json!({"metadata": {"name": "a", "namespace": "default"}})).unwrap();
    let client = Client::new(&sim, "admin");
    sim.set_faults(FaultScript::none().on("watch=1", 1, Fault::Huge(3_000_000)));
    let mut lines = client.watch(&format!("{MAPS}?watch=1")).await;
    assert_eq!(lines.next().await.unwrap()["object"]["simPadding"].as_str().unwrap().len(), 3_000_000);
}

#[tokio::test]
async fn a_web_page_and_an_error_event_are_what_they_are() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    sim.set_faults(FaultScript::none().on("/configmaps", 1, Fault::Html).on(
        "watch=1",
        1,
        Fault::ErrorEvent(410),
    ));
    let page = client.get(MAPS).await;
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion=1")).await;
    assert_eq!(lines.next().await.unwrap()["object"]["code"], 410);
    assert!(lines.next().await.is_none());
}

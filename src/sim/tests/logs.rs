//! Logs: made from a pod's life, the same for every reader, with a crash at their end.

use http_body_util::BodyExt;
use serde_json::json;

use super::super::{Options, Scenario, Sim, start};
use super::client::Client;
use super::{PATIENCE, bare};

const POD: &str = "/api/v1/namespaces/default/pods/p";

/// A pod whose container is as its status says.
async fn with(status: serde_json::Value) -> (Sim, Client) {
    let sim = bare().await;
    let container = |name: &str| json!({"name": name, "image": "i"});
    let pod = json!({"metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [container("main"), container("side")]},
        "status": {"containerStatuses": [status]}});
    sim.store().create("pods", pod).unwrap();
    let client = Client::new(&sim, "admin");
    (sim, client)
}

fn ended(code: i64) -> serde_json::Value {
    let times = json!({"exitCode": code, "reason": "Error",
        "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:10:00Z"});
    json!({"name": "main", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": times}})
}

async fn lines(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{POD}/log?{query}")).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    String::from_utf8(answer.body.to_vec()).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_crashed_container_began_and_says_why_it_ended() {
    let (_sim, client) = with(ended(1)).await;
    let all = lines(&client, "container=main").await;
    assert!(all.len() > 20 && all[0].contains("starting"), "{all:?}");
    assert!(all.last().unwrap().contains("exit=1"));
    assert_eq!(all, lines(&client, "container=main&previous=true").await, "the same for every reader");
    let tail = lines(&client, "container=main&tailLines=3&timestamps=true").await;
    assert_eq!(tail.len(), 3);
    assert!(tail[2].starts_with("2026-01-01T00:10:00.000000000Z level=fatal"), "{tail:?}");
    assert_eq!(lines(&client, "container=main&sinceTime=2026-01-01T00:10:00Z").await, [""; 0]);
}

#[tokio::test]
async fn a_question_that_has_no_answer_is_refused_in_kubernetes_words() {
    let (_sim, client) = with(ended(1)).await;
    for (query, words) in [
        ("", "a container name must be specified"),
        ("container=nope", "container nope is not valid"),
        ("container=side", "waiting to start"),
    ] {
        let answer = client.get(&format!("{POD}/log?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["message"].as_str().unwrap().contains(words), "{:?}", answer.body);
    }
}

#[tokio::test]
async fn a_reader_that_follows_gets_what_is_printed_meanwhile_and_the_end() {
    let sim = start(Options { scenario: Scenario::Bare, rate: 60.0, ..Options::default() }).await.unwrap();
    let client = Client::new(&sim, "admin");
    let pod = json!({"metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [{"name": "main", "image": "i"}]}});
    let mut watch = client.watch("/api/v1/namespaces/default/pods?watch=1").await;
    client.post("/api/v1/namespaces/default/pods", &pod).await;
    watch.until(|line| line["object"]["status"]["phase"] == "Running").await;
    let mut answer = client.open("GET", &format!("{POD}/log?follow=true"), &[], Vec::new()).await.unwrap();
    let follow = async {
        let mut text = String::new();
        while let Some(frame) = answer.body_mut().frame().await {
            text.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
            if text.lines().count() == 2 {
                client.delete(POD, &json!({"gracePeriodSeconds": 0})).await;
            }
        }
        text
    };
    let text = tokio::time::timeout(PATIENCE, follow).await.expect("the end of the log");
    assert!(text.starts_with("level=info msg=\"starting\""), "{text}");
}

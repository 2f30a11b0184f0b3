//! Events in both groups.

use serde_json::{Value, json};

use super::super::Sim;
use super::bare;
use super::client::{Client, names, short};

const OLDER: &str = "/api/v1/namespaces/default/events";
const NEWER: &str = "/apis/events.k8s.io/v1/namespaces/default/events";

async fn with_event() -> (Sim, Client) {
    let sim = bare().await;
    let event = json!({
        "metadata": {"name": "e1", "namespace": "default"}, "type": "Warning", "reason": "BackOff",
        "message": "Back-off restarting", "count": 3, "reportingComponent": "kubelet",
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web"},
        "source": {"component": "kubelet", "host": "worker-a1"},
        "firstTimestamp": "2026-11-01T10:00:00Z", "lastTimestamp": "2026-11-01T10:05:00Z",
    });
    sim.store().create("events", event).unwrap();
    let client = Client::new(&sim, "admin");
    (sim, client)
}

#[tokio::test]
async fn an_event_has_the_words_of_the_group_that_it_is_asked_of() {
    let (_sim, client) = with_event().await;
    let list = client.read(NEWER).await;
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("EventList"), &json!("events.k8s.io/v1")));
    assert_eq!(names(&list), ["e1"]);
    let one = client.read(&format!("{NEWER}/e1")).await;
    assert_eq!((&one["kind"], &one["apiVersion"]), (&json!("Event"), &json!("events.k8s.io/v1")));
    let stored = client.read(&format!("{OLDER}/e1")).await;
    for (newer, older) in [
        ("note", "message"),
        ("regarding", "involvedObject"),
        ("reportingController", "reportingComponent"),
        ("deprecatedSource", "source"),
        ("deprecatedCount", "count"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
    ] {
        assert!(!stored[older].is_null(), "{older}");
        for event in [&one, &list["items"][0]] {
            assert_eq!((&event[newer], event.get(older)), (&stored[older], None), "{newer}");
        }
    }
    assert_eq!(one["metadata"]["uid"], stored["metadata"]["uid"]);
}

#[tokio::test]
async fn a_watch_in_the_newer_group_sees_what_is_written_in_the_older_one() {
    let (sim, client) = with_event().await;
    let version = sim.store().resource_version();
    let mut lines = client.watch(&format!("{NEWER}?watch=1&resourceVersion={version}")).await;
    sim.store().patch("events", "default", "e1", &json!({"message": "again"})).unwrap();
    let line = lines.next().await.unwrap();
    assert_eq!((short(&line), &line["object"]["note"]), ("MODIFIED e1".to_owned(), &json!("again")));
    sim.store().delete("events", "default", "e1").unwrap();
    assert_eq!(short(&lines.next().await.unwrap()), "DELETED e1");
}

#[tokio::test]
async fn what_is_written_in_the_newer_group_is_read_in_the_older_one() {
    let (_sim, client) = with_event().await;
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e2"}, "type": "Normal",
        "reason": "Started", "note": "up", "regarding": {"kind": "Pod", "namespace": "default", "name": "web"},
    });
    assert_eq!(client.post(NEWER, &event).await.status, 201);
    assert_eq!(client.read(&format!("{OLDER}/e2")).await["message"], "up");
    let patched =
        client.patch(&format!("{NEWER}/e2"), "application/merge-patch+json", &json!({"note": "down"})).await;
    assert_eq!((patched.status, &patched.json()["note"]), (200, &json!("down")));
    assert_eq!(client.read(&format!("{OLDER}/e2")).await["message"], "down");
    assert_eq!(client.delete(&format!("{NEWER}/e2"), &Value::Null).await.status, 200);
    assert_eq!(client.get(&format!("{OLDER}/e2")).await.status, 404);
}

#[tokio::test]
async fn each_group_selects_by_its_own_names() {
    let (_sim, client) = with_event().await;
    let newer = client
        .read(&format!("{NEWER}?fieldSelector=regarding.name%3Dweb,reportingController%3Dkubelet"))
        .await;
    assert_eq!(names(&newer), ["e1"]);
    assert!(names(&client.read(&format!("{NEWER}?fieldSelector=regarding.name%3Dapi")).await).is_empty());
    assert_eq!(client.get(&format!("{NEWER}?fieldSelector=involvedObject.name%3Dweb")).await.status, 400);
}

#[tokio::test]
async fn both_groups_have_the_same_table() {
    let (_sim, client) = with_event().await;
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let mut tables = Vec::new();
    for path in [OLDER, NEWER] {
        let table =
            client.send("GET", &format!("{path}?includeObject=Object"), &accept, Vec::new()).await.json();
        assert!(table["rows"][0]["cells"].as_array().unwrap().contains(&json!("Back-off restarting")));
        tables.push(table);
    }
    assert_eq!(tables[0]["columnDefinitions"], tables[1]["columnDefinitions"]);
    assert_eq!(tables[1]["rows"][0]["object"]["note"], "Back-off restarting");
}

//! Lists: pages, selectors, versions, forms, compression.

use serde_json::{Value, json};

use super::super::{Options, Sim};
use super::client::{Client, names};
use super::{bare, bare_with};

async fn with_maps(count: usize) -> (Sim, Client) {
    let sim = bare().await;
    for index in 0..count {
        let parity = if index % 2 == 0 { "even" } else { "odd" };
        sim.store()
            .create("configmaps", json!({"metadata": {"name": format!("m{index:02}"), "namespace": "default", "labels": {"parity": parity}}}))
            .unwrap();
    }
    let client = Client::new(&sim, "admin");
    (sim, client)
}

#[tokio::test]
async fn pages_show_the_world_as_it_was_at_the_first_page() {
    let (sim, client) = with_maps(7).await;
    let path = "/api/v1/namespaces/default/configmaps?limit=3&labelSelector=parity";
    let first = client.read(path).await;
    assert_eq!(names(&first), ["m00", "m01", "m02"]);
    sim.store().delete("configmaps", "default", "m04").unwrap();
    sim.store()
        .create(
            "configmaps",
            json!({"metadata": {"name": "m03b", "namespace": "default", "labels": {"parity": "no"}}}),
        )
        .unwrap();
    let mut rest = Vec::new();
    let mut page = first.clone();
    while let Some(token) = page["metadata"]["continue"].as_str() {
        page = client.read(&format!("{path}&continue={token}")).await;
        assert_eq!(page["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
        rest.extend(names(&page).iter().map(|name| (*name).to_owned()));
    }
    assert_eq!(rest, ["m03", "m04", "m05", "m06"]);
}

#[tokio::test]
async fn remaining_items_are_counted_without_selectors() {
    let (_sim, client) = with_maps(5).await;
    let all = client.read("/api/v1/configmaps").await["items"].as_array().unwrap().len();
    let page = client.read("/api/v1/configmaps?limit=2").await;
    assert_eq!(page["metadata"]["remainingItemCount"], all - 2);
}

#[tokio::test]
async fn an_expired_continue_token_is_gone_and_offers_an_inconsistent_one() {
    let (sim, client) = with_maps(4).await;
    let path = "/api/v1/namespaces/default/configmaps?limit=2&labelSelector=parity";
    let token = client.read(path).await["metadata"]["continue"].as_str().unwrap().to_owned();
    sim.forget_history();
    let answer = client.get(&format!("{path}&continue={token}")).await;
    assert_eq!(answer.status, 410);
    let status = answer.json();
    assert_eq!(status["reason"], "Expired");
    let token = status["metadata"]["continue"].as_str().unwrap();
    assert_eq!(names(&client.read(&format!("{path}&continue={token}")).await), ["m02", "m03"]);
}

#[tokio::test]
async fn selectors_narrow_a_list_and_nonsense_is_refused() {
    let (sim, client) = with_maps(4).await;
    let list = |query: &'static str| {
        let client = &client;
        async move {
            names(&client.read(&format!("/api/v1/namespaces/default/configmaps?{query}")).await).join(" ")
        }
    };
    assert_eq!(list("labelSelector=parity%3Dodd").await, "m01 m03");
    assert_eq!(list("labelSelector=parity+in+(even),parity").await, "m00 m02");
    assert_eq!(list("fieldSelector=metadata.name%3Dm02").await, "m02");
    sim.store().create("pods", json!({"metadata": {"name": "p", "namespace": "default"}, "spec": {"nodeName": "worker-a1", "containers": [{"name": "c", "image": "i"}]}})).unwrap();
    let pods =
        client.read("/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-a1,status.phase!%3DRunning").await;
    assert_eq!(names(&pods), ["p"]);
    let refused = client.get("/api/v1/pods?fieldSelector=spec.foo%3D1").await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().unwrap().ends_with("field label not supported: spec.foo"));
}

#[tokio::test]
async fn list_versions_follow_the_rules_of_the_api() {
    let (sim, client) = with_maps(1).await;
    let then = sim.store().resource_version();
    sim.store().delete("configmaps", "default", "m00").unwrap();
    let base = "/api/v1/namespaces/default/configmaps?labelSelector=parity";
    let exact = client.read(&format!("{base}&resourceVersion={then}&resourceVersionMatch=Exact")).await;
    assert_eq!(names(&exact), ["m00"]);
    let newer =
        client.read(&format!("{base}&resourceVersion={then}&resourceVersionMatch=NotOlderThan")).await;
    assert!(names(&newer).is_empty());
    assert_eq!(client.get(&format!("{base}&resourceVersion=99999999")).await.status, 504);
    sim.forget_history();
    assert_eq!(
        client.get(&format!("{base}&resourceVersion={then}&resourceVersionMatch=Exact")).await.status,
        410
    );
}

#[tokio::test]
async fn items_of_built_in_lists_carry_no_kind_and_single_objects_do() {
    let (_sim, client) = with_maps(1).await;
    let list = client.read("/api/v1/configmaps").await;
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("ConfigMapList"), &json!("v1")));
    assert!(list["items"][0].get("kind").is_none());
    let one = client.read("/api/v1/namespaces/default/configmaps/m00").await;
    assert_eq!((&one["kind"], &one["apiVersion"]), (&json!("ConfigMap"), &json!("v1")));
}

#[tokio::test]
async fn a_large_list_is_compressed_for_those_who_ask() {
    let sim = bare_with(Options { pods: 100, ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    let plain = client.get("/api/v1/pods").await;
    let packed = client.send("GET", "/api/v1/pods", &[("accept-encoding", "gzip")], Vec::new()).await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(packed.body.len() * 4 < plain.body.len());
    assert_eq!(packed.unzipped(), plain.json());
}

#[tokio::test]
async fn generated_pods_are_complete_and_of_the_size_asked_for() {
    let sim = bare_with(Options { pods: 600, ..Options::default() }).await;
    let list = Client::new(&sim, "admin").read("/api/v1/pods").await;
    let pods = list["items"].as_array().unwrap();
    assert_eq!(pods.len(), 600);
    let mut uids = std::collections::HashSet::new();
    for pod in pods {
        assert!(pod.to_string().len() >= 9_000, "{} bytes", pod.to_string().len());
        assert!(!pod.to_string().contains("@{"), "{pod}");
        assert!(pod["status"]["containerStatuses"][0]["restartCount"].is_u64(), "{pod}");
        assert!(pod["metadata"]["managedFields"].as_array().unwrap().len() >= 2);
        assert!(uids.insert(pod["metadata"]["uid"].as_str().unwrap()));
        let owner = pod["metadata"]["ownerReferences"][0]["name"].as_str().unwrap();
        let namespace = pod["metadata"]["namespace"].as_str().unwrap();
        assert!(sim.store().get("replicasets.apps", namespace, owner).is_some());
    }
}

#[tokio::test]
async fn tables_have_the_columns_of_kubectl_and_as_much_of_the_object_as_asked() {
    let sim = bare_with(Options { pods: 3, ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let ask = |query: &'static str| {
        let (client, accept) = (&client, &accept);
        async move { client.send("GET", &format!("/api/v1/pods?{query}"), accept, Vec::new()).await.json() }
    };
    let table = ask("").await;
    assert_eq!(table["kind"], "Table");
    let columns: Vec<&Value> =
        table["columnDefinitions"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(columns[..5], ["Name", "Ready", "Status", "Restarts", "Age"]);
    let row = &table["rows"][0];
    assert_eq!(row["cells"][0], row["object"]["metadata"]["name"]);
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    assert!(ask("includeObject=None").await["rows"][0]["object"].is_null());
    assert_eq!(ask("includeObject=Object").await["rows"][0]["object"]["kind"], "Pod");
}

#[tokio::test]
async fn metadata_alone_can_be_asked_for() {
    let (_sim, client) = with_maps(1).await;
    let accept = [("accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")];
    let list = client.send("GET", "/api/v1/configmaps", &accept, Vec::new()).await.json();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert!(list["items"][0].get("data").is_none());
}

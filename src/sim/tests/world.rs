//! The world lives: rollouts, scaling, crashes, jobs, and the shop with all its troubles.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{Options, Scenario, Sim, start};
use super::client::{Client, Lines};

async fn fast(scenario: Scenario) -> (Sim, Client) {
    let sim = start(Options { scenario, rate: 60.0, ..Options::default() }).await.unwrap();
    let client = Client::new(&sim, "admin");
    (sim, client)
}

fn deployment(replicas: i64, image: &str) -> Value {
    json!({"metadata": {"name": "web"}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
           "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}}})
}

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

async fn watch_web(client: &Client) -> Lines {
    client.watch(&format!("{DEPLOYMENTS}?watch=1&fieldSelector=metadata.name%3Dweb")).await
}

fn rolled_out(line: &Value, replicas: i64) -> bool {
    let (meta, status) = (&line["object"]["metadata"], &line["object"]["status"]);
    meta["generation"] == status["observedGeneration"]
        && ["replicas", "updatedReplicas", "availableReplicas"].iter().all(|name| status[*name] == replicas)
}

#[tokio::test]
async fn a_deployment_rolls_out_scales_and_replaces_lost_pods() {
    let (_sim, client) = fast(Scenario::Bare).await;
    client.post(DEPLOYMENTS, &deployment(3, "i:1")).await;
    let mut lines = watch_web(&client).await;
    lines.until(|line| rolled_out(line, 3)).await;
    let pods = "/api/v1/namespaces/default/pods?labelSelector=app%3Dweb";
    let old = client.read(pods).await;
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}});
    client.patch(&format!("{DEPLOYMENTS}/web"), "application/strategic-merge-patch+json", &image).await;
    lines.until(|line| line["object"]["metadata"]["generation"] == 2 && rolled_out(line, 3)).await;
    let mut gone = client.watch(&format!("{pods}&watch=1")).await;
    for item in old["items"].as_array().unwrap() {
        let name = item["metadata"]["name"].as_str().unwrap();
        if client.get(&format!("/api/v1/namespaces/default/pods/{name}")).await.status == 200 {
            gone.until(|line| line["type"] == "DELETED" && line["object"]["metadata"]["name"] == name).await;
        }
    }
    client
        .patch(
            &format!("{DEPLOYMENTS}/web/scale"),
            "application/merge-patch+json",
            &json!({"spec": {"replicas": 1}}),
        )
        .await;
    lines.until(|line| rolled_out(line, 1)).await;
    let sets = client.read("/apis/apps/v1/namespaces/default/replicasets").await;
    assert_eq!(sets["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_deleted_pod_is_made_good_by_its_owner() {
    let (_sim, client) = fast(Scenario::Bare).await;
    client.post(DEPLOYMENTS, &deployment(1, "i:1")).await;
    watch_web(&client).await.until(|line| rolled_out(line, 1)).await;
    let pods = "/api/v1/namespaces/default/pods";
    let list = client.read(&format!("{pods}?labelSelector=app%3Dweb")).await;
    let name = list["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    let rv = list["metadata"]["resourceVersion"].as_str().unwrap();
    let mut lines = client.watch(&format!("{pods}?watch=1&resourceVersion={rv}")).await;
    let going = client.delete(&format!("{pods}/{name}"), &Value::Null).await.json();
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 30);
    let (mut made, mut gone) = (false, false);
    while !(made && gone) {
        let line = lines.next().await.unwrap();
        let same = line["object"]["metadata"]["name"] == *name;
        made |= line["type"] == "ADDED" && !same;
        gone |= line["type"] == "DELETED" && same;
    }
}

#[tokio::test]
async fn a_pod_that_runs_out_of_memory_restarts_and_backs_off() {
    let (_sim, client) = fast(Scenario::Bare).await;
    let pod = json!({"metadata": {"name": "p", "annotations": {"sim.kdeck.dev/fate": "oom:3"}},
                     "spec": {"containers": [{"name": "c", "image": "i:1"}]}});
    client.post("/api/v1/namespaces/default/pods", &pod).await;
    let mut lines = client.watch("/api/v1/namespaces/default/pods?watch=1").await;
    let line = lines
        .until(|line| {
            let status = &line["object"]["status"]["containerStatuses"][0];
            status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
                && status["restartCount"].as_i64() >= Some(2)
        })
        .await;
    let last = &line["object"]["status"]["containerStatuses"][0]["lastState"]["terminated"];
    assert_eq!((&last["exitCode"], &last["reason"]), (&json!(137), &json!("OOMKilled")));
    let events = client
        .read("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dp,reason%3DBackOff")
        .await;
    assert_eq!(events["items"][0]["type"], "Warning");
}

#[tokio::test]
async fn a_job_completes_and_a_failing_one_gives_up() {
    let (_sim, client) = fast(Scenario::Bare).await;
    let jobs = "/apis/batch/v1/namespaces/default/jobs";
    for (name, fate) in [("good", "complete:2"), ("bad", "fail:2")] {
        let job = json!({"metadata": {"name": name}, "spec": {"backoffLimit": 1, "template": {
            "metadata": {"annotations": {"sim.kdeck.dev/fate": fate}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}]}}}});
        assert_eq!(client.post(jobs, &job).await.status, 201);
    }
    let (mut good, mut bad) = (false, false);
    let mut lines = client.watch(&format!("{jobs}?watch=1")).await;
    while !(good && bad) {
        let line = lines.next().await.unwrap();
        let has = |kind: &str| {
            line["object"]["status"]["conditions"]
                .as_array()
                .is_some_and(|list| list.iter().any(|c| c["type"] == kind))
        };
        good |= line["object"]["metadata"]["name"] == "good" && has("Complete");
        bad |= line["object"]["metadata"]["name"] == "bad"
            && has("Failed")
            && line["object"]["status"]["failed"] == 2;
    }
}

#[tokio::test]
async fn the_shop_has_every_trouble_and_a_past() {
    let sim = start(Options { rate: 0.0, ..Options::default() }).await.unwrap();
    let client = Client::new(&sim, "admin");
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let table = client.send("GET", "/api/v1/pods", &accept, Vec::new()).await.json();
    let shown: Vec<(String, String)> = table["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["cells"][0].as_str().unwrap().to_owned(), row["cells"][2].as_str().unwrap().to_owned())
        })
        .collect();
    let has = |name: &str, states: &[&str]| {
        assert!(
            shown.iter().any(|(pod, state)| pod.starts_with(name) && states.contains(&state.as_str())),
            "{name} {states:?}: {shown:?}"
        );
    };
    has("recommender", &["CrashLoopBackOff", "OOMKilled", "Running"]);
    has("checkout", &["ImagePullBackOff", "ErrImagePull"]);
    has("analytics", &["Pending"]);
    has("invoices", &["CreateContainerConfigError"]);
    has("refunds", &["Init:CrashLoopBackOff", "Init:Error"]);
    has("price-sync", &["Error"]);
    has("frontend", &["Running"]);
    let running = shown.iter().filter(|(_, state)| state == "Running").count();
    assert!(running > 40, "{running} of {}: {shown:?}", shown.len());
    let recommender = client.read("/api/v1/namespaces/shop/pods?labelSelector=app%3Drecommender").await;
    assert!(recommender["items"][0]["status"]["containerStatuses"][0]["restartCount"].as_i64().unwrap() > 3);
    let claim = client.read("/api/v1/namespaces/shop/persistentvolumeclaims/exports").await;
    assert_eq!(claim["status"]["phase"], "Pending");
    let endpoints = client.read("/api/v1/namespaces/shop/endpoints/wishlist").await;
    assert_eq!(endpoints["subsets"], json!([]));
    let failed = client.read("/api/v1/events?fieldSelector=reason%3DFailedScheduling").await;
    assert!(failed["items"].as_array().unwrap().len() >= 2);
    let frontend = client.read("/apis/apps/v1/namespaces/shop/deployments/frontend").await;
    assert_eq!(frontend["status"]["availableReplicas"], 6);
    let cart = client.read("/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dcart").await;
    assert_eq!(cart["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_port_without_a_name_has_an_empty_one_in_the_slice() {
    let (_sim, client) = fast(Scenario::Bare).await;
    let services = "/api/v1/namespaces/default/services";
    let service =
        json!({"metadata": {"name": "s"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}});
    client.post(services, &service).await;
    let slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?watch=1";
    let line = client.watch(slices).await.until(|line| line["object"]["ports"][0]["port"] == 80).await;
    assert_eq!(line["object"]["ports"][0]["name"], "", "clients read it unasked");
}

#[tokio::test]
async fn churn_changes_generated_pods_at_the_pace_asked_for() {
    let sim =
        start(Options { scenario: Scenario::Bare, rate: 0.0, pods: 50, ..Options::default() }).await.unwrap();
    let client = Client::new(&sim, "admin");
    let rv = sim.store().resource_version();
    sim.churn(500.0);
    let mut lines = client.watch(&format!("/api/v1/pods?watch=1&resourceVersion={rv}")).await;
    for _ in 0..50 {
        assert_eq!(lines.next().await.unwrap()["type"], "MODIFIED");
    }
}

#[tokio::test]
async fn generated_nodes_are_workers_of_their_own_and_take_their_part_of_the_pods() {
    let options =
        Options { scenario: Scenario::Bare, rate: 0.0, nodes: 300, pods: 900, ..Options::default() };
    let sim = start(options).await.unwrap();
    let client = Client::new(&sim, "admin");
    let (nodes, pods) = (client.read("/api/v1/nodes").await, client.read("/api/v1/pods").await);
    let own = |list: &Value, path: &str| {
        let items = list["items"].as_array().unwrap().iter();
        let found: BTreeSet<String> =
            items.filter_map(|item| Some(item.pointer(path)?.as_str()?.to_owned())).collect();
        found.len()
    };
    for path in ["/metadata/name", "/status/addresses/0/address", "/spec/podCIDR"] {
        assert_eq!(own(&nodes, path), 300, "{path}");
    }
    assert!(own(&pods, "/spec/nodeName") > 200);
}

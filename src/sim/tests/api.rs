//! Discovery, version, metrics, the request log, stopping and starting again.

use serde_json::{Value, json};

use super::super::Options;
use super::client::Client;
use super::{bare, bare_with};

#[tokio::test]
async fn both_discoveries_tell_the_same() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let mut found = Vec::new();
    for root in ["/api", "/apis"] {
        let answer = client.send("GET", root, &[("accept", accept)], Vec::new()).await;
        assert!(answer.headers["content-type"].to_str().unwrap().contains("as=APIGroupDiscoveryList"));
        for group in answer.json()["items"].as_array().unwrap() {
            for version in group["versions"].as_array().unwrap() {
                for resource in version["resources"].as_array().unwrap() {
                    let name = group["metadata"]["name"].as_str().unwrap_or_default();
                    found.push((name.to_owned(), version["version"].clone(), resource["resource"].clone()));
                }
            }
        }
    }
    assert!(found.len() > 50);
    for (group, version, resource) in found {
        let (version, resource) = (version.as_str().unwrap(), resource.as_str().unwrap());
        let path =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let list = client.read(&path).await;
        assert!(
            list["resources"].as_array().unwrap().iter().any(|known| known["name"] == resource),
            "{path} {resource}"
        );
    }
    assert_eq!(client.read("/version").await["gitVersion"], "v1.37.2");
}

#[tokio::test]
async fn metrics_move_with_the_pods_or_are_absent() {
    let sim = bare_with(Options { pods: 20, ..Options::default() }).await;
    let client = Client::new(&sim, "admin");
    let nodes = client.read("/apis/metrics.k8s.io/v1beta1/nodes").await;
    assert_eq!(nodes["items"].as_array().unwrap().len(), 2);
    let pods = client.read("/apis/metrics.k8s.io/v1beta1/pods").await;
    assert!(pods["items"][0]["containers"][0]["usage"]["cpu"].as_str().unwrap().ends_with('n'));
    let without = bare_with(Options { metrics: false, ..Options::default() }).await;
    assert_eq!(Client::new(&without, "admin").get("/apis/metrics.k8s.io/v1beta1/nodes").await.status, 404);
}

#[tokio::test]
async fn requests_are_remembered_with_user_and_answer() {
    let sim = bare().await;
    Client::new(&sim, "dev").get("/api/v1/pods?limit=1").await;
    let seen = sim.requests().pop().unwrap();
    assert_eq!(
        (&*seen.method, &*seen.path, &*seen.query, &*seen.user, seen.status),
        ("GET", "/api/v1/pods", "limit=1", "dev", 403)
    );
}

#[tokio::test]
async fn a_stopped_server_comes_back_on_its_port_with_its_objects() {
    let mut sim = bare().await;
    let client = Client::new(&sim, "admin");
    sim.store().create("configmaps", json!({"metadata": {"name": "a", "namespace": "default"}})).unwrap();
    let mut lines = client.watch("/api/v1/configmaps?watch=1").await;
    assert!(lines.next().await.is_some());
    let url = sim.url();
    sim.stop().await;
    while lines.next().await.is_some() {}
    assert!(client.open("GET", "/version", &[], Vec::new()).await.is_err());
    sim.restart().await.unwrap();
    assert_eq!(sim.url(), url);
    assert_eq!(client.read("/api/v1/namespaces/default/configmaps/a").await["metadata"]["name"], "a");
}

#[tokio::test]
async fn server_side_validation_is_announced() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let index = client.read("/openapi/v3").await;
    let path = index["paths"]["apis/apps/v1"]["serverRelativeURL"].as_str().unwrap().to_owned();
    let document: Value = client.read(&path).await;
    let patch = &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    assert!(
        patch["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .any(|parameter| parameter["name"] == "fieldValidation")
    );
}

#[tokio::test]
async fn the_published_shapes_reach_every_field_of_every_kind() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let document = client.read("/openapi/v3/apis/apps/v1").await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let kind = |schema: &&Value| {
        let tags = schema["x-kubernetes-group-version-kind"].as_array();
        tags.is_some_and(|tags| tags.iter().any(|tag| tag["kind"] == "Deployment"))
    };
    assert_eq!(schemas.values().filter(kind).count(), 1);
    let mut place = schemas.values().find(kind).unwrap();
    let steps = ["spec", "template", "spec", "containers", "livenessProbe", "httpGet", "port"];
    for step in steps {
        place = &place["properties"][step];
        let list = if place["items"].is_null() { place } else { &place["items"] };
        if let Some(reference) = list["allOf"][0]["$ref"].as_str() {
            place = &schemas[reference.rsplit('/').next().unwrap()];
        }
    }
    assert_eq!(place["format"], "int-or-string");
    assert!(schemas.values().all(Value::is_object));
}

#[tokio::test]
async fn what_would_need_containers_is_refused_with_a_reason() {
    let sim = bare().await;
    let pod = json!({"metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    sim.store().create("pods", pod).unwrap();
    let client = Client::new(&sim, "admin");
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "v5.channel.k8s.io"),
    ];
    for sub in ["exec?command=sh&stdout=1", "attach?stdout=1", "portforward?ports=80"] {
        for (method, headers) in [("GET", &upgrade[..]), ("POST", &[])] {
            let path = format!("/api/v1/namespaces/default/pods/p/{sub}");
            let answer = client.send(method, &path, headers, Vec::new()).await;
            let status = answer.json();
            assert_eq!(
                (answer.status, &status["kind"], &status["code"]),
                (501, &json!("Status"), &json!(501))
            );
            let message = status["message"].as_str().unwrap();
            assert!(message.contains("runs no containers"), "{message}");
        }
        let path = format!("/api/v1/namespaces/default/pods/none/{sub}");
        assert_eq!(client.send("POST", &path, &[], Vec::new()).await.status, 404);
    }
}

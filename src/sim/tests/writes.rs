//! Writing: creation, conflicts, the patch kinds, deletion with finalizers and dependents, definitions.

use serde_json::{Value, json};

use super::bare;
use super::client::{Client, names, short};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn deployment(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}},
           "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1", "args": ["x"]}]}}}})
}

#[tokio::test]
async fn a_created_object_gets_name_uid_time_and_version() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let made = client.post(MAPS, &json!({"metadata": {"generateName": "run-"}, "data": {"a": "b"}})).await;
    assert_eq!(made.status, 201);
    let meta = made.json()["metadata"].clone();
    assert!(meta["name"].as_str().unwrap().starts_with("run-"));
    assert_eq!(meta["namespace"], "default");
    assert_eq!(meta["uid"].as_str().unwrap().len(), 36);
    assert!(crate::model::Timestamp::parse(meta["creationTimestamp"].as_str().unwrap()).is_some());
    assert_eq!(meta["managedFields"][0]["fieldsV1"]["f:data"]["f:a"], json!({}));
}

#[tokio::test]
async fn refusals_are_worded_as_the_real_server_words_them() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    client.post(MAPS, &json!({"metadata": {"name": "a"}})).await;
    let cases = [
        (
            client.post(MAPS, &json!({"metadata": {"name": "a"}})).await,
            409,
            "configmaps \"a\" already exists",
        ),
        (client.get(&format!("{MAPS}/nope")).await, 404, "configmaps \"nope\" not found"),
        (
            client.post("/api/v1/namespaces/nope/configmaps", &json!({"metadata": {"name": "a"}})).await,
            404,
            "namespaces \"nope\" not found",
        ),
        (client.get("/api/v1/nonsense").await, 404, "the server could not find the requested resource"),
        (
            client
                .post("/apis/apps/v1/namespaces/default/deployments", &json!({"metadata": {"name": "d"}}))
                .await,
            422,
            "Deployment.apps \"d\" is invalid: spec.selector: Required value",
        ),
        (
            client
                .post(MAPS, &json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "s"}}))
                .await,
            400,
            "Secret in version \"v1\" cannot be handled as a ConfigMap: no kind \"Secret\" is registered for version \"v1\"",
        ),
    ];
    for (answer, code, message) in cases {
        let status = answer.json();
        assert_eq!((answer.status, status["message"].as_str().unwrap()), (code, message));
        assert_eq!(
            (&status["kind"], &status["status"], &status["code"]),
            (&json!("Status"), &json!("Failure"), &json!(code))
        );
    }
}

#[tokio::test]
async fn an_update_from_an_old_version_conflicts() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let mut object = client.post(MAPS, &json!({"metadata": {"name": "a"}})).await.json();
    object["data"] = json!({"k": "1"});
    assert_eq!(client.put(&format!("{MAPS}/a"), &object).await.status, 200);
    let refused = client.put(&format!("{MAPS}/a"), &object).await;
    assert_eq!(refused.status, 409);
    assert_eq!(
        refused.json()["message"],
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
}

#[tokio::test]
async fn each_patch_kind_does_its_own() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let base = "/apis/apps/v1/namespaces/default/deployments";
    client.post(base, &deployment("web")).await;
    let path = format!("{base}/web");
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}});
    let strategic = client.patch(&path, "application/strategic-merge-patch+json", &image).await.json();
    let container = &strategic["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&container["image"], &container["args"]), (&json!("i:2"), &json!(["x"])));
    assert_eq!(strategic["metadata"]["generation"], 2);
    let merge = client
        .patch(&path, "application/merge-patch+json", &json!({"metadata": {"labels": {"a": "b"}}}))
        .await
        .json();
    assert_eq!(merge["metadata"]["labels"]["a"], "b");
    assert_eq!(merge["metadata"]["generation"], 2);
    let patch = json!([{"op": "replace", "path": "/spec/replicas", "value": 5}]);
    assert_eq!(
        client.patch(&path, "application/json-patch+json", &patch).await.json()["spec"]["replicas"],
        5
    );
    assert_eq!(
        client
            .patch(&path, "application/json-patch+json", &json!([{"op": "remove", "path": "/x/y"}]))
            .await
            .status,
        422
    );
    let apply =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"k": "v"}});
    let made = client
        .patch(&format!("{MAPS}/applied?fieldManager=me"), "application/apply-patch+yaml", &apply)
        .await;
    assert_eq!((made.status, &made.json()["data"]["k"]), (201, &json!("v")));
}

#[tokio::test]
async fn status_and_scale_change_their_own_part_only() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let base = "/apis/apps/v1/namespaces/default/deployments";
    client.post(base, &deployment("web")).await;
    let merge = "application/merge-patch+json";
    let patch = json!({"spec": {"replicas": 9}, "status": {"replicas": 2}});
    let status = client.patch(&format!("{base}/web/status"), merge, &patch).await.json();
    assert_eq!((&status["spec"]["replicas"], &status["status"]["replicas"]), (&json!(2), &json!(2)));
    let object =
        client.patch(&format!("{base}/web"), merge, &json!({"status": {"replicas": 7}})).await.json();
    assert_eq!(object["status"]["replicas"], 2);
    let scale =
        client.patch(&format!("{base}/web/scale"), merge, &json!({"spec": {"replicas": 4}})).await.json();
    assert_eq!(
        (&scale["kind"], &scale["spec"]["replicas"], &scale["status"]["selector"]),
        (&json!("Scale"), &json!(4), &json!("app=web"))
    );
    assert_eq!(client.read(&format!("{base}/web")).await["spec"]["replicas"], 4);
}

#[tokio::test]
async fn a_dry_run_answers_and_changes_nothing() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let made = client.post(&format!("{MAPS}?dryRun=All"), &json!({"metadata": {"name": "a"}})).await;
    assert_eq!(made.status, 201);
    assert_eq!(client.get(&format!("{MAPS}/a")).await.status, 404);
}

#[tokio::test]
async fn a_finalizer_holds_an_object_until_it_is_taken_off() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    client.post(MAPS, &json!({"metadata": {"name": "a", "finalizers": ["example.com/wait"]}})).await;
    let path = format!("{MAPS}/a");
    let going = client.delete(&path, &Value::Null).await.json();
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(client.get(&path).await.status, 200);
    client.patch(&path, "application/merge-patch+json", &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn dependents_follow_their_owner() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    for (policy, stays) in [("Background", false), ("Foreground", false), ("Orphan", true)] {
        let owner = client.post(MAPS, &json!({"metadata": {"name": "owner"}})).await.json();
        let reference = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}]);
        let child = client
            .post(MAPS, &json!({"metadata": {"name": "child", "ownerReferences": reference}}))
            .await
            .json();
        let rv = child["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
        client.delete(&format!("{MAPS}/owner"), &json!({"propagationPolicy": policy})).await;
        lines.until(|line| short(line) == "DELETED owner").await;
        if stays {
            let child = client.read(&format!("{MAPS}/child")).await;
            assert_eq!(child["metadata"]["ownerReferences"], json!([]));
        } else {
            let mut lines = client.watch(&format!("{MAPS}?watch=1&resourceVersion={rv}")).await;
            lines.until(|line| short(line) == "DELETED child").await;
        }
    }
}

#[tokio::test]
async fn a_namespace_empties_itself_and_goes() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    client.post("/api/v1/namespaces", &json!({"metadata": {"name": "tmp"}})).await;
    client.post("/api/v1/namespaces/tmp/configmaps", &json!({"metadata": {"name": "a"}})).await;
    let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    client.post("/api/v1/namespaces/tmp/pods", &pod).await;
    let rv = sim.store().resource_version();
    let mut lines = client.watch(&format!("/api/v1/namespaces?watch=1&resourceVersion={rv}")).await;
    client.delete("/api/v1/namespaces/tmp", &Value::Null).await;
    let leaving = lines.next().await.unwrap();
    assert_eq!(leaving["object"]["status"]["phase"], "Terminating");
    assert_eq!(short(&lines.next().await.unwrap()), "DELETED tmp");
    assert!(sim.store().get("configmaps", "tmp", "a").is_none());
}

#[tokio::test]
async fn preconditions_protect_another_incarnation() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    client.post(MAPS, &json!({"metadata": {"name": "a"}})).await;
    let refused = client.delete(&format!("{MAPS}/a"), &json!({"preconditions": {"uid": "other"}})).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains("Precondition failed: UID in precondition: other")
    );
}

#[tokio::test]
async fn a_definition_serves_its_kind_at_once_and_takes_it_along() {
    let sim = bare().await;
    let client = Client::new(&sim, "admin");
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let group = "/apis/example.com/v1";
    assert_eq!(client.get(group).await.status, 404);
    let definition = json!({"metadata": {"name": "widgets.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
        "versions": [{"name": "v1", "served": true, "storage": true, "additionalPrinterColumns": [
            {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]}]}});
    let made = client.post(definitions, &definition).await.json();
    assert_eq!(made["status"]["conditions"][1]["type"], "Established");
    assert_eq!(client.read(group).await["resources"][0]["shortNames"], json!(["wd"]));
    let path = format!("{group}/namespaces/default/widgets");
    client.post(&path, &json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 3}})).await;
    let list = client.read(&path).await;
    assert_eq!((names(&list), &list["items"][0]["kind"]), (vec!["w"], &json!("Widget")));
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
    let table = client.send("GET", &path, &accept, Vec::new()).await.json();
    assert_eq!(table["rows"][0]["cells"], json!(["w", 3]));
    let mut lines = client.watch(&format!("{path}?watch=1")).await;
    assert_eq!(short(&lines.next().await.unwrap()), "ADDED w");
    client.delete(&format!("{definitions}/widgets.example.com"), &Value::Null).await;
    while lines.next().await.is_some() {}
    assert_eq!(client.get(&path).await.status, 404);
}

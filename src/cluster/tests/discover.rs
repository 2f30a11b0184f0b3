//! Discovery in its forms, its cache, rights, and the report.

use serde_json::json as value;

use super::*;
use crate::cluster::doctor::{Surroundings, report};
use crate::model::{Gvr, Scope};

fn aggregated(items: &serde_json::Value) -> Response<Body> {
    let body = value!({ "kind": "APIGroupDiscoveryList", "items": items });
    answer(200, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", body.to_string())
}

fn resource(name: &str, kind: &str, short: &[&str], subs: &[&str]) -> serde_json::Value {
    let subs: Vec<_> = subs.iter().map(|sub| value!({ "subresource": sub, "verbs": ["get"] })).collect();
    value!({ "resource": name, "responseKind": { "group": "", "version": "", "kind": kind }, "scope": "Namespaced",
        "singularResource": kind.to_lowercase(), "verbs": ["get", "list", "watch"], "shortNames": short,
        "categories": ["all"], "subresources": subs })
}

#[tokio::test]
async fn aggregated_discovery_needs_two_requests_and_a_stale_group_marks_itself() {
    let server = Server::start(|parts, _| match parts.uri.path() {
        "/api" => aggregated(&value!([{ "metadata": {}, "versions": [
            { "version": "v1", "freshness": "Current", "resources": [resource("pods", "Pod", &["po"], &["log", "exec"])] }] }])),
        "/apis" => aggregated(&value!([
            { "metadata": { "name": "autoscaling" }, "versions": [
                { "version": "v2", "freshness": "Current", "resources": [resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"], &[])] },
                { "version": "v1", "freshness": "Current", "resources": [resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"], &[]), resource("olds", "Old", &[], &[])] }] },
            { "metadata": { "name": "metrics.k8s.io" }, "versions": [{ "version": "v1beta1", "freshness": "Stale", "resources": null }] }])),
        _ => status(404, "NotFound", "no"),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let options = || Options { cache_dir: Some(directory.path().to_owned()), ..Options::default() };
    let open = || server.opened("token: t", "", &Overrides::default(), options()).unwrap();
    let cluster = open();
    assert_eq!(cluster.cached_discovery(), None);
    let found = cluster.discover().await.unwrap();
    assert_eq!(server.seen().len(), 2);
    let pods = &found.resources[0];
    assert_eq!((&pods.gvr, &*pods.kind, pods.scope), (&Gvr::new("", "v1", "pods"), "Pod", Scope::Namespaced));
    assert_eq!((&*pods.short_names[0], &*pods.singular, &*pods.categories[0]), ("po", "pod", "all"));
    assert_eq!(pods.subresources.iter().map(|sub| &**sub).collect::<Vec<_>>(), ["log", "exec"]);
    let preferred: Vec<_> =
        found.resources.iter().filter(|r| r.preferred).map(|r| (&*r.gvr.version, &*r.gvr.resource)).collect();
    assert_eq!(preferred, [("v1", "pods"), ("v2", "horizontalpodautoscalers"), ("v1", "olds")]);
    assert_eq!(found.dead_groups.len(), 1);
    assert_eq!(&*found.dead_groups[0].0, "metrics.k8s.io/v1beta1");

    let kept = open().cached_discovery().expect("kept for the next start");
    assert_eq!(kept.resources, found.resources);
}

#[tokio::test]
async fn plain_discovery_folds_sub_resources_and_survives_a_dead_group() {
    let server = Server::start(|parts, _| match parts.uri.path() {
        "/api" => json(&value!({ "kind": "APIVersions", "versions": ["v1"] })),
        "/apis" => json(&value!({ "kind": "APIGroupList", "groups": [
            { "name": "apps", "versions": [{ "version": "v1beta1" }, { "version": "v1" }], "preferredVersion": { "version": "v1" } },
            { "name": "metrics.k8s.io", "versions": [{ "version": "v1beta1" }] }] })),
        "/api/v1" => json(&value!({ "resources": [
            { "name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod", "verbs": ["list"], "shortNames": ["po"] },
            { "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get"] },
            { "name": "nodes", "singularName": "node", "namespaced": false, "kind": "Node", "verbs": ["list"] }] })),
        "/apis/metrics.k8s.io/v1beta1" => answer(503, "text/plain", "service unavailable"),
        _ => json(&value!({ "resources": [{ "name": "deployments", "namespaced": true, "kind": "Deployment", "verbs": ["list"] }] })),
    })
    .await;
    let found = server.cluster("token: t").discover().await.unwrap();
    let all: Vec<_> = found.resources.iter().map(|r| (r.gvr.path(None), r.preferred)).collect();
    let want = [
        ("/api/v1/pods", true),
        ("/api/v1/nodes", true),
        ("/apis/apps/v1/deployments", true),
        ("/apis/apps/v1beta1/deployments", false),
    ];
    assert_eq!(all, want.map(|(path, preferred)| (path.to_owned(), preferred)));
    assert_eq!(&*found.resources[0].subresources[0], "log");
    assert_eq!(found.resources[1].scope, Scope::Cluster);
    assert_eq!(&*found.dead_groups[0].0, "metrics.k8s.io/v1beta1");
    assert!(found.dead_groups[0].1.what.contains("503"));
}

#[tokio::test]
async fn half_an_answer_is_used_but_not_kept() {
    let server = Server::start(|parts, _| match parts.uri.path() {
        "/api" => json(&value!({ "versions": ["v1"] })),
        "/api/v1" => json(&value!({ "resources": [{ "name": "pods", "kind": "Pod", "namespaced": true }] })),
        _ => status(500, "InternalError", "no groups today"),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let options = Options { cache_dir: Some(directory.path().to_owned()), ..Options::default() };
    let cluster = server.opened("token: t", "", &Overrides::default(), options).unwrap();
    let found = cluster.discover().await.unwrap();
    assert_eq!((found.resources.len(), found.dead_groups.len()), (1, 1));
    assert_eq!(cluster.cached_discovery(), None);
}

fn api(parts: &Parts, body: &[u8]) -> Response<Body> {
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    match parts.uri.path() {
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => {
            json(&value!({ "status": { "incomplete": false,
            "nonResourceRules": [], "resourceRules": [{ "verbs": ["list"], "apiGroups": [""], "resources": ["pods"] }] } }))
        }
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            let attributes = &asked["spec"]["resourceAttributes"];
            json(
                &value!({ "status": { "allowed": attributes["resource"] == "pods" && attributes["namespace"].as_str().is_some_and(|name| !name.is_empty()) } }),
            )
        }
        "/apis/authentication.k8s.io/v1/selfsubjectreviews" => {
            json(&value!({ "status": { "userInfo": { "username": "bob", "groups": ["dev"] } } }))
        }
        "/version" => version(),
        _ => status(404, "NotFound", "no"),
    }
}

#[tokio::test]
async fn rules_are_asked_once_a_namespace_and_a_failure_is_not_remembered() {
    let calls = Arc::new(Mutex::new(0));
    let count = calls.clone();
    let server = Server::start(move |parts, body| {
        *count.lock() += 1;
        if *count.lock() == 1 { status(500, "InternalError", "etcd") } else { api(parts, body) }
    })
    .await;
    let cluster = server.cluster("token: t");
    cluster.rules("shop").await.unwrap_err();
    let both = futures::future::join(cluster.rules("shop"), cluster.rules("shop")).await;
    assert_eq!(both.0.unwrap().may("list", "", "pods", None), Some(true));
    assert_eq!(both.1.unwrap().may("list", "", "secrets", None), Some(false));
    assert_eq!(*calls.lock(), 2, "one failure, one answer for both");
    assert!(cluster.may("list", &Gvr::new("", "v1", "pods"), Some("shop")).await.unwrap());
    assert!(!cluster.may("list", &Gvr::new("", "v1", "pods"), None).await.unwrap());
    assert_eq!(cluster.whoami().await.unwrap().username, "bob");
}

#[tokio::test]
async fn the_report_names_stages_user_and_rights_and_no_secret() {
    let server = Server::start(api).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    std::fs::write(&path, server.kubeconfig("token: hunter2", "")).unwrap();
    let overrides = Overrides { kubeconfig: Some(path.clone()), ..Overrides::default() };
    let env = Env::of(&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TMUX", "x")]);
    let surroundings = Surroundings { env, size: Some((80, 24)) };
    let (text, fine) = report(&overrides, None, &surroundings).await;
    assert!(fine, "{text}");
    for part in [
        "TERM=xterm-256color",
        "80 x 24",
        "tmux",
        "context test: cluster here, user me",
        "TLS 1.3",
        "server version v1.37.2",
        "round trip of 5",
        "the server knows you as bob (groups: dev)",
        "ok  list, watch pods (default)",
        "no right to list, watch nodes (everywhere)",
        "clocks agree",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert!(!text.contains("hunter2"));

    std::fs::write(&path, server.kubeconfig("token: t", "").replace(&server.port.to_string(), "1")).unwrap();
    let (text, fine) = report(&overrides, None, &surroundings).await;
    assert!(!fine && text.contains("✖   TCP") && text.contains("→ "), "{text}");
    let (text, fine) = report(&overrides, Some("tset"), &surroundings).await;
    assert!(!fine && text.contains("no context \"tset\"") && text.contains("did you mean test?"), "{text}");
}

//! What is true of real API servers and easily got wrong by their clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, header};
use http_body_util::BodyExt;
use kdeck::cluster::{Body, Cluster, RAW};
use kdeck::kinds::registry;
use kdeck::model::{ClusterId, Gvr, Problem, ProblemKind, ShardKey, WatchScope};
use kdeck::runtime::clock;
use kdeck::store::{Bell, Delta, Store};
use kdeck::watchers::{Api, ServerFacts, Supervisor};
use serde_json::{Value, json};

use crate::place::{ANSWER, Place, run};

/// Config maps that make a list worth compressing.
const MAPS: usize = 40;

async fn fill(place: &Place) {
    let collection = place.collection("v1", "configmaps");
    for index in 0..MAPS {
        let map = json!({ "metadata": { "name": format!("map-{index}") }, "data": { "text": "all work and no play ".repeat(300) } });
        place.make(&collection, &map).await.expect("a config map");
    }
}

const STREAM: &str = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=120";

/// Asks for a stream of a collection of the place.
async fn stream(place: &Place, plural: &str, accept: &str, headers: &[(&str, &str)]) -> http::Response<Body> {
    let uri = format!("{}?{STREAM}", place.collection("v1", plural));
    let mut request = Request::get(uri).header(header::ACCEPT, accept);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Vec::new()).expect("a request");
    place.cluster.send(request, ANSWER).await.unwrap_or_else(|problem| panic!("{problem}"))
}

/// Reads events until the mark of the initial ones' end, which comes while the stream stays open.
async fn until_mark(mut body: Body) -> Vec<Value> {
    let mut buffer = Vec::new();
    let mut events: Vec<Value> = Vec::new();
    loop {
        let frame = tokio::time::timeout(ANSWER, body.frame())
            .await
            .expect("the mark comes while the stream is open");
        let frame = frame.expect("an open stream").unwrap_or_else(|problem| panic!("{problem}"));
        buffer.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            events.push(serde_json::from_slice(&line).expect("an event"));
            if events.last().is_some_and(|event| event["type"] == "BOOKMARK") {
                return events;
            }
        }
    }
}

#[test]
fn a_streaming_list_marks_its_end_and_is_unpacked_as_it_comes() {
    let Some(place) = Place::open() else { return };
    run(async {
        fill(&place).await;
        let raw =
            stream(&place, "configmaps", "application/json", &[("accept-encoding", "gzip"), (RAW, "1")])
                .await;
        let coding = raw.headers().get(header::CONTENT_ENCODING).map(|coding| coding.as_bytes().to_vec());
        drop(raw);
        println!(
            "streaming lists are {}",
            if coding.is_some() { "compressed" } else { "not compressed here" }
        );
        assert!(coding.is_some() || !place.is_ours, "1.37 compresses streaming lists");
        let body = stream(&place, "configmaps", "application/json", &[("accept-encoding", "gzip")])
            .await
            .into_body();
        let events = until_mark(body).await;
        let added = events.iter().filter(|event| event["type"] == "ADDED").count();
        // The controllers put a config map with the cluster's certificate into each namespace.
        assert!((MAPS..=MAPS + 1).contains(&added), "{added} objects");
        let mark = &events[events.len() - 1]["object"];
        assert_eq!(mark["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
        assert_eq!(mark["metadata"]["name"], Value::Null, "the mark is an object without a name");
        our_watcher(&place).await;
    });
}

#[test]
fn the_bookmark_of_a_tables_watch_is_a_row_of_empty_cells() {
    let Some(place) = Place::open() else { return };
    run(async {
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
        let map = json!({ "metadata": { "name": "one" } });
        place.make(&place.collection("v1", "configmaps"), &map).await.expect("a config map");
        let events = until_mark(stream(&place, "configmaps", accept, &[]).await.into_body()).await;
        let first = &events[0]["object"]["columnDefinitions"];
        assert!(first.as_array().is_some_and(|columns| columns.len() == 3), "{first}");
        for event in &events[1..] {
            assert_eq!(
                event["object"]["columnDefinitions"],
                Value::Null,
                "columns come in the first event only"
            );
        }
        let rows = &events[events.len() - 1]["object"]["rows"];
        assert_eq!(rows[0]["cells"], json!(["", 0, "<unknown>"]));
        assert_eq!(rows[0]["object"]["metadata"]["name"], Value::Null, "it must not be shown as an object");
    });
}

/// A way to the server on which only streams work, and those compressed.
#[derive(Clone)]
struct OnlyStreams {
    cluster: Cluster,
    streams: Arc<AtomicUsize>,
}

impl Api for OnlyStreams {
    type Body = Body;

    fn id(&self) -> &ClusterId {
        self.cluster.id()
    }

    fn facts(&self) -> ServerFacts {
        ServerFacts {
            version: Some((1, 37)),
            round_trip: Some(Duration::from_millis(1)),
            ..ServerFacts::default()
        }
    }

    async fn send(
        &self,
        mut request: Request<Vec<u8>>,
        patience: Duration,
    ) -> Result<http::Response<Body>, Problem> {
        let query = request.uri().query().unwrap_or_default();
        if !query.contains("watch=") {
            return Err(Problem::new(ProblemKind::Timeout, "lists do not work here"));
        }
        if query.contains("sendInitialEvents") {
            self.streams.fetch_add(1, Ordering::Relaxed);
        }
        request.headers_mut().insert(header::ACCEPT_ENCODING, http::HeaderValue::from_static("gzip"));
        self.cluster.send(request, patience).await
    }

    async fn may_list(&self, _: &str, _: &str, _: &str) -> Option<bool> {
        Some(true)
    }
}

/// Our watcher becomes live on such a stream while it is open, and goes on with it.
async fn our_watcher(place: &Place) {
    let store = Arc::new(Store::new(Arc::new(Bell::default())));
    let supervisor: Supervisor<OnlyStreams> = Supervisor::new(store.clone(), clock::now);
    let streams = Arc::new(AtomicUsize::new(0));
    supervisor.add_cluster(OnlyStreams { cluster: place.cluster.clone(), streams: streams.clone() });
    supervisor.set_catalog(place.cluster.id(), Arc::new(place.catalog().await));
    let def = registry::find("", "configmaps").expect("a record").def();
    let scope = WatchScope::Namespace(place.name.as_str().into());
    let shard = store.shard(&ShardKey { cluster: place.cluster.id().clone(), kind: def.id.clone(), scope });
    supervisor.want(vec![shard.key().clone()]);
    let rows = |is_more: bool| {
        let shard = shard.clone();
        async move {
            let Delta::Full(rows) = shard.read(None).1 else { return Err((0, shard.freshness())) };
            assert!(rows.iter().all(|row| !row.key.name.is_empty()), "a bookmark is no object");
            let names = rows.iter().filter(|row| row.key.name.starts_with("map-")).count();
            let is_right = names == MAPS + usize::from(is_more) && shard.freshness().is_live();
            if is_right { Ok(()) } else { Err((names, shard.freshness())) }
        }
    };
    place.until("the streamed list is whole", || rows(false)).await;
    let map = json!({ "metadata": { "name": "map-late" } });
    place.make(&place.collection("v1", "configmaps"), &map).await.expect("a config map");
    place.until("an event of the same stream arrives", || rows(true)).await;
    assert_eq!(streams.load(Ordering::Relaxed), 1, "one stream did it all");
}

/// Users by what they may do with what exec, attach and port-forward go through.
const USERS: [(&str, &[&str]); 3] =
    [("get", &["get"]), ("create", &["create"]), ("both", &["get", "create"])];

#[test]
fn exec_attach_and_forward_need_the_right_to_create() {
    let Some(place) = Place::open() else { return };
    run(async {
        let subs = ["pods/exec", "pods/attach", "pods/portforward"];
        let roles = place.collection("rbac.authorization.k8s.io/v1", "roles");
        let bindings = place.collection("rbac.authorization.k8s.io/v1", "rolebindings");
        for (verb, verbs) in USERS {
            let user = format!("{}-{verb}", place.name);
            let rules = json!([
                { "apiGroups": [""], "resources": subs, "verbs": verbs },
                { "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] },
            ]);
            place
                .make(&roles, &json!({ "metadata": { "name": verb }, "rules": rules }))
                .await
                .expect("a role");
            let binding = json!({ "metadata": { "name": verb },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": verb },
                "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user }] });
            place.make(&bindings, &binding).await.expect("a binding");
        }
        let pod = json!({ "metadata": { "name": "shell" }, "spec": { "schedulerName": "nobody", "containers": [{ "name": "c", "image": "i" }] } });
        place.make(&place.collection("v1", "pods"), &pod).await.expect("a pod");
        let path = format!("{}/shell/exec?command=true&stdout=true", place.collection("v1", "pods"));
        for (verb, verbs) in USERS {
            let may = verbs.contains(&"create");
            let user = crate::place::connect_as(&place.kubeconfig, &format!("{}-{verb}", place.name));
            let namespace = Some(place.name.as_str());
            for sub in subs {
                let what = Gvr::new("", "v1", sub);
                place
                    .until("the role is known", || async {
                        let asked = user.may("create", &what, namespace).await.map_err(|p| p.to_string())?;
                        if asked == may {
                            Ok(())
                        } else {
                            Err(format!("{verb}: may create {sub} is {asked}"))
                        }
                    })
                    .await;
                let rules = user.rules(&place.name).await.unwrap_or_else(|problem| panic!("{problem}"));
                assert_eq!(rules.may("create", "", sub, None), Some(may), "{verb} {sub}");
            }
            let refused = upgrade(&user, &path).await;
            // A WebSocket begins with a GET, so that both rights are needed; SPDY's POST needs the one alone.
            let is_refused = verbs.len() < 2;
            assert_eq!(refused.kind == ProblemKind::Forbidden, is_refused, "with {verb}: {refused}");
        }
    });
}

/// Asks for an exec over WebSocket on a pod that no node runs; returns how it fails.
async fn upgrade(user: &Cluster, path: &str) -> Problem {
    let request = Request::get(path)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", "v5.channel.k8s.io")
        .body(Vec::new())
        .expect("a request");
    user.send(request, ANSWER).await.expect_err("no node runs the pod")
}

#[test]
fn a_dead_aggregated_api_marks_its_own_group_alone() {
    let Some(place) = Place::open() else { return };
    if !place.is_ours {
        println!("left out: a dead aggregated API, which others on the cluster would feel");
        return;
    }
    run(async {
        let group = format!("dead.{}.example.com", place.name);
        let before = place.discovery.resources.len();
        let service = json!({ "metadata": { "name": format!("v1.{group}") }, "spec": {
            "group": group, "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15,
            "insecureSkipTLSVerify": true, "service": { "namespace": place.name, "name": "nowhere" },
        } });
        place.make("/apis/apiregistration.k8s.io/v1/apiservices", &service).await.expect("an API service");
        place
            .until("the group is marked", || async {
                let found = place.cluster.discover().await.map_err(|problem| problem.to_string())?;
                let dead: Vec<String> = found.dead_groups.iter().map(|(name, _)| name.to_string()).collect();
                let is_marked = dead.iter().any(|name| name.starts_with(&group));
                if is_marked { Ok(()) } else { Err(format!("{dead:?}")) }
            })
            .await;
        let found = place.cluster.discover().await.expect("discovery");
        let others = found.dead_groups.iter().filter(|(name, _)| !name.contains("example.com")).count();
        assert_eq!(others, 0, "{:?}", found.dead_groups);
        // Custom resources of tests beside this one come and go.
        let built_in = found.resources.iter().filter(|r| !r.gvr.group.ends_with("example.com")).count();
        let known =
            place.discovery.resources.iter().filter(|r| !r.gvr.group.ends_with("example.com")).count();
        assert_eq!(built_in, known, "of {before}");
    });
}

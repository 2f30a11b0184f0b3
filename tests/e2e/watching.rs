//! Our watcher beside the server's own watch of its table: through a workload's life, at every version of every
//! object, our row is the server's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, header};
use http_body_util::BodyExt;
use kdeck::cluster::task::{Task, spawn};
use kdeck::kinds::{KindDef, registry};
use kdeck::model::{ShardKey, Timestamp, WatchScope};
use kdeck::runtime::clock;
use kdeck::store::{Bell, Delta, Rev, Shard, Store};
use kdeck::watchers::Supervisor;
use serde_json::{Value, json};

use crate::objects;
use crate::oracle;
use crate::place::{ANSWER, Place, Tier, run};

const KINDS: &[(&str, &str)] = &[("", "pods"), ("apps", "deployments"), ("apps", "replicasets")];

/// How far the clocks of a row and of the server's cell may lie apart, in seconds.
const APART: i64 = 5;

/// The server's cells by name and resourceVersion.
type Cells = Arc<Mutex<HashMap<(String, String), Vec<String>>>>;

/// One kind under watch.
struct Watched {
    def: KindDef,
    shard: Arc<Shard>,
    cells: Cells,
    /// Rows seen in the store: name, resourceVersion, our cells around the moment it was seen.
    rows: Vec<(String, String, Vec<Vec<String>>)>,
    rev: Option<Rev>,
    _watch: Task,
}

#[test]
fn rows_stay_the_servers_through_creation_rollout_failure_and_deletion() {
    let Some(place) = Place::open() else { return };
    if place.tier == Tier::Api {
        println!("left out: a workload's life, as no controller lives it here");
        return;
    }
    run(async {
        let store = Arc::new(Store::new(Arc::new(Bell::default())));
        let supervisor = Supervisor::new(store.clone(), clock::now);
        supervisor.add_cluster(place.cluster.clone());
        supervisor.set_catalog(place.cluster.id(), Arc::new(place.catalog().await));
        let mut watched: Vec<Watched> = KINDS.iter().map(|kind| watch(&place, &store, kind)).collect();
        supervisor.want(watched.iter().map(|one| one.shard.key().clone()).collect());
        life(&place, &mut watched).await;
        let (mut seen, mut wrong) = (0, Vec::new());
        for one in &watched {
            let cells = one.cells.lock().expect("a lock");
            for (name, version, ours) in &one.rows {
                // What passed before the server's own watch stood has nothing to be compared with.
                let Some(server) = cells.get(&(name.clone(), version.clone())) else { continue };
                seen += 1;
                if !agrees(server, ours) {
                    wrong.push(format!(
                        "{} {name} at {version}: {:?}, the server has {server:?}",
                        one.def.id, ours[0]
                    ));
                }
            }
        }
        println!("summary: {seen} versions of objects compared while they changed");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(seen >= 30, "only {seen} versions were seen");
    });
}

/// Each cell must be the server's at one of the moments around.
fn agrees(server: &[String], ours: &[Vec<String>]) -> bool {
    (0..server.len()).all(|at| ours.iter().any(|cells| cells.get(at) == server.get(at)))
}

fn watch(place: &Place, store: &Store, (group, plural): &(&str, &str)) -> Watched {
    let def = registry::find(group, plural).expect("a record").def();
    let key = ShardKey {
        cluster: place.cluster.id().clone(),
        kind: def.id.clone(),
        scope: WatchScope::Namespace(place.name.as_str().into()),
    };
    let cells = Cells::default();
    let path = def.gvr.path(Some(&place.name));
    let watch = spawn("the server's table", table_events(place.cluster.clone(), path, cells.clone()));
    Watched { def, shard: store.shard(&key), cells, rows: Vec::new(), rev: None, _watch: watch }
}

/// Notes the cells of every event of a table's watch.
async fn table_events(cluster: kdeck::cluster::Cluster, path: String, cells: Cells) {
    let uri = format!(
        "{path}?watch=1&includeObject=Metadata&sendInitialEvents=true&allowWatchBookmarks=true\
         &resourceVersionMatch=NotOlderThan&timeoutSeconds=600"
    );
    let request = Request::get(uri)
        .header(header::ACCEPT, "application/json;as=Table;v=v1;g=meta.k8s.io")
        .body(Vec::new())
        .expect("a request");
    let mut body = cluster.send(request, ANSWER).await.expect("a watch").into_body();
    let mut buffer = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        buffer.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            let event: Value = serde_json::from_slice(&line).expect("an event");
            if event["type"] == "BOOKMARK" {
                continue;
            }
            for row in event["object"]["rows"].as_array().into_iter().flatten() {
                let meta =
                    |name: &str| row["object"]["metadata"][name].as_str().unwrap_or_default().to_owned();
                let texts = row["cells"].as_array().into_iter().flatten().map(oracle::text).collect();
                cells.lock().expect("a lock").insert((meta("name"), meta("resourceVersion")), texts);
            }
        }
    }
}

/// A deployment comes, rolls out, fails, and goes.
async fn life(place: &Place, watched: &mut [Watched]) {
    let collection = place.collection("apps/v1", "deployments");
    let path = format!("{collection}/life");
    let template = |command: &[&str], image: &str| {
        let mut pod = json!({ "metadata": { "labels": { "app": "life" } }, "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{ "name": "c", "image": image, "command": command }],
        } });
        pod["spec"]["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
        pod
    };
    let image = objects::image();
    let deployment = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "life" }, "spec": {
        "replicas": 2, "selector": { "matchLabels": { "app": "life" } }, "template": template(&["sleep", "3600"], &image),
    } });
    // Both watches must stand before anything happens.
    quiet(place, watched, "an empty namespace", &|tables| tables.iter().all(Vec::is_empty)).await;
    place.make(&collection, &deployment).await.expect("a deployment");
    quiet(place, watched, "the deployment is up", &|tables| cell(&tables[1], 1) == "2/2").await;
    let next = json!({ "spec": { "replicas": 3, "template": template(&["sleep", "3601"], &image) } });
    place.hands.merge(&path, &next).await.expect("a rollout");
    quiet(place, watched, "the rollout is through", &|tables| {
        cell(&tables[1], 1) == "3/3" && cell(&tables[1], 2) == "3" && tables[0].len() == 3
    })
    .await;
    let bad = json!({ "spec": { "template": template(&["true"], "localhost:1/no-such-image:1") } });
    place.hands.merge(&path, &bad).await.expect("a bad rollout");
    quiet(place, watched, "the new pod fails", &|tables| {
        tables[0].iter().any(|row| row.get(2).is_some_and(|status| status == "ImagePullBackOff"))
    })
    .await;
    place.hands.delete(&path).await.expect("a deletion");
    quiet(place, watched, "all is gone", &|tables| tables.iter().all(Vec::is_empty)).await;
}

fn cell(rows: &[Vec<String>], at: usize) -> &str {
    rows.first().and_then(|row| row.get(at)).map_or("", String::as_str)
}

/// Waits until the server's tables are as wanted and our rows equal them, noting rows on the way.
async fn quiet(
    place: &Place,
    watched: &mut [Watched],
    what: &str,
    is_wanted: &dyn Fn(&[Vec<Vec<String>>]) -> bool,
) {
    let end = tokio::time::Instant::now() + crate::place::PATIENCE;
    let mut next_look = tokio::time::Instant::now();
    loop {
        watched.iter_mut().for_each(note);
        tokio::time::sleep(Duration::from_millis(10)).await;
        if tokio::time::Instant::now() < next_look {
            continue;
        }
        next_look += Duration::from_millis(300);
        let mut tables = Vec::new();
        let mut differs = None;
        for one in watched.iter_mut() {
            let table = place.table(&one.def.gvr.path(Some(&place.name))).await;
            note(one);
            let now = Timestamp::parse(&table.now).expect("a time");
            let mut theirs: Vec<Vec<String>> =
                table.rows.iter().map(|row| row.cells.iter().map(oracle::text).collect()).collect();
            let (_, delta) = one.shard.read(None);
            let rows = if let Delta::Full(rows) = delta { rows } else { Vec::new() };
            let mut ours: Vec<Vec<String>> = rows
                .iter()
                .map(|row| oracle::printed(&one.def).map(|c| oracle::shown(row, c, now)).collect())
                .collect();
            theirs.sort();
            ours.sort();
            if ours != theirs || !one.shard.freshness().is_live() {
                differs =
                    Some(format!("{:?}: ours {ours:?}, the server's {theirs:?}", one.shard.freshness()));
            }
            tables.push(theirs);
        }
        if differs.is_none() && is_wanted(&tables) {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{what} never came true: {differs:?} {tables:?}");
    }
}

/// Notes the rows that are new in the store, with the version of the text they were made of.
fn note(one: &mut Watched) {
    let (rev, delta) = one.shard.read(one.rev);
    one.rev = Some(rev);
    let rows = match delta {
        Delta::Same => return,
        Delta::Full(rows) => rows,
        Delta::Changed { upserts, .. } => upserts,
    };
    let now = clock::now();
    for row in rows {
        let text = one.shard.text(&row.key);
        // Another version may have come in between: then the text is not this row's.
        let is_same = one.shard.get(&row.key).is_some_and(|current| Arc::ptr_eq(&current, &row));
        let (Some(text), true) = (text, is_same) else { continue };
        let object: Value = serde_json::from_str(&text).expect("JSON");
        let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        let at = |seconds| {
            oracle::printed(&one.def).map(|c| oracle::shown(&row, c, Timestamp(now.0 + seconds))).collect()
        };
        let around = std::iter::once(0).chain(-APART..=APART).map(at).collect();
        one.rows.push((row.key.name.to_string(), version, around));
    }
}

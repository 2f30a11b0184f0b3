//! Puts pods into a server, as many as asked, and changes one.
//!
//! Owns the connections for it. Must not look at the screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Api, Connection, PodKey};
use crate::store::{Shapes, Store};
use crate::{pods, procfs};

/// Connections that work at the same time.
const HANDS: usize = 8;

/// How long a server may take until it has heard of all that was put into its etcd.
const HEARD: Duration = Duration::from_secs(120);

/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(100);

/// How long the machine must have rested after that, a tenth of a core aside.
const REST: Duration = Duration::from_secs(3);

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const PATCH: &str = "application/json-patch+json";

/// Makes the server hold exactly the first `count` pods of [`pods`], and tells how far it is.
///
/// # Errors
/// When the server refuses.
pub async fn fill(api: &Api, count: usize, tell: impl Fn(&str)) -> Result<()> {
    let begin = Instant::now();
    let (missing, extra) = difference(api.pods().await?, count);
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    tell(&format!("{} pods to create, {} to delete", missing.len(), extra.len()));
    namespaces(api).await?;
    work(api, missing, |connection, index| Box::pin(put(connection, index))).await?;
    work(api, extra, |connection, key| Box::pin(delete(connection, key))).await?;
    tell(&format!("done in {:.0} s", begin.elapsed().as_secs_f64()));
    Ok(())
}

/// The same through the server's own etcd, which is a matter of seconds. Returns what is needed to change pods there.
///
/// # Errors
/// When the server or its etcd refuses.
pub async fn fill_store(api: &Api, store: &Store, count: usize, tell: impl Fn(&str)) -> Result<Shapes> {
    let begin = Instant::now();
    namespaces(api).await?;
    let mut connection = api.connect().await?;
    let mut shapes = Vec::new();
    for index in pods::SHAPES {
        shapes.push((index, shape(&mut connection, index).await?));
    }
    let (mut missing, extra) = difference(store.pods().await?, count);
    tell(&format!("{} pods to create, {} to delete", missing.len(), extra.len()));
    // Those that were made just now are there, but young.
    missing.extend(pods::SHAPES.into_iter().filter(|index| *index < count));
    let shapes = Shapes::from(shapes);
    store.put(&shapes, missing).await?;
    store.delete(extra).await?;
    heard(&mut connection, Instant::now() + HEARD).await?;
    rested(Instant::now() + HEARD).await;
    tell(&format!("done in {:.0} s", begin.elapsed().as_secs_f64()));
    Ok(shapes)
}

/// Waits until the server has heard from etcd of all that was put there. A program that watches meanwhile would miss
/// pods when its watch is cut: many of them came in one transaction, which no server ever does, and share a revision.
async fn heard(connection: &mut Connection, deadline: Instant) -> Result<()> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", pods::namespace(0), pods::name(0));
    let mark = format!("{:?}", std::time::SystemTime::now());
    let body = json!({"metadata": {"annotations": {"meter/loaded": mark}}}).to_string();
    connection.json(Method::PATCH, &path, JSON, Some((MERGE, body))).await?;
    // What it remembers, which is what it lists and watches from. It hears in order.
    let remembered = format!("{path}?resourceVersion=0");
    loop {
        let (status, answer, _) = connection.send(Method::GET, &remembered, JSON, None).await?;
        let pod: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if status.is_success() && pod["metadata"]["annotations"]["meter/loaded"] == mark {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the server does not hear of what is in its etcd");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until the machine rests: after so many pods the server collects its garbage, and a start that is measured
/// beside that takes half as long again. A machine with other work is not waited for any longer than `deadline`.
async fn rested(deadline: Instant) {
    while Instant::now() < deadline {
        let before = procfs::machine_busy();
        tokio::time::sleep(REST).await;
        if procfs::machine_busy().saturating_sub(before) < REST / 10 {
            return;
        }
    }
}

async fn namespaces(api: &Api) -> Result<()> {
    let mut connection = api.connect().await?;
    for index in 0..pods::NAMESPACES {
        let body = json!({"metadata": {"name": pods::namespace(index)}}).to_string();
        create(&mut connection, "/api/v1/namespaces", body).await?;
    }
    Ok(())
}

/// Creates a pod unless it is there, and returns it as the server has made it.
async fn shape(connection: &mut Connection, index: usize) -> Result<Value> {
    put(connection, index).await?;
    let path = format!("/api/v1/namespaces/{}/pods/{}", pods::namespace(index), pods::name(index));
    connection.json(Method::GET, &path, JSON, None).await
}

/// Returns the numbers of the pods that are missing, and the meter's pods that are too many.
fn difference(keys: Vec<PodKey>, count: usize) -> (Vec<usize>, Vec<PodKey>) {
    let mut have = vec![false; count];
    let mut extra = Vec::new();
    for (namespace, name) in keys {
        match pods::index_of(&name) {
            Some(index) if index < count => {
                if let Some(slot) = have.get_mut(index) {
                    *slot = true;
                }
            }
            Some(_) => extra.push((namespace, name)),
            None => {}
        }
    }
    ((0..count).filter(|index| have.get(*index) == Some(&false)).collect(), extra)
}

type Step<'a> = std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Does something for every item, a few at a time.
async fn work<T: Clone + Send + Sync + 'static>(
    api: &Api,
    items: Vec<T>,
    step: impl for<'a> Fn(&'a mut Connection, T) -> Step<'a> + Clone + Send + 'static,
) -> Result<()> {
    let (items, next) = (Arc::new(items), Arc::new(AtomicUsize::new(0)));
    let mut hands = JoinSet::new();
    for _ in 0..HANDS.min(items.len()) {
        let (api, items, next, step) = (api.clone(), items.clone(), next.clone(), step.clone());
        hands.spawn(async move {
            let mut connection = api.connect().await?;
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                step(&mut connection, item.clone()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = hands.join_next().await {
        done.context("a loader broke off")??;
    }
    Ok(())
}

/// Creates an object; one that is there already is fine.
async fn create(connection: &mut Connection, path: &str, body: String) -> Result<()> {
    let (status, answer, _) = connection.send(Method::POST, path, JSON, Some((JSON, body))).await?;
    let fine = status.is_success() || status == StatusCode::CONFLICT;
    ensure!(fine, "POST {path}: {status} {}", String::from_utf8_lossy(&answer));
    Ok(())
}

async fn put(connection: &mut Connection, index: usize) -> Result<()> {
    let (namespace, name) = (pods::namespace(index), pods::name(index));
    create(connection, &format!("/api/v1/namespaces/{namespace}/pods"), pods::pod(index).to_string()).await?;
    patch_status(connection, &(namespace.into(), name.into()), MERGE, &pods::status(index)).await?;
    Ok(())
}

async fn delete(connection: &mut Connection, (namespace, name): PodKey) -> Result<()> {
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds=0");
    let (status, answer, _) = connection.send(Method::DELETE, &path, JSON, None).await?;
    let fine = status.is_success() || status == StatusCode::NOT_FOUND;
    ensure!(fine, "DELETE {path}: {status} {}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// Patches a pod's status, and returns when the server answered.
async fn patch_status(
    connection: &mut Connection,
    (namespace, name): &PodKey,
    media: &str,
    patch: &Value,
) -> Result<Instant> {
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
    let body = Some((media, patch.to_string()));
    let (status, answer, at) = connection.send(Method::PATCH, &path, JSON, body).await?;
    ensure!(status.is_success(), "PATCH {path}: {status} {}", String::from_utf8_lossy(&answer));
    Ok(at)
}

/// Makes all containers of a pod wait for a reason, and returns when the server answered.
///
/// # Errors
/// When the server refuses.
pub async fn mark(connection: &mut Connection, key: &PodKey, reason: &str) -> Result<Instant> {
    let state = json!({"waiting": {"reason": reason}});
    change(connection, key, |container| {
        container["state"] = state.clone();
        container["ready"] = false.into();
    })
    .await
}

/// Gives a pod of ours the status that it was made with.
///
/// # Errors
/// When the server refuses.
pub async fn restore(connection: &mut Connection, key: &PodKey) -> Result<()> {
    let Some(index) = pods::index_of(&key.1) else { return Ok(()) };
    patch_status(connection, key, MERGE, &pods::status(index)).await.map(drop)
}

/// Reads a pod, changes its containers' statuses and writes them back.
async fn change(connection: &mut Connection, key: &PodKey, with: impl Fn(&mut Value)) -> Result<Instant> {
    let (namespace, name) = key;
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
    let mut pod = connection.json(Method::GET, &path, JSON, None).await?;
    let Some(containers) = pod["status"]["containerStatuses"].as_array_mut() else {
        bail!("pod {namespace}/{name} has no containers to change");
    };
    containers.iter_mut().for_each(with);
    let patch = json!({"status": {"containerStatuses": containers}});
    patch_status(connection, key, MERGE, &patch).await
}

/// Makes a pod's containers look restarted, and returns when the server answered.
///
/// # Errors
/// When the server refuses.
pub(crate) async fn restart(connection: &mut Connection, key: &PodKey, restarts: usize) -> Result<Instant> {
    // A pod of ours is known by its number: no read before the write, which would double the server's work, and no more
    // in it than what changes.
    if pods::index_of(&key.1).is_some() {
        let path = |container: usize| format!("/status/containerStatuses/{container}/restartCount");
        let replace = |container: usize| json!({"op": "replace", "path": path(container), "value": restarts});
        return patch_status(connection, key, PATCH, &json!([replace(0), replace(1)])).await;
    }
    change(connection, key, |container| {
        container["restartCount"] = restarts.into();
    })
    .await
}

//! Puts pods into a server and changes them: as many as asked, as often as asked.
//!
//! Owns the connections for it. Must not look at the screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};

use crate::api::{Api, Connection, PodKey};
use crate::pods;

/// Connections that work at the same time.
const HANDS: usize = 8;

/// Connections that make changes. A server that shares its processors with the programs takes some 20 ms for one.
const CHANGERS: usize = 24;

/// A change that takes longer is given up.
const PATCH_LIMIT: Duration = Duration::from_secs(5);

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const PATCH: &str = "application/json-patch+json";

/// Makes the server hold exactly the first `count` pods of [`pods`], and tells how far it is.
///
/// # Errors
/// When the server refuses.
pub async fn fill(api: &Api, count: usize, tell: impl Fn(&str)) -> Result<()> {
    let mut have = vec![false; count];
    let mut extra = Vec::new();
    for (namespace, name) in api.pods().await? {
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
    let missing: Vec<usize> = (0..count).filter(|index| have.get(*index) == Some(&false)).collect();
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    tell(&format!("{} pods to create, {} to delete", missing.len(), extra.len()));
    let mut connection = api.connect().await?;
    for index in 0..pods::NAMESPACES {
        let body = json!({"metadata": {"name": pods::namespace(index)}}).to_string();
        create(&mut connection, "/api/v1/namespaces", body).await?;
    }
    let begin = Instant::now();
    let (created, deleted) = (missing.len(), extra.len());
    work(api, missing, |connection, index| Box::pin(put(connection, index))).await?;
    work(api, extra, |connection, key| Box::pin(delete(connection, key))).await?;
    tell(&format!("{created} created, {deleted} deleted in {:.0} s", begin.elapsed().as_secs_f64()));
    Ok(())
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

/// Changes of random pods, so many a second, until dropped.
pub struct Churn {
    hands: Vec<AbortHandle>,
    tally: Arc<Tally>,
}

/// How changes went.
#[derive(Default)]
struct Tally {
    done: AtomicUsize,
    failed: AtomicUsize,
}

impl Churn {
    /// Starts to change the pods.
    pub fn start(runtime: &Handle, api: &Api, keys: &Arc<[PodKey]>, per_second: usize) -> Self {
        let tally = Arc::new(Tally::default());
        let every = Duration::from_secs_f64(CHANGERS as f64 / per_second.max(1) as f64);
        let mut set = JoinSet::new();
        let hands = (0..CHANGERS)
            .map(|hand| set.spawn_on(churn(api.clone(), keys.clone(), every, hand, tally.clone()), runtime))
            .collect();
        set.detach_all();
        Self { hands, tally }
    }

    /// Returns how many changes were made so far.
    pub fn done(&self) -> usize {
        self.tally.done.load(Ordering::Relaxed)
    }

    /// Returns how many changes failed.
    pub fn failed(&self) -> usize {
        self.tally.failed.load(Ordering::Relaxed)
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.hands.iter().for_each(AbortHandle::abort);
    }
}

/// One hand's share of the changes: walks over all pods in steps that meet each.
async fn churn(api: Api, keys: Arc<[PodKey]>, every: Duration, hand: usize, tally: Arc<Tally>) {
    let mut connection = loop {
        match api.connect().await {
            Ok(connection) => break connection,
            Err(_) => tokio::time::sleep(PATCH_LIMIT / 10).await,
        }
    };
    let mut clock = tokio::time::interval(every);
    // A step that shares no factor with the count of any usual load.
    let (mut at, step) = (hand * 7, 7_919 * CHANGERS + 1);
    loop {
        clock.tick().await;
        let Some(key) = keys.get(at % keys.len().max(1)) else { return };
        let count = at / keys.len().max(1);
        at += step;
        let changed = tokio::time::timeout(PATCH_LIMIT, restart(&mut connection, key, count)).await;
        match changed {
            Ok(Ok(_)) => {
                tally.done.fetch_add(1, Ordering::Relaxed);
            }
            // A pod that is gone, or a server that restarts: a new connection, and on with the next pod.
            _ => {
                tally.failed.fetch_add(1, Ordering::Relaxed);
                connection = match api.connect().await {
                    Ok(fresh) => fresh,
                    Err(_) => continue,
                };
            }
        }
    }
}

/// Makes a pod's containers look restarted.
async fn restart(connection: &mut Connection, key: &PodKey, count: usize) -> Result<Instant> {
    // A pod of ours is known by its number: no read before the write, which would double the server's work, and no more
    // in it than what changes.
    if pods::index_of(&key.1).is_some() {
        let path = |container: usize| format!("/status/containerStatuses/{container}/restartCount");
        let replace =
            |container: usize| json!({"op": "replace", "path": path(container), "value": count % 90 + 1});
        return patch_status(connection, key, PATCH, &json!([replace(0), replace(1)])).await;
    }
    change(connection, key, |container| {
        let restarts = container["restartCount"].as_u64().unwrap_or_default();
        container["restartCount"] = (restarts + 1).into();
    })
    .await
}

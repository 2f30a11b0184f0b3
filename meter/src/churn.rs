//! Changes of random pods, so many a second, while something is measured.
//!
//! Owns the connections for it. Must not look at the screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};

use crate::api::{Api, Connection, PodKey};
use crate::load;
use crate::pods;
use crate::store::{Shapes, Store};

/// Connections that make changes. A server that shares its processors with the programs takes some 20 ms for one.
const CHANGERS: usize = 24;

/// A change that takes longer is given up.
const LIMIT: Duration = Duration::from_secs(5);

/// Where changes are made.
#[derive(Clone)]
pub enum Way {
    /// By patches of the API server. A kube-apiserver needs some 4 ms of CPU for one.
    Api(Api),
    /// In the server's own etcd: the server only has to tell its watchers.
    Store(Store, Shapes),
}

/// Changes that are being made, until dropped.
pub struct Churn {
    hands: Vec<AbortHandle>,
    shared: Arc<Shared>,
}

/// What all hands work with.
struct Shared {
    way: Way,
    keys: Arc<[PodKey]>,
    done: AtomicUsize,
    failed: AtomicUsize,
    /// Left alone for now: somebody waits for what he has changed in it.
    spared: Mutex<Option<PodKey>>,
}

impl Churn {
    /// Starts to change the pods.
    pub fn start(runtime: &Handle, way: Way, keys: Arc<[PodKey]>, per_second: usize) -> Self {
        let shared = Arc::new(Shared {
            way,
            keys,
            done: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            spared: Mutex::new(None),
        });
        let every = Duration::from_secs_f64(CHANGERS as f64 / per_second.max(1) as f64);
        let mut set = JoinSet::new();
        let hands =
            (0..CHANGERS).map(|hand| set.spawn_on(churn(shared.clone(), every, hand), runtime)).collect();
        set.detach_all();
        Self { hands, shared }
    }

    /// Returns how many changes were made so far.
    pub fn done(&self) -> usize {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Returns how many changes failed.
    pub fn failed(&self) -> usize {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// Leaves a pod alone until another one is named.
    pub fn spare(&self, key: Option<PodKey>) {
        *self.shared.spared.lock().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.hands.iter().for_each(AbortHandle::abort);
    }
}

/// One hand's share of the changes: walks over all pods in steps that meet each.
async fn churn(shared: Arc<Shared>, every: Duration, hand: usize) {
    let mut connection = loop {
        match shared.way.connect().await {
            Ok(connection) => break connection,
            Err(_) => tokio::time::sleep(LIMIT / 10).await,
        }
    };
    let mut clock = tokio::time::interval(every);
    // A step that shares no factor with the count of any usual load.
    let (mut at, step) = (hand * 7, 7_919 * CHANGERS + 1);
    loop {
        clock.tick().await;
        let count = shared.keys.len().max(1);
        let Some(key) = shared.keys.get(at % count) else { return };
        let round = at / count;
        at += step;
        if shared.is_spared(key) {
            continue;
        }
        match tokio::time::timeout(LIMIT, shared.way.restart(&mut connection, key, round)).await {
            Ok(Ok(())) => {
                shared.done.fetch_add(1, Ordering::Relaxed);
            }
            // A pod that is gone, or a server that restarts: a new connection, and on with the next pod.
            _ => {
                shared.failed.fetch_add(1, Ordering::Relaxed);
                connection = match shared.way.connect().await {
                    Ok(fresh) => fresh,
                    Err(_) => continue,
                };
            }
        }
    }
}

impl Shared {
    fn is_spared(&self, key: &PodKey) -> bool {
        self.spared.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(key)
    }
}

impl Way {
    async fn connect(&self) -> Result<Connection> {
        match self {
            Self::Api(api) => api.connect().await,
            Self::Store(store, _) => store.connect().await,
        }
    }

    /// Gives a pod's containers another number of restarts.
    async fn restart(&self, connection: &mut Connection, key: &PodKey, round: usize) -> Result<()> {
        let restarts = round % 90 + 1;
        match self {
            Self::Api(_) => load::restart(connection, key, restarts).await.map(drop),
            Self::Store(store, shapes) => {
                let Some(index) = pods::index_of(&key.1) else { bail!("{} is no pod of the meter", key.1) };
                store.restart(connection, shapes, index, restarts).await
            }
        }
    }
}

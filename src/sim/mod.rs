//! The simulated cluster: a real HTTPS API server on loopback, its store, watch cache, controllers and
//! scenarios. Used by `kdeck demo`, the tests and the benches.
//!
//! Owns [`Options`], [`start`] and [`Sim`]. Knows nothing of the rest of kdeck except `model`; whoever uses
//! it talks to it over TLS like to any other cluster, or reaches into its store in tests.

mod access;
mod admit;
mod answer;
mod ask;
mod body;
mod controllers;
mod crd;
mod discovery;
mod entry;
mod faults;
mod fill;
mod form;
mod gc;
mod kinds;
mod list;
mod logs;
mod managed;
mod messages;
mod metrics;
mod openapi;
mod parts;
mod patch;
mod pod;
mod printers;
mod scenario;
mod selector;
mod server;
mod slots;
mod status;
mod store;
mod task;
mod time;
mod tls;
mod twin;
mod watch;
mod wire;
mod world;
mod write;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub use self::access::{Rights, User};
pub use self::faults::{Fault, FaultRule, FaultScript};
use self::server::Server;
pub use self::world::RequestLog;
use self::world::World;
use crate::model::{Problem, ProblemKind};

/// Which world the cluster starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Nodes, system pods and a shop with its everyday troubles.
    Shop,
    /// Two nodes and the usual namespaces; the rest is up to the test.
    Bare,
}

/// How the simulated cluster is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many pods there are at least; the scenario is filled up from templates.
    pub pods: usize,
    /// Start of all random sequences.
    pub seed: u64,
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Speed of the controllers against real time; 0 freezes the world.
    pub rate: f64,
    /// What goes wrong.
    pub faults: FaultScript,
    /// Whether `metrics.k8s.io` is served.
    pub metrics: bool,
    /// Who may come.
    pub users: Vec<User>,
    /// Generated pods are padded to at least so many bytes.
    pub object_size: usize,
    /// What `/version` says.
    pub version: String,
    /// The world at the start.
    pub scenario: Scenario,
    /// How many events per kind the watch cache remembers; older versions are answered with 410.
    pub window: usize,
    /// How often a watch that asked for bookmarks gets one.
    pub bookmark_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pods: 0,
            seed: 7,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            rate: 1.0,
            faults: FaultScript::none(),
            metrics: true,
            users: vec![User::admin("admin"), User::viewer("dev", &["shop"])],
            object_size: 9_500,
            version: "v1.37.2".to_owned(),
            scenario: Scenario::Shop,
            window: 10_000,
            bookmark_every: Duration::from_secs(60),
        }
    }
}

/// A running simulated cluster. Dropping it stops it.
pub struct Sim {
    world: Arc<World>,
    server: Option<Server>,
    _controllers: task::Stopper,
}

/// Starts a simulated cluster and returns once it accepts connections.
pub async fn start(options: Options) -> Result<Sim, Problem> {
    let world = Arc::new(World::new(options)?);
    let building = world.clone();
    // Building a world of many pods is seconds of work: it must not hold up the caller's runtime.
    let controllers =
        tokio::task::spawn_blocking(move || scenario::build(&building)).await.map_err(|error| {
            Problem::new(ProblemKind::Internal, format!("cannot build the scenario: {error}"))
        })?;
    let server = Server::start(world.clone(), world.options.bind).await?;
    let controllers = controllers::run(controllers);
    Ok(Sim { world, server: Some(server), _controllers: controllers })
}

impl Sim {
    /// Returns the server's URL, `https://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("https://{}", self.world.address())
    }

    /// Returns the certificate authority as PEM.
    pub fn authority(&self) -> String {
        self.world.authority.clone()
    }

    /// Returns kubeconfig text for a user: client certificate, and the token if the user has one instead.
    ///
    /// An unknown user gets a kubeconfig without credentials.
    pub fn kubeconfig(&self, user: &str) -> String {
        let mut credentials = String::from(" {}");
        if let Some((known, identity)) = self.world.access.identity(user) {
            credentials = match &known.token {
                Some(token) => format!("\n    token: {token}"),
                None => format!(
                    "\n    client-certificate-data: {}\n    client-key-data: {}",
                    STANDARD.encode(&identity.certificate),
                    STANDARD.encode(&identity.key)
                ),
            };
        }
        let namespace = match self.world.access.identity(user).map(|(known, _)| &known.rights) {
            Some(Rights::View(namespaces)) => namespaces.first().map_or("default", String::as_str),
            _ => "default",
        };
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: kdeck-demo\nclusters:\n- name: kdeck-demo\n  cluster:\n    \
             server: {}\n    certificate-authority-data: {}\nusers:\n- name: {user}\n  user:{credentials}\ncontexts:\n- name: \
             kdeck-demo\n  context:\n    cluster: kdeck-demo\n    user: {user}\n    namespace: {namespace}\n",
            self.url(),
            STANDARD.encode(self.authority()),
        )
    }

    /// Returns a handle to the objects, past HTTP and rights.
    pub fn store(&self) -> Objects {
        Objects { world: self.world.clone() }
    }

    /// Returns the newest requests, oldest first (ten thousand at most).
    pub fn requests(&self) -> Vec<RequestLog> {
        self.world.log.lock().iter().cloned().collect()
    }

    /// Forgets the requests seen so far.
    pub fn clear_requests(&self) {
        self.world.log.lock().clear();
    }

    /// Starts another script of faults.
    pub fn set_faults(&self, script: FaultScript) {
        self.world.faults.set(script);
    }

    /// Changes the speed of the controllers; 0 freezes the world.
    pub fn set_rate(&self, rate: f64) {
        self.world.set_rate(rate);
    }

    /// Changes the status of so many random pods a second, beside what the controllers do; 0 ends it.
    pub fn churn(&self, pods_per_second: f64) {
        self.world.set_churn(pods_per_second);
    }

    /// Forgets the watch cache's history, so that every older version is answered with 410.
    pub fn forget_history(&self) {
        self.world.store.forget();
    }

    /// Stops serving: connections are cut and the port is closed. The objects stay.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(&self.world).await;
        }
    }

    /// Serves again on the same port after [`Sim::stop`]; stops first when still running.
    pub async fn restart(&mut self) -> Result<(), Problem> {
        self.stop().await;
        self.server = Some(Server::start(self.world.clone(), self.world.address()).await?);
        Ok(())
    }
}

/// Direct access to the objects of a simulated cluster. Kinds are named `pods`, `deployments.apps`.
#[derive(Clone)]
pub struct Objects {
    world: Arc<World>,
}

impl Objects {
    /// Creates an object as the server would: named, defaulted, with uid and creation time.
    pub fn create(&self, kind: &str, object: Value) -> Result<Value, Problem> {
        let served = self.world.kind(kind)?;
        let made = self.world.create(&served, object, "kdeck-sim");
        made.map(|entry| form::typed(&served, entry.value())).map_err(|refusal| problem(&refusal))
    }

    /// Applies a merge patch, status included.
    pub fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value, Problem> {
        let served = self.world.kind(kind)?;
        let key = entry::Key::new(namespace, name);
        let changed = self.world.change(&served, &key, |object| patch::merge(object, patch));
        changed.map(|entry| form::typed(&served, entry.value())).map_err(|refusal| problem(&refusal))
    }

    /// Deletes an object as a client would, without grace.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<(), Problem> {
        let served = self.world.kind(kind)?;
        let removal = write::Removal { grace: Some(0), ..write::Removal::default() };
        let removed = write::remove(&self.world, &served, &entry::Key::new(namespace, name), &removal);
        removed.map(|_| ()).map_err(|refusal| problem(&refusal))
    }

    /// Returns an object.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let served = self.world.catalog.by_id(kind)?;
        let entry = self.world.store.get(kind, &entry::Key::new(namespace, name))?;
        Some(form::typed(&served, entry.value()))
    }

    /// Returns how many objects of a kind there are.
    pub fn count(&self, kind: &str) -> usize {
        self.world.store.count(kind)
    }

    /// Returns the newest resource version.
    pub fn resource_version(&self) -> u64 {
        self.world.store.rv()
    }
}

fn problem(refusal: &status::Refusal) -> Problem {
    let kind = match refusal.code {
        404 => ProblemKind::NotFound,
        410 => ProblemKind::Expired,
        _ => ProblemKind::Server,
    };
    Problem::new(kind, refusal.message.clone())
}

#[cfg(test)]
mod tests;

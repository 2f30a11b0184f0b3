//! The edges to rooms that are built beside this one: thin stand-ins with the agreed names.
//!
//! To be replaced at the merge, nothing else in `runtime` or `cli` changes: the traits name methods that
//! become inherent (which then win over the trait), the types become re-exports of the real ones.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::cluster::{Cluster, Overrides};
use crate::kinds::catalog::Catalog;
use crate::model::link::ContextInfo;
use crate::model::{ClusterId, Discovered, Problem, ProblemKind, ShardKey, Text, Timestamp};
use crate::store::{Bell, Store};

fn missing(what: &str) -> Problem {
    Problem::new(ProblemKind::Internal, format!("{what} is not connected yet"))
}

// ---- cluster -------------------------------------------------------------------------------------

/// `cluster::kubeconfig::Kubeconfigs`.
#[derive(Clone, Debug, Default)]
pub struct Kubeconfigs {}

/// `cluster::kubeconfig::Options`.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Rung when the link's state changes.
    pub bell: Arc<Bell>,
    /// Where discovery is kept.
    pub cache_dir: Option<PathBuf>,
    /// Lends the terminal to credential plugins that ask something.
    pub terminal: Option<Arc<dyn TerminalHandover>>,
}

/// `cluster::TerminalHandover`.
pub trait TerminalHandover: std::fmt::Debug + Send + Sync {
    /// Runs the command on the terminal.
    fn run(&self, command: tokio::process::Command) -> BoxFuture<'_, std::io::Result<Output>>;
}

/// `Overrides::elsewhere`.
pub fn elsewhere(overrides: &Overrides) -> Overrides {
    Overrides { kubeconfig: overrides.kubeconfig.clone(), ..Overrides::default() }
}

/// `cluster::kubeconfig::load`.
///
/// # Errors
/// When the kubeconfig can't be read.
pub fn load_kubeconfigs(_overrides: &Overrides) -> Result<Kubeconfigs, Problem> {
    Err(missing("the kubeconfig"))
}

impl Kubeconfigs {
    /// Returns all contexts.
    pub fn contexts(&self) -> Vec<ContextInfo> {
        Vec::new()
    }

    /// Returns the context to start with.
    ///
    /// # Errors
    /// When there is none, or not this one.
    pub fn current(&self, _overrides: &Overrides) -> Result<ClusterId, Problem> {
        Err(missing("the kubeconfig"))
    }

    /// Opens a context.
    ///
    /// # Errors
    /// When there is no such context.
    pub fn open(
        &self,
        _id: &ClusterId,
        _overrides: &Overrides,
        _options: OpenOptions,
    ) -> Result<Cluster, Problem> {
        Err(missing("the cluster"))
    }
}

/// `cluster::discovery::Discovery`.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// What the server serves.
    pub resources: Vec<Discovered>,
    /// Groups that gave no answer.
    pub dead_groups: Vec<(Text, Problem)>,
}

/// Methods of `Cluster`.
#[expect(async_fn_in_trait, reason = "a stand-in for inherent methods")]
pub trait ClusterSeam {
    /// Starts connecting in the background.
    fn connect(&self) {}
    /// Tries again now.
    fn try_now(&self) {}
    /// Asks the server what it serves.
    async fn discover(&self) -> Result<Discovery, Problem> {
        Err(missing("discovery"))
    }
    /// Returns the last discovery from disk.
    fn cached_discovery(&self) -> Option<Discovery> {
        None
    }
    /// Fetches one object's JSON.
    async fn get_object(&self, _path: &str) -> Result<String, Problem> {
        Err(missing("get_object"))
    }
}

impl ClusterSeam for Cluster {}

/// `cluster::doctor::Surroundings`; `env` is the process's own.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Columns and rows, when there is a terminal.
    pub size: Option<(u16, u16)>,
}

/// `cluster::doctor::report`.
pub async fn doctor_report(
    _overrides: &Overrides,
    _context: Option<&str>,
    _surroundings: &Surroundings,
) -> (String, bool) {
    (String::new(), false)
}

// ---- watchers ------------------------------------------------------------------------------------

/// `watchers::Supervisor`.
#[derive(Debug)]
pub struct Supervisor {}

impl Supervisor {
    /// Builds a supervisor that watches nothing.
    pub fn new(_store: Arc<Store>, _clock: fn() -> Timestamp) -> Self {
        Self {}
    }
    /// Makes a cluster watchable.
    pub fn add_cluster(&self, _cluster: Cluster) {}
    /// Tells where kinds are served.
    pub fn set_catalog(&self, _id: &ClusterId, _catalog: Arc<Catalog>) {}
    /// Tells which namespaces to fall back to.
    pub fn set_namespaces(&self, _id: &ClusterId, _namespaces: Vec<Text>) {}
    /// Sets the whole set of wanted shards.
    pub fn want(&self, _shards: Vec<ShardKey>) {}
    /// Sets the clusters whose metrics are wanted.
    pub fn want_metrics(&self, _clusters: Vec<ClusterId>) {}
    /// Tries a cluster's watches again now.
    pub fn reconnect(&self, _id: &ClusterId) {}
    /// Lists a shard again.
    pub fn refresh(&self, _shard: &ShardKey) {}
    /// Pins a shard for the runtime itself.
    pub fn watch_internal(&self, _shard: ShardKey) {}
}

// ---- kinds ---------------------------------------------------------------------------------------

/// Functions of `Catalog`.
pub trait CatalogSeam: Sized {
    /// Returns the built-in kinds.
    fn builtin() -> Self;
    /// Builds the kinds of a cluster.
    fn new(discovered: &[Discovered], crds: &[String]) -> Self;
}

impl CatalogSeam for Catalog {
    fn builtin() -> Self {
        Self::default()
    }
    fn new(_discovered: &[Discovered], _crds: &[String]) -> Self {
        Self::default()
    }
}

/// `kinds::yaml::to_yaml`.
///
/// # Errors
/// When the text is not JSON.
pub fn to_yaml(_json: &str) -> Result<String, Problem> {
    Err(missing("YAML"))
}

/// `kinds::yaml::mask_secret`.
pub fn mask_secret(json: &str) -> String {
    json.to_owned()
}

// ---- sim -----------------------------------------------------------------------------------------

/// `sim::Options`, as far as the command line sets it.
#[derive(Clone, Copy, Debug)]
pub struct SimOptions {
    /// Number of pods to fill up to.
    pub pods: usize,
    /// Start of all random sequences.
    pub seed: u64,
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self { pods: 0, seed: 7, bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
    }
}

/// `sim::Sim`.
#[derive(Debug)]
pub struct Sim {}

/// `sim::start`.
///
/// # Errors
/// When the port is taken.
pub async fn start_sim(_options: SimOptions) -> Result<Sim, Problem> {
    Err(missing("the embedded cluster"))
}

impl Sim {
    /// Returns where it listens.
    pub fn url(&self) -> String {
        String::new()
    }
    /// Returns a user's kubeconfig.
    pub fn kubeconfig(&self, _user: &str) -> String {
        String::new()
    }
}

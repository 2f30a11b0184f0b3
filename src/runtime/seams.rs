//! The edges to rooms that are built beside this one: thin stand-ins with the agreed names.
//!
//! To be replaced at the merge, nothing else in `runtime` or `cli` changes: the traits name methods that
//! become inherent (which then win over the trait), the types become re-exports of the real ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::cluster::{Cluster, Overrides};
use crate::commands::flow::Remember;
use crate::commands::{Effect, Msg};
use crate::kinds::catalog::Catalog;
use crate::model::link::ContextInfo;
use crate::model::{ClusterId, Discovered, Problem, ProblemKind, ShardKey, Text, Timestamp};
use crate::store::{Bell, Store};
use crate::theme::Theme;

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

/// `cluster::doctor::report`.
pub async fn doctor_report(
    _overrides: &Overrides,
    _context: Option<&str>,
    _facts: &[String],
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

// ---- config and theme ----------------------------------------------------------------------------

/// `config::Paths`.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The user's settings.
    pub config: PathBuf,
    /// The user's themes.
    pub themes: PathBuf,
    /// What kdeck remembers.
    pub state: PathBuf,
    /// What can be fetched again.
    pub cache: PathBuf,
    /// kdeck's own log.
    pub log: PathBuf,
    /// Saved tables and texts.
    pub dumps: PathBuf,
}

impl Paths {
    /// Finds every place.
    pub fn find(env: &dyn Fn(&str) -> Option<String>) -> (Self, Vec<Problem>) {
        let root = PathBuf::from(env("KDECK_CONFIG_DIR").unwrap_or_default());
        let paths = Self {
            config: root.join("config.yaml"),
            themes: root.join("themes"),
            state: root.join("state.yaml"),
            cache: root.join("cache"),
            log: root.join("kdeck.log"),
            dumps: root.join("dumps"),
        };
        (paths, Vec::new())
    }
}

/// `config::Config`.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Theme's name.
    pub theme: Option<String>,
    /// Whether kdeck takes the mouse.
    pub mouse: bool,
    /// Command line of the first view.
    pub start_view: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Level of the own log.
    pub log_level: Option<String>,
}

impl Config {
    /// Reads the settings.
    pub fn load(_paths: &Paths) -> (Self, Vec<Problem>) {
        (Self::default(), Vec::new())
    }
}

/// `config::State`.
#[derive(Clone, Debug, Default)]
pub struct State {}

impl State {
    /// Reads what was remembered.
    pub fn load(_paths: &Paths) -> (Self, Vec<Problem>) {
        (Self::default(), Vec::new())
    }
    /// Writes it.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self, _paths: &Paths) -> Result<(), Problem> {
        Ok(())
    }
    /// Returns the namespaces that were used on a context and its favourites.
    pub fn namespaces(&self, _id: &ClusterId) -> Vec<Text> {
        Vec::new()
    }
}

/// Puts a piece into the state.
pub fn remember(_state: &mut State, _piece: Remember) {}

/// `Theme::load` at the depth that `Depth::detect` finds.
pub fn load_theme(
    _name: Option<&str>,
    _user_dir: &Path,
    _env: &dyn Fn(&str) -> Option<String>,
) -> (Theme, Vec<Problem>) {
    (Theme::default(), Vec::new())
}

// ---- app -----------------------------------------------------------------------------------------

/// `app::Options`.
#[derive(Clone, Debug, Default)]
pub struct AppOptions {
    /// No header rows.
    pub headless: bool,
    /// The row of crumbs.
    pub crumbs: bool,
    /// Whether kdeck has the mouse.
    pub mouse: bool,
    /// Writes are refused.
    pub read_only: bool,
    /// `-A`.
    pub all_namespaces: bool,
    /// `-n`.
    pub namespace: Option<String>,
    /// Command line of the first view.
    pub start: Option<String>,
    /// What was remembered.
    pub state: State,
}

/// `app::App`.
#[derive(Debug)]
pub struct App {}

impl App {
    /// Builds the state of the screen.
    pub fn new(_options: AppOptions) -> Self {
        Self {}
    }
    /// Takes a message and returns what is to be done.
    pub fn update(&mut self, _msg: Msg, _store: &Store, _theme: &Theme, _now: Timestamp) -> Vec<Effect> {
        Vec::new()
    }
    /// Draws.
    pub fn draw(&self, _area: Rect, _buf: &mut Buffer, _store: &Store, _theme: &Theme, _now: Timestamp) {}
    /// Returns how long the picture stays true by itself.
    pub fn next_tick(&self, _store: &Store, _theme: &Theme, _now: Timestamp) -> Option<Duration> {
        None
    }
    /// Tells whether the first view is loaded.
    ///
    /// # Errors
    /// Why it can't be.
    pub fn loaded(&self, _store: &Store, _theme: &Theme, _now: Timestamp) -> Result<bool, Problem> {
        Err(missing("the app"))
    }
    /// Returns the view as plain text.
    pub fn print(&self, _store: &Store, _theme: &Theme, _now: Timestamp) -> String {
        String::new()
    }
    /// Returns the current context, for the window's title.
    pub fn current(&self) -> Option<ClusterId> {
        None
    }
}

// ---- sim -----------------------------------------------------------------------------------------

/// `sim::Options`, as far as the command line sets it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimOptions {
    /// Number of pods to fill up to.
    pub pods: Option<usize>,
    /// Port; 0 takes a free one.
    pub port: u16,
    /// Seed of everything random.
    pub seed: Option<u64>,
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

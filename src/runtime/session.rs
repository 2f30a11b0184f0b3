//! The clusters in use: opened, connected, discovered, and kept known to the rest.
//!
//! Nothing here waits: opening starts background work and the pods' list with it; discovery, CRDs and
//! namespaces follow when the link answers, and come back through the inbox or the bell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::clock;
use super::crds;
use super::deck::Inbound;
use super::follow::{Follow, News};
use super::memory::Memory;
use super::tasks::Tasks;
use crate::cluster::{Cluster, Discovery, Kubeconfigs, Options, Overrides, TerminalHandover};
use crate::commands::{Flash, Msg};
use crate::kinds::catalog::Catalog;
use crate::kinds::registry;
use crate::model::link::LinkState;
use crate::model::{ClusterId, Discovered, KindId, Problem, ShardKey, Text, WatchScope};
use crate::store::{Delta, Store};
use crate::watchers::Supervisor;

/// Changes of CRDs are gathered this long: an operator's installation brings dozens.
const GATHER: Duration = Duration::from_millis(200);

/// When a failed discovery is asked again while the link is up.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// What clusters need of the machine.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Where discovery is kept between runs.
    pub cache_dir: Option<PathBuf>,
    /// Lends the terminal to credential plugins; absent where there is none to lend.
    pub terminal: Option<Arc<dyn TerminalHandover>>,
}

/// The clusters in use and what opens more.
#[derive(Debug)]
pub struct Session {
    kubeconfigs: Option<Kubeconfigs>,
    overrides: Overrides,
    surroundings: Surroundings,
    store: Arc<Store>,
    supervisor: Supervisor,
    memory: Memory,
    inbox: mpsc::Sender<Inbound>,
    clusters: BTreeMap<ClusterId, Opened>,
}

#[derive(Debug)]
struct Opened {
    cluster: Cluster,
    /// As last told.
    link: LinkState,
    catalog: Arc<Catalog>,
    /// What discovery said, without the definitions' news.
    said: Vec<Discovered>,
    /// Kinds of the definitions seen last.
    defined: BTreeSet<KindId>,
    asking: bool,
    rebuilding: bool,
    /// Catalogs under construction.
    building: usize,
    namespaces: Follow,
    definitions: Follow,
}

impl Session {
    /// Starts with no cluster open.
    pub fn new(
        kubeconfigs: Option<Kubeconfigs>,
        overrides: Overrides,
        surroundings: Surroundings,
        store: Arc<Store>,
        memory: Memory,
        inbox: mpsc::Sender<Inbound>,
    ) -> Self {
        let supervisor = Supervisor::new(store.clone(), clock::now);
        Self {
            kubeconfigs,
            overrides,
            surroundings,
            store,
            supervisor,
            memory,
            inbox,
            clusters: BTreeMap::new(),
        }
    }

    /// Lends the terminal to credential plugins from now on.
    pub fn lend_terminal(&mut self, terminal: Arc<dyn TerminalHandover>) {
        self.surroundings.terminal = Some(terminal);
    }

    /// Returns the watch supervisor.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Returns an open cluster.
    pub fn cluster(&self, id: &ClusterId) -> Option<Cluster> {
        Some(self.clusters.get(id)?.cluster.clone())
    }

    /// Returns the kinds of an open cluster.
    pub fn catalog(&self, id: &ClusterId) -> Option<&Catalog> {
        Some(&self.clusters.get(id)?.catalog)
    }

    /// Returns the failure of a link that has been tried more than once and never answered.
    pub fn broken_link(&self) -> Option<Problem> {
        let given_up = |link: &&LinkState| !link.connected && link.attempt > 1;
        self.clusters.values().map(|opened| &opened.link).find(given_up)?.problem.clone()
    }

    /// Opens a cluster, or tries an open one again at once.
    ///
    /// # Errors
    /// When the kubeconfig has no usable context of that name.
    pub fn connect(&mut self, id: &ClusterId) -> Result<Vec<Msg>, Problem> {
        if let Some(opened) = self.clusters.get(id) {
            opened.cluster.try_now();
            self.supervisor.reconnect(id);
            return Ok(Vec::new());
        }
        let cluster = self.make(id)?;
        self.supervisor.add_cluster(cluster.clone());
        let mut news = Vec::new();
        // The last run's kinds, so that every name is known before the network answers.
        let said = cluster.cached_discovery().map(|found| found.resources).unwrap_or_default();
        let catalog = Arc::new(if said.is_empty() { Catalog::builtin() } else { Catalog::new(&said, &[]) });
        if !said.is_empty() {
            news.push(Msg::Catalog(id.clone(), catalog.clone()));
        }
        self.supervisor.set_catalog(id, catalog.clone());
        // Taken before connecting: on a busy machine the link can be up before the next line runs, and its
        // coming up, which starts discovery, must be seen as a change.
        let link = cluster.state();
        cluster.connect();
        news.push(Msg::Link(id.clone(), Box::new(link.clone())));
        let all = |group: &str, resource: &str| {
            let kind = KindId::new(group, resource);
            Follow::new(ShardKey { cluster: id.clone(), kind, scope: WatchScope::All })
        };
        let opened = Opened {
            cluster,
            link,
            catalog,
            said,
            defined: BTreeSet::new(),
            asking: false,
            rebuilding: false,
            building: 0,
            namespaces: all("", "namespaces"),
            definitions: all("apiextensions.k8s.io", "customresourcedefinitions"),
        };
        self.clusters.insert(id.clone(), opened);
        self.guess_namespaces(id);
        Ok(news)
    }

    /// Returns whether a cluster is open and has no connection.
    pub fn is_down(&self, id: &ClusterId) -> bool {
        self.clusters.get(id).is_some_and(|opened| !opened.link.connected)
    }

    /// Takes the kubeconfig files as they are now. Contexts that mean something else and have no connection
    /// are opened anew; those that have one keep it until it breaks.
    pub fn reread(&mut self, fresh: Kubeconfigs) -> Vec<Msg> {
        let before = self.kubeconfigs.replace(fresh);
        let (Some(before), Some(now)) = (before, &self.kubeconfigs) else { return Vec::new() };
        let is_outdated =
            |(id, opened): &(&ClusterId, &Opened)| !opened.link.connected && !now.agrees(&before, id);
        let outdated: Vec<ClusterId> =
            self.clusters.iter().filter(is_outdated).map(|(id, _)| id.clone()).collect();
        outdated.iter().flat_map(|id| self.reopen(id)).collect()
    }

    fn reopen(&mut self, id: &ClusterId) -> Vec<Msg> {
        let cluster = match self.make(id) {
            Ok(cluster) => cluster,
            Err(problem) => return vec![Msg::Flash(Flash::from(problem))],
        };
        tracing::info!(cluster = %id, "opened anew: the kubeconfig has changed");
        self.supervisor.add_cluster(cluster.clone());
        let Some(opened) = self.clusters.get_mut(id) else { return Vec::new() };
        opened.link = cluster.state();
        opened.asking = false;
        cluster.connect();
        opened.cluster = cluster;
        vec![Msg::Link(id.clone(), Box::new(opened.link.clone()))]
    }

    /// Makes the handle of a context; nothing is sent yet.
    fn make(&self, id: &ClusterId) -> Result<Cluster, Problem> {
        let Some(kubeconfigs) = &self.kubeconfigs else {
            let what = format!("cannot open context {id}: no kubeconfig could be read");
            return Err(Problem::new(crate::model::ProblemKind::Config, what).hint("try: kdeck demo"));
        };
        let Surroundings { cache_dir, terminal } = self.surroundings.clone();
        let options = Options { bell: self.store.bell().clone(), cache_dir, terminal };
        // The flags speak of the first context: its token must not go to any other one's server.
        let is_first = kubeconfigs.current(&self.overrides).is_ok_and(|first| first == *id);
        let elsewhere = self.overrides.elsewhere();
        let overrides = if is_first { &self.overrides } else { &elsewhere };
        kubeconfigs.open(id, overrides, options)
    }

    /// Looks at links and followed shards after the bell and returns what changed.
    pub fn bell(&mut self, tasks: &mut Tasks) -> Vec<Msg> {
        let mut news = Vec::new();
        let ids: Vec<ClusterId> = self.clusters.keys().cloned().collect();
        for id in ids {
            self.look_at_link(&id, tasks, &mut news);
            self.look_at_shards(&id, tasks, &mut news);
        }
        news
    }

    fn look_at_link(&mut self, id: &ClusterId, tasks: &mut Tasks, news: &mut Vec<Msg>) {
        let Some(opened) = self.clusters.get_mut(id) else { return };
        let link = opened.cluster.state();
        if link == opened.link {
            return;
        }
        let came_up = link.connected && !opened.link.connected;
        opened.link = link.clone();
        news.push(Msg::Link(id.clone(), Box::new(link)));
        if came_up {
            // Only now: the first list must not share the line with anything.
            self.follow(id);
            self.discover(id, tasks);
        }
    }

    /// Returns whether the columns of a kind are all known: those of a custom resource come with its definition.
    pub fn knows_columns(&self, id: &ClusterId, kind: &KindId) -> bool {
        let Some(opened) = self.clusters.get(id) else { return true };
        let is_built_in = registry::records().any(|record| record.id() == *kind);
        let is_settled = opened.definitions.is_settled() && !opened.rebuilding && opened.building == 0;
        is_built_in || is_settled
    }

    /// Has namespaces and CRDs watched; done again is done once.
    pub fn follow(&self, id: &ClusterId) {
        if let Some(opened) = self.clusters.get(id) {
            self.supervisor.watch_internal(opened.namespaces.shard().clone());
            self.supervisor.watch_internal(opened.definitions.shard().clone());
        }
    }

    fn look_at_shards(&mut self, id: &ClusterId, tasks: &mut Tasks, news: &mut Vec<Msg>) {
        let Some(opened) = self.clusters.get_mut(id) else { return };
        match opened.namespaces.look(&self.store) {
            Some(News::Changed) => {
                let names = opened.namespaces.names();
                self.supervisor.set_namespaces(id, names.clone());
                news.push(Msg::Namespaces(id.clone(), Ok(names)));
            }
            Some(News::Refused(problem)) => {
                news.push(Msg::Namespaces(id.clone(), Err(problem)));
                self.guess_namespaces(id);
            }
            None => {}
        }
        let Some(opened) = self.clusters.get_mut(id) else { return };
        if opened.definitions.look(&self.store) == Some(News::Changed) && !opened.rebuilding {
            opened.rebuilding = true;
            let (id, inbox) = (id.clone(), self.inbox.clone());
            tasks.later("gather CRDs", async move {
                tokio::time::sleep(GATHER).await;
                let _ = inbox.send(Inbound::Rebuild(id)).await;
            });
        }
    }

    /// Asks the server what it serves.
    pub fn discover(&mut self, id: &ClusterId, tasks: &mut Tasks) {
        let Some(opened) = self.clusters.get_mut(id) else { return };
        if std::mem::replace(&mut opened.asking, true) {
            return;
        }
        let (cluster, id, inbox) = (opened.cluster.clone(), id.clone(), self.inbox.clone());
        tasks.spawn("discover", async move {
            let found = cluster.discover().await;
            let _ = inbox.send(Inbound::Discovered(id, found)).await;
        });
    }

    /// Takes discovery's answer.
    pub fn discovered(
        &mut self,
        id: &ClusterId,
        found: Result<Discovery, Problem>,
        tasks: &mut Tasks,
    ) -> Vec<Msg> {
        let Some(opened) = self.clusters.get_mut(id) else { return Vec::new() };
        opened.asking = false;
        match found {
            Ok(found) => {
                opened.said = found.resources;
                self.rebuild(id, tasks);
                found
                    .dead_groups
                    .first()
                    .map(|(_, problem)| dead(&found.dead_groups, problem))
                    .into_iter()
                    .collect()
            }
            Err(problem) => {
                tracing::warn!(%problem, cluster = %id, "discovery failed");
                // While the link is down, its coming up asks again.
                if opened.link.connected {
                    let (id, inbox) = (id.clone(), self.inbox.clone());
                    tasks.later("discover again", async move {
                        tokio::time::sleep(ASK_AGAIN).await;
                        let _ = inbox.send(Inbound::AskAgain(id)).await;
                    });
                }
                vec![Msg::Flash(Flash::from(problem))]
            }
        }
    }

    /// Builds the catalog anew from discovery and CRDs, off the loop: definitions can be megabytes.
    pub fn rebuild(&mut self, id: &ClusterId, tasks: &mut Tasks) {
        let Some(opened) = self.clusters.get_mut(id) else { return };
        opened.rebuilding = false;
        if opened.said.is_empty() {
            // CRDs alone would hide every other kind. Discovery's answer builds anew, CRDs included.
            return;
        }
        opened.building += 1;
        let (said, before) = (opened.said.clone(), opened.defined.clone());
        let shard = self.store.find(opened.definitions.shard());
        let (id, inbox) = (id.clone(), self.inbox.clone());
        tasks.spawn("build catalog", async move {
            let built = tokio::task::spawn_blocking(move || {
                let rows = match shard.as_ref().map(|shard| shard.read(None).1) {
                    Some(Delta::Full(rows)) => rows,
                    _ => Vec::new(),
                };
                let texts: Vec<String> =
                    rows.iter().filter_map(|row| shard.as_ref()?.text(&row.key)).collect();
                let found: Vec<Discovered> = texts.iter().flat_map(|text| crds::discovered(text)).collect();
                let now: BTreeSet<KindId> = found.iter().map(Discovered::id).collect();
                let gone = before.difference(&now).cloned().collect();
                let all = crds::merge(&said, found, &gone);
                (Arc::new(Catalog::new(&all, &texts)), now)
            });
            if let Ok((catalog, defined)) = built.await {
                let _ = inbox.send(Inbound::Built(id, catalog, defined)).await;
            }
        });
    }

    /// Takes a built catalog.
    pub fn built(&mut self, id: &ClusterId, catalog: Arc<Catalog>, defined: BTreeSet<KindId>) -> Vec<Msg> {
        let Some(opened) = self.clusters.get_mut(id) else { return Vec::new() };
        let gone: BTreeSet<KindId> = opened.defined.difference(&defined).cloned().collect();
        // What is gone stays gone at the next build, when `defined` does not name it any more.
        opened.said.retain(|resource| !gone.contains(&resource.id()));
        opened.building = opened.building.saturating_sub(1);
        opened.catalog = catalog.clone();
        opened.defined = defined;
        self.supervisor.set_catalog(id, catalog.clone());
        self.supervisor.refuse_unknown(id);
        vec![Msg::Catalog(id.clone(), catalog)]
    }

    /// Gives the supervisor the namespaces that are likely while listing them is not possible.
    fn guess_namespaces(&self, id: &ClusterId) {
        let Some(opened) = self.clusters.get(id) else { return };
        let mut names = self.memory.namespaces(id);
        // The context's own, or the one of `-n`.
        let own = opened.link.namespace.clone();
        if !own.is_empty() && !names.contains(&own) {
            names.insert(0, own);
        }
        self.supervisor.set_namespaces(id, names);
    }
}

fn dead(groups: &[(Text, Problem)], first: &Problem) -> Msg {
    let names: Vec<&str> = groups.iter().map(|(name, _)| &**name).collect();
    let mut flash = Flash::warn(format!("no answer from API group {}: {}", names.join(", "), first.what));
    flash.hint = Some("its kinds are missing, all others work".to_owned());
    Msg::Flash(flash)
}

//! What app and views know of the clusters, as plain data that the runtime keeps current.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::NamespaceSet;
use crate::kinds::KindDef;
use crate::kinds::catalog::Catalog;
use crate::model::link::{ContextInfo, LinkState};
use crate::model::{ClusterId, KindId, Text};

/// One cluster's facts.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// The link.
    pub link: LinkState,
    /// All kinds it serves; built-in ones before discovery has answered.
    pub catalog: Arc<Catalog>,
    /// Namespaces known so far: listed, or remembered where listing is forbidden.
    pub namespaces: Vec<Text>,
    /// Whether this user may list namespaces (`None`: not asked yet).
    pub may_list_namespaces: Option<bool>,
    /// Whether `catalog` is what the server (or the disk cache) said, rather than the built-in kinds alone.
    pub discovered: bool,
    /// The namespaces that a new table shows when its command line names none.
    pub active: NamespaceSet,
    /// Writes ask twice here, and the header says so.
    pub guarded: bool,
}

/// All that is known.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The kubeconfig's contexts.
    pub contexts: Vec<ContextInfo>,
    /// The context that new views use.
    pub current: Option<ClusterId>,
    /// Every context's facts; those never used keep the built-in kinds and a link at rest.
    pub clusters: BTreeMap<ClusterId, ClusterFacts>,
    /// Favourite namespaces of the current context, newest first, at most nine.
    pub favourites: Vec<Text>,
    /// Writes are refused.
    pub read_only: bool,
    /// Words of the user's own and the command lines that they stand for.
    pub aliases: BTreeMap<String, String>,
}

impl World {
    /// Returns the facts of the current context.
    pub fn current_facts(&self) -> Option<&ClusterFacts> {
        self.clusters.get(self.current.as_ref()?)
    }

    /// Returns a kind's record on a cluster.
    pub fn kind(&self, cluster: &ClusterId, kind: &KindId) -> Option<Arc<KindDef>> {
        self.clusters.get(cluster)?.catalog.get(kind)
    }

    /// Returns what the kubeconfig says of a context.
    pub fn context(&self, id: &ClusterId) -> Option<&ContextInfo> {
        self.contexts.iter().find(|context| context.id == *id)
    }

    /// Returns the namespaces that a new table on these contexts shows when its line names none:
    /// what is active there, or all when the contexts differ.
    pub fn active(&self, clusters: &[ClusterId]) -> NamespaceSet {
        let mut sets = clusters.iter().map(|id| self.clusters.get(id).map(|facts| &facts.active));
        match sets.next().flatten() {
            Some(first) if sets.all(|set| set == Some(first)) => first.clone(),
            _ => NamespaceSet::All,
        }
    }
}

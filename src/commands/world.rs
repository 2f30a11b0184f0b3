//! What app and views know of the clusters, as plain data that the runtime keeps current.

use std::collections::BTreeMap;
use std::sync::Arc;

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
}

/// All that is known.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The kubeconfig's contexts.
    pub contexts: Vec<ContextInfo>,
    /// The context that new views use.
    pub current: Option<ClusterId>,
    /// Clusters in use.
    pub clusters: BTreeMap<ClusterId, ClusterFacts>,
    /// Favourite namespaces of the current context, newest first, at most nine.
    pub favourites: Vec<Text>,
    /// Writes are refused.
    pub read_only: bool,
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
}

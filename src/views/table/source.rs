//! Where a table's rows come from: shards of the store, or the containers of one pod.
//!
//! Knows revisions and coverage; keeps no rows, decides nothing about order or visibility.

use std::fmt::Debug;
use std::sync::Arc;

use crate::commands::{NamespaceSet, TableSpec, Target, Within};
use crate::kinds::{KindDef, containers};
use crate::model::{ClusterId, KindId, ObjKey, Row, Scope, ShardKey, WatchScope};
use crate::store::{Delta, Rev, Shard, ShardStatus};
use crate::views::Cx;

/// One shard behind a table, with its status as last seen.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Which.
    pub key: ShardKey,
    /// How it is doing.
    pub status: ShardStatus,
}

impl Part {
    /// A part of which nothing is known yet.
    pub fn new(key: ShardKey) -> Self {
        Self { key, status: ShardStatus::default() }
    }

    /// Returns whether an object belongs to this part.
    pub fn covers(&self, key: &ObjKey) -> bool {
        self.key.cluster == key.cluster
            && match &self.key.scope {
                WatchScope::All => true,
                WatchScope::Namespace(namespace) => *namespace == key.namespace,
            }
    }
}

/// What came since the last look.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Rows, by index of the part that brought them.
    pub deltas: Vec<(usize, Delta)>,
    /// Whether a status differs from before.
    pub status_changed: bool,
}

/// A supplier of rows between the store and the table; tests feed deltas here.
pub(super) trait RowSource: Debug + Send {
    /// Adds the shards to be watched.
    fn wants(&self, out: &mut Vec<ShardKey>) {
        out.extend(self.parts().iter().map(|part| part.key.clone()));
    }

    /// Returns the parts.
    fn parts(&self) -> &[Part];

    /// Takes what changed.
    fn poll(&mut self, cx: &Cx<'_>) -> News;
}

/// Rows of shards, as they are.
#[derive(Debug, Default)]
pub(super) struct Shards {
    parts: Vec<Part>,
    seen: Vec<Seen>,
}

/// How far a shard has been read. The shard itself is kept, because a shard that was dropped and
/// made again starts its revisions anew.
#[derive(Debug, Default)]
struct Seen {
    shard: Option<Arc<Shard>>,
    rev: Option<Rev>,
}

impl Shards {
    /// The shards that a table of this spec needs.
    pub fn new(spec: &TableSpec, scope: Scope) -> Self {
        let scopes = scopes(spec, scope);
        let mut parts: Vec<Part> = Vec::new();
        for cluster in &spec.clusters {
            for scope in &scopes {
                let key =
                    ShardKey { cluster: cluster.clone(), kind: spec.kind.clone(), scope: scope.clone() };
                // Overlapping parts would fight over rows: each shard once.
                if !parts.iter().any(|part| part.key == key) {
                    parts.push(Part::new(key));
                }
            }
        }
        let seen = parts.iter().map(|_| Seen::default()).collect();
        Self { parts, seen }
    }
}

/// The watch scopes of a spec.
fn scopes(spec: &TableSpec, scope: Scope) -> Vec<WatchScope> {
    if scope == Scope::Cluster {
        return vec![WatchScope::All];
    }
    if let Some((Within::Just(key), _)) = &spec.within
        && !key.namespace.is_empty()
    {
        return vec![WatchScope::Namespace(key.namespace.clone())];
    }
    match &spec.namespaces {
        NamespaceSet::Only(names) if !names.is_empty() => {
            names.iter().cloned().map(WatchScope::Namespace).collect()
        }
        _ => vec![WatchScope::All],
    }
}

impl RowSource for Shards {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn poll(&mut self, cx: &Cx<'_>) -> News {
        let mut news = News::default();
        for (at, (part, seen)) in self.parts.iter_mut().zip(&mut self.seen).enumerate() {
            let Some(shard) = cx.store.find(&part.key) else { continue };
            if !seen.shard.as_ref().is_some_and(|before| Arc::ptr_eq(before, &shard)) {
                *seen = Seen { shard: Some(shard.clone()), rev: None };
            }
            let Some(glance) = shard.glance(seen.rev) else { continue };
            seen.rev = Some(glance.rev);
            // Who is told that all is there must have all of it: a table may be printed at that.
            if glance.is_all || !glance.status.freshness.is_live() {
                news.status_changed |= take_status(part, glance.status);
            }
            if !matches!(glance.delta, Delta::Same) {
                news.deltas.push((at, glance.delta));
            }
        }
        news
    }
}

/// Keeps a new status and tells whether anything that a title shows differs. The number of rows counts while they
/// are loaded; later it changes with them.
fn take_status(part: &mut Part, status: ShardStatus) -> bool {
    let old = &part.status;
    let differs = old.freshness != status.freshness
        || (old.rows != status.rows && !status.freshness.is_live())
        || old.expected != status.expected
        || old.malformed.0 != status.malformed.0
        || old.namespaces.len() != status.namespaces.len()
        || old.forbidden != status.forbidden;
    part.status = status;
    differs
}

/// The containers of one pod, made from its row whenever that changes.
#[derive(Debug)]
pub(super) struct Containers {
    target: Target,
    part: [Part; 1],
    last: Option<Arc<Row>>,
}

impl Containers {
    /// The containers of this pod.
    pub fn new(target: Target) -> Self {
        let scope = WatchScope::Namespace(target.key.namespace.clone());
        let part =
            Part::new(ShardKey { cluster: target.key.cluster.clone(), kind: target.key.kind.clone(), scope });
        Self { target, part: [part], last: None }
    }

    /// A whole-cluster shard that is already there serves as well as one of the namespace.
    fn shard(&mut self, cx: &Cx<'_>) -> Option<Arc<Shard>> {
        let [part] = &mut self.part;
        let mut whole = part.key.clone();
        whole.scope = WatchScope::All;
        let found = cx.store.find(&whole).filter(|shard| shard.get(&self.target.key).is_some());
        if found.is_some() {
            part.key = whole;
            return found;
        }
        part.key.scope = WatchScope::Namespace(self.target.key.namespace.clone());
        cx.store.find(&part.key)
    }
}

impl RowSource for Containers {
    fn parts(&self) -> &[Part] {
        &self.part
    }

    fn poll(&mut self, cx: &Cx<'_>) -> News {
        let mut news = News::default();
        let Some(shard) = self.shard(cx) else { return news };
        let [part] = &mut self.part;
        news.status_changed = take_status(part, shard.status());
        let pod = shard.get(&self.target.key).filter(|row| row.uid == self.target.uid);
        let same = match (&self.last, &pod) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if !same {
            let rows = pod.as_ref().map(|row| containers::rows(row)).unwrap_or_default();
            news.deltas.push((0, Delta::Full(rows.into_iter().map(Arc::new).collect())));
            self.last = pod;
        }
        news
    }
}

/// Returns the record of the first cluster that knows the kind.
pub(super) fn kind_of(cx: &Cx<'_>, clusters: &[ClusterId], kind: &KindId) -> Option<Arc<KindDef>> {
    clusters.iter().find_map(|cluster| cx.world.kind(cluster, kind))
}

//! CPU and memory of the whole cluster for the header: what metrics say is used, of what the nodes can give.

use super::Env;
use crate::commands::World;
use crate::model::{ClusterId, Row, ShardKey};
use crate::store::{Delta, Rev, Store};
use crate::views::header::Usage;

/// How many samples the header's bars show.
const SAMPLES: usize = 6;

/// Follows the nodes and the metrics of the current cluster.
#[derive(Debug, Default)]
pub struct ClusterUse {
    cluster: Option<ClusterId>,
    rev: Option<Rev>,
    capacity: (f64, f64),
    used: Option<(i64, i64)>,
    usage: Option<Usage>,
}

/// Returns the milli-cores and bytes that all nodes use together, as metrics say.
fn used(store: &Store, cluster: &ClusterId) -> Option<(i64, i64)> {
    store.metrics().cluster(cluster).map(|usage| (usage.cpu, usage.memory))
}

impl ClusterUse {
    /// Takes what changed; returns whether the figures did.
    pub(super) fn follow(&mut self, nodes: Option<&ShardKey>, world: &World, env: Env<'_>) -> bool {
        let before = self.usage.clone();
        if self.cluster.as_ref() != nodes.map(|key| &key.cluster) {
            *self = Self { cluster: nodes.map(|key| key.cluster.clone()), ..Self::default() };
        }
        if let Some(key) = nodes {
            self.follow_capacity(key, world, env.store);
            self.follow_used(used(env.store, &key.cluster));
        }
        self.usage != before
    }

    /// Returns the figures; `None` without metrics.
    pub fn get(&self) -> Option<Usage> {
        self.usage.clone()
    }

    fn follow_capacity(&mut self, key: &ShardKey, world: &World, store: &Store) {
        let Some(shard) = store.find(key) else { return };
        let (rev, delta) = shard.read(self.rev);
        if self.rev.replace(rev) == Some(rev) && matches!(delta, Delta::Same) {
            return;
        }
        // Nodes are few and change seldom: a whole sum is simpler than a running one.
        if let (Some(kind), (_, Delta::Full(rows))) = (world.kind(&key.cluster, &key.kind), shard.read(None))
        {
            let sum = |title: &str| {
                let column =
                    kind.columns.iter().find(|column| &*column.title == title).map(|column| column.source);
                rows.iter().filter_map(|row| figure(row, column?)).sum::<f64>()
            };
            self.capacity = (sum("CPU/A"), sum("MEM/A"));
        }
    }

    fn follow_used(&mut self, used: Option<(i64, i64)>) {
        let ((cpu, memory), true) = (self.capacity, used.is_some()) else {
            self.usage = None;
            return;
        };
        if used == self.used || cpu <= 0.0 || memory <= 0.0 {
            return;
        }
        self.used = used;
        let (used_cpu, used_memory) = used.unwrap_or_default();
        let mut usage = self.usage.take().unwrap_or_default();
        usage.cpu = percent(used_cpu, cpu);
        usage.memory = percent(used_memory, memory);
        for (history, value) in [(&mut usage.history.0, usage.cpu), (&mut usage.history.1, usage.memory)] {
            history.push(value);
            if history.len() > SAMPLES {
                history.remove(0);
            }
        }
        self.usage = Some(usage);
    }
}

fn figure(row: &Row, source: crate::kinds::Source) -> Option<f64> {
    match source {
        crate::kinds::Source::Cell(place) => row.cells.get(usize::from(place))?.number(),
        _ => None,
    }
}

fn percent(used: i64, of: f64) -> u32 {
    // A figure beyond any sense is shown as such rather than wrapped.
    (used as f64 * 100.0 / of).round().clamp(0.0, 9999.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_is_told_in_per_cent_of_what_the_nodes_can_give() {
        let mut cluster = ClusterUse { capacity: (4000.0, 8e9), ..ClusterUse::default() };
        cluster.follow_used(None);
        assert_eq!(cluster.get(), None, "no metrics, no figures");
        for cpu in [1000, 1000, 2000, 5000] {
            cluster.follow_used(Some((cpu, 4_000_000_000)));
        }
        let usage = cluster.get().unwrap();
        assert_eq!((usage.cpu, usage.memory), (125, 50));
        assert_eq!(usage.history.0, [25, 50, 125], "the same sample twice is one");
        cluster.follow_used(None);
        assert_eq!(cluster.get(), None);
    }
}

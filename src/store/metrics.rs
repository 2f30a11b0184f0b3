//! Figures of metrics.k8s.io, the one thing that is polled: the last samples of pods and nodes.

use std::collections::VecDeque;

use foldhash::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{Bell, Rev};
use crate::model::{ClusterId, Text, Timestamp};

/// Samples kept of one object: at one each 15 s, seven and a half minutes.
const SAMPLES: usize = 30;

/// What something uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cpu = self.cpu.saturating_add(other.cpu);
        self.memory = self.memory.saturating_add(other.memory);
    }
}

/// A pod's figures in one poll.
#[derive(Clone, Debug, PartialEq)]
pub struct PodUsage {
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// Per container.
    pub containers: Vec<(Text, Usage)>,
}

#[derive(Debug, Default)]
struct Series {
    containers: Vec<(Text, Usage)>,
    samples: VecDeque<(Timestamp, Usage)>,
}

impl Series {
    fn add(&mut self, at: Timestamp, usage: Usage) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((at, usage));
    }

    fn last(&self) -> Option<Usage> {
        self.samples.back().map(|(_, usage)| *usage)
    }
}

#[derive(Debug, Default)]
struct OfCluster {
    available: Option<bool>,
    pods: HashMap<Text, HashMap<Text, Series>>,
    nodes: HashMap<Text, Series>,
}

/// Polled figures of all clusters.
#[derive(Debug)]
pub struct Metrics {
    bell: Arc<Bell>,
    inner: RwLock<(Rev, HashMap<ClusterId, OfCluster>)>,
}

impl Metrics {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self { bell, inner: RwLock::default() }
    }

    /// Returns a number that grows with every poll that brought something.
    pub fn rev(&self) -> Rev {
        self.inner.read().0
    }

    /// Returns whether the cluster serves metrics; `None` before the first answer.
    pub fn available(&self, cluster: &ClusterId) -> Option<bool> {
        self.inner.read().1.get(cluster)?.available
    }

    /// Returns what a pod uses, all containers together.
    pub fn pod(&self, cluster: &ClusterId, namespace: &str, name: &str) -> Option<Usage> {
        self.inner.read().1.get(cluster)?.pods.get(namespace)?.get(name)?.last()
    }

    /// Returns what one container of a pod uses.
    pub fn container(&self, cluster: &ClusterId, namespace: &str, pod: &str, name: &str) -> Option<Usage> {
        let inner = self.inner.read();
        let series = inner.1.get(cluster)?.pods.get(namespace)?.get(pod)?;
        series.containers.iter().find(|(container, _)| &**container == name).map(|(_, usage)| *usage)
    }

    /// Returns what a node uses.
    pub fn node(&self, cluster: &ClusterId, name: &str) -> Option<Usage> {
        self.inner.read().1.get(cluster)?.nodes.get(name)?.last()
    }

    /// Returns the sum over all nodes.
    pub fn cluster(&self, cluster: &ClusterId) -> Option<Usage> {
        let inner = self.inner.read();
        let nodes = &inner.1.get(cluster)?.nodes;
        let mut sum = Usage::default();
        nodes.values().filter_map(Series::last).for_each(|usage| sum += usage);
        (!nodes.is_empty()).then_some(sum)
    }

    /// Returns the last samples of a pod, oldest first.
    pub fn pod_history(&self, cluster: &ClusterId, namespace: &str, name: &str) -> Vec<(Timestamp, Usage)> {
        let inner = self.inner.read();
        let find = || inner.1.get(cluster)?.pods.get(namespace)?.get(name);
        find().map(|series| series.samples.iter().copied().collect()).unwrap_or_default()
    }

    /// Returns the last samples of a node, oldest first.
    pub fn node_history(&self, cluster: &ClusterId, name: &str) -> Vec<(Timestamp, Usage)> {
        let inner = self.inner.read();
        let find = || inner.1.get(cluster)?.nodes.get(name);
        find().map(|series| series.samples.iter().copied().collect()).unwrap_or_default()
    }

    /// Takes one poll of pods; pods that it does not name are forgotten.
    pub fn put_pods(&self, cluster: &ClusterId, at: Timestamp, pods: Vec<PodUsage>) {
        self.update(cluster, |known| {
            let mut old = std::mem::take(&mut known.pods);
            for pod in pods {
                let mut series =
                    old.get_mut(&pod.namespace).and_then(|pods| pods.remove(&pod.name)).unwrap_or_default();
                let mut sum = Usage::default();
                pod.containers.iter().for_each(|(_, usage)| sum += *usage);
                series.add(at, sum);
                series.containers = pod.containers;
                known.pods.entry(pod.namespace).or_default().insert(pod.name, series);
            }
            known.available = Some(true);
        });
    }

    /// Takes one poll of nodes; nodes that it does not name are forgotten.
    pub fn put_nodes(&self, cluster: &ClusterId, at: Timestamp, nodes: Vec<(Text, Usage)>) {
        self.update(cluster, |known| {
            let mut old = std::mem::take(&mut known.nodes);
            for (name, usage) in nodes {
                let mut series = old.remove(&name).unwrap_or_default();
                series.add(at, usage);
                known.nodes.insert(name, series);
            }
            known.available = Some(true);
        });
    }

    /// Says that the cluster serves no metrics; its figures are forgotten.
    pub fn set_unavailable(&self, cluster: &ClusterId) {
        if self.available(cluster) != Some(false) {
            self.update(cluster, |known| {
                *known = OfCluster { available: Some(false), ..OfCluster::default() };
            });
        }
    }

    /// Forgets a cluster that nobody looks at any more, so that old figures are never taken for new ones.
    pub fn forget(&self, cluster: &ClusterId) {
        if self.inner.write().1.remove(cluster).is_some() {
            self.bell.ring();
        }
    }

    fn update(&self, cluster: &ClusterId, change: impl FnOnce(&mut OfCluster)) {
        let mut inner = self.inner.write();
        change(inner.1.entry(cluster.clone()).or_default());
        inner.0.0 += 1;
        drop(inner);
        self.bell.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, cpu: i64) -> PodUsage {
        let usage = Usage { cpu, memory: 10 };
        PodUsage {
            namespace: "shop".into(),
            name: name.into(),
            containers: vec![("app".into(), usage), ("log".into(), Usage { cpu: 1, memory: 1 })],
        }
    }

    #[test]
    fn a_pod_is_the_sum_of_its_containers_and_keeps_a_short_history() {
        let (metrics, cluster) = (Metrics::new(Arc::default()), ClusterId("c".into()));
        assert_eq!(metrics.available(&cluster), None);
        for i in 0..40 {
            metrics.put_pods(&cluster, Timestamp(i), vec![pod("a", i)]);
        }
        assert_eq!(metrics.pod(&cluster, "shop", "a"), Some(Usage { cpu: 40, memory: 11 }));
        assert_eq!(metrics.container(&cluster, "shop", "a", "app"), Some(Usage { cpu: 39, memory: 10 }));
        let history = metrics.pod_history(&cluster, "shop", "a");
        assert_eq!((history.len(), history[0].0), (30, Timestamp(10)));
        assert_eq!(metrics.rev(), Rev(40));
    }

    #[test]
    fn what_a_poll_does_not_name_is_forgotten() {
        let (metrics, cluster) = (Metrics::new(Arc::default()), ClusterId("c".into()));
        metrics.put_pods(&cluster, Timestamp(1), vec![pod("a", 1), pod("b", 1)]);
        metrics.put_pods(&cluster, Timestamp(2), vec![pod("b", 1)]);
        assert_eq!(metrics.pod(&cluster, "shop", "a"), None);
        metrics.put_nodes(&cluster, Timestamp(2), vec![("n1".into(), Usage { cpu: 5, memory: 6 })]);
        assert_eq!(metrics.cluster(&cluster), metrics.node(&cluster, "n1"));
        metrics.set_unavailable(&cluster);
        assert_eq!(metrics.available(&cluster), Some(false));
        assert_eq!(metrics.node(&cluster, "n1"), None);
    }
}

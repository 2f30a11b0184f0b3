//! Polls metrics.k8s.io while somebody looks: the one thing that cannot be watched.

use std::borrow::Cow;
use std::sync::Arc;

use http_body_util::BodyExt;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::api::Api;
use super::keep::Namespaces;
use super::link::{Encoding, Link};
use super::sink::Counters;
use super::split::Splitter;
use super::strategy::wants_gzip;
use super::timing::{Timing, jitter};
use crate::model::{Problem, ProblemKind, Text, Timestamp, quantity};
use crate::store::Store;
use crate::store::metrics::{PodUsage, Usage};

const ROOT: &str = "/apis/metrics.k8s.io/v1beta1";
/// After so many failed polls in a row the figures are no longer shown.
const PATIENCE: u32 = 3;

/// What a poller works with.
#[derive(Clone, Debug)]
pub(crate) struct Poller<A> {
    pub(crate) api: A,
    pub(crate) store: Arc<Store>,
    pub(crate) timing: Arc<Timing>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) namespaces: Namespaces,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    metadata: Name<'a>,
    #[serde(borrow, default)]
    usage: Quantities<'a>,
    #[serde(borrow, default)]
    containers: Vec<Container<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    usage: Quantities<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Quantities<'a> {
    #[serde(borrow)]
    cpu: Cow<'a, str>,
    #[serde(borrow)]
    memory: Cow<'a, str>,
}

impl<A: Api> Poller<A> {
    /// Polls until the task is dropped.
    pub(crate) async fn run(self) {
        let mut failures = 0;
        loop {
            let wait = match self.poll().await {
                Ok(()) => {
                    failures = 0;
                    self.timing.metrics
                }
                Err(problem) => {
                    failures += 1;
                    tracing::debug!(cluster = %self.api.id(), "no metrics: {problem}");
                    self.after(&problem, failures)
                }
            };
            tokio::time::sleep(wait + jitter(wait / 10)).await;
        }
    }

    /// An absent API is not an error: there are no columns then, and it is asked for again much later. One that is
    /// there and does not answer is asked sooner than usual until it is given up, so that no figure is shown long
    /// after its time, and as often as usual from then on.
    fn after(&self, problem: &Problem, failures: u32) -> std::time::Duration {
        let metrics = self.store.metrics();
        let was_there = metrics.available(self.api.id()) == Some(true);
        if failures >= PATIENCE || (!was_there && (is_absent(problem) || is_down(problem))) {
            metrics.set_unavailable(self.api.id());
        }
        match (was_there && failures < PATIENCE, is_absent(problem)) {
            (true, _) => self.timing.metrics / PATIENCE,
            (false, true) => self.timing.metrics_absent,
            (false, false) => self.timing.metrics,
        }
    }

    async fn poll(&self) -> Result<(), Problem> {
        let metrics = self.store.metrics();
        // Nodes may be forbidden where pods are not, and the other way round.
        let nodes = self.nodes().await;
        if let Ok(nodes) = &nodes {
            metrics.put_nodes(self.api.id(), (self.clock)(), nodes.clone());
        } else if let Err(problem) = &nodes
            && problem.kind != ProblemKind::Forbidden
        {
            return Err(problem.clone());
        }
        let pods = match self.pods("").await {
            Err(problem) if problem.kind == ProblemKind::Forbidden => self.pods_one_by_one(problem).await,
            result => result,
        };
        match (pods, nodes) {
            (Ok(pods), _) => {
                metrics.put_pods(self.api.id(), (self.clock)(), pods);
                Ok(())
            }
            (Err(problem), Ok(_)) if problem.kind == ProblemKind::Forbidden => Ok(()),
            (Err(problem), _) => Err(problem),
        }
    }

    async fn nodes(&self) -> Result<Vec<(Text, Usage)>, Problem> {
        let mut nodes = Vec::new();
        self.fetch(format!("{ROOT}/nodes"), |item| {
            nodes.push((item.metadata.name.into(), usage(&item.usage)))
        })
        .await?;
        Ok(nodes)
    }

    async fn pods(&self, namespace: &str) -> Result<Vec<PodUsage>, Problem> {
        let path = if namespace.is_empty() {
            format!("{ROOT}/pods")
        } else {
            format!("{ROOT}/namespaces/{namespace}/pods")
        };
        let mut pods = Vec::new();
        self.fetch(path, |item| {
            pods.push(PodUsage {
                namespace: item.metadata.namespace.into(),
                name: item.metadata.name.into(),
                containers: item.containers.iter().map(|c| ((&*c.name).into(), usage(&c.usage))).collect(),
            });
        })
        .await?;
        Ok(pods)
    }

    async fn pods_one_by_one(&self, problem: Problem) -> Result<Vec<PodUsage>, Problem> {
        let namespaces = self.namespaces.borrow().clone();
        let (mut all, mut answered) = (Vec::new(), false);
        for namespace in namespaces {
            if let Ok(pods) = self.pods(&namespace).await {
                answered = true;
                all.extend(pods);
            }
        }
        if answered { Ok(all) } else { Err(problem) }
    }

    async fn fetch(&self, path: String, mut take: impl FnMut(Item<'_>)) -> Result<(), Problem> {
        let link = Link {
            api: self.api.clone(),
            path,
            timing: self.timing.clone(),
            counters: Arc::new(Counters::default()),
            labels: Text::default(),
        };
        let slow = wants_gzip(&self.api.facts());
        let encoding = if slow { Encoding::Gzip } else { Encoding::Identity };
        let mut body = link.get(&[], encoding, self.timing.header).await?;
        let mut splitter = Splitter::default();
        loop {
            let frame = timeout_at(Instant::now() + self.timing.list_idle, body.frame())
                .await
                .map_err(|_| Problem::new(ProblemKind::Timeout, "metrics.k8s.io has gone silent"))?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| {
                Problem::new(ProblemKind::Cut, format!("metrics.k8s.io ended early: {error}"))
            })?;
            let Ok(bytes) = frame.into_data() else { continue };
            splitter.feed(&bytes, &mut |item| {
                if let Ok(item) = serde_json::from_slice(item) {
                    take(item);
                }
            })?;
        }
        if splitter.is_done() {
            Ok(())
        } else {
            Err(Problem::new(ProblemKind::Cut, "the list of metrics ended early"))
        }
    }
}

/// It is not installed, or not for us.
fn is_absent(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Forbidden)
}

/// It is installed, and nobody answers for it.
fn is_down(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Server | ProblemKind::TooBusy)
}

fn usage(quantities: &Quantities<'_>) -> Usage {
    Usage {
        cpu: quantity::millicores(&quantities.cpu).unwrap_or_default(),
        memory: quantity::bytes(&quantities.memory).unwrap_or_default(),
    }
}

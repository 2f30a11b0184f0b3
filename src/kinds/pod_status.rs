//! What a pod's status says in one word, as kubectl derives it, with READY and RESTARTS counts.

use std::borrow::Cow;

use serde::Deserialize;

use super::meta::{Object, Str, nullable, time};
use super::parts::{Cond, is};
use super::podspec::PodSpec;
use crate::model::Timestamp;

/// A pod on the wire.
pub type Pod<'a> = Object<'a, PodSpec<'a>, PodStatus<'a>>;

/// `status` of a pod.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus<'a> {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    #[serde(borrow)]
    pub phase: Str<'a>,
    /// `Evicted`, `NodeLost`, …
    #[serde(borrow)]
    pub reason: Str<'a>,
    /// Sentence.
    #[serde(borrow)]
    pub message: Str<'a>,
    /// Node that preemption makes room on.
    #[serde(borrow)]
    pub nominated_node_name: Str<'a>,
    /// First address on old servers.
    #[serde(borrow, rename = "podIP")]
    pub pod_ip: Str<'a>,
    /// Addresses.
    #[serde(borrow, rename = "podIPs", deserialize_with = "nullable")]
    pub pod_ips: Vec<PodIp<'a>>,
    /// `Guaranteed`, `Burstable`, `BestEffort`.
    #[serde(borrow)]
    pub qos_class: Str<'a>,
    /// Conditions.
    #[serde(borrow, deserialize_with = "nullable")]
    pub conditions: Vec<Cond<'a>>,
    /// Init containers and sidecars.
    #[serde(borrow, deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus<'a>>,
    /// Ordinary containers.
    #[serde(borrow, deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus<'a>>,
    /// Debug containers.
    #[serde(borrow, deserialize_with = "nullable")]
    pub ephemeral_container_statuses: Vec<ContainerStatus<'a>>,
}

/// An address of a pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodIp<'a> {
    /// The address.
    #[serde(borrow)]
    pub ip: Str<'a>,
}

/// The kubelet's word on one container.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Str<'a>,
    /// Ready.
    #[serde(deserialize_with = "nullable")]
    pub ready: bool,
    /// Past its startup probe.
    pub started: Option<bool>,
    /// Restarts.
    #[serde(deserialize_with = "nullable")]
    pub restart_count: u32,
    /// Now.
    #[serde(borrow, deserialize_with = "nullable")]
    pub state: StateWire<'a>,
    /// Before.
    #[serde(borrow, deserialize_with = "nullable")]
    pub last_state: StateWire<'a>,
}

/// One of three states.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StateWire<'a> {
    /// Not started.
    #[serde(borrow)]
    pub waiting: Option<Waiting<'a>>,
    /// Running.
    #[serde(borrow)]
    pub running: Option<Running<'a>>,
    /// Ended.
    #[serde(borrow)]
    pub terminated: Option<Terminated<'a>>,
}

/// Why a container has not started.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Waiting<'a> {
    /// CamelCase reason.
    #[serde(borrow)]
    pub reason: Str<'a>,
    /// Sentence.
    #[serde(borrow)]
    pub message: Str<'a>,
}

/// Since when a container runs.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Running<'a> {
    /// Start.
    #[serde(borrow)]
    pub started_at: Str<'a>,
}

/// How a container ended.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminated<'a> {
    /// Exit code.
    #[serde(deserialize_with = "nullable")]
    pub exit_code: i32,
    /// Signal.
    #[serde(deserialize_with = "nullable")]
    pub signal: i32,
    /// CamelCase reason.
    #[serde(borrow)]
    pub reason: Str<'a>,
    /// Sentence.
    #[serde(borrow)]
    pub message: Str<'a>,
    /// Start.
    #[serde(borrow)]
    pub started_at: Str<'a>,
    /// End.
    #[serde(borrow)]
    pub finished_at: Str<'a>,
}

impl Terminated<'_> {
    /// The word for this end: its reason, else its signal, else its exit code.
    fn word(&self) -> Cow<'_, str> {
        if !self.reason.is_empty() {
            Cow::Borrowed(&self.reason)
        } else if self.signal != 0 {
            Cow::Owned(format!("Signal:{}", self.signal))
        } else {
            Cow::Owned(format!("ExitCode:{}", self.exit_code))
        }
    }
}

/// What a table says of a pod.
#[derive(Debug)]
pub struct Summary<'p> {
    /// STATUS.
    pub status: Cow<'p, str>,
    /// Ready containers, sidecars included.
    pub ready: u32,
    /// Containers that can be ready.
    pub total: u32,
    /// Restarts of what counts now.
    pub restarts: u32,
    /// End of the run before the last restart.
    pub last_restart: Option<Timestamp>,
}

/// Restarts and the end of the run before the last one.
#[derive(Clone, Copy, Default)]
struct Restarts(u32, Option<Timestamp>);

impl Restarts {
    fn add(&mut self, status: &ContainerStatus<'_>) {
        self.0 = self.0.saturating_add(status.restart_count);
        let ended = status.last_state.terminated.as_ref().and_then(|end| time(&end.finished_at));
        self.1 = self.1.max(ended);
    }
}

/// Derives the summary of a pod.
pub fn summary<'p>(pod: &'p Pod<'_>) -> Summary<'p> {
    let status = &pod.status;
    let phase: &str = if status.reason.is_empty() { &status.phase } else { &status.reason };
    let gated =
        status.conditions.iter().any(|c| &*c.kind == "PodScheduled" && &*c.reason == "SchedulingGated");
    let start = Cow::Borrowed(if gated { "SchedulingGated" } else { phase });

    let sidecars = pod.spec.init_containers.iter().filter(|c| c.is_sidecar()).count();
    let total = u32::try_from(pod.spec.containers.len() + sidecars).unwrap_or(u32::MAX);

    let init = initializing(pod);
    let (mut word, mut ready, mut restarts) = (start, init.ready, init.restarts);
    let initializing = init.word.is_some();
    if let Some(init) = init.word {
        word = init;
    }
    if !initializing || is(&status.conditions, "Initialized", "True") {
        restarts = init.sidecar_restarts;
        let main = running(pod, word, restarts);
        word = main.word;
        restarts = main.restarts;
        ready += main.ready;
    }
    let deleting = !pod.metadata.deletion_timestamp.is_empty();
    if deleting && &*status.reason == "NodeLost" {
        word = Cow::Borrowed("Unknown");
    } else if deleting && !is_terminal(&status.phase) {
        word = Cow::Borrowed("Terminating");
    }
    let last_restart = restarts.1.filter(|_| restarts.0 > 0);
    Summary { status: word, ready, total, restarts: restarts.0, last_restart }
}

/// Returns whether a pod of this phase will not run again.
pub fn is_terminal(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

struct Init<'p> {
    /// Set while init containers are under way or have failed.
    word: Option<Cow<'p, str>>,
    ready: u32,
    restarts: Restarts,
    sidecar_restarts: Restarts,
}

fn initializing<'p>(pod: &'p Pod<'_>) -> Init<'p> {
    let mut out =
        Init { word: None, ready: 0, restarts: Restarts::default(), sidecar_restarts: Restarts::default() };
    for (index, container) in pod.status.init_container_statuses.iter().enumerate() {
        let sidecar = pod.spec.init_containers.iter().any(|c| c.is_sidecar() && *c.name == *container.name);
        out.restarts.add(container);
        if sidecar {
            out.sidecar_restarts.add(container);
        }
        let state = &container.state;
        if state.terminated.as_ref().is_some_and(|end| end.exit_code == 0) {
            continue;
        }
        if sidecar && container.started == Some(true) {
            out.ready += u32::from(container.ready);
            continue;
        }
        out.word = Some(match (&state.terminated, &state.waiting) {
            (Some(end), _) => Cow::Owned(format!("Init:{}", end.word())),
            (None, Some(waiting)) if !matches!(&*waiting.reason, "" | "PodInitializing") => {
                Cow::Owned(format!("Init:{}", &*waiting.reason))
            }
            _ => Cow::Owned(format!("Init:{index}/{}", pod.spec.init_containers.len())),
        });
        break;
    }
    out
}

struct Main<'p> {
    word: Cow<'p, str>,
    ready: u32,
    restarts: Restarts,
}

fn running<'p>(pod: &'p Pod<'_>, mut word: Cow<'p, str>, mut restarts: Restarts) -> Main<'p> {
    let (mut ready, mut failure) = (0, None);
    // The first container's word wins, so the list is read backwards.
    for container in pod.status.container_statuses.iter().rev() {
        restarts.add(container);
        match (&container.state.waiting, &container.state.terminated) {
            (Some(waiting), _) if !waiting.reason.is_empty() => word = Cow::Borrowed(&waiting.reason),
            (_, Some(end)) => {
                word = end.word();
                if end.exit_code != 0 {
                    failure = Some(word.clone());
                }
            }
            _ => ready += u32::from(container.ready && container.state.running.is_some()),
        }
    }
    if word == "Completed" {
        // One container is done: the pod as a whole may still run, or have failed elsewhere.
        word = match failure {
            _ if ready > 0 && is(&pod.status.conditions, "Ready", "True") => Cow::Borrowed("Running"),
            Some(failure) => failure,
            None if ready > 0 => Cow::Borrowed("NotReady"),
            None => word,
        };
    }
    Main { word, ready, restarts }
}

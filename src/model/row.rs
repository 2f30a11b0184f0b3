//! A row: all that tables, filters, colours, relations, triage and the time line need of an
//! object, decoded once. The object's text is kept beside it, packed, in the store.

use std::sync::Arc;

use super::cell::Cell;
use super::key::{KindId, ObjKey, Uid};
use super::text::Text;
use super::time::Timestamp;

/// A sorted, shared set of labels.
pub type Labels = Arc<[(Text, Text)]>;

/// How an object is doing. Each level has a sign, so that colour is never the only word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing known against it: plain text.
    #[default]
    Ok,
    /// Done on purpose: completed, scaled to zero, suspended. Dim.
    Done,
    /// On its way: creating, pulling, terminating, rolling out.
    Busy,
    /// Wants a look: yellow.
    Attention,
    /// Broken: red.
    Broken,
}

/// The health of an object, from its own fields only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// How bad.
    pub level: Level,
    /// Why, in a few words: `OOMKilled 137`, `2 of 3 ready`. Empty when there is nothing to say.
    pub reason: Option<Text>,
}

impl Health {
    /// Returns whether `faults only` shows the row.
    pub fn is_fault(&self) -> bool {
        self.level >= Level::Attention
    }
}

/// A reference from `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// API version as written, `apps/v1`.
    pub api_version: Text,
    /// CamelCase kind.
    pub kind: Text,
    /// Name.
    pub name: Text,
    /// Uid of the incarnation.
    pub uid: Uid,
    /// Whether it is the managing controller.
    pub controller: bool,
}

/// A condition from `status.conditions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `Ready`, `Available`, …
    pub kind: Text,
    /// `True`, `False`, `Unknown`.
    pub status: Text,
    /// CamelCase reason; empty when absent.
    pub reason: Text,
    /// Sentence; empty when absent.
    pub message: Text,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// Who last wrote which part: a digest of `metadata.managedFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manager {
    /// Field manager, `kubectl-edit`, `argocd-controller`.
    pub name: Text,
    /// `Apply` or `Update`.
    pub operation: Text,
    /// Sub-resource; empty for the object itself.
    pub subresource: Text,
    /// When.
    pub at: Option<Timestamp>,
}

/// Another object that this one names: a volume's claim, a config map, a service account, a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// Kind of the target.
    pub kind: KindId,
    /// Namespace of the target; empty for cluster-scoped targets.
    pub namespace: Text,
    /// Name of the target.
    pub name: Text,
    /// How it is used: `volume`, `env`, `pull secret`, `service account`, `scale target`, `role`.
    pub role: Text,
}

/// Where a container stands in its pod's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerRole {
    /// Runs to its end before the others start.
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
    /// An ordinary container.
    Main,
    /// Added by `kubectl debug`.
    Ephemeral,
}

/// What a container template says; shared between the pods of one workload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerSpec {
    /// Name.
    pub name: Text,
    /// Image as written in the spec.
    pub image: Text,
    /// Place in the pod.
    pub role: ContainerRole,
    /// CPU request and limit in milli-cores.
    pub cpu: (Option<i64>, Option<i64>),
    /// Memory request and limit in bytes.
    pub memory: (Option<i64>, Option<i64>),
    /// GPUs requested and allowed, of whatever make.
    pub gpu: (Option<i64>, Option<i64>),
    /// Ports as kubectl writes them: `http:8080/TCP`.
    pub ports: Text,
    /// Which probes are set: liveness, readiness, startup.
    pub probes: (bool, bool, bool),
}

/// One state of a container: now, or before its last restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerState {
    /// `waiting`, `running` or `terminated`; empty when the kubelet has not spoken.
    pub phase: Text,
    /// `CrashLoopBackOff`, `OOMKilled`, `Completed`, …
    pub reason: Text,
    /// The kubelet's sentence.
    pub message: Text,
    /// Exit code of a terminated container.
    pub exit: Option<i32>,
    /// Signal of a terminated container.
    pub signal: Option<i32>,
    /// Start of this state's run.
    pub started: Option<Timestamp>,
    /// End of this state's run.
    pub finished: Option<Timestamp>,
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The template's part.
    pub spec: Arc<ContainerSpec>,
    /// Ready by its probe.
    pub ready: bool,
    /// Started by its startup probe.
    pub started: bool,
    /// Restart count.
    pub restarts: u32,
    /// Now.
    pub state: ContainerState,
    /// The run before.
    pub last: Option<Box<ContainerState>>,
}

/// Facts beyond the cells that relations, triage and the time line read without decoding again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// `status.conditions`.
    pub conditions: Box<[Condition]>,
    /// Containers of a pod, in the order init, main, ephemeral.
    pub containers: Box<[Container]>,
    /// Other objects that this one names.
    pub refs: Box<[Ref]>,
    /// Node of a pod.
    pub node: Option<Text>,
    /// Selector of a workload or service: labels that all must match (match expressions are in the packed text).
    pub selector: Option<Labels>,
    /// Pod priority.
    pub priority: Option<i32>,
    /// `metadata.finalizers`.
    pub finalizers: Box<[Text]>,
    /// `metadata.generation` and `status.observedGeneration`.
    pub generation: (i64, i64),
}

/// One object of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Cluster, kind, namespace, name.
    pub key: ObjKey,
    /// Incarnation.
    pub uid: Uid,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// `metadata.deletionTimestamp`: the moment after which it is killed.
    pub deleting: Option<Timestamp>,
    /// The kind's own cells, in the order of its projector.
    pub cells: Box<[Cell]>,
    /// How it is doing.
    pub health: Health,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `metadata.ownerReferences`.
    pub owners: Box<[Owner]>,
    /// Who wrote what, newest first.
    pub managers: Box<[Manager]>,
    /// The rest.
    pub facts: Facts,
}

impl Row {
    /// Returns the value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }

    /// Returns the managing controller, else the first owner.
    pub fn owner(&self) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.controller).or_else(|| self.owners.first())
    }
}

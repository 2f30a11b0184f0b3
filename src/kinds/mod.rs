//! What kdeck knows of each resource kind, as data: names, columns, health, relations, tags.
//!
//! One file per API group. A built-in kind is a record; a custom resource gets the same record
//! built from discovery and its CRD. Projectors turn the JSON text of an object into a [`Row`] in
//! one pass. Nothing here does I/O.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};

use crate::model::row::{ContainerSpec, Manager};
use crate::model::{ClusterId, Gvr, Interner, KindId, ObjKey, Problem, Row, Scope, Text};

pub use record::Record;

/// Where a column's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The context (only shown when a table spans several).
    Context,
    /// `metadata.namespace` (only shown when a table spans several).
    Namespace,
    /// `metadata.name`.
    Name,
    /// `metadata.creationTimestamp` as an age.
    Age,
    /// `metadata.labels` as `a=b,c=d`.
    Labels,
    /// The row's health reason.
    Cause,
    /// A cell of the projector.
    Cell(u16),
    /// A figure from metrics.k8s.io, joined when drawn.
    Metric(Metric),
}

/// A figure that is made when a row is drawn, most of them from polled metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Milli-cores in use.
    Cpu,
    /// Per cent of the CPU request.
    CpuOfRequest,
    /// Per cent of the CPU limit.
    CpuOfLimit,
    /// Bytes in use.
    Memory,
    /// Per cent of the memory request.
    MemoryOfRequest,
    /// Per cent of the memory limit.
    MemoryOfLimit,
    /// CPU request and limit in milli-cores.
    CpuBounds,
    /// Memory request and limit in mebibytes.
    MemoryBounds,
    /// GPUs requested and allowed.
    GpuBounds,
    /// Per cent of a node's allocatable CPU.
    CpuOfAllocatable,
    /// Per cent of a node's allocatable memory.
    MemoryOfAllocatable,
    /// Number of pods on a node, counted from watched pods.
    Pods,
}

impl Metric {
    /// Tells whether it needs metrics.k8s.io; the others come from watched objects.
    pub fn is_polled(self) -> bool {
        !matches!(self, Self::CpuBounds | Self::MemoryBounds | Self::GpuBounds | Self::Pods)
    }
}

/// How the text of a column stands in its width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Text.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// When a column is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// In the default table: kubectl's default columns.
    #[default]
    Always,
    /// Added by `wide`: kubectl's `-o wide` columns.
    Wide,
    /// kdeck's own addition to the default table (not in kubectl's).
    Extra,
    /// kdeck's own addition to the wide table.
    ExtraWide,
}

/// A column of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Upper-case title, kubectl's where kubectl has it.
    pub title: Text,
    /// Where the value comes from.
    pub source: Source,
    /// Left or right.
    pub align: Align,
    /// Default, wide or extra.
    pub shown: Shown,
    /// Which columns go first on a narrow screen: 0 stays to the end, 9 goes first.
    pub drop: u8,
}

/// What Enter opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drill {
    /// The object's text.
    #[default]
    Text,
    /// The containers of a pod.
    Containers,
    /// Pods selected by the row's selector, in its namespace.
    PodsBySelector,
    /// Pods whose `spec.nodeName` is the row's name.
    PodsOnNode,
    /// Objects of a kind owned by this row (by uid), in its namespace.
    Owned(&'static str),
    /// Switches the view to the row's namespace and shows pods.
    EnterNamespace,
    /// Instances of a CRD.
    Instances,
    /// The object named by the row's first reference of that role.
    Reference(&'static str),
    /// The object that an event is about.
    Involved,
}

/// What can be done with a kind, for the command table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub u16);

impl Tags {
    /// Nothing special.
    pub const NONE: Self = Self(0);
    /// Has containers with logs, directly or through pods.
    pub const LOGS: Self = Self(1);
    /// Runs commands: exec and attach.
    pub const EXEC: Self = Self(2);
    /// Has a scale sub-resource.
    pub const SCALE: Self = Self(4);
    /// Restarts by a template annotation.
    pub const RESTART: Self = Self(8);
    /// Can be cordoned and drained.
    pub const NODE: Self = Self(16);
    /// Can be suspended.
    pub const SUSPEND: Self = Self(32);
    /// Values are secret.
    pub const SECRET: Self = Self(64);
    /// Can forward ports.
    pub const FORWARD: Self = Self(128);

    /// Joins two sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether all of `other` are in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A projector's surroundings: what is the same for all objects of one shard.
#[derive(Debug)]
pub struct Projecting {
    /// The cluster of the objects.
    pub cluster: ClusterId,
    /// The kind of the objects.
    pub kind: KindId,
    /// Shares strings between rows.
    pub interner: Interner,
    /// The object's text after a projection: with its type, without managedFields and secret values.
    pub text: Vec<u8>,
    /// Who wrote the object that is being projected.
    managers: Box<[Manager]>,
    /// Container templates that rows share.
    specs: HashSet<Arc<ContainerSpec>>,
}

impl Projecting {
    /// Starts with an empty interner.
    pub fn new(cluster: ClusterId, kind: KindId) -> Self {
        Self {
            cluster,
            kind,
            interner: Interner::default(),
            text: Vec::new(),
            managers: Box::default(),
            specs: HashSet::new(),
        }
    }

    /// Returns the shared copy of a container template.
    pub fn share(&mut self, spec: ContainerSpec) -> Arc<ContainerSpec> {
        if let Some(found) = self.specs.get(&spec) {
            return found.clone();
        }
        let shared = Arc::new(spec);
        self.specs.insert(shared.clone());
        shared
    }

    /// Forgets strings and templates that no row holds any more.
    pub fn sweep(&mut self) {
        self.specs.retain(|spec| Arc::strong_count(spec) > 1);
        self.interner.sweep();
    }
}

/// Everything kdeck knows of one kind on one cluster.
#[derive(Clone, Debug)]
pub struct KindDef {
    /// Version-less identity.
    pub id: KindId,
    /// Where it is served.
    pub gvr: Gvr,
    /// CamelCase kind.
    pub kind: Text,
    /// Lower-case singular.
    pub singular: Text,
    /// Short names.
    pub short_names: Vec<Text>,
    /// Categories.
    pub categories: Vec<Text>,
    /// Namespaced or not.
    pub scope: Scope,
    /// Verbs the server offers; empty before discovery has answered.
    pub verbs: Vec<Text>,
    /// Sub-resources the server offers.
    pub subresources: Vec<Text>,
    /// All columns, in order; NAMESPACE and CONTEXT are added by the table.
    pub columns: Arc<[Column]>,
    /// JSON text to row.
    pub projector: Projector,
    /// Title of the column that the table is ordered by while nobody chose one; by name when `None`.
    pub order: Option<&'static str>,
    /// What Enter opens.
    pub drill: Drill,
    /// What can be done.
    pub tags: Tags,
}

/// How an object's text becomes a row.
#[derive(Clone)]
pub enum Projector {
    /// A built-in kind.
    Builtin(fn(&str, &mut Projecting) -> Result<Row, Problem>),
    /// A custom resource with printer columns, or the generic fallback (NAME, READY, AGE).
    Printer(Arc<printer::Printer>),
}

impl std::fmt::Debug for Projector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Builtin(_) => "Builtin",
            Self::Printer(_) => "Printer",
        })
    }
}

impl KindDef {
    /// Projects one object: returns its row and leaves its packed-to-be text in `ctx.text`.
    ///
    /// # Errors
    /// [`crate::model::ProblemKind::Malformed`] when the text is not an object of this kind; the
    /// caller counts and shows it, the rest of the list lives.
    pub fn project(&self, json: &[u8], ctx: &mut Projecting) -> Result<Row, Problem> {
        let mut text = kept::text(self, json, ctx);
        if self.tags.has(Tags::SECRET) {
            text = secret::mask_secret(&text);
        }
        let row = match &self.projector {
            Projector::Builtin(project) => project(&text, ctx),
            Projector::Printer(printer) => printer.project(&text, ctx),
        }?;
        ctx.text = text.into_bytes();
        Ok(row)
    }

    /// Writes the plural title for tables: `Pods`, `NetworkPolicies`.
    pub fn write_title(&self, out: &mut String) {
        let (kind, plural) = (&*self.kind, &*self.gvr.resource);
        // The plural in the kind's capitals: keep the common head, take the plural's tail.
        let head = kind.bytes().zip(plural.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        match (kind.get(..head), plural.get(head..)) {
            (Some(head), Some(tail)) => out.extend([head, tail]),
            _ => out.push_str(plural),
        }
    }

    /// Returns whether objects of this kind can be listed, as far as known: before discovery all can.
    pub fn is_listable(&self) -> bool {
        self.verbs.is_empty() || self.verbs.iter().any(|verb| &**verb == "list")
    }

    /// Returns the path of one object.
    pub fn object_path(&self, key: &ObjKey) -> String {
        let namespace = (self.scope == Scope::Namespaced).then_some(&*key.namespace);
        format!("{}/{}", self.gvr.path(namespace), key.name)
    }
}

mod admission;
mod apiextensions;
mod apps;
mod apps_health;
mod autoscaling;
mod batch;
pub mod catalog;
mod config;
pub mod containers;
mod control;
mod crd;
mod devices;
mod discovery;
mod events;
mod health;
mod jsonpath;
mod jsonpath_parse;
mod kept;
pub mod meta;
mod networking;
pub mod nodes;
mod parts;
mod pick;
mod pod_health;
mod pod_status;
mod pods;
mod podspec;
mod policy;
pub mod printer;
mod rbac;
pub mod record;
pub mod registry;
pub(crate) mod scan;
pub mod secret;
mod services;
mod storage;
mod usage;
mod walk;
pub mod yaml;
mod yaml_resolve;
mod yaml_scalar;

#[cfg(test)]
mod catalog_tests;
#[cfg(test)]
mod health_tests;
#[cfg(test)]
#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod pod_tests;

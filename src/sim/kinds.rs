//! The kinds that the simulated cluster serves: one row each, and the catalog that custom resource
//! definitions add to while it runs.
//!
//! Owns [`ROWS`], [`Served`] and [`Catalog`]. To add a built-in kind, add a row.

use std::sync::Arc;

use parking_lot::RwLock;

use super::crd::CrdColumn;
use super::printers::{self, Printer};
use super::twin;
use crate::model::Text;

/// A sub-resource: its name, the kind it speaks, its group and version, its verbs.
pub type Sub = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// One built-in kind.
pub struct Row {
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    categories: &'static [&'static str],
    namespaced: bool,
    verbs: &'static [&'static str],
    subs: &'static [Sub],
    fields: &'static [&'static str],
    printer: &'static Printer,
}

const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list"];
const ASK: &[&str] = &["create"];
const GPU: &[&str] = &["get", "patch", "update"];
const GET: &[&str] = &["get"];
const STREAM: &[&str] = &["create", "get"];

const STATUS: &[Sub] = &[("status", "", "", "", GPU)];
const SCALED: &[Sub] = &[("scale", "Scale", "autoscaling", "v1", GPU), ("status", "", "", "", GPU)];
const POD: &[Sub] = &[
    ("attach", "PodAttachOptions", "", "v1", STREAM),
    ("binding", "Binding", "", "v1", ASK),
    ("ephemeralcontainers", "Pod", "", "v1", GPU),
    ("eviction", "Eviction", "policy", "v1", ASK),
    ("exec", "PodExecOptions", "", "v1", STREAM),
    ("log", "Pod", "", "v1", GET),
    ("portforward", "PodPortForwardOptions", "", "v1", STREAM),
    ("resize", "Pod", "", "v1", GPU),
    ("status", "Pod", "", "v1", GPU),
];
const ACCOUNT: &[Sub] = &[("token", "TokenRequest", "authentication.k8s.io", "v1", ASK)];
const NAMESPACE: &[Sub] =
    &[("finalize", "Namespace", "", "v1", &["update"]), ("status", "Namespace", "", "v1", GPU)];

const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "type",
    "source.component",
];
/// The same facts under the names of `events.k8s.io`, which has none for the last one.
const NEWER_EVENT_FIELDS: &[&str] = &[
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
];

macro_rules! rows {
    ($($group:literal $version:literal $resource:literal $kind:literal $short:expr, $categories:expr, $namespaced:literal,
       $verbs:expr, $subs:expr, $fields:expr, $printer:expr;)*) => {
        &[$(Row {
            group: $group, version: $version, resource: $resource, kind: $kind, short: &$short, categories: &$categories,
            namespaced: $namespaced, verbs: $verbs, subs: $subs, fields: $fields, printer: &$printer,
        }),*]
    };
}

/// Every built-in kind, in the order of discovery.
#[rustfmt::skip]
pub const ROWS: &[Row] = rows![
    "" "v1" "bindings" "Binding" [], [], true, ASK, &[], &[], printers::PLAIN;
    "" "v1" "componentstatuses" "ComponentStatus" ["cs"], [], false, READ, &[], &[], printers::PLAIN;
    "" "v1" "configmaps" "ConfigMap" ["cm"], [], true, ALL, &[], &[], printers::CONFIG_MAP;
    "" "v1" "endpoints" "Endpoints" ["ep"], [], true, ALL, &[], &[], printers::ENDPOINTS;
    "" "v1" "events" "Event" ["ev"], [], true, ALL, &[], EVENT_FIELDS, printers::EVENT;
    "" "v1" "limitranges" "LimitRange" ["limits"], [], true, ALL, &[], &[], printers::CREATED_AT;
    "" "v1" "namespaces" "Namespace" ["ns"], [], false, ALL, NAMESPACE, &["status.phase"], printers::NAMESPACE;
    "" "v1" "nodes" "Node" ["no"], [], false, ALL, STATUS, &["spec.unschedulable"], printers::NODE;
    "" "v1" "persistentvolumeclaims" "PersistentVolumeClaim" ["pvc"], [], true, ALL, STATUS, &[], printers::CLAIM;
    "" "v1" "persistentvolumes" "PersistentVolume" ["pv"], [], false, ALL, STATUS, &[], printers::VOLUME;
    "" "v1" "pods" "Pod" ["po"], ["all"], true, ALL, POD, POD_FIELDS, printers::POD;
    "" "v1" "podtemplates" "PodTemplate" [], [], true, ALL, &[], &[], printers::PLAIN;
    "" "v1" "replicationcontrollers" "ReplicationController" ["rc"], ["all"], true, ALL, SCALED, &["status.replicas"], printers::REPLICA_SET;
    "" "v1" "resourcequotas" "ResourceQuota" ["quota"], [], true, ALL, STATUS, &[], printers::QUOTA;
    "" "v1" "secrets" "Secret" [], [], true, ALL, &[], &["type"], printers::SECRET;
    "" "v1" "serviceaccounts" "ServiceAccount" ["sa"], [], true, ALL, ACCOUNT, &[], printers::PLAIN;
    "" "v1" "services" "Service" ["svc"], ["all"], true, ALL, STATUS, &["spec.clusterIP", "spec.type"], printers::SERVICE;
    "apiregistration.k8s.io" "v1" "apiservices" "APIService" [], ["api-extensions"], false, ALL, STATUS, &[], printers::API_SERVICE;
    "apps" "v1" "controllerrevisions" "ControllerRevision" [], [], true, ALL, &[], &[], printers::REVISION;
    "apps" "v1" "daemonsets" "DaemonSet" ["ds"], ["all"], true, ALL, STATUS, &[], printers::DAEMON_SET;
    "apps" "v1" "deployments" "Deployment" ["deploy"], ["all"], true, ALL, SCALED, &[], printers::DEPLOYMENT;
    "apps" "v1" "replicasets" "ReplicaSet" ["rs"], ["all"], true, ALL, SCALED, &["status.replicas"], printers::REPLICA_SET;
    "apps" "v1" "statefulsets" "StatefulSet" ["sts"], ["all"], true, ALL, SCALED, &[], printers::STATEFUL_SET;
    "authentication.k8s.io" "v1" "selfsubjectreviews" "SelfSubjectReview" [], [], false, ASK, &[], &[], printers::PLAIN;
    "authentication.k8s.io" "v1" "tokenreviews" "TokenReview" [], [], false, ASK, &[], &[], printers::PLAIN;
    "authorization.k8s.io" "v1" "localsubjectaccessreviews" "LocalSubjectAccessReview" [], [], true, ASK, &[], &[], printers::PLAIN;
    "authorization.k8s.io" "v1" "selfsubjectaccessreviews" "SelfSubjectAccessReview" [], [], false, ASK, &[], &[], printers::PLAIN;
    "authorization.k8s.io" "v1" "selfsubjectrulesreviews" "SelfSubjectRulesReview" [], [], false, ASK, &[], &[], printers::PLAIN;
    "authorization.k8s.io" "v1" "subjectaccessreviews" "SubjectAccessReview" [], [], false, ASK, &[], &[], printers::PLAIN;
    "autoscaling" "v2" "horizontalpodautoscalers" "HorizontalPodAutoscaler" ["hpa"], ["all"], true, ALL, STATUS, &[], printers::AUTOSCALER;
    "batch" "v1" "cronjobs" "CronJob" ["cj"], ["all"], true, ALL, STATUS, &[], printers::CRON_JOB;
    "batch" "v1" "jobs" "Job" [], ["all"], true, ALL, STATUS, &["status.successful"], printers::JOB;
    "certificates.k8s.io" "v1" "certificatesigningrequests" "CertificateSigningRequest" ["csr"], [], false, ALL, STATUS, &["spec.signerName"], printers::PLAIN;
    "networking.k8s.io" "v1" "ingressclasses" "IngressClass" [], [], false, ALL, &[], &[], printers::INGRESS_CLASS;
    "networking.k8s.io" "v1" "ingresses" "Ingress" ["ing"], [], true, ALL, STATUS, &[], printers::INGRESS;
    "networking.k8s.io" "v1" "networkpolicies" "NetworkPolicy" ["netpol"], [], true, ALL, &[], &[], printers::NETWORK_POLICY;
    "policy" "v1" "poddisruptionbudgets" "PodDisruptionBudget" ["pdb"], [], true, ALL, STATUS, &[], printers::BUDGET;
    "rbac.authorization.k8s.io" "v1" "clusterrolebindings" "ClusterRoleBinding" [], [], false, ALL, &[], &[], printers::ROLE_BINDING;
    "rbac.authorization.k8s.io" "v1" "clusterroles" "ClusterRole" [], [], false, ALL, &[], &[], printers::CREATED_AT;
    "rbac.authorization.k8s.io" "v1" "rolebindings" "RoleBinding" [], [], true, ALL, &[], &[], printers::ROLE_BINDING;
    "rbac.authorization.k8s.io" "v1" "roles" "Role" [], [], true, ALL, &[], &[], printers::CREATED_AT;
    "storage.k8s.io" "v1" "csidrivers" "CSIDriver" [], [], false, ALL, &[], &[], printers::PLAIN;
    "storage.k8s.io" "v1" "csinodes" "CSINode" [], [], false, ALL, &[], &[], printers::CSI_NODE;
    "storage.k8s.io" "v1" "csistoragecapacities" "CSIStorageCapacity" [], [], true, ALL, &[], &[], printers::PLAIN;
    "storage.k8s.io" "v1" "storageclasses" "StorageClass" ["sc"], [], false, ALL, &[], &[], printers::STORAGE_CLASS;
    "storage.k8s.io" "v1" "volumeattachments" "VolumeAttachment" [], [], false, ALL, STATUS, &[], printers::ATTACHMENT;
    "admissionregistration.k8s.io" "v1" "mutatingwebhookconfigurations" "MutatingWebhookConfiguration" [], ["api-extensions"], false, ALL, &[], &[], printers::WEBHOOKS;
    "admissionregistration.k8s.io" "v1" "validatingwebhookconfigurations" "ValidatingWebhookConfiguration" [], ["api-extensions"], false, ALL, &[], &[], printers::WEBHOOKS;
    "apiextensions.k8s.io" "v1" "customresourcedefinitions" "CustomResourceDefinition" ["crd", "crds"], ["api-extensions"], false, ALL, STATUS, &[], printers::CREATED_AT;
    "scheduling.k8s.io" "v1" "priorityclasses" "PriorityClass" ["pc"], [], false, ALL, &[], &[], printers::PRIORITY_CLASS;
    "events.k8s.io" "v1" "events" "Event" ["ev"], [], true, ALL, &[], NEWER_EVENT_FIELDS, printers::EVENT;
    "coordination.k8s.io" "v1" "leases" "Lease" [], [], true, ALL, &[], &[], printers::LEASE;
    "node.k8s.io" "v1" "runtimeclasses" "RuntimeClass" [], [], false, ALL, &[], &[], printers::RUNTIME_CLASS;
    "discovery.k8s.io" "v1" "endpointslices" "EndpointSlice" [], [], true, ALL, &[], &[], printers::SLICE;
    "metrics.k8s.io" "v1beta1" "nodes" "NodeMetrics" [], [], false, READ, &[], &[], printers::NODE_METRICS;
    "metrics.k8s.io" "v1beta1" "pods" "PodMetrics" [], [], true, READ, &[], &[], printers::POD_METRICS;
];

/// How the rows of a kind's table are made.
#[derive(Clone, Debug)]
pub enum Columns {
    /// By a built-in printer.
    Builtin(&'static Printer),
    /// By the paths of a custom resource definition.
    Custom(Arc<[CrdColumn]>),
}

/// A kind as it is served.
#[derive(Clone, Debug)]
pub struct Served {
    /// `pods`, `deployments.apps`: the subject of refusals.
    pub id: Text,
    /// The id of the kind as which its objects are stored: nearly always its own.
    pub stored: Text,
    /// API group; empty for the core group.
    pub group: Text,
    /// Version.
    pub version: Text,
    /// Plural resource name.
    pub resource: Text,
    /// CamelCase kind.
    pub kind: Text,
    /// CamelCase kind of its list.
    pub list_kind: Text,
    /// Singular name.
    pub singular: Text,
    /// Short names.
    pub short: Vec<Text>,
    /// Categories.
    pub categories: Vec<Text>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Verbs.
    pub verbs: &'static [&'static str],
    /// Sub-resources.
    pub subs: Vec<Sub>,
    /// Selectable fields besides name and namespace.
    pub fields: &'static [&'static str],
    /// Its table.
    pub columns: Columns,
    /// Whether a custom resource definition made it.
    pub custom: bool,
}

impl Served {
    fn of(row: &Row) -> Self {
        let id = if row.group.is_empty() {
            row.resource.into()
        } else {
            format!("{}.{}", row.resource, row.group)
        };
        let stored = if twin::is(row.group, row.resource) { twin::STORED.to_owned() } else { id.clone() };
        Self {
            id: id.into(),
            stored: stored.into(),
            group: row.group.into(),
            version: row.version.into(),
            resource: row.resource.into(),
            kind: row.kind.into(),
            list_kind: format!("{}List", row.kind).into(),
            singular: row.kind.to_lowercase().into(),
            short: row.short.iter().map(|&name| name.into()).collect(),
            categories: row.categories.iter().map(|&name| name.into()).collect(),
            namespaced: row.namespaced,
            verbs: row.verbs,
            subs: row.subs.to_vec(),
            fields: row.fields,
            columns: Columns::Builtin(row.printer),
            custom: false,
        }
    }

    /// Returns the kind that a custom resource definition describes.
    pub(crate) fn custom(names: CustomNames, columns: Vec<CrdColumn>, subs: Vec<Sub>) -> Self {
        let id: Text = format!("{}.{}", names.resource, names.group).into();
        Self {
            stored: id.clone(),
            id,
            group: names.group,
            version: names.version,
            resource: names.resource,
            kind: names.kind,
            list_kind: names.list_kind,
            singular: names.singular,
            short: names.short,
            categories: names.categories,
            namespaced: names.namespaced,
            verbs: ALL,
            subs,
            fields: &[],
            columns: Columns::Custom(columns.into()),
            custom: true,
        }
    }

    /// Tells whether its objects are those of another kind in other words.
    pub fn is_twin(&self) -> bool {
        self.stored != self.id
    }

    /// Returns `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Returns where the value of a selectable field stands among an object's.
    pub(crate) fn field(&self, path: &str) -> Option<usize> {
        self.fields.iter().position(|field| *field == path)
    }

    /// Returns the sub-resource of that name.
    pub fn sub(&self, name: &str) -> Option<&Sub> {
        self.subs.iter().find(|sub| sub.0 == name)
    }
}

/// The names in a custom resource definition.
pub(crate) struct CustomNames {
    pub(crate) group: Text,
    pub(crate) version: Text,
    pub(crate) resource: Text,
    pub(crate) kind: Text,
    pub(crate) list_kind: Text,
    pub(crate) singular: Text,
    pub(crate) short: Vec<Text>,
    pub(crate) categories: Vec<Text>,
    pub(crate) namespaced: bool,
}

/// The kinds served at this moment.
pub struct Catalog {
    served: RwLock<Vec<Arc<Served>>>,
}

impl Catalog {
    /// Makes the catalog of built-in kinds, with or without `metrics.k8s.io`.
    pub fn new(metrics: bool) -> Self {
        let rows = ROWS.iter().filter(|row| metrics || row.group != "metrics.k8s.io");
        Self { served: RwLock::new(rows.map(|row| Arc::new(Served::of(row))).collect()) }
    }

    /// Returns all kinds in the order of discovery.
    pub fn all(&self) -> Vec<Arc<Served>> {
        self.served.read().clone()
    }

    /// Finds a kind by its path segments.
    pub fn find(&self, group: &str, version: &str, resource: &str) -> Option<Arc<Served>> {
        let served = self.served.read();
        served
            .iter()
            .find(|kind| &*kind.resource == resource && &*kind.group == group && &*kind.version == version)
            .cloned()
    }

    /// Finds a kind by its id.
    pub fn by_id(&self, id: &str) -> Option<Arc<Served>> {
        self.served.read().iter().find(|kind| &*kind.id == id).cloned()
    }

    /// Returns the kind as which the objects of a kind are stored.
    pub(crate) fn stored(&self, kind: &Arc<Served>) -> Arc<Served> {
        self.by_id(&kind.stored).unwrap_or_else(|| kind.clone())
    }

    /// Adds or replaces a custom kind.
    pub(crate) fn add(&self, kind: Served) {
        let mut served = self.served.write();
        served.retain(|other| other.id != kind.id);
        served.push(Arc::new(kind));
    }

    /// Removes a custom kind.
    pub(crate) fn remove(&self, id: &str) {
        self.served.write().retain(|kind| !(kind.custom && &*kind.id == id));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_kinds_share_an_id_and_no_short_name_is_taken_twice() {
        let (mut ids, mut shorts) = (HashSet::new(), HashSet::new());
        for kind in Catalog::new(true).all() {
            assert!(ids.insert(kind.id.clone()), "{}", kind.id);
            for short in kind.short.iter().filter(|_| !kind.is_twin()) {
                assert!(shorts.insert(short.clone()), "{short}");
            }
        }
    }
}

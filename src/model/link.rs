//! The state of the way to a cluster, as plain data for header, connection page and doctor.

use std::time::Duration;

use super::key::ClusterId;
use super::problem::Problem;
use super::text::Text;
use super::time::Timestamp;

/// A context of the merged kubeconfig, for the contexts view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextInfo {
    /// Its name.
    pub id: ClusterId,
    /// Name of its cluster entry.
    pub cluster: Text,
    /// Name of its user entry.
    pub user: Text,
    /// Its namespace; `default` when unset.
    pub namespace: Text,
    /// The server's URL; empty when the cluster entry is missing.
    pub server: Text,
    /// Whether it is the current context.
    pub current: bool,
}

/// One step of connecting, for the connection page and `doctor`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// `kubeconfig`, `credentials`, `name`, `proxy`, `TCP`, `TLS`, `HTTP`, `access`.
    pub name: &'static str,
    /// What it found: an address, a version; empty while under way.
    pub detail: String,
    /// How long it took.
    pub took: Option<Duration>,
    /// How it ended: `None` while under way.
    pub result: Option<Result<(), Problem>>,
}

/// The state of the link to one cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkState {
    /// Server URL.
    pub server: Text,
    /// User entry's name (or the impersonated user).
    pub user: Text,
    /// Cluster entry's name.
    pub cluster: Text,
    /// The context's namespace.
    pub namespace: Text,
    /// `v1.37.2` once known.
    pub version: Option<Text>,
    /// Smoothed round trip of small requests.
    pub round_trip: Option<Duration>,
    /// The server's clock minus ours, in seconds, from its `Date` header.
    pub clock_skew: Option<i64>,
    /// The stages of the attempt under way or of the last failed one.
    pub stages: Vec<Stage>,
    /// Whether an answer of the API server has been seen and nothing has failed since.
    pub connected: bool,
    /// The last failure, gone after the next success.
    pub problem: Option<Problem>,
    /// Which attempt is under way (1 is the first) and when the next one starts.
    pub attempt: u32,
    /// When the next attempt starts.
    pub retry_at: Option<Timestamp>,
}

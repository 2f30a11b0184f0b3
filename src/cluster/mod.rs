//! The way to an API server: kubeconfig, credentials, connecting, discovery, rights, requests.
//!
//! The only room (with `watchers`) that knows wire formats; failures leave it as
//! [`crate::model::Problem`]s. It owns every connection and every credential. It must not draw, keep
//! rows, change an object (writes get a gate of their own), or let a secret into a message or a log.
//!
//! From the outside in: [`load`] the kubeconfigs, [`Kubeconfigs::open`] a context, [`Cluster::connect`] it,
//! [`Cluster::send`] requests. Inside, `target` decides what is meant, `credentials` what is shown,
//! `dial` and `pool` keep connections, `stack` joins them, `stages` and `answer` find the words.

use std::time::Duration;

mod access;
mod answer;
mod body;
mod cache;
mod certificate;
mod client;
mod connect;
mod credentials;
mod dial;
mod discovery;
pub mod doctor;
mod entries;
mod env;
mod exec;
mod files;
mod gunzip;
mod handle;
mod heard;
mod kubeconfig;
mod link;
mod plugin;
mod pool;
mod proxy;
mod stack;
mod stages;
mod target;
pub mod task;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod track;
mod tunnel;
mod wire;

pub use access::{Rules, WhoAmI};
pub use body::Body;
pub use discovery::Discovery;
pub use env::Env;
pub use exec::TerminalHandover;
pub use handle::{Cluster, Options};
pub use kubeconfig::{ConfigFile, IN_CLUSTER, Kubeconfigs, load, load_from};
pub use stack::RAW;

/// How every request names its sender.
const USER_AGENT: &str = concat!("kdeck/", env!("CARGO_PKG_VERSION"));

/// What the command line said about the connection; the same meaning as kubectl's flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--kubeconfig`.
    pub kubeconfig: Option<std::path::PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `-n/--namespace`.
    pub namespace: Option<String>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// `--token`. Never shown.
    pub token: Option<Hidden>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<std::path::PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<std::path::PathBuf>,
    /// `--client-key`.
    pub client_key: Option<std::path::PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--request-timeout`.
    pub request_timeout: Option<Duration>,
    /// `--proxy-url`.
    pub proxy_url: Option<String>,
}

impl Overrides {
    /// Returns what holds for other contexts than the one on the command line: where to look and whom to act as,
    /// but no server, trust or credentials, which belong to that one.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        Self {
            kubeconfig: self.kubeconfig.clone(),
            impersonate: self.impersonate.clone(),
            impersonate_groups: self.impersonate_groups.clone(),
            impersonate_uid: self.impersonate_uid.clone(),
            request_timeout: self.request_timeout,
            ..Self::default()
        }
    }
}

/// A secret string whose `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

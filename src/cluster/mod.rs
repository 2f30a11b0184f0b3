//! The way to an API server: kubeconfig, credentials, connecting, discovery, rights, requests.
//!
//! The only room (with `watchers`) that knows wire formats; failures leave it as [`Problem`]s.
//!
//! The contract that other rooms rely on (bodies may change, these names may only grow):
//! [`Cluster::send`], [`Cluster::state`], [`Overrides`], [`Hidden`].

use std::sync::Arc;
use std::time::Duration;

use crate::model::link::LinkState;
use crate::model::{ClusterId, Problem};

/// The body of an answer, as it arrives: decompressed when it was asked for with gzip.
pub type Body = kube::client::Body;

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

/// A secret string whose `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// A handle to one cluster. Cheap to clone; connecting happens behind it.
#[derive(Clone, Debug)]
pub struct Cluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: ClusterId,
}

impl Cluster {
    /// Returns the context's name.
    pub fn id(&self) -> &ClusterId {
        &self.inner.id
    }

    /// Returns the state of the link.
    pub fn state(&self) -> LinkState {
        LinkState::default()
    }

    /// Sends one request and returns the answer with its body still arriving.
    ///
    /// `request` holds a path and query only (`/api/v1/pods?limit=500`). Adds credentials, user agent and the
    /// deadline for the *headers* (`header_timeout`); the body is the caller's to time out. A 401
    /// renews the credentials once and tries again; nothing else is retried. An answer that is not 2xx
    /// becomes a [`Problem`] that carries the server's own message and `Retry-After`.
    ///
    /// # Errors
    /// The stage that failed, with the next step.
    pub async fn send(
        &self,
        _request: http::Request<Vec<u8>>,
        _header_timeout: Duration,
    ) -> Result<http::Response<Body>, Problem> {
        Err(Problem::new(crate::model::ProblemKind::Internal, "not built yet"))
    }
}

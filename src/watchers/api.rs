//! What the engine needs of a cluster, small enough to be played by a script in tests.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

use super::strategy::Learnt;
use crate::cluster::Cluster;
use crate::model::{ClusterId, Problem, Text};

/// What is known of a server when a list is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// `(1, 37)`; `None` before the server has said.
    pub version: Option<(u32, u32)>,
    /// Round trip of small requests; `None` before the first.
    pub round_trip: Option<Duration>,
    /// What the way is likely to take, as long as no request has told: an earlier run's round trip, or how long
    /// the server's first words in the handshake took.
    pub likely_trip: Option<Duration>,
    /// Whether the server seems to be on this machine. It may be the near end of a tunnel.
    pub is_local: bool,
}

/// A way to one API server.
pub trait Api: Clone + Send + Sync + 'static {
    /// The body of an answer, as it arrives.
    type Body: http_body::Body<Data = Bytes, Error: Display + Send> + Send + Unpin + 'static;

    /// Returns which cluster it is.
    fn id(&self) -> &ClusterId;

    /// Returns what is known of the server.
    fn facts(&self) -> ServerFacts;

    /// Sends one request; an answer that is not 2xx is a [`Problem`].
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        header_timeout: Duration,
    ) -> impl Future<Output = Result<http::Response<Self::Body>, Problem>> + Send;

    /// Tells whether this user may list a resource in a namespace; `None` when nobody knows.
    fn may_list(
        &self,
        namespace: &str,
        group: &str,
        resource: &str,
    ) -> impl Future<Output = Option<bool>> + Send;

    /// Returns which strategies failed on this server in earlier runs.
    fn lessons(&self) -> Learnt {
        Learnt::new()
    }

    /// Keeps which strategies failed on this server, for later runs.
    fn keep_lessons(&self, _learnt: Learnt) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl Api for Cluster {
    type Body = crate::cluster::Body;

    fn id(&self) -> &ClusterId {
        Cluster::id(self)
    }

    fn facts(&self) -> ServerFacts {
        let state = self.state();
        ServerFacts {
            version: state.version.as_ref().and_then(version),
            round_trip: state.round_trip,
            likely_trip: self.likely_trip(),
            is_local: is_local(&state.server),
        }
    }

    fn send(
        &self,
        request: http::Request<Vec<u8>>,
        header_timeout: Duration,
    ) -> impl Future<Output = Result<http::Response<Self::Body>, Problem>> + Send {
        Cluster::send(self, request, header_timeout)
    }

    async fn may_list(&self, namespace: &str, group: &str, resource: &str) -> Option<bool> {
        // One question a namespace, remembered, serves all kinds. No answer is no denial.
        self.rules(namespace).await.ok()?.may("list", group, resource, None)
    }

    fn lessons(&self) -> Learnt {
        self.kept_lessons()
    }

    async fn keep_lessons(&self, learnt: Learnt) {
        self.keep_lessons_of(&learnt).await;
    }
}

/// Reads `v1.37.2`, `v1.29.3-gke.100`, `1.30+`.
fn version(text: &Text) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.');
    let number = |part: Option<&str>| {
        let part = part?;
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end)?.parse().ok()
    };
    Some((number(parts.next())?, number(parts.next())?))
}

fn is_local(server: &str) -> bool {
    let host = server.split_once("://").map_or(server, |(_, rest)| rest);
    ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_vendors_are_read() {
        for (text, want) in [
            ("v1.37.2", Some((1, 37))),
            ("v1.29.3-gke.100", Some((1, 29))),
            ("1.30+", Some((1, 30))),
            ("", None),
            ("v1", None),
        ] {
            assert_eq!(version(&text.into()), want, "{text}");
        }
    }

    #[test]
    fn only_loopback_is_local() {
        assert!(
            is_local("https://127.0.0.1:6443")
                && is_local("https://localhost")
                && is_local("https://[::1]:1")
        );
        assert!(!is_local("https://10.0.0.1:6443") && !is_local(""));
    }
}

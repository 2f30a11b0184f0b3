//! The state of the way to a server, kept current by every answer and every failure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::target::Target;
use super::text::{http_date, now};
use crate::model::link::LinkState;
use crate::model::{Problem, ProblemKind};
use crate::store::Bell;

/// The one copy of a cluster's [`LinkState`].
#[derive(Debug)]
pub(crate) struct Link {
    state: Mutex<LinkState>,
    bell: Arc<Bell>,
    /// Told when the connection is lost, so that the keeper starts its attempts.
    pub(crate) lost: Notify,
    /// The other end of the last connection: the server, or the proxy before it.
    pub(crate) peer: Mutex<Option<SocketAddr>>,
    /// What the way is likely to take: an earlier run's round trip, else this run's first handshake.
    pub(crate) likely_trip: Mutex<Option<Duration>>,
}

impl Link {
    pub(crate) fn new(target: &Target, bell: Arc<Bell>) -> Self {
        let state = LinkState {
            server: target.server.url().into(),
            user: target.shown_user().into(),
            cluster: target.cluster.as_str().into(),
            namespace: target.namespace.as_str().into(),
            ..LinkState::default()
        };
        Self {
            state: Mutex::new(state),
            bell,
            lost: Notify::new(),
            peer: Mutex::default(),
            likely_trip: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> LinkState {
        self.state.lock().clone()
    }

    pub(crate) fn connected(&self) -> bool {
        self.state.lock().connected
    }

    /// Changes the state and rings the bell if it is another one now.
    pub(crate) fn update(&self, change: impl FnOnce(&mut LinkState)) {
        let changed = {
            let mut state = self.state.lock();
            let before = state.clone();
            change(&mut state);
            *state != before
        };
        if changed {
            self.bell.ring();
        }
    }

    /// Notes that the API server answered.
    pub(crate) fn answered(&self, headers: &HeaderMap) {
        let skew = headers
            .get(http::header::DATE)
            .and_then(|value| http_date(value.to_str().ok()?))
            .map(|date| date.0 - now().0);
        let quiet = {
            // The hot path: most answers change nothing, and need no copy of the state.
            let state = self.state.lock();
            state.connected && state.problem.is_none() && !moved(state.clock_skew, skew)
        };
        if quiet {
            return;
        }
        self.update(|state| {
            state.connected = true;
            state.problem = None;
            state.retry_at = None;
            if moved(state.clock_skew, skew) {
                state.clock_skew = skew;
            }
        });
    }

    /// Notes how long a small request took.
    pub(crate) fn timed(&self, took: Duration) {
        let smoothed = self.state.lock().round_trip.map_or(took, |old| (old * 3 + took) / 4);
        self.update(|state| {
            // A figure that wobbles by a tenth is not news.
            if state.round_trip.is_none_or(|old| smoothed.abs_diff(old) * 10 > old) {
                state.round_trip = Some(smoothed);
            }
        });
    }

    /// Notes a failure; those of the way (not of the request) mean that the connection is lost.
    pub(crate) fn failed(&self, problem: &Problem) {
        if !breaks_link(problem.kind) {
            return;
        }
        self.update(|state| {
            state.connected = false;
            state.problem = Some(problem.clone());
        });
        self.lost.notify_one();
    }
}

/// A `Date` has whole seconds: a difference of one is noise.
fn moved(old: Option<i64>, new: Option<i64>) -> bool {
    match (old, new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => old.abs_diff(new) > 1,
    }
}

/// Tells whether a failure says something of the way rather than of the one request.
pub(crate) fn breaks_link(kind: ProblemKind) -> bool {
    use ProblemKind as K;
    matches!(
        kind,
        K::Config
            | K::Dns
            | K::Tcp
            | K::Tls
            | K::Proxy
            | K::Unauthorized
            | K::Malformed
            | K::Timeout
            | K::Cut
    )
}

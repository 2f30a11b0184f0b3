//! Where an attempt stands: its stages, timed, so that a timeout can say what was under way.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::link::Link;
use crate::model::link::Stage;
use crate::model::{Problem, ProblemKind};

/// The stages of one attempt.
#[derive(Debug, Default)]
pub(crate) struct Track {
    stages: Mutex<Vec<(Stage, Instant)>>,
    /// Shown live, when this attempt is the one on the connection page.
    link: Option<Arc<Link>>,
}

impl Track {
    /// Starts a record that nobody watches.
    pub(crate) fn quiet() -> Self {
        Self::default()
    }

    /// Starts a record that the link shows as it grows.
    pub(crate) fn shown(link: Arc<Link>) -> Self {
        Self { stages: Mutex::default(), link: Some(link) }
    }

    /// Notes who answered at the other end of the TCP connection.
    pub(crate) fn met(&self, peer: Option<SocketAddr>) {
        if let (Some(link), Some(peer)) = (&self.link, peer) {
            *link.peer.lock() = Some(peer);
        }
    }

    /// Notes how long the way to the server is, by its first words, where no earlier run knows better.
    pub(crate) fn heard_after(&self, trip: Option<Duration>) {
        if let (Some(link), Some(trip)) = (&self.link, trip) {
            link.likely_trip.lock().get_or_insert(trip);
        }
    }

    /// Returns the stages so far.
    pub(crate) fn stages(&self) -> Vec<Stage> {
        self.stages.lock().iter().map(|(stage, _)| stage.clone()).collect()
    }

    /// Runs one stage, at most `limit` long. The work returns its result and what the page shows of it.
    pub(crate) async fn run<T>(
        &self,
        name: &'static str,
        doing: &str,
        limit: Duration,
        work: impl Future<Output = Result<(T, String), Problem>>,
    ) -> Result<T, Problem> {
        self.begin(name, doing);
        let outcome = tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            Err(Problem::new(ProblemKind::Timeout, no_answer(name, doing, limit)).hint(patience(name)))
        });
        match outcome {
            Ok((value, detail)) => {
                self.end(detail, Ok(()));
                Ok(value)
            }
            Err(problem) => {
                self.end(doing.to_owned(), Err(problem.clone()));
                Err(problem)
            }
        }
    }

    /// Returns the failure of a deadline that ran out around the stages: it names the one under way.
    pub(crate) fn timed_out(&self, limit: Duration) -> Problem {
        let (name, detail) = self
            .stages
            .lock()
            .last()
            .filter(|(stage, _)| stage.result.is_none())
            .map_or(("HTTP", String::new()), |(stage, _)| (stage.name, stage.detail.clone()));
        let problem =
            Problem::new(ProblemKind::Timeout, no_answer(name, &detail, limit)).hint(patience(name));
        self.end(detail, Err(problem.clone()));
        problem
    }

    fn begin(&self, name: &'static str, doing: &str) {
        let stage = Stage { name, detail: doing.to_owned(), took: None, result: None };
        self.stages.lock().push((stage, Instant::now()));
        self.publish();
    }

    fn end(&self, detail: String, result: Result<(), Problem>) {
        if let Some((stage, since)) = self.stages.lock().last_mut()
            && stage.result.is_none()
        {
            stage.took = Some(since.elapsed());
            stage.detail = detail;
            stage.result = Some(result);
        }
        self.publish();
    }

    fn publish(&self) {
        if let Some(link) = &self.link {
            let stages = self.stages();
            link.update(|state| state.stages = stages);
        }
    }
}

/// What a stage that ran out of time was waiting for.
const WAITING: &[(&str, &str, &str)] = &[
    ("credentials", "no credentials", "check the credential plugin"),
    ("name", "no answer from the name service", "check the network, the VPN and /etc/resolv.conf"),
    ("proxy", "no answer from the proxy", "check the proxy and whether this server is allowed through it"),
    (
        "TCP",
        "no TCP connection",
        "a firewall or a missing VPN drops the packets: check the route to the server",
    ),
    (
        "TLS",
        "no TLS handshake",
        "something accepts the connection but does not speak TLS: check port and load balancer",
    ),
    (
        "HTTP",
        "no answer to the request",
        "the server accepts but does not answer: it may be overloaded or half-dead",
    ),
];

fn no_answer(name: &str, doing: &str, limit: Duration) -> String {
    let waited = WAITING.iter().find(|(stage, ..)| *stage == name).map_or("no answer", |(_, text, _)| text);
    let seconds = limit.as_secs_f32();
    let on = if doing.is_empty() { String::new() } else { format!(" ({doing})") };
    if seconds < 10.0 && seconds.fract() > 0.0 {
        format!("{waited} within {seconds:.1} s{on}")
    } else {
        format!("{waited} within {seconds:.0} s{on}")
    }
}

fn patience(name: &str) -> &'static str {
    WAITING.iter().find(|(stage, ..)| *stage == name).map_or("try again", |(.., hint)| hint)
}

//! Connections that wait for their next request, and bodies that bring them back.
//!
//! HTTP/1.1: a connection carries one request at a time. A body that was read to its end returns its
//! connection; one that was dropped early closes it. [`Pool::cut`] closes all of them, also those in use.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use super::certificate::Pair;
use super::dial::Stream;
use super::task::{Task, spawn};
use crate::model::{Problem, ProblemKind};

/// Idle connections kept; one more closes the oldest.
const IDLE: usize = 8;
/// API servers close idle connections after three minutes.
const IDLE_FOR: Duration = Duration::from_secs(90);

/// A connection and the task that drives it.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    /// Shown when the connection was made; another one must not use it.
    pair: Option<Arc<Pair>>,
    task: Task,
    since: Instant,
}

/// The idle connections of one server.
#[derive(Debug)]
pub(crate) struct Pool {
    idle: Mutex<Vec<Lease>>,
    cut: watch::Sender<u64>,
}

impl Pool {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { idle: Mutex::default(), cut: watch::Sender::new(0) })
    }

    /// Returns an idle connection that showed `pair`.
    pub(crate) async fn take(&self, pair: Option<&Arc<Pair>>) -> Option<Lease> {
        loop {
            let mut lease = {
                let mut idle = self.idle.lock();
                idle.retain(|lease| lease.since.elapsed() < IDLE_FOR && !lease.sender.is_closed());
                let at = idle.iter().rposition(|lease| same(lease.pair.as_ref(), pair))?;
                idle.remove(at)
            };
            if lease.sender.ready().await.is_ok() {
                return Some(lease);
            }
        }
    }

    /// Starts HTTP on a fresh stream.
    pub(crate) async fn start(&self, stream: Stream, pair: Option<Arc<Pair>>) -> hyper::Result<Lease> {
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut cut = self.cut.subscribe();
        let task = spawn("connection", async move {
            tokio::select! {
                result = connection.with_upgrades() => {
                    if let Err(error) = result {
                        tracing::debug!("connection ended: {error}");
                    }
                }
                _ = cut.changed() => {}
            }
        });
        Ok(Lease { sender, pair, task, since: Instant::now() })
    }

    /// Closes every connection, idle or in use: whatever they led to is gone.
    pub(crate) fn cut(&self) {
        self.idle.lock().clear();
        self.cut.send_modify(|count| *count += 1);
    }

    fn put(&self, mut lease: Lease) {
        if lease.sender.is_closed() || lease.task.is_finished() {
            return;
        }
        lease.since = Instant::now();
        let mut idle = self.idle.lock();
        if idle.len() >= IDLE {
            idle.remove(0);
        }
        idle.push(lease);
    }

    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        self.idle.lock().len()
    }
}

fn same(a: Option<&Arc<Pair>>, b: Option<&Arc<Pair>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// A body on its way from the server.
#[derive(Debug)]
pub(crate) struct Arriving {
    incoming: Incoming,
    lease: Option<Lease>,
    pool: Arc<Pool>,
    place: Arc<str>,
}

impl Arriving {
    pub(crate) fn new(incoming: Incoming, lease: Lease, pool: Arc<Pool>, place: Arc<str>) -> Self {
        let mut body = Self { incoming, lease: Some(lease), pool, place };
        body.settle();
        body
    }

    fn settle(&mut self) {
        if self.incoming.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            self.pool.put(lease);
        }
    }
}

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = Problem;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Problem>>> {
        match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
            Some(Ok(frame)) => {
                self.settle();
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.lease = None;
                let what =
                    format!("the connection to {} ended in the middle of an answer: {error}", self.place);
                Poll::Ready(Some(Err(Problem::new(ProblemKind::Cut, what))))
            }
            None => {
                if let Some(lease) = self.lease.take() {
                    self.pool.put(lease);
                }
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

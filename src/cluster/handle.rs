//! [`Cluster`]: the handle that the rest of the program holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, header};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Notify;

use super::access::RulesCache;
use super::body::Body;
use super::connect;
use super::exec::TerminalHandover;
use super::link::Link;
use super::stack::{Stack, reads};
use super::target::Target;
use super::task::{Task, spawn};
use crate::model::link::LinkState;
use crate::model::{ClusterId, Problem, ProblemKind};
use crate::store::Bell;

/// The largest small answer.
pub(crate) const SMALL: usize = 64 * 1024 * 1024;

/// What a handle needs from its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Rung when the link changes.
    pub bell: Arc<Bell>,
    /// Where discovery is kept between runs; nothing is kept without it.
    pub cache_dir: Option<PathBuf>,
    /// Lends the terminal to credential plugins that ask something.
    pub terminal: Option<Arc<dyn TerminalHandover>>,
}

/// A handle to one cluster. Cheap to clone; connecting happens behind it.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    id: ClusterId,
    pub(crate) link: Arc<Link>,
    /// `Err`: settings that cannot work, told by every request.
    stack: Result<Arc<Stack>, Problem>,
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) rules: RulesCache,
    wake: Arc<Notify>,
    keeper: Mutex<Option<Task>>,
}

impl Cluster {
    pub(crate) fn new(id: ClusterId, target: Target, options: Options) -> Self {
        let link = Arc::new(Link::new(&target, options.bell));
        let stack = Stack::new(target, link.clone(), options.terminal).map(Arc::new);
        if let Err(problem) = &stack {
            link.update(|state| state.problem = Some(problem.clone()));
        }
        Self {
            inner: Arc::new(Inner {
                id,
                link,
                stack,
                cache_dir: options.cache_dir,
                rules: RulesCache::default(),
                wake: Arc::default(),
                keeper: Mutex::default(),
            }),
        }
    }

    /// Returns the context's name.
    pub fn id(&self) -> &ClusterId {
        &self.inner.id
    }

    /// Returns the state of the link.
    pub fn state(&self) -> LinkState {
        self.inner.link.state()
    }

    /// Returns what a small request is likely to take, before one has been timed.
    pub(crate) fn likely_trip(&self) -> Option<Duration> {
        *self.inner.link.likely_trip.lock()
    }

    pub(crate) fn stack(&self) -> Result<&Arc<Stack>, Problem> {
        self.inner.stack.as_ref().map_err(Clone::clone)
    }

    /// Starts to connect in the background and keeps at it: stages, attempts and the server's version show in
    /// [`Cluster::state`]. Ends with the last handle. Calling it again changes nothing.
    pub fn connect(&self) {
        let Ok(stack) = self.stack() else { return };
        let mut keeper = self.inner.keeper.lock();
        if keeper.as_ref().is_none_or(Task::is_finished) {
            *keeper = Some(spawn("connection keeper", connect::keep(stack.clone(), self.inner.wake.clone())));
        }
    }

    /// Tries at once instead of after the current pause, also with credentials that just failed.
    pub fn try_now(&self) {
        if let Ok(stack) = self.stack() {
            stack.credentials.forgive();
        }
        self.inner.wake.notify_one();
        self.connect();
    }

    /// Sends one request and returns the answer with its body still arriving.
    ///
    /// `request` holds a path and query only (`/api/v1/pods?limit=500`). Adds credentials, user agent and the
    /// deadline for the *headers* (`header_timeout`); the body is the caller's to time out. A 401
    /// renews the credentials once and tries again; nothing else is retried. A gzipped body is
    /// decoded on the way, unless the request has the header [`super::RAW`].
    ///
    /// # Errors
    /// The stage that failed, with the next step. An answer that is not 2xx becomes a [`Problem`] that
    /// carries the server's own message and `Retry-After`. A method that writes is refused: it has a gate of its own.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        header_timeout: Duration,
    ) -> Result<Response<Body>, Problem> {
        if !reads(request.method()) {
            let what = format!(
                "{} {} may not be sent past the gate for writes",
                request.method(),
                request.uri().path()
            );
            return Err(Problem::new(ProblemKind::Internal, what));
        }
        self.stack()?.send(request, header_timeout).await
    }

    /// Returns a small answer as a whole.
    ///
    /// # Errors
    /// As [`Cluster::send`]; [`ProblemKind::Timeout`] when it is not complete within `timeout`.
    pub async fn get_json(&self, path: &str, timeout: Duration) -> Result<Vec<u8>, Problem> {
        self.get(path, "application/json", timeout).await.map(|(_, bytes)| bytes)
    }

    /// As [`Cluster::get_json`] with an `Accept` of the caller's; also returns the content type.
    pub(crate) async fn get(
        &self,
        path: &str,
        accept: &str,
        timeout: Duration,
    ) -> Result<(String, Vec<u8>), Problem> {
        let request = Request::get(path)
            .header(header::ACCEPT, accept)
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Vec::new())
            .map_err(|error| {
                Problem::new(ProblemKind::Internal, format!("cannot ask for {path:?}: {error}"))
            })?;
        self.whole(request, timeout).await
    }

    async fn whole(
        &self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<(String, Vec<u8>), Problem> {
        let path = request.uri().path().to_owned();
        let stack = self.stack()?;
        let work = async {
            let response = stack.send(request, timeout).await?;
            let content_type =
                response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let content_type = content_type.unwrap_or_default().to_owned();
            Ok((content_type, response.into_body().read_all(SMALL).await?))
        };
        // The headers have the same deadline inside and name the stage: leave them the first word.
        tokio::time::timeout(timeout + Duration::from_millis(250), work).await.unwrap_or_else(|_| {
            Err(Problem::new(ProblemKind::Timeout, format!("the answer to {path} was not complete in time"))
                .hint("the connection is slow or half-dead"))
        })
    }

    /// Sends a review: a POST that asks and changes nothing. Any other path is refused.
    pub(crate) async fn send_review(
        &self,
        request: Request<Vec<u8>>,
        header_timeout: Duration,
    ) -> Result<Response<Body>, Problem> {
        let path = request.uri().path();
        if !REVIEWS.contains(&path) {
            let what = format!("{path} is no review: it needs the gate for writes");
            return Err(Problem::new(ProblemKind::Internal, what));
        }
        self.stack()?.send(request, header_timeout).await
    }

    /// Returns the JSON text of one object, by its path.
    ///
    /// # Errors
    /// As [`Cluster::send`].
    pub async fn get_object(&self, path: &str) -> Result<String, Problem> {
        let bytes = self.get_json(path, connect::PATIENCE).await?;
        String::from_utf8(bytes).map_err(|_| {
            Problem::new(ProblemKind::Malformed, format!("the answer to {path} is not UTF-8 text"))
        })
    }

    /// Returns the names of the namespaces, for who can't wait for a watch.
    ///
    /// # Errors
    /// As [`Cluster::get_json`]; [`ProblemKind::Malformed`] for an answer that is no list.
    pub async fn namespaces(&self, timeout: Duration) -> Result<Vec<String>, Problem> {
        const PATH: &str = "/api/v1/namespaces";
        let bytes = self.get_json(PATH, timeout).await?;
        let list: Named = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::new(ProblemKind::Malformed, format!("the answer to {PATH} is no list: {error}"))
        })?;
        Ok(list.items.into_iter().map(|item| item.metadata.name).collect())
    }
}

/// What is read of a list of which only the names matter.
#[derive(Deserialize)]
struct Named {
    items: Vec<NamedItem>,
}

#[derive(Deserialize)]
struct NamedItem {
    metadata: NamedMeta,
}

#[derive(Deserialize)]
struct NamedMeta {
    name: String,
}

/// The POSTs that only ask.
const REVIEWS: &[&str] = &[
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
];

//! One request and its answer: credentials, connection, deadline, the single repeat after a 401.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use parking_lot::Mutex;
use rustls::ClientConfig;
use tokio::time::Instant;

use super::answer::{self, Asked};
use super::body::Body;
use super::certificate::Pair;
use super::credentials::{Credentials, Identity};
use super::dial::dial;
use super::exec::TerminalHandover;
use super::files::Watched;
use super::gunzip::Gunzip;
use super::link::Link;
use super::pool::{Arriving, Lease, Pool};
use super::stages;
use super::target::{Impersonation, Pem, Target};
use super::tls::{Trust, client_config};
use super::track::Track;
use crate::model::{Problem, ProblemKind};

/// A request with this header gets the body as the server sent it, still compressed.
pub const RAW: &str = "x-kdeck-raw";
/// How long the words of a failed answer may take.
const WORDS: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Trusting {
    pem: Option<Arc<Vec<u8>>>,
    pair: Option<Arc<Pair>>,
    config: Arc<ClientConfig>,
}

/// The way to one server.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) target: Target,
    pub(crate) credentials: Credentials,
    pub(crate) link: Arc<Link>,
    pub(crate) pool: Arc<Pool>,
    authority: Option<Watched>,
    trusting: Mutex<Option<Trusting>>,
    impersonation: Vec<(HeaderName, HeaderValue)>,
    place: Arc<str>,
}

/// Why an attempt on a connection failed.
enum Failure {
    /// A connection that had waited was closed meanwhile: a new one may do.
    Stale,
    Problem(Problem),
}

impl Stack {
    pub(crate) fn new(
        target: Target,
        link: Arc<Link>,
        terminal: Option<Arc<dyn TerminalHandover>>,
    ) -> Result<Self, Problem> {
        let credentials = Credentials::new(&target, terminal)?;
        let authority = match &target.authority {
            Some(Pem::File(path)) => Some(Watched::new(path.clone(), "certificate authority")),
            _ => None,
        };
        Ok(Self {
            credentials,
            authority,
            impersonation: impersonation(&target.impersonation)?,
            place: target.server.authority().into(),
            trusting: Mutex::new(None),
            pool: Pool::new(),
            link,
            target,
        })
    }

    /// Sends a request; see [`super::Cluster::send`].
    pub(crate) async fn send(
        &self,
        request: Request<Vec<u8>>,
        limit: Duration,
    ) -> Result<Response<Body>, Problem> {
        let outcome = self.tried(&request, limit).await;
        match &outcome {
            Ok(response) => self.link.answered(response.headers()),
            Err(problem) => self.link.failed(problem),
        }
        outcome
    }

    async fn tried(&self, request: &Request<Vec<u8>>, limit: Duration) -> Result<Response<Body>, Problem> {
        let limit = self.target.request_timeout.map_or(limit, |most| most.min(limit));
        let identity = self.credentials.current().await?;
        let response = self.exchange(request, &identity, limit, &Track::quiet()).await?;
        let response = if response.status() == StatusCode::UNAUTHORIZED {
            match self.credentials.renew(&identity).await? {
                Some(renewed) => {
                    tracing::info!(
                        cluster = self.target.cluster,
                        "401: credentials renewed, asking once more"
                    );
                    self.exchange(request, &renewed, limit, &Track::quiet()).await?
                }
                None => response,
            }
        } else {
            response
        };
        self.settled(request, response).await
    }

    /// Turns a failed answer into a problem and a compressed body into a plain one.
    pub(crate) async fn settled(
        &self,
        request: &Request<Vec<u8>>,
        response: Response<Body>,
    ) -> Result<Response<Body>, Problem> {
        let (mut parts, body) = response.into_parts();
        let good = parts.status.is_success() || parts.status == StatusCode::SWITCHING_PROTOCOLS;
        let gzipped = parts.headers.get(header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
        let body = if gzipped && !(good && request.headers().contains_key(RAW)) {
            parts.headers.remove(header::CONTENT_ENCODING);
            parts.headers.remove(header::CONTENT_LENGTH);
            Body::wrap(Gunzip::new(body))
        } else {
            body
        };
        if good && !answer::is_page(&parts.headers) {
            return Ok(Response::from_parts(parts, body));
        }
        if parts.status != StatusCode::UNAUTHORIZED && !answer::is_page(&parts.headers) {
            // Even a refusal proves that the server is there.
            self.link.answered(&parts.headers);
        }
        let words = tokio::time::timeout(WORDS, body.read_some(answer::LONGEST)).await.unwrap_or_default();
        let asked = Asked {
            place: &self.place,
            path: request.uri().path(),
            user: &self.target.shown_user(),
            login: &self.credentials.describe(),
            advice: &self.credentials.advice(),
        };
        Err(answer::problem(asked, parts.status, &parts.headers, &words))
    }

    /// Sends once as `identity`; the deadline covers connecting and the answer's headers.
    pub(crate) async fn exchange(
        &self,
        request: &Request<Vec<u8>>,
        identity: &Identity,
        limit: Duration,
        track: &Track,
    ) -> Result<Response<Body>, Problem> {
        let work = async {
            while let Some(lease) = self.pool.take(identity.pair.as_ref()).await {
                match self.on(lease, request, identity, true, track).await {
                    Ok(response) => return Ok(response),
                    Err(Failure::Problem(problem)) => return Err(problem),
                    Err(Failure::Stale) => tracing::debug!("an idle connection was closed meanwhile"),
                }
            }
            self.on_new(request, identity, track).await
        };
        match tokio::time::timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.named(track.timed_out(limit))),
        }
    }

    /// Sends once on a connection of its own, so that every stage is seen.
    pub(crate) async fn on_new(
        &self,
        request: &Request<Vec<u8>>,
        identity: &Identity,
        track: &Track,
    ) -> Result<Response<Body>, Problem> {
        let tls = self.tls(identity).await?;
        let stream = dial(&self.target, tls.as_ref(), track).await?;
        let lease = self
            .pool
            .start(stream, identity.pair.clone())
            .await
            .map_err(|error| stages::http(&self.target, &self.place, &error))?;
        match self.on(lease, request, identity, false, track).await {
            Ok(response) => Ok(response),
            Err(Failure::Problem(problem)) => Err(problem),
            // Only a connection that had waited can be stale.
            Err(Failure::Stale) => {
                Err(Problem::new(ProblemKind::Cut, "the new connection was closed at once"))
            }
        }
    }

    async fn on(
        &self,
        mut lease: Lease,
        request: &Request<Vec<u8>>,
        identity: &Identity,
        waited: bool,
        track: &Track,
    ) -> Result<Response<Body>, Failure> {
        let message = self.message(request, identity).map_err(Failure::Problem)?;
        let doing = format!("{} {}", request.method(), request.uri().path());
        let mut stale = false;
        let began = Instant::now();
        let work = async {
            match lease.sender.try_send_request(message).await {
                Ok(response) => {
                    let code = response.status().as_u16();
                    Ok((response, format!("{doing} {code}")))
                }
                Err(failure) => {
                    // Nothing that this sends changes anything on the server, so it may go twice.
                    let cut = failure.error().is_parse();
                    stale = waited && !cut;
                    Err(stages::http(&self.target, &self.place, failure.error()))
                }
            }
        };
        // The deadline around this is the caller's; this one only keeps a forgotten one from hanging for ever.
        let outcome = track.run("HTTP", &doing, Duration::from_secs(600), work).await;
        let response =
            outcome.map_err(|problem| if stale { Failure::Stale } else { Failure::Problem(problem) })?;
        if waited && request.uri().path() == "/version" {
            self.link.timed(began.elapsed());
        }
        let (pool, place) = (self.pool.clone(), self.place.clone());
        Ok(response.map(|incoming| Body::wrap(Arriving::new(incoming, lease, pool, place))))
    }

    fn message(
        &self,
        request: &Request<Vec<u8>>,
        identity: &Identity,
    ) -> Result<Request<Full<Bytes>>, Problem> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let mut message = Request::builder()
            .method(request.method())
            .uri(format!("{}{path}", self.target.server.base))
            .body(Full::new(Bytes::copy_from_slice(request.body())))
            .map_err(|error| {
                Problem::new(ProblemKind::Internal, format!("cannot ask for {path:?}: {error}"))
            })?;
        let headers = message.headers_mut();
        headers.extend(request.headers().iter().map(|(name, value)| (name.clone(), value.clone())));
        headers.remove(RAW);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
        let host = HeaderValue::from_str(&self.place)
            .map_err(|_| Problem::new(ProblemKind::Config, "the server's name cannot stand in a request"))?;
        headers.insert(header::HOST, host);
        if let Some(authorization) = &identity.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        for (name, value) in &self.impersonation {
            headers.append(name, value.clone());
        }
        Ok(message)
    }

    /// Returns the TLS settings, made anew only when the authority's file or our certificate changed.
    async fn tls(&self, identity: &Identity) -> Result<Option<Arc<ClientConfig>>, Problem> {
        if !self.target.server.tls {
            return Ok(None);
        }
        let pem = match &self.authority {
            Some(file) if !self.target.insecure => Some(file.read().await?),
            _ => None,
        };
        let same = |a: Option<*const Vec<u8>>, b: Option<*const Vec<u8>>| a == b;
        if let Some(made) = &*self.trusting.lock()
            && same(made.pem.as_ref().map(Arc::as_ptr), pem.as_ref().map(Arc::as_ptr))
            && made.pair.as_ref().map(Arc::as_ptr) == identity.pair.as_ref().map(Arc::as_ptr)
        {
            return Ok(Some(made.config.clone()));
        }
        let trust = match (&self.target.authority, &pem) {
            _ if self.target.insecure => Trust::Anybody,
            (_, Some(pem)) => Trust::Authority(pem),
            (Some(Pem::Data(text)), None) => Trust::Authority(text.0.as_bytes()),
            _ => Trust::System,
        };
        let owner = format!("cluster {:?}", self.target.cluster);
        let config = client_config(&owner, trust, identity.pair.as_ref())?;
        *self.trusting.lock() = Some(Trusting { pem, pair: identity.pair.clone(), config: config.clone() });
        Ok(Some(config))
    }

    fn named(&self, mut problem: Problem) -> Problem {
        problem.what = format!("{}: {}", self.place, problem.what);
        problem
    }
}

/// Returns whether a request only reads: everything else goes through the gate for writes.
pub(crate) fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn impersonation(who: &Impersonation) -> Result<Vec<(HeaderName, HeaderValue)>, Problem> {
    let mut pairs: Vec<(String, &str)> = Vec::new();
    pairs.extend(who.user.as_deref().map(|user| ("impersonate-user".to_owned(), user)));
    pairs.extend(who.uid.as_deref().map(|uid| ("impersonate-uid".to_owned(), uid)));
    pairs.extend(who.groups.iter().map(|group| ("impersonate-group".to_owned(), group.as_str())));
    for (key, values) in &who.extra {
        let name = format!("impersonate-extra-{}", escaped(key));
        pairs.extend(values.iter().map(|value| (name.clone(), value.as_str())));
    }
    pairs
        .into_iter()
        .map(|(name, value)| {
            let wrong = || {
                Problem::new(
                    ProblemKind::Usage,
                    format!("{value:?} cannot be impersonated: it cannot stand in a header"),
                )
            };
            Ok((name.parse().map_err(|_| wrong())?, HeaderValue::from_str(value).map_err(|_| wrong())?))
        })
        .collect()
}

/// Percent-encodes what a header's name may not hold, as client-go does.
fn escaped(key: &str) -> String {
    let mut out = String::new();
    for byte in key.to_ascii_lowercase().bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

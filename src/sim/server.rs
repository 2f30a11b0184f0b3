//! Sockets, TLS and HTTP/1.1: accepts connections, says who is there, applies faults, keeps the request log.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::World;
use super::answer::{answer, refuse};
use super::ask::{Ask, query};
use super::body::{CHUNK, Faulty, Payload, full};
use super::faults::Fault;
use super::status::Refusal;
use super::task;
use super::world::RequestLog;
use crate::model::{Problem, ProblemKind};

/// Request bodies are refused beyond this.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The listening half of a simulated cluster.
pub struct Server {
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens and serves until stopped.
    pub(crate) async fn start(world: Arc<World>, bind: SocketAddr) -> Result<Self, Problem> {
        let listener = TcpListener::bind(bind).await.map_err(|error| {
            Problem::new(ProblemKind::Tcp, format!("cannot listen on {bind}: {error}"))
                .hint("another program holds the port; use port 0 to take a free one")
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Problem::new(ProblemKind::Tcp, format!("cannot listen on {bind}: {error}")))?;
        world.listens_on(address);
        world.stop.send_replace(false);
        Ok(Self { accepting: task::spawn(accept(world, listener)) })
    }

    /// Cuts all connections and closes the port.
    pub(crate) async fn stop(mut self, world: &World) {
        world.stop.send_replace(true);
        self.accepting.abort();
        // An aborted task has dropped its sockets once it is joined.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts connections; its set of connections dies with it.
async fn accept(world: Arc<World>, listener: TcpListener) {
    let acceptor = TlsAcceptor::from(world.tls.clone());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(connection(world.clone(), acceptor.clone(), socket));
                }
                // Out of file descriptors, most likely: the connections under way must end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn connection(world: Arc<World>, acceptor: TlsAcceptor, socket: TcpStream) {
    // A client that gives up in the handshake is its own concern; small answers must not wait for more.
    let _ = socket.set_nodelay(true);
    let handshake = tokio::time::timeout(Duration::from_secs(10), acceptor.accept(socket)).await;
    let Ok(Ok(stream)) = handshake else { return };
    let certificate: Option<Arc<[u8]>> = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| chain.first())
        .map(|der| Arc::from(der.as_ref()));
    let service = service_fn(move |request| {
        let (world, certificate) = (world.clone(), certificate.clone());
        async move { Ok::<_, Infallible>(serve(&world, certificate.as_deref(), request).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).max_buf_size(2 * CHUNK).writev(true);
    // How a connection ends is seen by the client; there is nobody to tell here.
    let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

async fn serve(
    world: &Arc<World>,
    certificate: Option<&[u8]>,
    request: Request<Incoming>,
) -> Response<Payload> {
    let (parts, body) = request.into_parts();
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut log = RequestLog {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        user: String::new(),
        user_agent: text("user-agent").to_owned(),
        status: 0,
    };
    let fault = world.faults.decide(parts.uri.path_and_query().map_or("", |path| path.as_str()));
    if let Some(done) = misbehave(world, &mut log, fault.as_ref()).await {
        return done;
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            return refuse(&Refusal::new(
                413,
                "RequestEntityTooLarge",
                "Request entity too large: limit is 4194304",
            ));
        }
    };
    let bearer = text("authorization").strip_prefix("Bearer ").map(str::trim).map(str::to_owned);
    let ask = world.access.authenticate(certificate, bearer.as_deref()).and_then(|user| {
        let as_user = text("impersonate-user");
        let user = if as_user.is_empty() {
            user
        } else {
            let groups = parts.headers.get_all("impersonate-group").iter();
            let groups = groups.filter_map(|group| group.to_str().ok().map(str::to_owned)).collect();
            world.access.impersonate(&user, as_user, groups)?
        };
        Ok(Ask {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: query(parts.uri.query().unwrap_or_default()),
            headers: parts.headers.clone(),
            user,
            body,
        })
    });
    let result = ask.and_then(|ask| {
        log.user.clone_from(&ask.user.name);
        answer(world, &ask, fault.as_ref())
    });
    let response = result.unwrap_or_else(|refusal| refuse(&refusal));
    log.status = response.status().as_u16();
    world.note(log);
    response.map(|body| Faulty::wrap(body, fault.as_ref()))
}

/// Applies the faults that come before any answer, or instead of it.
async fn misbehave(world: &World, log: &mut RequestLog, fault: Option<&Fault>) -> Option<Response<Payload>> {
    let response = match fault? {
        Fault::Slow(pause) => {
            tokio::time::sleep(*pause).await;
            return None;
        }
        Fault::HalfOpen => {
            world.note(log.clone());
            std::future::pending::<()>().await;
            return None;
        }
        Fault::Status(code, retry_after) => {
            let mut refusal = status(*code);
            refusal.retry_after = *retry_after;
            refuse(&refusal)
        }
        Fault::Html => Response::builder()
            .header("content-type", "text/html; charset=utf-8")
            .body(full(
                "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>",
            ))
            .unwrap_or_else(|_| Response::new(full(""))),
        _ => return None,
    };
    log.status = response.status().as_u16();
    world.note(log.clone());
    Some(response)
}

/// A scripted status, worded as the real server words its own.
fn status(code: u16) -> Refusal {
    match code {
        401 => Refusal::unauthorized(),
        403 => Refusal::new(403, "Forbidden", "forbidden: scripted fault"),
        404 => Refusal::no_such_path(),
        410 => Refusal::new(410, "Expired", "The resourceVersion for the provided list is too old."),
        429 => Refusal::new(429, "TooManyRequests", "Too many requests, please try again later."),
        503 => Refusal::new(503, "ServiceUnavailable", "apiserver is shutting down."),
        504 => Refusal::new(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
        code => Refusal::new(code, "InternalError", "Internal error occurred: scripted fault"),
    }
}

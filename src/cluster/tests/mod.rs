//! What the tests of this room share: an API server on loopback that answers as a test says.

mod config;
mod discover;
#[cfg(unix)]
mod plugins;
mod proxies;
mod requests;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpListener;

use super::body::Body;
use super::dial::Stream;
use super::task::{Task, spawn};
use super::{Cluster, Env, Options, Overrides, load_from};
use crate::model::{ClusterId, Problem};

const SOON: Duration = Duration::from_secs(10);

type Handler = dyn Fn(&Parts, &[u8]) -> Response<Body> + Send + Sync;

/// A certificate authority and what the server shows.
struct Identity {
    authority: String,
    config: Arc<rustls::ServerConfig>,
}

/// How a server's certificate is made.
struct Made<'a> {
    name: &'a str,
    years: (i32, i32),
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self { name: "127.0.0.1", years: (2020, 2090) }
    }
}

impl Made<'_> {
    fn identity(&self) -> Identity {
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![self.name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(self.years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(self.years.1, 1, 1);
        let shown = params.signed_by(&key, &issuer).unwrap();
        Identity { authority: certificate.pem(), config: server_config(shown.der(), &key) }
    }
}

fn server_config(
    certificate: &rustls::pki_types::CertificateDer<'static>,
    key: &rcgen::KeyPair,
) -> Arc<rustls::ServerConfig> {
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    Arc::new(config)
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    headers: http::HeaderMap,
    connection: usize,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

struct Server {
    port: u16,
    authority: Option<String>,
    seen: Arc<Mutex<Vec<Seen>>>,
    _task: Task,
}

impl Server {
    /// Speaks TLS with an ordinary certificate.
    async fn start(handler: impl Fn(&Parts, &[u8]) -> Response<Body> + Send + Sync + 'static) -> Self {
        Self::with(Some(Made::default().identity()), handler).await
    }

    async fn with(
        identity: Option<Identity>,
        handler: impl Fn(&Parts, &[u8]) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (authority, config) = identity.map(|identity| (identity.authority, identity.config)).unzip();
        let task = spawn("test server", serve(listener, config, Arc::new(handler), seen.clone()));
        Self { port, authority, seen, _task: task }
    }

    fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.authority.is_some() { "https" } else { "http" }, self.port)
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// A handle whose user is `user` (YAML lines), without proxies from outside.
    fn cluster(&self, user: &str) -> Cluster {
        self.opened(user, "", &Overrides::default(), Options::default()).unwrap()
    }

    fn opened(
        &self,
        user: &str,
        cluster: &str,
        flags: &Overrides,
        options: Options,
    ) -> Result<Cluster, Problem> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        std::fs::write(&path, self.kubeconfig(user, cluster)).unwrap();
        let flags = Overrides { kubeconfig: Some(path), ..flags.clone() };
        load_from(&flags, &Env::of(&[]))?.open(&ClusterId("test".into()), &flags, options)
    }

    fn kubeconfig(&self, user: &str, cluster: &str) -> String {
        use base64::Engine as _;
        let authority = self.authority.as_ref().map_or_else(String::new, |pem| {
            let data = base64::engine::general_purpose::STANDARD.encode(pem);
            format!("    certificate-authority-data: {data}\n")
        });
        format!(
            "current-context: test\n\
             contexts: [{{name: test, context: {{cluster: here, user: me}}}}]\n\
             users:\n- name: me\n  user:\n{}\
             clusters:\n- name: here\n  cluster:\n    server: {}\n{}{}",
            indented(user),
            self.url(),
            if cluster.contains("certificate-authority") || cluster.contains("no-authority") {
                ""
            } else {
                &authority
            },
            indented(cluster),
        )
    }
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("    {line}\n")).collect()
}

async fn serve(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    handler: Arc<Handler>,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let mut connections = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        let number = connections.len();
        let (tls, handler, seen) = (tls.clone(), handler.clone(), seen.clone());
        connections.push(spawn("test connection", async move {
            let stream: Stream = match tls {
                None => Box::new(stream),
                Some(config) => match tokio_rustls::TlsAcceptor::from(config).accept(stream).await {
                    Ok(stream) => Box::new(stream),
                    Err(_) => return,
                },
            };
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let (handler, seen) = (handler.clone(), seen.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    let body: Bytes = body.collect().await?.to_bytes();
                    let path = parts.uri.path_and_query().map_or("", |path| path.as_str()).to_owned();
                    seen.lock().push(Seen { path, headers: parts.headers.clone(), connection: number });
                    Ok::<_, hyper::Error>(handler(&parts, &body))
                }
            });
            let http = hyper::server::conn::http1::Builder::new();
            drop(http.serve_connection(TokioIo::new(stream), service).await);
        }));
    }
}

fn answer(code: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response<Body> {
    Response::builder()
        .status(StatusCode::from_u16(code).unwrap())
        .header("content-type", content_type)
        .body(Body::from(body.into()))
        .unwrap()
}

fn json(value: &serde_json::Value) -> Response<Body> {
    answer(200, "application/json", value.to_string())
}

fn version() -> Response<Body> {
    json(&serde_json::json!({ "major": "1", "minor": "37", "gitVersion": "v1.37.2" }))
}

fn status(code: u16, reason: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "kind": "Status", "code": code, "reason": reason, "message": message });
    answer(code, "application/json", body.to_string())
}

/// Waits for a condition; the test fails when it does not come true.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(SOON, wait).await.is_ok(), "never happened: {what}");
}

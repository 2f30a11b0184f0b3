//! A small HTTP client over TLS, for tests that must see every byte.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::super::{Sim, task};
use super::PATIENCE;

/// A client of one user.
pub(super) struct Client {
    sim_address: std::net::SocketAddr,
    tls: TlsConnector,
    token: Option<String>,
}

/// An answer with its body read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(super) fn unzipped(&self) -> Value {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(&*self.body).read_to_end(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

/// Names of the items of a list.
pub(super) fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

impl Client {
    /// A client with a user's certificate; `""` brings none.
    pub(super) fn new(sim: &Sim, user: &str) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(sim.authority().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match sim.world.access.identity(user) {
            Some((_, identity)) => {
                let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        Self { sim_address: sim.world.address(), tls: TlsConnector::from(Arc::new(config)), token: None }
    }

    pub(super) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Sends a request and returns the answer with its body still to come.
    pub(super) async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> std::io::Result<http::Response<Incoming>> {
        let socket = TcpStream::connect(self.sim_address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = self.tls.connect(name, socket).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        drop(task::spawn(connection));
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        sender.send_request(request).await.map_err(std::io::Error::other)
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let asking = async {
            let response = self.open(method, path, headers, body).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new()).await
    }

    /// Reads what must be there.
    pub(super) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        answer.json()
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().into_bytes()).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[("content-type", "application/json")], body.to_string().into_bytes()).await
    }

    pub(super) async fn patch(&self, path: &str, media: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[("content-type", media)], body.to_string().into_bytes()).await
    }

    pub(super) async fn delete(&self, path: &str, options: &Value) -> Answer {
        let body = if options.is_null() { Vec::new() } else { options.to_string().into_bytes() };
        self.send("DELETE", path, &[("content-type", "application/json")], body).await
    }

    /// Opens a watch.
    pub(super) async fn watch(&self, path: &str) -> Lines {
        self.watch_as(path, "application/json").await
    }

    pub(super) async fn watch_as(&self, path: &str, accept: &str) -> Lines {
        let response = self.open("GET", path, &[("accept", accept)], Vec::new()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        Lines { body: response.into_body(), buffer: Vec::new() }
    }
}

/// The lines of a watch.
pub(super) struct Lines {
    body: Incoming,
    buffer: Vec<u8>,
}

impl Lines {
    /// Returns the next line, or `None` at the end; an error ends it as well.
    pub(super) async fn next(&mut self) -> Option<Value> {
        let reading = async {
            loop {
                if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = self.buffer.drain(..=end).collect();
                    return Some(serde_json::from_slice(&line).unwrap());
                }
                let frame = self.body.frame().await?.ok()?;
                self.buffer.extend_from_slice(frame.data_ref()?);
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap()
    }

    /// Reads until a line satisfies a condition, and returns it.
    pub(super) async fn until(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let line = self.next().await.expect("the watch ended before the condition held");
            if wanted(&line) {
                return line;
            }
        }
    }
}

/// `ADDED web`.
pub(super) fn short(line: &Value) -> String {
    format!(
        "{} {}",
        line["type"].as_str().unwrap(),
        line["object"]["metadata"]["name"].as_str().unwrap_or("-")
    )
}

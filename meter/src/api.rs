//! Talks to the API server past the proxy: the meter's own hands for filling, changing and listing pods.
//!
//! Owns connections and nothing else. Its requests carry [`AGENT`], so that they can be told from those that are
//! measured.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::kubeconfig::Kubeconfig;
use crate::screen::Names;

/// The user agent of the meter's own requests.
pub const AGENT: &str = "kdeck-meter";

/// Objects in one page of a list.
const PAGE: usize = 5_000;

/// Where a server is and how to be let in.
#[derive(Clone)]
pub struct Api {
    address: (String, u16),
    name: ServerName<'static>,
    tls: TlsConnector,
}

/// A namespace and a name.
pub type PodKey = (Box<str>, Box<str>);

impl Api {
    /// Prepares for a server.
    ///
    /// # Errors
    /// When the kubeconfig's credentials are unusable.
    pub fn new(kubeconfig: &Kubeconfig) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&kubeconfig.authority()?) {
            roots.add(certificate.context("the authority is no PEM")?)?;
        }
        let (certificate, key) = kubeconfig.identity()?;
        let chain = CertificateDer::pem_slice_iter(&certificate)
            .collect::<Result<Vec<_>, _>>()
            .context("the client's certificate is no PEM")?;
        let key = PrivateKeyDer::from_pem_slice(&key).context("the client's key is no PEM")?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .context("the client's certificate and key do not fit")?;
        let name = ServerName::try_from(kubeconfig.server_name()?)?;
        Ok(Self { address: kubeconfig.server()?, name, tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When the server can't be reached or refuses.
    pub async fn connect(&self) -> Result<Connection> {
        let (host, port) = (self.address.0.as_str(), self.address.1);
        let socket = TcpStream::connect((host, port))
            .await
            .with_context(|| format!("cannot reach the API server at {host}:{port}"))?;
        socket.set_nodelay(true)?;
        Connection::over(self.tls.connect(self.name.clone(), socket).await?, host).await
    }

    /// Lists all pods by name.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pods(&self) -> Result<Vec<PodKey>> {
        let mut connection = self.connect().await?;
        let (mut keys, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/pods?limit={PAGE}&continue={token}");
            let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
            let list = connection.json(Method::GET, &path, accept, None).await?;
            for item in list["items"].as_array().into_iter().flatten() {
                let text = |field: &str| item["metadata"][field].as_str().unwrap_or_default().into();
                keys.push((text("namespace"), text("name")));
            }
            match list["metadata"]["continue"].as_str() {
                Some(next) if !next.is_empty() => next.clone_into(&mut token),
                _ => return Ok(keys),
            }
        }
    }
}

/// Returns the names of pods as the screen's rows are known by.
pub fn names(keys: &[PodKey]) -> Names {
    keys.iter().map(|(_, name)| name.clone()).collect()
}

/// A connection to the server, for one request after the other.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    _driver: JoinSet<()>,
}

impl Connection {
    /// Speaks HTTP over a stream.
    ///
    /// # Errors
    /// When the other side does not.
    pub async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        host: &str,
    ) -> Result<Self> {
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        let mut drivers = JoinSet::new();
        // How the connection ends is seen by the request that is under way.
        drivers.spawn(async move {
            let _ = driver.await;
        });
        Ok(Self { sender, host: host.to_owned(), _driver: drivers })
    }

    /// Sends a request and returns status, body and when the answer's head came.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<(&str, String)>,
    ) -> Result<(StatusCode, Bytes, Instant)> {
        let (media, text) = body.unwrap_or(("application/json", String::new()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("user-agent", AGENT)
            .header("accept", accept)
            .header("content-type", media)
            .body(Full::new(Bytes::from(text)))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let at = Instant::now();
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes(), at))
    }

    /// Sends a request that must succeed, and returns the answer.
    ///
    /// # Errors
    /// When the server refuses; the error quotes its message.
    pub async fn json(
        &mut self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<(&str, String)>,
    ) -> Result<Value> {
        let (status, bytes, _) = self.send(method.clone(), path, accept, body).await?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        ensure!(status.is_success(), "{method} {path}: {status} {}", value["message"]);
        Ok(value)
    }
}

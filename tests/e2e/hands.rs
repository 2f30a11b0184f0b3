//! Hands that change a cluster: kdeck has none, so `kubectl proxy` lends its credentials to plain requests.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// How a body changes an object.
pub const MERGE: &str = "application/merge-patch+json";
/// A whole object.
pub const WHOLE: &str = "application/json";

/// A way to write; ends with its value.
pub struct Hands {
    proxy: Child,
    address: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Hands {
    /// Starts `kubectl proxy` on a free port of this machine.
    pub fn new(kubeconfig: &str) -> Self {
        let mut proxy = kubectl(kubeconfig)
            .args(["proxy", "--port=0", "--keepalive=30s"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("kubectl on PATH, or named by KUBECTL");
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(address.contains(':'), "kubectl proxy says {line:?}");
        Self { proxy, address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends one request; the answer of a refusal is the error.
    pub async fn call(&self, method: Method, path: &str, kind: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("http://{}{path}", self.address))
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(body))
            .expect("a request");
        let failed = |error: &dyn std::fmt::Display| format!("{method} {path}: {error}");
        let answer = self.client.request(request).await.map_err(|error| failed(&error))?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
        let value: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
        Err(format!("{method} {path}: {status} {message}"))
    }

    pub async fn create(&self, path: &str, object: &Value) -> Result<Value, String> {
        self.call(Method::POST, path, WHOLE, object).await
    }

    pub async fn merge(&self, path: &str, patch: &Value) -> Result<Value, String> {
        self.call(Method::PATCH, path, MERGE, patch).await
    }

    pub async fn delete(&self, path: &str) -> Result<Value, String> {
        self.call(Method::DELETE, path, WHOLE, &Value::Null).await
    }

    /// Deletes at once, whatever a finalizer wants to wait for.
    pub async fn wipe(&self, path: &str) -> Result<(), String> {
        let now = serde_json::json!({ "gracePeriodSeconds": 0, "propagationPolicy": "Background" });
        let left = match self.call(Method::DELETE, path, WHOLE, &now).await {
            Err(error) if error.contains(" 404 ") => return Ok(()),
            other => other?,
        };
        if left.pointer("/metadata/finalizers").is_some() && !path.contains("/customresourcedefinitions/") {
            let free = serde_json::json!({ "metadata": { "finalizers": null } });
            match self.merge(path, &free).await {
                Err(error) if !error.contains(" 404 ") => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

/// `kubectl` with a kubeconfig.
pub fn kubectl(kubeconfig: &str) -> Command {
    let program = std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".to_owned());
    let mut command = Command::new(program);
    command.env("KUBECONFIG", kubeconfig);
    command
}

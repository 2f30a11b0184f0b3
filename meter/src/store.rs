//! Puts pods straight into the etcd of a server that is the meter's own: thousands a second, and with the age that they
//! shall have.
//!
//! Through the API server it would take minutes to load a hundred thousand, and all of them would be so young that
//! their ages change on the screen every second, which no program can be idle with. What the server makes of one pod of
//! each shape (defaults, managed fields) is kept for all others. Must not be used on a server that others use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::api::{Connection, PodKey};
use crate::pods;

/// Connections that work at the same time.
const HANDS: usize = 3;

/// Pods in one transaction: etcd takes 128 operations and a megabyte and a half.
const BATCH: usize = 64;

/// Where an API server keeps pods.
const PODS: &str = "/registry/pods/";

/// The etcd behind a server, without TLS.
#[derive(Clone, Debug)]
pub struct Store {
    address: String,
}

/// Pods as the server keeps them, one of each shape.
pub type Shapes = Arc<[(usize, Value)]>;

impl Store {
    /// Takes a URL such as `http://127.0.0.1:2379`.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str) -> Result<Self> {
        let address = url.strip_prefix("http://").context("etcd is reached by http:// only")?;
        Ok(Self { address: address.trim_end_matches('/').to_owned() })
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When etcd can't be reached.
    pub async fn connect(&self) -> Result<Connection> {
        let socket = TcpStream::connect(&self.address)
            .await
            .with_context(|| format!("cannot reach etcd at {}", self.address))?;
        socket.set_nodelay(true)?;
        Connection::over(socket, &self.address).await
    }

    /// Lists all pods by name, in the order in which the server has them too.
    ///
    /// # Errors
    /// When etcd refuses.
    pub async fn pods(&self) -> Result<Vec<PodKey>> {
        let mut connection = self.connect().await?;
        let end = STANDARD.encode(PODS.replace("pods/", "pods0"));
        let body = json!({"key": STANDARD.encode(PODS), "range_end": end, "keys_only": true});
        let answer = call(&mut connection, "/v3/kv/range", &body).await?;
        answer["kvs"].as_array().into_iter().flatten().map(pod_key).collect()
    }

    /// Puts the pods of these numbers.
    ///
    /// # Errors
    /// When etcd refuses.
    pub async fn put(&self, shapes: &Shapes, indexes: Vec<usize>) -> Result<()> {
        let shapes = shapes.clone();
        self.batches(indexes, move |index| Ok(operation(*index, &stored(&shapes, *index)?))).await
    }

    /// Puts a pod with so many restarts of its containers.
    ///
    /// # Errors
    /// When etcd refuses.
    pub async fn restart(
        &self,
        connection: &mut Connection,
        shapes: &Shapes,
        index: usize,
        restarts: usize,
    ) -> Result<()> {
        let mut pod = stored(shapes, index)?;
        for container in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
            container["restartCount"] = restarts.into();
        }
        transact(connection, &json!({"success": [operation(index, &pod)]})).await
    }

    /// Deletes pods.
    ///
    /// # Errors
    /// When etcd refuses.
    pub async fn delete(&self, keys: Vec<PodKey>) -> Result<()> {
        self.batches(keys, |(namespace, name)| {
            Ok(json!({"requestDeleteRange": {"key": key(namespace, name)}}))
        })
        .await
    }

    /// Sends an operation for each item, many in one transaction, over a few connections.
    async fn batches<T: Send + Sync + 'static>(
        &self,
        items: Vec<T>,
        operation: impl Fn(&T) -> Result<Value> + Clone + Send + Sync + 'static,
    ) -> Result<()> {
        let (items, next) = (Arc::new(items), Arc::new(AtomicUsize::new(0)));
        let mut hands = JoinSet::new();
        for _ in 0..HANDS {
            let (store, items, next, operation) =
                (self.clone(), items.clone(), next.clone(), operation.clone());
            hands.spawn(async move {
                let mut connection = store.connect().await?;
                while let Some(batch) = items.chunks(BATCH).nth(next.fetch_add(1, Ordering::Relaxed)) {
                    let operations = batch.iter().map(&operation).collect::<Result<Vec<_>>>()?;
                    transact(&mut connection, &json!({"success": operations})).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = hands.join_next().await {
            done.context("a loader broke off")??;
        }
        Ok(())
    }
}

async fn transact(connection: &mut Connection, body: &Value) -> Result<()> {
    call(connection, "/v3/kv/txn", body).await.map(drop)
}

async fn call(connection: &mut Connection, path: &str, body: &Value) -> Result<Value> {
    let media = "application/json";
    let body = Some((media, body.to_string()));
    connection.json(Method::POST, path, media, body).await.context("etcd refuses")
}

/// The key under which an API server looks for a pod.
fn key(namespace: &str, name: &str) -> String {
    STANDARD.encode(format!("{PODS}{namespace}/{name}"))
}

/// The pod of a key.
fn pod_key(entry: &Value) -> Result<PodKey> {
    let bytes = STANDARD.decode(entry["key"].as_str().unwrap_or_default())?;
    let key = String::from_utf8(bytes)?;
    let pod = key.strip_prefix(PODS).and_then(|rest| rest.split_once('/'));
    let (namespace, name) = pod.with_context(|| format!("{key:?} is no pod's key"))?;
    Ok((namespace.into(), name.into()))
}

/// The operation that puts a pod. API servers read JSON as well as what they write.
fn operation(index: usize, pod: &Value) -> Value {
    let key = key(&pods::namespace(index), &pods::name(index));
    json!({"requestPut": {"key": key, "value": STANDARD.encode(pod.to_string())}})
}

/// A pod as it is stored: that of its shape with its own strings.
fn stored(shapes: &Shapes, index: usize) -> Result<Value> {
    let shape = shapes.iter().find(|(of, _)| *of == pods::shape(index));
    let mut pod = shape.context("a pod of unknown shape")?.1.clone();
    lay_over(&mut pod, &pods::pod(index));
    lay_over(&mut pod, &pods::status(index));
    let own = json!({"metadata": {
        "uid": format!("{index:08x}-0000-4000-8000-000000000000"),
        "creationTimestamp": pods::born(index),
    }});
    lay_over(&mut pod, &own);
    if let Some(metadata) = pod["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
    }
    Ok(pod)
}

/// Replaces what both have; what only `below` has stays, which is what the server has added.
fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (field, value) in above {
                lay_over(below.entry(field.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(below), Value::Array(above)) if below.len() >= above.len() => {
            below.iter_mut().zip(above).for_each(|(below, above)| lay_over(below, above));
        }
        (below, above) => below.clone_from(above),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_pod_has_its_own_strings_and_what_the_server_has_added_to_its_shape() {
        let mut shape = pods::pod(0);
        lay_over(&mut shape, &pods::status(0));
        shape["spec"]["dnsPolicy"] = "ClusterFirst".into();
        shape["spec"]["containers"][1]["livenessProbe"]["timeoutSeconds"] = 1.into();
        shape["metadata"]["resourceVersion"] = "7".into();
        shape["metadata"]["creationTimestamp"] = "2030-01-01T00:00:00Z".into();
        let pod = stored(&[(0, shape)].into(), 1_234).unwrap();
        assert_eq!(pod["metadata"]["name"], pods::name(1_234));
        assert_eq!(pod["metadata"]["creationTimestamp"], pods::born(1_234));
        assert_eq!(pod["metadata"]["resourceVersion"], Value::Null);
        assert_eq!(pod["spec"]["dnsPolicy"], "ClusterFirst");
        let container = &pod["spec"]["containers"][1];
        assert_eq!(
            container["livenessProbe"],
            json!({"httpGet": {"path": "/healthz", "port": 8080}, "timeoutSeconds": 1})
        );
        assert_eq!(container["image"], pods::pod(1_234)["spec"]["containers"][1]["image"]);
        assert_eq!(pod["status"]["podIP"], pods::status(1_234)["status"]["podIP"]);
    }

    #[test]
    fn a_pod_is_found_by_the_key_that_it_was_put_under() {
        let entry = json!({"key": key("team-01", "web-1")});
        assert_eq!(pod_key(&entry).unwrap(), ("team-01".into(), "web-1".into()));
        assert!(pod_key(&json!({"key": STANDARD.encode("/registry/nodes/a")})).is_err());
    }

    #[test]
    fn etcd_is_named_by_a_url_without_tls() {
        assert_eq!(Store::new("http://127.0.0.1:2379/").unwrap().address, "127.0.0.1:2379");
        assert!(Store::new("https://127.0.0.1:2379").is_err());
    }
}

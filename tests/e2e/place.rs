//! A place of its own in the cluster for each test: a namespace, a prefix, and the duty to leave nothing.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use futures::StreamExt;
use http::{Method, Request, header};
use kdeck::cluster::{Cluster, Discovery, Env, Options, Overrides, load_from};
use kdeck::kinds::catalog::Catalog;
use kdeck::model::Scope;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::hands::{Hands, WHOLE};
use crate::oracle::Table;

/// How long a condition may take to come true on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// How long one answer may take.
pub const ANSWER: Duration = Duration::from_secs(30);
/// Requests at a time.
pub const AT_ONCE: usize = 8;

const NAMESPACES: &str = "/api/v1/namespaces";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Runs a test's work.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.block_on(work)
}

/// How much of a cluster there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// An API server alone: nothing acts on objects.
    Api,
    /// Controllers, and nodes that run pods.
    Node,
}

/// A namespace and prefix of a test's own.
pub struct Place {
    pub cluster: Cluster,
    pub hands: Hands,
    pub kubeconfig: String,
    pub tier: Tier,
    /// Whether the cluster was started for these tests: then they may touch what others would feel.
    pub is_ours: bool,
    /// Name of the namespace; names of cluster-scoped objects begin with it.
    pub name: String,
    pub discovery: Discovery,
    /// Paths of what was made, in order.
    made: Mutex<Vec<String>>,
}

impl Place {
    /// Makes a place on the cluster that the environment names; says so where there is none.
    pub fn open() -> Option<Self> {
        let Ok(kubeconfig) = std::env::var("KDECK_E2E_KUBECONFIG") else {
            println!("left out: KDECK_E2E_KUBECONFIG names no cluster");
            return None;
        };
        let hands = Hands::new(&kubeconfig);
        let cluster = run(async { connect(&kubeconfig) });
        let tier = std::env::var("KDECK_E2E_TIER").ok();
        let is_ours = tier.is_some();
        let mut place = Self {
            cluster,
            hands,
            kubeconfig,
            tier: Tier::Api,
            is_ours,
            name: format!("kdeck-e2e-{}", random()),
            discovery: Discovery::default(),
            made: Mutex::default(),
        };
        run(place.furnish(tier.as_deref()));
        Some(place)
    }

    async fn furnish(&mut self, tier: Option<&str>) {
        self.tier = match tier {
            Some("api") => Tier::Api,
            Some(_) => Tier::Node,
            None => {
                let nodes = self.get("/api/v1/nodes?limit=1").await;
                let has_nodes = nodes["items"].as_array().is_some_and(|items| !items.is_empty());
                if has_nodes { Tier::Node } else { Tier::Api }
            }
        };
        self.discovery = self.cluster.discover().await.expect("discovery");
        let namespace = json!({ "metadata": { "name": self.name } });
        self.hands.create(NAMESPACES, &namespace).await.expect("a namespace");
        // Without a controller manager nobody makes it, and pods need it.
        let account = json!({ "metadata": { "name": "default" } });
        let path = format!("/api/v1/namespaces/{}/serviceaccounts", self.name);
        if let Err(error) = self.hands.create(&path, &account).await {
            assert!(error.contains("409"), "{error}");
        }
    }

    /// Returns an answer as JSON, got by kdeck's own client.
    pub async fn get(&self, path: &str) -> Value {
        let bytes = self.cluster.get_json(path, ANSWER).await.unwrap_or_else(|problem| panic!("{problem}"));
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Makes an object that goes when the place goes; returns it.
    pub async fn make(&self, collection: &str, object: &Value) -> Result<Value, String> {
        let made = self.hands.create(collection, object).await?;
        let name = made.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        self.made.lock().expect("a lock").push(format!("{collection}/{name}"));
        Ok(made)
    }

    /// The collection of a namespaced resource of this place: `apps/v1`, `deployments`.
    pub fn collection(&self, version: &str, plural: &str) -> String {
        let root = if version.contains('/') { "/apis" } else { "/api" };
        format!("{root}/{version}/namespaces/{}/{plural}", self.name)
    }

    /// Collections by `(apiVersion, kind)`, as the server has them now.
    pub fn collections(&self) -> HashMap<(String, String), String> {
        let kinds = self.discovery.resources.iter().filter(|found| !found.gvr.resource.contains('/'));
        kinds
            .map(|found| {
                let version = if found.gvr.group.is_empty() {
                    found.gvr.version.to_string()
                } else {
                    format!("{}/{}", found.gvr.group, found.gvr.version)
                };
                let namespace = (found.scope == Scope::Namespaced).then_some(&*self.name);
                ((version, found.kind.to_string()), found.gvr.path(namespace))
            })
            .collect()
    }

    /// The server's kinds with the columns of its custom resources.
    pub async fn catalog(&self) -> Catalog {
        let discovery = self.cluster.discover().await.expect("discovery");
        let crds = self.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").await;
        let crds = crds["items"].as_array().into_iter().flatten();
        let crds: Vec<String> = crds.map(Value::to_string).collect();
        Catalog::new(&discovery.resources, &crds)
    }

    /// The server's table of a collection, with objects, made within one known second.
    pub async fn table(&self, path: &str) -> Table {
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}includeObject=Object");
        for _ in 0..50 {
            let (before, _) = self.dated("/version", WHOLE).await;
            let (after, body) = self.dated(&path, TABLE).await;
            if before == after {
                let mut table: Table = serde_json::from_slice(&body)
                    .unwrap_or_else(|error| panic!("the table of {path}: {error}"));
                table.now = after;
                return table;
            }
        }
        panic!("the server never made the table of {path} within one second");
    }

    /// An answer and the second in which its headers were written, as `2026-01-02T03:04:05Z`.
    async fn dated(&self, path: &str, accept: &str) -> (String, Vec<u8>) {
        let request = Request::get(path).header(header::ACCEPT, accept).body(Vec::new()).expect("a request");
        let answer = self.cluster.send(request, ANSWER).await;
        let answer = answer.unwrap_or_else(|problem| panic!("{problem}"));
        let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()).expect("a date");
        let date = iso(date).expect("a date that can be read");
        (date, answer.into_body().read_all(256 << 20).await.expect("a body"))
    }

    /// Asks again and again until the answer is yes; fails with what was seen last.
    pub async fn until<S: std::fmt::Debug, F: Future<Output = Result<(), S>>>(
        &self,
        what: &str,
        ask: impl Fn() -> F,
    ) {
        let end = Instant::now() + PATIENCE;
        loop {
            match ask().await {
                Ok(()) => return,
                Err(seen) => assert!(Instant::now() < end, "{what} never came true: {seen:?}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn leave(&self, made: Vec<String>) {
        let wiped = futures::stream::iter(made.iter().rev()).map(|path| self.hands.wipe(path));
        for result in wiped.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            if let Err(error) = result {
                println!("cannot clean up: {error}");
            }
        }
        let own = format!("{NAMESPACES}/{}", self.name);
        let _ = self.hands.delete(&own).await;
        if self.tier == Tier::Api {
            // No controller ends namespaces here.
            let made =
                made.iter().filter(|path| path.rsplit_once('/').is_some_and(|(at, _)| at == NAMESPACES));
            for path in made.chain([&own]) {
                let name = path.rsplit('/').next();
                let end = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name }, "spec": {} });
                let _ = self.hands.call(Method::PUT, &format!("{path}/finalize"), WHOLE, &end).await;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        // A thread of its own: a failing test drops this within the runtime.
        std::thread::scope(|scope| {
            scope.spawn(|| run(self.leave(made)));
        });
    }
}

/// A handle of kdeck's own to the cluster of a kubeconfig.
pub fn connect(kubeconfig: &str) -> Cluster {
    open(Overrides { kubeconfig: Some(kubeconfig.into()), ..Overrides::default() })
}

/// The same as somebody else.
pub fn connect_as(kubeconfig: &str, user: &str) -> Cluster {
    let impersonate = Some(user.to_owned());
    open(Overrides { kubeconfig: Some(kubeconfig.into()), impersonate, ..Overrides::default() })
}

fn open(overrides: Overrides) -> Cluster {
    let configs = load_from(&overrides, &Env::process()).expect("a kubeconfig");
    let id = configs.current(&overrides).expect("a context");
    let cluster = configs.open(&id, &overrides, Options::default()).expect("a cluster");
    cluster.connect();
    cluster
}

/// Five letters that no other run has.
fn random() -> String {
    use std::hash::{BuildHasher, Hasher};
    let mut seed = std::hash::RandomState::new().build_hasher().finish();
    let letters = b"bcdfghjklmnpqrstvwxz2456789";
    let mut next = || {
        let letter = letters[usize::try_from(seed % 27).expect("a small number")];
        seed /= 27;
        char::from(letter)
    };
    (0..5).map(|_| next()).collect()
}

/// `Tue, 24 Nov 2026 18:22:46 GMT` as `2026-11-24T18:22:46Z`.
fn iso(date: &str) -> Option<String> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut words = date.split(' ').skip(1);
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(format!("{year}-{:02}-{day}T{time}Z", MONTHS.find(month)? / 3 + 1))
}

//! A scripted server in memory, and what the tests of this room share.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::*;
use crate::kinds::{KindDef, Projecting, Projector, Tags, meta};
use crate::model::*;
use crate::store::{Bell, Shard, Store};

mod embedded;
mod limits;
mod listing;
mod supervising;
mod watching;

/// One request, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) encoding: String,
}

impl Asked {
    pub(super) fn is_watch(&self) -> bool {
        self.query.contains_key("watch")
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// The test's end of a body: bytes, or how it breaks. Dropping it ends the body in good order.
pub(super) type Feed = mpsc::Sender<Result<Bytes, String>>;

/// A body that a test feeds.
#[derive(Debug)]
pub(super) struct FedBody(mpsc::Receiver<Result<Bytes, String>>);

impl http_body::Body for FedBody {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        self.0.poll_recv(cx).map(|next| next.map(|piece| piece.map(Frame::data)))
    }
}

/// How a scripted server answers.
pub(super) enum Answer {
    /// A whole body.
    Body(String),
    /// A body that stays open; the server keeps its end for the test.
    Open(Vec<String>),
    /// A body that breaks after its bytes.
    Cut(String),
    /// Not 2xx, or no connection.
    Fails(Problem),
    /// Headers never come.
    Hangs,
}

type Handler = Box<dyn FnMut(&Asked) -> Answer + Send>;

struct Inner {
    id: ClusterId,
    facts: ServerFacts,
    handler: Mutex<Handler>,
    asked: Mutex<Vec<Asked>>,
    open: Mutex<Vec<(Asked, Feed)>>,
    /// Namespaces in which the rules allow nothing.
    denied: Mutex<Vec<String>>,
}

/// An API server that answers by a script.
#[derive(Clone)]
pub(super) struct Server(Arc<Inner>);

impl Server {
    pub(super) fn new(handler: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let facts = ServerFacts {
            version: Some((1, 37)),
            round_trip: Some(Duration::from_millis(1)),
            likely_trip: None,
            is_local: true,
        };
        Self::with_facts(facts, handler)
    }

    pub(super) fn with_facts(
        facts: ServerFacts,
        handler: impl FnMut(&Asked) -> Answer + Send + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            id: ClusterId("c".into()),
            facts,
            handler: Mutex::new(Box::new(handler)),
            asked: Mutex::default(),
            open: Mutex::default(),
            denied: Mutex::default(),
        }))
    }

    /// Says of a namespace that the rules allow nothing there, or take that back with an empty list.
    pub(super) fn deny(&self, namespaces: &[&str]) {
        *self.0.denied.lock() = namespaces.iter().map(|name| (*name).to_owned()).collect();
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.0.asked.lock().clone()
    }

    pub(super) fn lists(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| !asked.is_watch()).collect()
    }

    pub(super) fn watches(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(Asked::is_watch).collect()
    }

    /// Sends on the newest open body.
    pub(super) async fn send(&self, text: impl Into<String>) {
        let feed = self.0.open.lock().last().expect("a body is open").1.clone();
        feed.send(Ok(Bytes::from(text.into()))).await.expect("the body is read");
    }

    /// Breaks the newest open body.
    pub(super) async fn cut(&self) {
        let (_, feed) = self.0.open.lock().pop().expect("a body is open");
        feed.send(Err("reset by peer".into())).await.expect("the body is read");
    }

    /// Ends the newest open body in good order.
    pub(super) fn end(&self) {
        self.0.open.lock().pop().expect("a body is open");
    }

    /// Returns whether somebody reads the newest open body.
    pub(super) fn is_read(&self) -> bool {
        self.0.open.lock().last().is_some_and(|(_, feed)| !feed.is_closed())
    }
}

impl Api for Server {
    type Body = FedBody;

    fn id(&self) -> &ClusterId {
        &self.0.id
    }

    fn facts(&self) -> ServerFacts {
        self.0.facts.clone()
    }

    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        header_timeout: Duration,
    ) -> Result<http::Response<FedBody>, Problem> {
        let pair = |pair: &str| pair.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        let encoding = request.headers().get("accept-encoding").and_then(|value| value.to_str().ok());
        let asked = Asked {
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().split('&').filter_map(pair).collect(),
            encoding: encoding.unwrap_or_default().to_owned(),
        };
        self.0.asked.lock().push(asked.clone());
        let answer = (self.0.handler.lock())(&asked);
        let (feed, body) = mpsc::channel(64);
        let put = |text: String| feed.try_send(Ok(Bytes::from(text))).expect("room for the script");
        match answer {
            Answer::Body(text) => put(text),
            Answer::Open(texts) => {
                texts.into_iter().for_each(put);
                self.0.open.lock().push((asked, feed));
            }
            Answer::Cut(text) => {
                put(text);
                feed.try_send(Err("reset by peer".into())).expect("room for the script");
            }
            Answer::Fails(problem) => return Err(problem),
            Answer::Hangs => {
                tokio::time::sleep(header_timeout).await;
                return Err(Problem::new(ProblemKind::Timeout, "no answer"));
            }
        }
        Ok(http::Response::new(FedBody(body)))
    }

    async fn may_list(&self, namespace: &str, _group: &str, _resource: &str) -> Option<bool> {
        self.0.denied.lock().iter().any(|denied| denied == namespace).then_some(false)
    }
}

/// Waiting times a hundred times shorter than the real ones.
pub(super) fn quick() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        header: ms(2000),
        first_byte: ms(100),
        list_idle: ms(5000),
        mark: ms(100),
        watch: ms(60_000),
        watch_slack: ms(10_000),
        batch: ms(2),
        backoff: (ms(10), ms(40)),
        quiet: ms(10_000),
        reconnecting: ms(60),
        stale: ms(1000),
        forbidden: ms(40),
        unauthorized: ms(20),
        tick: ms(5),
        linger: ms(60),
        keep: ms(60),
        metrics: ms(10),
        metrics_absent: ms(20),
    }
}

/// The wall clock of these tests.
pub(super) fn clock() -> Timestamp {
    Timestamp(NOW.load(Ordering::Relaxed))
}

static NOW: AtomicI64 = AtomicI64::new(1000);

/// Waits until it is so, or fails after some seconds.
pub(super) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        let mut look = tokio::time::interval(Duration::from_millis(1));
        while !is_so() {
            look.tick().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), waiting).await.is_ok(), "never happened: {what}");
}

fn project(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    use serde::de::IgnoredAny;
    let object: meta::Object<'_, IgnoredAny, IgnoredAny> = meta::decode(json)?;
    Ok(meta::row(ctx, &object.metadata, Vec::new(), Health::default(), Facts::default()))
}

/// The record of pods, as far as these tests need it.
pub(super) fn pods() -> KindDef {
    KindDef {
        id: KindId::new("", "pods"),
        gvr: Gvr::new("", "v1", "pods"),
        kind: "Pod".into(),
        singular: "pod".into(),
        short_names: Vec::new(),
        categories: Vec::new(),
        scope: Scope::Namespaced,
        verbs: Vec::new(),
        subresources: Vec::new(),
        columns: Vec::new().into(),
        projector: Projector::Builtin(project),
        order: None,
        drill: crate::kinds::Drill::default(),
        tags: Tags::NONE,
    }
}

pub(super) fn all_pods() -> ShardKey {
    ShardKey { cluster: ClusterId("c".into()), kind: KindId::new("", "pods"), scope: WatchScope::All }
}

/// A supervisor that watches all pods of a scripted server.
pub(super) struct Deck {
    pub(super) store: Arc<Store>,
    pub(super) shard: Arc<Shard>,
    pub(super) server: Server,
    pub(super) supervisor: Supervisor<Server>,
}

impl Deck {
    pub(super) fn new(server: Server, timing: Timing) -> Self {
        let deck = Self::idle(server, timing);
        deck.supervisor.want(vec![all_pods()]);
        deck
    }

    pub(super) fn idle(server: Server, timing: Timing) -> Self {
        let store = Arc::new(Store::with_clock(Arc::new(Bell::default()), clock));
        let supervisor = Supervisor::with_timing(store.clone(), clock, timing);
        supervisor.add_cluster(server.clone());
        supervisor.set_kinds(&ClusterId("c".into()), kinds_of(pods()));
        Self { shard: store.shard(&all_pods()), store, server, supervisor }
    }

    /// Returns the names held, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        names(&self.shard)
    }

    pub(super) async fn has(&self, want: &[&str]) {
        until(&format!("rows {want:?}"), || self.names() == want).await;
    }

    pub(super) async fn live(&self) {
        until("live", || self.shard.freshness().is_live()).await;
    }
}

pub(super) fn kinds_of(def: KindDef) -> supervisor::Kinds {
    let def = Arc::new(def);
    Arc::new(move |id| (*id == def.id).then(|| def.clone()))
}

pub(super) fn names(shard: &Shard) -> Vec<String> {
    let crate::store::Delta::Full(rows) = shard.read(None).1 else {
        panic!("a reader without a revision gets all")
    };
    let mut names: Vec<String> = rows.iter().map(|row| row.key.name.to_string()).collect();
    names.sort();
    names
}

/// The text of a pod as lists write it.
pub(super) fn pod(name: &str, version: u32) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"shop","uid":"{name}","resourceVersion":"{version}"}}}}"#
    )
}

pub(super) fn list_of(items: &[String], version: u32) -> String {
    format!(
        r#"{{"kind":"PodList","metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

pub(super) fn list(names: &[&str], version: u32) -> Answer {
    let items: Vec<String> = names.iter().map(|name| pod(name, version)).collect();
    Answer::Body(list_of(&items, version))
}

pub(super) fn event(kind: &str, name: &str, version: u32) -> String {
    format!("{{\"type\":\"{kind}\",\"object\":{}}}\n", pod(name, version))
}

pub(super) fn bookmark(version: u32) -> String {
    format!("{{\"type\":\"BOOKMARK\",\"object\":{{\"metadata\":{{\"resourceVersion\":\"{version}\"}}}}}}\n")
}

pub(super) fn fails(kind: ProblemKind) -> Answer {
    Answer::Fails(Problem::new(kind, "scripted"))
}

/// A body of which nothing ever comes.
pub(super) fn silence() -> Answer {
    Answer::Open(Vec::new())
}

//! The deck on an embedded cluster, in one process: what it asks of the server, and what it makes of the answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kdeck::cluster::Overrides;
use kdeck::commands::{Code, Key, Msg};
use kdeck::config::{Config, Paths, State};
use kdeck::runtime::deck::Outward;
use kdeck::runtime::log::Recent;
use kdeck::runtime::memory::Keep;
use kdeck::runtime::{Deck, Launch, block_on};
use kdeck::sim::{Options, RequestLog, Scenario, Sim, start};
use kdeck::store::Bell;
use serde_json::json;
use tempfile::TempDir;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Bench {
    sim: Sim,
    deck: Deck,
    bell: Arc<Bell>,
    dir: TempDir,
}

impl Bench {
    /// A deck on a world that stands still; `kubeconfig` changes what the file says at first.
    async fn start(line: &str, kubeconfig: impl Fn(String) -> String) -> Self {
        let options = Options { scenario: Scenario::Bare, rate: 0.0, ..Options::default() };
        let sim = start(options).await.expect("an embedded cluster");
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("kubeconfig");
        std::fs::write(&path, kubeconfig(sim.kubeconfig("admin"))).expect("a file");
        let launch = Launch {
            overrides: Overrides { kubeconfig: Some(path), ..Overrides::default() },
            start: Some(line.to_owned()),
            all_namespaces: true,
            wide: false,
            is_text: false,
            namespace: None,
            read_only: None,
            headless: false,
            crumbsless: false,
            keep: Keep::Nothing,
            paths: Paths::under(dir.path()),
            config: Config::default(),
            state: State::default(),
            recent: Recent::default(),
            problems: Vec::new(),
        };
        let mut deck = Deck::new(launch, &|_| None);
        deck.start(120, 40);
        Self { sim, bell: deck.bell(), deck, dir }
    }

    fn key(&mut self, key: Key) -> Vec<Outward> {
        self.deck.take([Msg::Key(key)])
    }

    fn line(&mut self, text: &str) {
        for c in format!(":{text}").chars() {
            self.key(Key::char(c));
        }
        self.key(Key::plain(Code::Enter));
    }

    /// Runs the deck until it is so.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !is_so(self) {
            tokio::select! {
                inbound = self.deck.arrival() => { self.deck.arrived(inbound); }
                () = self.bell.rung() => { self.deck.rung(); }
                () = tokio::time::sleep_until(deadline) => {
                    panic!("never happened: {what}\n{}\n{:#?}", self.deck.print(), self.asked())
                }
            }
        }
    }

    async fn shows(&mut self, text: &str) {
        self.until(text, |bench| bench.deck.print().contains(text)).await;
    }

    fn asked(&self) -> Vec<String> {
        let line = |asked: &RequestLog| format!("{} {}?{}", asked.method, asked.path, asked.query);
        self.sim.requests().iter().map(line).collect()
    }

    fn add_pod(&self, name: &str) {
        let pod = json!({"metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{"name": "c", "image": "busybox"}]}});
        self.sim.store().create("pods", pod).expect("a pod");
    }
}

fn as_it_is(kubeconfig: String) -> String {
    kubeconfig
}

#[test]
fn between_two_changes_the_server_sees_watches_only() {
    block_on(async {
        let mut bench = Bench::start("pods", as_it_is).await;
        bench.add_pod("first");
        bench.shows("first").await;
        bench.line("deploy");
        bench.line("pods");
        bench
            .until("everything is watched and discovered", |bench| {
                let asked = bench.asked();
                let watches = |name: &str| {
                    asked.iter().any(|line| line.contains(&format!("/{name}?")) && line.contains("watch="))
                };
                ["pods", "nodes", "namespaces", "customresourcedefinitions", "deployments"]
                    .into_iter()
                    .all(watches)
                    && ["GET /api?", "GET /apis?"]
                        .into_iter()
                        .all(|discovery| asked.iter().any(|line| line.starts_with(discovery)))
            })
            .await;
        bench.sim.clear_requests();
        for name in ["second", "third"] {
            bench.add_pod(name);
            bench.shows(name).await;
        }
        bench.sim.store().delete("pods", "default", "first").expect("a deletion");
        bench.until("the deletion", |bench| !bench.deck.print().contains("first")).await;
        let others: Vec<String> = bench
            .asked()
            .into_iter()
            .filter(|line| !line.contains("watch=") && !line.contains("/apis/metrics.k8s.io/"))
            .collect();
        assert_eq!(others, [""; 0]);
        Ok(())
    })
    .expect("a run");
}

#[test]
fn a_definition_that_appears_is_a_kind_at_once_and_one_that_goes_says_so() {
    const CRDS: &str = "customresourcedefinitions.apiextensions.k8s.io";
    block_on(async {
        let mut bench = Bench::start("aliases", as_it_is).await;
        bench.shows("customresourcedefinitions").await;
        bench
            .until("CRDs are watched", |bench| {
                bench.asked().iter().any(|line| line.contains("definitions?") && line.contains("watch="))
            })
            .await;
        let definition = json!({
            "metadata": {"name": "boats.sea.io"},
            "spec": {"group": "sea.io", "scope": "Namespaced",
                "names": {"plural": "boats", "singular": "boat", "kind": "Boat", "listKind": "BoatList"},
                "versions": [{"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object"}}}]},
        });
        let began = Instant::now();
        bench.sim.store().create(CRDS, definition).expect("a definition");
        bench.shows("boats").await;
        // A second on an idle machine; test machines are not.
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        bench.line("boats");
        bench.until("its objects", |bench| matches!(bench.deck.loaded(), Ok(true))).await;
        bench.sim.store().delete(CRDS, "", "boats.sea.io").expect("a deletion");
        bench.until("the kind is gone", |bench| bench.deck.loaded().is_err()).await;
        Ok(())
    })
    .expect("a run");
}

#[test]
fn a_kubeconfig_mended_while_running_brings_the_connection() {
    block_on(async {
        let nowhere = |text: String| text.replace("https://127.0.0.1:", "https://127.0.0.1:1/not-");
        let mut bench = Bench::start("contexts", nowhere).await;
        bench.shows("/not-").await;
        bench.add_pod("here");
        let right = bench.sim.kubeconfig("admin");
        std::fs::write(bench.dir.path().join("kubeconfig"), right).expect("a file");
        bench.key(Key::ctrl('r'));
        bench.until("the new address", |bench| bench.deck.print().contains(&bench.sim.url())).await;
        bench.key(Key::plain(Code::Esc));
        bench.shows("here").await;
        Ok(())
    })
    .expect("a run");
}

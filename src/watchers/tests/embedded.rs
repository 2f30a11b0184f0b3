//! The engine, the real client and the embedded server together: a server that takes requests and never answers.

use super::*;
use crate::cluster::{Cluster, Env, Options, Overrides, load_from};
use crate::sim::{self, Fault, FaultScript, Scenario, Sim};
use crate::watchers::strategy::{Lessons, STREAM, WHOLE, wants_gzip};

/// An embedded server that stands still, and a directory for what is learnt of it.
struct World {
    sim: Sim,
    dir: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let options = sim::Options { scenario: Scenario::Bare, rate: 0.0, ..sim::Options::default() };
        let sim = sim::start(options).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("kubeconfig"), sim.kubeconfig("admin")).unwrap();
        Self { sim, dir }
    }

    /// What a start of the program opens.
    fn open(&self) -> Cluster {
        let flags =
            Overrides { kubeconfig: Some(self.dir.path().join("kubeconfig")), ..Overrides::default() };
        let options = Options { cache_dir: Some(self.dir.path().join("cache")), ..Options::default() };
        let configs = load_from(&flags, &Env::of(&[])).unwrap();
        configs.open(&configs.current(&flags).unwrap(), &flags, options).unwrap()
    }

    /// The same, with the connection made: what follows does not wait for it.
    async fn connected(&self) -> Cluster {
        let cluster = self.open();
        cluster.connect();
        until("a version", || Api::facts(&cluster).version.is_some()).await;
        // A connection that was used before tells how long the way is.
        for _ in 0..2 {
            cluster.get_json("/version", Duration::from_secs(10)).await.unwrap();
        }
        assert!(Api::facts(&cluster).round_trip.is_some());
        cluster
    }

    fn add(&self, name: &str) {
        let pod = serde_json::json!({"metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{"name": "c", "image": "busybox"}]}});
        self.sim.store().create("pods", pod).unwrap();
    }

    fn watches(&self) -> usize {
        self.sim.requests().iter().filter(|asked| asked.query.contains("watch=")).count()
    }
}

fn watching(cluster: &Cluster, timing: Timing) -> (Supervisor<Cluster>, Arc<Shard>) {
    let store = Arc::new(Store::with_clock(Arc::new(Bell::default()), clock));
    let supervisor = Supervisor::with_timing(store.clone(), clock, timing);
    supervisor.add_cluster(cluster.clone());
    supervisor.set_kinds(cluster.id(), kinds_of(pods()));
    let key = ShardKey { cluster: cluster.id().clone(), ..all_pods() };
    supervisor.want(vec![key.clone()]);
    (supervisor, store.shard(&key))
}

#[tokio::test]
async fn a_list_without_an_answer_is_got_in_another_way_and_a_later_start_reads_that_from_its_file() {
    let world = World::start().await;
    world.add("a");
    world.sim.set_faults(FaultScript::none().on("/pods?resourceVersion=0", 1, Fault::HalfOpen));
    let cluster = world.connected().await;
    assert!(Api::lessons(&cluster).is_empty());
    let timing = Timing { header: Duration::from_millis(500), mark: Duration::from_secs(10), ..quick() };
    let (supervisor, shard) = watching(&cluster, timing);
    until("live", || shard.freshness().is_live()).await;
    assert_eq!((names(&shard), supervisor.info()[0].strategy), (vec!["a".to_owned()], STREAM.name));

    let learnt = Api::lessons(&world.open());
    let [(failed, at)] = learnt.as_slice() else { panic!("one way failed: {learnt:?}") };
    assert_eq!(*at, clock());
    // On a busy machine the way to this server may have looked long.
    let trip = Duration::from_millis(if failed == WHOLE.name { 1 } else { 100 });
    let facts =
        ServerFacts { version: Some((1, 37)), round_trip: Some(trip), is_local: true, ..Default::default() };
    let plan = Lessons::new(learnt.clone()).plan(&facts, clock());
    assert_eq!((plan[0], plan[2].name), (STREAM, failed.as_str()));
}

#[tokio::test]
async fn a_far_server_behind_a_near_port_is_asked_for_packed_lists_from_the_second_start_on() {
    let world = World::start().await;
    world.sim.set_faults(FaultScript::none().on("/", 1000, Fault::Slow(Duration::from_millis(60))));
    world.connected().await.discover().await.unwrap();
    let again = world.open();
    again.cached_discovery().unwrap();
    let facts = Api::facts(&again);
    assert!(facts.is_local && facts.round_trip.is_none());
    assert!(wants_gzip(&facts), "{facts:?}");
}

#[tokio::test]
async fn a_watch_without_an_answer_is_given_up_and_begun_again_where_it_was() {
    let world = World::start().await;
    world.add("a");
    world.sim.set_faults(FaultScript::none().on("watch=", 1, Fault::HalfOpen));
    let timing = Timing { header: Duration::from_millis(500), first_byte: Duration::from_secs(5), ..quick() };
    let (_supervisor, shard) = watching(&world.connected().await, timing);
    until("the first watch", || world.watches() == 1).await;
    world.add("b");
    until("both pods", || names(&shard) == ["a", "b"]).await;
    let asked = world.sim.requests();
    let lists = asked.iter().filter(|one| one.path.ends_with("/pods") && !one.query.contains("watch="));
    assert_eq!(lists.filter(|one| one.query.contains("resourceVersion=0")).count(), 1, "{asked:#?}");
    until("live again", || shard.freshness().is_live()).await;
}

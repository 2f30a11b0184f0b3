//! Pods in every state that `kubectl get pods` has a word for, really run where that is how they come.

use std::collections::BTreeSet;

use kdeck::kinds::registry;

use crate::objects;
use crate::oracle::{self, Table};
use crate::place::{Place, Tier, run};

/// What pods that really run come to be called, at one time or another.
const REAL: &[(&str, &[&str])] = &[
    ("real-running", &["Running"]),
    ("real-sidecar", &["Running"]),
    ("real-sidecar-unready", &["Running"]),
    ("real-unready", &["Running"]),
    ("real-gate", &["Running"]),
    ("real-completed", &["Completed"]),
    ("real-error", &["Error"]),
    ("real-oom", &["OOMKilled"]),
    ("real-crashloop", &["CrashLoopBackOff"]),
    ("real-init-running", &["Init:0/2"]),
    ("real-init-error", &["Init:Error"]),
    ("real-init-crashloop", &["Init:CrashLoopBackOff"]),
    ("real-image", &["ErrImagePull", "ImagePullBackOff"]),
    ("real-image-name", &["InvalidImageName"]),
    ("real-config", &["CreateContainerConfigError"]),
    ("real-volume", &["ContainerCreating"]),
    ("real-gated", &["SchedulingGated"]),
    ("real-too-big", &["Pending"]),
    ("real-terminating", &["Terminating"]),
];

/// Words that must come up on any cluster, by status writes where nothing else brings them.
const WORDS: &[&str] = &[
    "Pending",
    "ContainerCreating",
    "PodInitializing",
    "Init:0/2",
    "Init:1/2",
    "Init:Error",
    "Init:CrashLoopBackOff",
    "Init:ImagePullBackOff",
    "Init:Signal:9",
    "Init:ExitCode:3",
    "Running",
    "Completed",
    "NotReady",
    "Error",
    "OOMKilled",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "Terminating",
    "Evicted",
    "Unknown",
    "SchedulingGated",
    "Signal:9",
    "ExitCode:3",
];

#[test]
fn every_state_of_a_pod_is_called_as_the_server_calls_it() {
    let Some(mut place) = Place::open() else { return };
    run(async {
        let needed =
            |object: &serde_json::Value| object["kind"] == "Pod" || object["kind"] == "ServiceAccount";
        let mut pods: Vec<_> = objects::read("", &place).into_iter().filter(needed).collect();
        if place.is_ours {
            // Pods of a node that does not exist are cleared away after a while.
            pods.extend(objects::read("own", &place).into_iter().filter(|object| object["kind"] == "Node"));
        }
        objects::fill(&mut place, pods).await;
        let mut words = BTreeSet::new();
        let mut seen = look(&place, &mut words).await;
        if place.tier == Tier::Node {
            let real = objects::read("real", &place);
            objects::fill(&mut place, real).await;
            seen += really(&place, &mut words).await;
        } else {
            println!("left out: pods that really run, as there is no node to run them");
        }
        println!("summary: {} states of pods, compared in {seen} rows: {words:?}", words.len());
        let missing: Vec<_> = WORDS.iter().filter(|word| !words.contains(**word)).collect();
        assert!(missing.is_empty(), "no pod is {missing:?}; there are {words:?}");
        assert!(words.len() >= 25, "{words:?}");
    });
}

/// Watches the running pods until each had its word; every picture on the way must be right.
async fn really(place: &Place, words: &mut BTreeSet<String>) -> usize {
    let mut rows = 0;
    let mut open: Vec<(&str, BTreeSet<&str>)> =
        REAL.iter().map(|(pod, wanted)| (*pod, wanted.iter().copied().collect())).collect();
    let end = tokio::time::Instant::now() + crate::place::PATIENCE;
    while !open.is_empty() {
        assert!(tokio::time::Instant::now() < end, "these never came: {open:?}");
        let table = pods(place).await;
        rows += check(&table, words);
        for (name, status) in statuses(&table) {
            for (pod, wanted) in &mut open {
                if *pod == name {
                    wanted.remove(status.as_str());
                }
            }
        }
        open.retain(|(_, wanted)| !wanted.is_empty());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    rows
}

async fn look(place: &Place, words: &mut BTreeSet<String>) -> usize {
    check(&pods(place).await, words)
}

async fn pods(place: &Place) -> Table {
    place.table(&place.collection("v1", "pods")).await
}

/// Compares all rows; notes the words.
fn check(table: &Table, words: &mut BTreeSet<String>) -> usize {
    let def = registry::find("", "pods").expect("a record").def();
    let counts = oracle::compare(&def, table).unwrap_or_else(|differences| panic!("{differences}"));
    words.extend(statuses(table).map(|(_, status)| status));
    counts.rows
}

/// Name and STATUS of each row.
fn statuses(table: &Table) -> impl Iterator<Item = (String, String)> {
    let at = table.columns.iter().position(|column| column.name == "Status").expect("a column");
    table.rows.iter().map(move |row| (oracle::text(&row.cells[0]), oracle::text(&row.cells[at])))
}

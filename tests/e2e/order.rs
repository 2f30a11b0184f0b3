//! Orders and selections of a table are kubectl's.
//!
//! One difference is intended: kubectl compares texts letter by letter, kdeck counts the numbers within them, so
//! that `web-2` stands before `web-10`. Numbers within the texts of this test have the same width.

use serde_json::json;

use crate::hands::kubectl;
use crate::objects;
use crate::place::{Place, run};
use crate::world::{World, kdeck};

/// kdeck's sorted column, and what kubectl sorts by.
const SORTS: &[(&str, &str)] = &[
    ("NAME", "{.metadata.name}"),
    ("RESTARTS", "{.status.containerStatuses[0].restartCount}"),
    ("NODE", "{.spec.nodeName}"),
    ("IP", "{.status.podIP}"),
];

/// What is typed into kdeck, and kubectl's selector.
const SELECTIONS: &[(&str, &str)] = &[
    ("-l app=web", "--selector=app=web"),
    ("-l app!=web", "--selector=app!=web"),
    ("-l tier", "--selector=tier"),
    ("-l !tier", "--selector=!tier"),
    ("-l 'app in (web,db)'", "--selector=app in (web,db)"),
    ("-l 'app notin (web),tier=front'", "--selector=app notin (web),tier=front"),
    ("node=node-b", "--field-selector=spec.nodeName=node-b"),
    ("status=Running", "--field-selector=status.phase=Running"),
    ("name=p-30", "--field-selector=metadata.name=p-30"),
];

#[test]
fn orders_and_selections_are_kubectls() {
    let Some(place) = Place::open() else { return };
    run(pods(&place));
    for (column, path) in SORTS {
        let state = format!("tables:\n  pods:\n    sort: {{column: {column}}}\n");
        assert_eq!(
            ours(&place, "", &state),
            theirs(&place, &[&format!("--sort-by={path}")]),
            "sorted by {column}"
        );
    }
    let mut found = 0;
    for (typed, selector) in SELECTIONS {
        let names = ours(&place, typed, "");
        found += names.len();
        assert_eq!(names, theirs(&place, &[selector, "--sort-by={.metadata.name}"]), "{typed}");
    }
    println!("summary: {} orders and {} selections, {found} names selected", SORTS.len(), SELECTIONS.len());
    assert!(found > 20);
}

/// Pods whose names, labels, nodes, addresses and restarts stand in different orders.
async fn pods(place: &Place) {
    let collection = place.collection("v1", "pods");
    for index in 0..12 {
        let app = ["web", "db", "cache"][index % 3];
        let name = format!("p-{}", 20 + (index * 5) % 12);
        let mut labels = json!({ "app": app });
        if index % 4 == 0 {
            labels["tier"] = json!("front");
        }
        let pod = json!({ "metadata": { "name": name.clone(), "labels": labels }, "spec": {
            "nodeName": (["node-b", "node-a", "node-c"][(index / 2) % 3]),
            "containers": [{ "name": "c", "image": objects::image() }],
        } });
        place.make(&collection, &pod).await.expect("a pod");
        let is_running = index % 5 != 0;
        let ip = format!("10.0.0.{}", (index * 7) % 12 + 11);
        let status = json!({ "status": {
            "phase": if is_running { "Running" } else { "Pending" },
            "podIP": ip,
            "podIPs": [{ "ip": ip }],
            "containerStatuses": [{ "name": "c", "image": "i", "imageID": "", "ready": is_running,
                "restartCount": (index * 5) % 12, "state": { "running": {} } }],
        } });
        place.hands.merge(&format!("{collection}/{name}/status"), &status).await.expect("a status");
    }
}

/// The names of kdeck's table.
fn ours(place: &Place, typed: &str, state: &str) -> Vec<String> {
    let world = World::new().with("KUBECONFIG", &place.kubeconfig);
    if !state.is_empty() {
        world.file("kdeck/state.yaml", state);
    }
    let line = format!("pods {} {typed}", place.name);
    let output =
        world.command(kdeck()).args(["--once", "-o", "wide", "-c", line.trim()]).output().expect("kdeck");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{typed}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("p-")))
        .map(str::to_owned)
        .collect()
}

/// The names that kubectl prints.
fn theirs(place: &Place, args: &[&str]) -> Vec<String> {
    let mut command = kubectl(&place.kubeconfig);
    let output = command
        .args(["get", "pods", "--no-headers", "-n", &place.name])
        .args(args)
        .output()
        .expect("kubectl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

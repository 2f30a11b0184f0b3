//! Renews the recorded answers of `tests/fixtures/kinds`, from the objects of [`crate::objects`].
//!
//! `KDECK_E2E_RECORD` names the folder to write to. A file is left as it is when nothing but times, identities and
//! addresses would change, so that a new recording shows what is new.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kdeck::kinds::{KindDef, registry};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::objects;
use crate::oracle::{self, Table};
use crate::place::{Place, Tier, run};

/// Kinds whose objects come from controllers and nodes, or are the server's alone.
const NOT_RECORDED: &[(&str, &str)] = &[
    ("clustertrustbundles", "the signers' bundles come from a controller"),
    ("componentstatuses", "they tell of the machine"),
    ("controllerrevisions", "a controller makes them"),
    ("csinodes", "a kubelet makes them"),
    ("ipaddresses", "the server makes them, with random names"),
    ("leases", "the servers' own are part of it"),
    ("nodes.metrics.k8s.io", "metrics-server makes them"),
    ("pods.metrics.k8s.io", "metrics-server makes them"),
];

/// The server's own objects that are recorded too.
const KEPT: &[(&str, &[&str])] = &[
    ("apiservices", &["v1.", "v1.admissionregistration.k8s.io", "v1.apiextensions.k8s.io", "v2.autoscaling"]),
    ("flowschemas", &["catch-all", "exempt", "global-default", "probes", "service-accounts"]),
    ("namespaces", &["default", "kube-node-lease", "kube-public", "kube-system"]),
    ("priorityclasses", &["system-cluster-critical", "system-node-critical"]),
    (
        "prioritylevelconfigurations",
        &["catch-all", "exempt", "global-default", "system", "workload-high", "workload-low"],
    ),
    ("servicecidrs", &["kubernetes"]),
];

/// What the namespace is called in the recordings.
const NAMESPACE: &str = "shop";

#[test]
#[ignore = "writes files: KDECK_E2E_RECORD names where"]
fn record() {
    let Ok(folder) = std::env::var("KDECK_E2E_RECORD") else {
        println!("left out: KDECK_E2E_RECORD names no folder");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Some(mut place) = Place::open() else { return };
    assert!(
        place.is_ours && place.tier == Tier::Api,
        "controllers would change what is recorded: use the api tier"
    );
    run(async {
        let mut all = objects::read("", &place);
        all.extend(objects::read("own", &place));
        all.extend(objects::read("examples", &place));
        objects::fill(&mut place, all).await;
        let catalog = place.catalog().await;
        let (mut written, mut same) = (Vec::new(), 0);
        for def in catalog.all().iter().filter(|def| def.is_listable()) {
            let name = file_name(def);
            if NOT_RECORDED.iter().any(|(plural, _)| *plural == name) {
                continue;
            }
            let recorded = one(&place, def, &name).await;
            let path = folder.join(format!("{name}.json"));
            if masked(&path).as_deref() == Some(&mask(&recorded)) {
                same += 1;
            } else {
                std::fs::write(&path, recorded).expect("a file");
                written.push(name);
            }
        }
        println!("{same} recordings say the same as before; written: {}", written.join(" "));
    });
}

/// Plurals that two groups use carry their group.
fn file_name(def: &KindDef) -> String {
    let is_built_in = registry::find(&def.gvr.group, &def.gvr.resource).is_some();
    let doubles = ["events.k8s.io", "metrics.k8s.io"];
    if is_built_in && doubles.contains(&&*def.gvr.group) {
        def.id.to_string()
    } else {
        def.gvr.resource.to_string()
    }
}

/// The recording of a kind: our objects by name, then those of the server that are kept.
async fn one(place: &Place, def: &KindDef, name: &str) -> String {
    let table = place.table(&def.gvr.path(Some(&place.name)).replace(&scope(def, place), "")).await;
    oracle::compare(def, &table).unwrap_or_else(|differences| panic!("{differences}"));
    let kept = KEPT.iter().find(|(plural, _)| *plural == name).map_or(&[][..], |(_, names)| names);
    let mut rows: Vec<(String, Value)> = rows(&table, place, kept);
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!rows.is_empty(), "no object of {name}");
    let columns: Vec<Value> =
        table.columns.iter().map(|c| json!({ "name": c.name, "priority": c.priority })).collect();
    let rows = rows.iter().map(|(_, row)| row.to_string()).collect::<Vec<_>>().join(",\n");
    let columns = Value::from(columns);
    let text = format!("{{\"now\":{:?},\n\"columns\":{columns},\n\"rows\":[\n{rows}\n]}}\n", table.now);
    named(&text, place)
}

/// What of a path names the namespace of a kind that has none.
fn scope(def: &KindDef, place: &Place) -> String {
    match def.scope {
        kdeck::model::Scope::Namespaced => "\0".to_owned(),
        kdeck::model::Scope::Cluster => format!("/namespaces/{}", place.name),
    }
}

fn rows(table: &Table, place: &Place, kept: &[&str]) -> Vec<(String, Value)> {
    let rows = table.rows.iter().map(|row| {
        let object: Value = serde_json::from_str(row.object.get()).expect("JSON");
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        (name, json!({ "cells": row.cells, "object": object }))
    });
    let is_ours = |object: &Value| {
        let meta = &object["object"]["metadata"];
        let name = meta["name"].as_str().unwrap_or_default();
        // The account is the place's, not the recording's.
        let is_place = name == "default" && object["object"]["kind"] == "ServiceAccount";
        // The server has something to say of what it is given, now and then: under the object's name and a number.
        let is_servers = object["object"]["kind"] == "Event"
            && name.rsplit_once('.').is_some_and(|(_, end)| u64::from_str_radix(end, 16).is_ok());
        !is_place && !is_servers && (meta["namespace"] == *place.name || name.contains(&place.name))
    };
    rows.filter(|(name, row)| is_ours(row) || kept.contains(&name.as_str())).collect()
}

/// Names as they would be without a place: no prefix, the same namespace each time.
fn named(text: &str, place: &Place) -> String {
    let name = &place.name;
    text.replace(&format!("{name}-"), "").replace(&format!("{name}."), "").replace(name, NAMESPACE)
}

fn masked(path: &Path) -> Option<String> {
    Some(mask(&std::fs::read_to_string(path).ok()?))
}

/// The content without what is different each time.
fn mask(text: &str) -> String {
    static VARIES: LazyLock<Regex> = LazyLock::new(|| {
        let patterns = [
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            r"\b10\.96\.\d+\.\d+\b",
            r"\bkube-api-access-[a-z0-9]{5}\b",
            r"X509SHA256=[0-9a-f]+",
        ];
        Regex::new(&patterns.join("|")).expect("a pattern")
    });
    static AGE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(\d+[ydhms])+$|\b(\d+[ydhms])+ ago\b").expect("a pattern"));
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    strip(&mut value);
    for row in value["rows"].as_array_mut().into_iter().flatten() {
        for cell in row["cells"].as_array_mut().into_iter().flatten() {
            if let Value::String(text) = cell {
                *text = AGE.replace_all(text, "~").into_owned();
            }
        }
    }
    VARIES.replace_all(&value.to_string(), "~").into_owned()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for name in ["managedFields", "resourceVersion", "uid"] {
                Map::remove(map, name);
            }
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

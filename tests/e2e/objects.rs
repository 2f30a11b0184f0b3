//! Objects in many states, from `objects/*.yaml`, put into a server with the status they say.
//!
//! In the files `$NS` is the namespace, `$RUN` the prefix of cluster-scoped names, `$IMAGE` an image with a shell,
//! `now-75s` a time. `metadata.deletionTimestamp` means: delete it once it stands.
//! `objects/own/` holds what others on the same cluster would feel: fake nodes, default classes, policies.

use std::collections::HashMap;
use std::path::PathBuf;

use futures::StreamExt;
use http::Method;
use kdeck::model::Timestamp;
use serde_json::{Value, json};

use crate::hands::{MERGE, WHOLE};
use crate::place::{AT_ONCE, Place, Tier};

/// Kinds that others need, and kinds that change others; all else lies between.
const FIRST: &[&str] =
    &["CustomResourceDefinition", "ServiceAccount", "PriorityClass", "RuntimeClass", "Node"];
const LAST: &[&str] = &["ResourceQuota", "LimitRange", "StorageClass"];

/// What of the objects stands in the server.
#[derive(Default)]
pub struct Filled {
    /// Objects made, by kind.
    pub made: HashMap<String, usize>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Reads all objects of a folder (`""` or `own`) for a place.
pub fn read(folder: &str, place: &Place) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/objects").join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    files.iter().flat_map(|path| parse(&std::fs::read_to_string(path).expect("a file"), place)).collect()
}

/// An image with a shell that the cluster's nodes have or can get.
pub fn image() -> String {
    std::env::var("KDECK_E2E_IMAGE").unwrap_or_else(|_| "localhost/busybox:1".to_owned())
}

/// Reads the documents of one text.
pub fn parse(text: &str, place: &Place) -> Vec<Value> {
    let text = text.replace("$NS", &place.name).replace("$RUN", &place.name).replace("$IMAGE", &image());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970");
    let now = i64::try_from(now.as_secs()).expect("a time");
    let documents = text
        .split("\n---\n")
        .map(|text| text.trim_start_matches("---\n"))
        .filter(|text| !text.trim().is_empty());
    documents
        .map(|text| {
            let mut value: Value =
                serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            date(&mut value, now);
            value
        })
        .collect()
}

/// Turns `now-75s` into a time, and `now-75.000000s` into one with microseconds.
fn date(value: &mut Value, now: i64) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| date(value, now)),
        Value::Array(list) => list.iter_mut().for_each(|value| date(value, now)),
        Value::String(text) => {
            let Some(seconds) = text.strip_prefix("now").and_then(|rest| rest.strip_suffix('s')) else {
                return;
            };
            let (seconds, fine) =
                seconds.strip_suffix(".000000").map_or((seconds, ""), |whole| (whole, ".000000"));
            let Ok(seconds) = seconds.parse::<i64>() else { return };
            let time = Timestamp(now + seconds).rfc3339();
            *text = time.replace('Z', &format!("{fine}Z"));
        }
        _ => {}
    }
}

/// Puts objects into the server: those that others need first.
pub async fn fill(place: &mut Place, objects: Vec<Value>) -> Filled {
    let mut filled = Filled::default();
    let rank = |object: &Value| {
        let kind = object["kind"].as_str().unwrap_or_default();
        if FIRST.contains(&kind) { 0 } else { 1 + usize::from(LAST.contains(&kind)) }
    };
    let mut stages: [Vec<Value>; 3] = Default::default();
    for object in objects {
        stages[rank(&object)].push(object);
    }
    for (stage, objects) in stages.into_iter().enumerate() {
        let made: Vec<_> = {
            let collections = place.collections();
            let (here, collections) = (&*place, &collections);
            let puts = objects.iter().map(|object| put(here, collections, object));
            futures::stream::iter(puts).buffer_unordered(AT_ONCE).collect().await
        };
        let mut refused = Vec::new();
        for result in made {
            match result {
                Ok(kind) => *filled.made.entry(kind).or_default() += 1,
                Err(Refused::NotServed(kind)) => filled.left_out.push(format!("{kind} is not served here")),
                Err(Refused::Wrong(error)) => refused.push(error),
            }
        }
        assert!(refused.is_empty(), "the server refuses objects:\n{}", refused.join("\n"));
        if stage == 0 {
            established(place, objects.iter().filter(|object| object["kind"] == "CustomResourceDefinition"))
                .await;
        }
    }
    filled.left_out.sort();
    filled.left_out.dedup();
    filled
}

/// Waits until discovery knows the custom resources.
async fn established(place: &mut Place, crds: impl Iterator<Item = &Value>) {
    let wanted: Vec<(String, String)> = crds
        .map(|crd| {
            let text = |path| crd.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            (text("/spec/group"), text("/spec/names/plural"))
        })
        .collect();
    if wanted.is_empty() {
        return;
    }
    let here = &*place;
    here.until("every custom resource is served", || async {
        let found = here.cluster.discover().await.map_err(|problem| problem.to_string())?;
        let has = |(group, plural): &(String, String)| {
            found.resources.iter().any(|r| &*r.gvr.group == group && &*r.gvr.resource == plural)
        };
        if wanted.iter().all(has) { Ok(()) } else { Err("still missing".to_owned()) }
    })
    .await;
    place.discovery = place.cluster.discover().await.expect("discovery");
}

enum Refused {
    NotServed(String),
    Wrong(String),
}

/// Makes one object, gives it its status and deletes it where it says so. Returns its kind.
async fn put(
    place: &Place,
    collections: &HashMap<(String, String), String>,
    object: &Value,
) -> Result<String, Refused> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let Some(collection) = collections.get(&(version.clone(), kind.clone())) else {
        return Err(Refused::NotServed(format!("{kind} of {version}")));
    };
    let mut bare = object.clone();
    let status =
        bare.as_object_mut().and_then(|map| map.remove("status")).filter(|status| *status != json!({}));
    let meta = bare["metadata"].as_object_mut().expect("metadata");
    let is_leaving = meta.remove("deletionTimestamp").is_some();
    let ephemeral = bare
        .pointer_mut("/spec")
        .and_then(Value::as_object_mut)
        .and_then(|spec| spec.remove("ephemeralContainers"));
    let path = format!("{collection}/{name}");
    let result = async {
        place.make(collection, &bare).await?;
        if kind == "Node" {
            // The server taints every new node.
            let taints = json!({ "spec": { "taints": object["spec"]["taints"] } });
            place.hands.merge(&path, &taints).await?;
        }
        if let Some(list) = ephemeral {
            let patch = json!({ "spec": { "ephemeralContainers": list } });
            place
                .hands
                .call(
                    Method::PATCH,
                    &format!("{path}/ephemeralcontainers"),
                    "application/strategic-merge-patch+json",
                    &patch,
                )
                .await?;
        }
        if let Some(mut status) = status {
            if kind == "CertificateSigningRequest"
                && let Some(conditions) = status.get("conditions").cloned()
            {
                let mut whole = place.get(&path).await;
                whole["status"] = json!({ "conditions": conditions });
                place.hands.call(Method::PUT, &format!("{path}/approval"), WHOLE, &whole).await?;
                let status = status.as_object_mut().expect("a status");
                status.remove("conditions");
                if place.tier == Tier::Node {
                    // A controller signs what is approved.
                    status.remove("certificate");
                }
            }
            // A kind without the sub-resource keeps its status as made.
            place
                .hands
                .call(Method::PATCH, &format!("{path}/status"), MERGE, &json!({ "status": status }))
                .await?;
        }
        if is_leaving {
            place.hands.delete(&path).await?;
        }
        Ok(kind)
    };
    result.await.map_err(Refused::Wrong)
}

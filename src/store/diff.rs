//! Field-level difference of two versions of an object, with the noise left out.
//!
//! Works on two transient JSON trees of what differs; nothing of them is kept. Lists of named things are compared by
//! name, so that an inserted container is one change and not a shift of all that follow.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::HistoryEntry;
use crate::model::{Text, Timestamp};

/// Values are clipped to this many bytes.
const CLIP: usize = 160;
/// So deep members are compared as text before trees are made: most of a pod is its spec, which stays.
const TEXT_LEVELS: usize = 2;
/// More changes than this in one step are summed up.
const CHANGES: usize = 24;

/// Paths that change without meaning; `*` stands for one step.
const NOISE: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata", "resourceVersion"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
    &["metadata", "annotations", "control-plane.alpha.kubernetes.io/leader"],
    &["status", "observedGeneration"],
    &["status", "conditions", "*", "observedGeneration"],
    &["status", "conditions", "*", "lastHeartbeatTime"],
    &["status", "conditions", "*", "lastProbeTime"],
    &["status", "conditions", "*", "lastTransitionTime"],
    &["status", "conditions", "*", "lastUpdateTime"],
    &["spec", "renewTime"],
];

/// Kinds of which every change is noise.
const SILENT_KINDS: &[&str] = &["leases.coordination.k8s.io"];

/// More noise of single kinds.
const NOISE_OF_KINDS: &[(&str, &[&[&str]])] =
    &[("events", EVENT_NOISE), ("events.events.k8s.io", EVENT_NOISE), ("nodes", &[&["status", "images"]])];

const EVENT_NOISE: &[&[&str]] =
    &[&["count"], &["lastTimestamp"], &["series"], &["deprecatedCount"], &["deprecatedLastTimestamp"]];

/// Members by which the elements of a list are told apart, in the order of trial.
const IDENTITIES: &[&str] = &["name", "type", "containerPort", "port", "ip", "key", "mountPath", "uid"];

/// Returns whether changes of the kind are worth comparing at all.
pub(crate) fn is_silent(kind: &str) -> bool {
    SILENT_KINDS.contains(&kind)
}

/// Returns whether the birth of an object of the kind is worth an entry: events are a time line themselves.
pub(crate) fn notes_creation(kind: &str) -> bool {
    !is_silent(kind) && !NOISE_OF_KINDS.iter().any(|(name, noise)| *name == kind && *noise == EVENT_NOISE)
}

/// Returns what differs between two texts of one object; nothing when one of them is not JSON.
pub(crate) fn diff(kind: &str, old: &[u8], new: &[u8], at: Timestamp) -> Vec<HistoryEntry> {
    let raw = |text| serde_json::from_slice::<&RawValue>(text);
    let Some((old, new)) = raw(old).and_then(|old| differing(old, raw(new)?, TEXT_LEVELS)).ok() else {
        return Vec::new();
    };
    let extra = NOISE_OF_KINDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, noise)| noise);
    let mut walk = Walk { at, extra, path: Vec::new(), found: Vec::new(), more: 0 };
    walk.value(Some(&old), Some(&new));
    if walk.more > 0 {
        let more = format!("{} more fields", walk.more);
        walk.found.push(HistoryEntry { at, path: "…".into(), old: None, new: Some(more.into()) });
    }
    walk.found
}

/// Returns both as trees, without most of what is the same in them.
fn differing(old: &RawValue, new: &RawValue, levels: usize) -> serde_json::Result<(Value, Value)> {
    let is_object = |raw: &RawValue| raw.get().starts_with('{');
    if levels == 0 || !is_object(old) || !is_object(new) {
        return Ok((serde_json::from_str(old.get())?, serde_json::from_str(new.get())?));
    }
    let mut old: BTreeMap<String, &RawValue> = serde_json::from_str(old.get())?;
    let mut new: BTreeMap<String, &RawValue> = serde_json::from_str(new.get())?;
    old.retain(|name, before| match new.get(name) {
        Some(after) if before.get() == after.get() => {
            new.remove(name);
            false
        }
        _ => true,
    });
    let (mut before, mut after) = (Map::new(), Map::new());
    for (name, old) in old {
        if let Some(new) = new.remove(&name) {
            let (old, new) = differing(old, new, levels - 1)?;
            before.insert(name.clone(), old);
            after.insert(name, new);
        } else {
            before.insert(name, serde_json::from_str(old.get())?);
        }
    }
    for (name, new) in new {
        after.insert(name, serde_json::from_str(new.get())?);
    }
    Ok((before.into(), after.into()))
}

struct Walk<'a> {
    at: Timestamp,
    extra: &'a [&'a [&'a str]],
    path: Vec<&'a str>,
    found: Vec<HistoryEntry>,
    more: usize,
}

impl<'a> Walk<'a> {
    fn value(&mut self, old: Option<&'a Value>, new: Option<&'a Value>) {
        if old == new || self.is_noise() {
            return;
        }
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => self.objects(old, new),
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.arrays(old, new),
            _ => self.report(old, new),
        }
    }

    fn step(&mut self, name: &'a str, old: Option<&'a Value>, new: Option<&'a Value>) {
        self.path.push(name);
        self.value(old, new);
        self.path.pop();
    }

    fn objects(&mut self, old: &'a Map<String, Value>, new: &'a Map<String, Value>) {
        for (name, value) in old {
            self.step(name, Some(value), new.get(name));
        }
        for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            self.step(name, None, Some(value));
        }
    }

    fn arrays(&mut self, old: &'a [Value], new: &'a [Value]) {
        let Some(identity) = IDENTITIES.iter().find(|name| tells_apart(name, old) && tells_apart(name, new))
        else {
            return self.report_lists(old, new);
        };
        let find = |list: &'a [Value], id: &Value| list.iter().find(|item| item.get(identity) == Some(id));
        for item in old {
            if let Some(id) = item.get(identity) {
                self.step(id.as_str().unwrap_or("#"), Some(item), find(new, id));
            }
        }
        for item in new {
            if let Some(id) = item.get(identity).filter(|id| find(old, id).is_none()) {
                self.step(id.as_str().unwrap_or("#"), None, Some(item));
            }
        }
    }

    fn report_lists(&mut self, old: &[Value], new: &[Value]) {
        let text = |list: &[Value]| Some(shown(&Value::Array(list.to_vec())));
        self.push(text(old), text(new));
    }

    fn report(&mut self, old: Option<&Value>, new: Option<&Value>) {
        self.push(old.map(shown), new.map(shown));
    }

    fn push(&mut self, old: Option<Text>, new: Option<Text>) {
        if self.found.len() == CHANGES {
            self.more += 1;
            return;
        }
        self.found.push(HistoryEntry { at: self.at, path: self.path.join(".").into(), old, new });
    }

    fn is_noise(&self) -> bool {
        NOISE.iter().chain(self.extra).any(|pattern| {
            pattern.len() == self.path.len()
                && pattern.iter().zip(&self.path).all(|(want, step)| *want == "*" || want == step)
        })
    }
}

/// Returns whether every element has the member, with a value that no other one has.
fn tells_apart(name: &str, list: &[Value]) -> bool {
    list.iter().enumerate().all(|(i, item)| {
        item.get(name).is_some_and(|id| list.iter().take(i).all(|other| other.get(name) != Some(id)))
    })
}

fn shown(value: &Value) -> Text {
    let mut text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.len() > CLIP {
        let cut = (0..=CLIP).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(kind: &str, old: &str, new: &str) -> Vec<String> {
        diff(kind, old.as_bytes(), new.as_bytes(), Timestamp(7))
            .into_iter()
            .map(|entry| {
                let word = |text: Option<Text>| text.map_or_else(|| "-".to_owned(), |text| text.to_string());
                format!("{}: {} > {}", entry.path, word(entry.old), word(entry.new))
            })
            .collect()
    }

    #[test]
    fn a_field_change_has_its_path_and_both_values() {
        let found = lines(
            "deployments.apps",
            r#"{"metadata":{"name":"a","labels":{"x":"1"}},"spec":{"replicas":2,"paused":true}}"#,
            r#"{"metadata":{"name":"a","labels":{"x":"1","y":"2"}},"spec":{"replicas":3}}"#,
        );
        assert_eq!(found, ["metadata.labels.y: - > 2", "spec.paused: true > -", "spec.replicas: 2 > 3"]);
    }

    #[test]
    fn what_is_the_same_is_left_out_of_the_trees() {
        let raw = |text| serde_json::from_str::<&RawValue>(text).unwrap();
        let old = raw(r#"{"a":{"b":{"c":1},"d":2,"e":[1]},"f":{"g":1},"h":1}"#);
        let new = raw(r#"{"f":{"g":1},"a":{"d":3,"b":{"c":1}},"i":{"j":1}}"#);
        let (old, new) = differing(old, new, TEXT_LEVELS).unwrap();
        assert_eq!(old, serde_json::json!({"a": {"d": 2, "e": [1]}, "h": 1}));
        assert_eq!(new, serde_json::json!({"a": {"d": 3}, "i": {"j": 1}}));
        assert_eq!(lines("pods", "[1]", "{}"), [": [1] > {}"]);
        assert_eq!(lines("pods", "{", "{}"), [""; 0]);
    }

    #[test]
    fn lists_of_named_things_are_compared_by_name() {
        let found = lines(
            "pods",
            r#"{"spec":{"containers":[{"name":"app","image":"a:1"},{"name":"log","image":"l:1"}],"args":["x"]}}"#,
            r#"{"spec":{"containers":[{"name":"new","image":"n"},{"name":"app","image":"a:2"},{"name":"log","image":"l:1"}],"args":["x","y"]}}"#,
        );
        assert_eq!(
            found,
            [
                r#"spec.args: ["x"] > ["x","y"]"#,
                "spec.containers.app.image: a:1 > a:2",
                r#"spec.containers.new: - > {"image":"n","name":"new"}"#,
            ]
        );
    }

    #[test]
    fn heartbeats_and_counters_are_not_changes() {
        for (kind, old, new) in [
            (
                "pods",
                r#"{"metadata":{"resourceVersion":"1"}}"#,
                r#"{"kind":"Pod","metadata":{"resourceVersion":"2"}}"#,
            ),
            (
                "nodes",
                r#"{"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"a"}]}}"#,
                r#"{"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"b"}]}}"#,
            ),
            ("events", r#"{"count":1,"lastTimestamp":"a"}"#, r#"{"count":2,"lastTimestamp":"b"}"#),
        ] {
            assert_eq!(lines(kind, old, new), Vec::<String>::new(), "{kind}");
        }
        assert_eq!(lines("pods", r#"{"count":1}"#, r#"{"count":2}"#), ["count: 1 > 2"]);
        assert!(is_silent("leases.coordination.k8s.io") && !is_silent("pods"));
    }

    #[test]
    fn long_values_and_long_lists_of_changes_are_clipped() {
        let found = lines("configmaps", "{}", &format!(r#"{{"data":"{}"}}"#, "é".repeat(500)));
        assert!(found[0].len() < 200 && found[0].ends_with('…'), "{found:?}");
        let many: Vec<String> = (0..40).map(|i| format!(r#""k{i}":1"#)).collect();
        let found = lines("configmaps", "{}", &format!("{{{}}}", many.join(",")));
        assert_eq!(found.len(), 25);
        assert_eq!(found.last().unwrap(), "…: - > 16 more fields");
    }
}

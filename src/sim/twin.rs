//! Events, which two API groups serve: the same objects, some fields under other names.
//!
//! Owns the names and the renaming in both directions. The store knows the core group's form only.

use serde_json::Value;

/// The kind as which events are stored.
pub(crate) const STORED: &str = "events";

/// Fields as stored, and as `events.k8s.io` calls them.
const NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// Tells whether a resource is the other form of events.
pub(crate) fn is(group: &str, resource: &str) -> bool {
    group == "events.k8s.io" && resource == "events"
}

/// Turns a stored event into the newer form.
pub(crate) fn told(mut event: Value) -> Value {
    for (stored, newer) in NAMES {
        rename(&mut event, stored, newer);
    }
    event
}

/// Turns the newer form into what is stored.
pub(crate) fn stored(mut event: Value) -> Value {
    for (stored, newer) in NAMES {
        rename(&mut event, newer, stored);
    }
    event
}

fn rename(event: &mut Value, from: &str, to: &str) {
    if let Some(fields) = event.as_object_mut()
        && let Some(value) = fields.remove(from)
    {
        fields.insert(to.to_owned(), value);
    }
}

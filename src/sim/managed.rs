//! `metadata.managedFields`: who wrote which fields, in the shape that the API server writes.

use serde_json::{Map, Value, json};

/// Keys by which items of lists are told apart.
const KEYS: &[&str] = &["name", "type", "mountPath", "containerPort", "uid", "ip", "port", "key"];

/// Builds the field set of a value.
pub(crate) fn fields(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, value) in map {
                out.insert(format!("f:{key}"), fields(value));
            }
            Value::Object(out)
        }
        Value::Array(items) => {
            let mut out = Map::new();
            for item in items {
                let found = KEYS.iter().find_map(|key| Some((key, item.get(key)?)));
                let Some((key, name)) = found else { return json!({}) };
                let Value::Object(mut inner) = fields(item) else { continue };
                inner.insert(".".into(), json!({}));
                out.insert(format!("k:{}", json!({*key: name})), Value::Object(inner));
            }
            Value::Object(out)
        }
        _ => json!({}),
    }
}

/// Builds the set of fields that differ between two versions.
fn changed(old: &Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let mut out = Map::new();
            for (key, value) in new {
                let before = old.get(key).unwrap_or(&Value::Null);
                if before != value {
                    out.insert(format!("f:{key}"), changed(before, value));
                }
            }
            Value::Object(out)
        }
        _ => fields(new),
    }
}

/// Metadata that no manager owns.
const SERVER_OWNED: &[&str] = &[
    "managedFields",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "name",
    "namespace",
    "selfLink",
];

/// Returns the parts of an object that managers own.
fn owned(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
        if let Some(meta) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            for name in SERVER_OWNED {
                meta.remove(*name);
            }
        }
    }
    value
}

/// Builds one entry of `managedFields`.
pub(crate) fn entry(
    manager: &str,
    operation: &str,
    version: &str,
    sub: &str,
    time: &str,
    fields: Value,
) -> Value {
    let mut entry = json!({
        "manager": manager, "operation": operation, "apiVersion": version, "time": time,
        "fieldsType": "FieldsV1", "fieldsV1": fields,
    });
    if let (false, Some(fields)) = (sub.is_empty(), entry.as_object_mut()) {
        fields.insert("subresource".into(), sub.into());
    }
    entry
}

/// Notes that `manager` turned `old` into `new`.
pub(crate) fn note(
    old: &Value,
    new: &mut Value,
    manager: &str,
    operation: &str,
    version: &str,
    sub: &str,
    time: &str,
) {
    let fields = changed(&owned(old), &owned(new));
    if fields.as_object().is_none_or(Map::is_empty) {
        return;
    }
    let Some(meta) = new.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let list = meta.entry("managedFields").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let same = list.iter_mut().find(|known| {
        text(known, "manager") == manager
            && text(known, "operation") == operation
            && text(known, "subresource") == sub
    });
    match same {
        Some(known) => {
            if let Some(parts) = known.as_object_mut() {
                parts.insert("time".into(), time.into());
                union(parts.entry("fieldsV1").or_insert_with(|| json!({})), fields);
            }
        }
        None => list.push(entry(manager, operation, version, sub, time, fields)),
    }
}

fn union(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        for (key, value) in from {
            union(into.entry(key).or_insert_with(|| json!({})), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_owns_what_it_changed_and_lists_are_told_apart_by_their_key() {
        let old = json!({"metadata": {"name": "x"}, "spec": {"replicas": 1, "keep": true}});
        let mut new = json!({"metadata": {"name": "x"}, "spec": {"replicas": 2, "keep": true, "containers": [{"name": "a"}]}});
        note(&old, &mut new, "me", "Update", "v1", "", "t");
        note(&old, &mut new, "me", "Update", "v1", "", "u");
        let list = new["metadata"]["managedFields"].as_array().unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0]["time"], "u");
        let spec = &list[0]["fieldsV1"]["f:spec"];
        assert_eq!(spec["f:replicas"], json!({}));
        assert!(spec.get("f:keep").is_none());
        assert!(spec["f:containers"].get("k:{\"name\":\"a\"}").is_some());
    }
}

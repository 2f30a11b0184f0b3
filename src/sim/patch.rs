//! The four patch kinds: merge, JSON, strategic merge and server-side apply.
//!
//! Strategic merge knows the merge keys of the lists that people patch; apply is a strategic merge too.

use serde_json::{Map, Value};

/// Merge keys by the name of the list's field.
const MERGE_KEYS: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("containerStatuses", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("imagePullSecrets", &["name"]),
    ("secrets", &["name"]),
    ("ports", &["containerPort", "port"]),
    ("conditions", &["type"]),
    ("addresses", &["type"]),
    ("taints", &["key"]),
    ("hostAliases", &["ip"]),
    ("ownerReferences", &["uid"]),
    ("topologySpreadConstraints", &["topologyKey"]),
];

/// Applies an RFC 7386 merge patch.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        for (key, value) in patch {
            if value.is_null() {
                fields.remove(key);
            } else {
                merge(fields.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// Applies a strategic merge patch, or a configuration by server-side apply.
pub(crate) fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if patch.get("$patch").and_then(Value::as_str) == Some("replace") {
        let mut whole = patch.clone();
        whole.remove("$patch");
        *target = Value::Object(whole);
        return;
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().cloned().unwrap_or_default();
            if let Some(items) = fields.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if key.starts_with('$') {
            continue;
        }
        let merge_keys = MERGE_KEYS.iter().find(|(list, _)| list == key).map(|(_, keys)| *keys);
        match (value, merge_keys) {
            (Value::Null, _) => {
                fields.remove(key);
            }
            (Value::Array(items), Some(keys)) => {
                let list = fields.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
                merge_list(list, items, keys);
            }
            (Value::Array(items), None) if key == "finalizers" => {
                let list = fields.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
                if let Some(list) = list.as_array_mut() {
                    list.extend(
                        items.iter().filter(|item| !list.contains(item)).cloned().collect::<Vec<_>>(),
                    );
                }
            }
            (Value::Object(_), _) => strategic(fields.entry(key.clone()).or_insert(Value::Null), value),
            _ => {
                fields.insert(key.clone(), value.clone());
            }
        }
    }
}

fn merge_list(list: &mut Value, patch: &[Value], keys: &[&str]) {
    let Some(list) = list.as_array_mut() else {
        *list = Value::Array(patch.to_vec());
        return;
    };
    let directive = |item: &Value| item.get("$patch").and_then(Value::as_str).map(str::to_owned);
    if patch.iter().any(|item| directive(item).as_deref() == Some("replace")) {
        *list = patch.iter().filter(|item| directive(item).is_none()).cloned().collect();
        return;
    }
    for item in patch {
        let key = keys.iter().find_map(|key| Some((*key, item.get(*key)?)));
        let found = key.and_then(|(key, name)| list.iter().position(|known| known.get(key) == Some(name)));
        match (directive(item).as_deref(), found) {
            (Some("delete"), Some(index)) => {
                list.remove(index);
            }
            (Some("delete"), None) => {}
            (_, Some(index)) => {
                if let Some(known) = list.get_mut(index) {
                    strategic(known, item);
                }
            }
            (_, None) => list.push(item.clone()),
        }
    }
}

/// Applies an RFC 6902 JSON patch; on failure says which operation failed and why.
pub(crate) fn json(target: &mut Value, patch: &Value) -> Result<(), String> {
    let operations = patch.as_array().ok_or("a JSON patch must be an array")?;
    for operation in operations {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let value = || operation.get("value").cloned().unwrap_or_default();
        let path = text("path");
        let missing = || {
            format!("{} operation does not apply: doc is missing path: \"{path}\": missing value", text("op"))
        };
        match text("op").as_str() {
            "add" => add(target, &path, value()).ok_or_else(missing)?,
            "remove" => drop(remove(target, &path).ok_or_else(missing)?),
            "replace" => *pointer(target, &path).ok_or_else(missing)? = value(),
            "test" => {
                let found = target.pointer(&path).cloned().unwrap_or_default();
                if found != value() {
                    return Err(format!("testing value {path} failed"));
                }
            }
            "move" => {
                let moved = remove(target, &text("from")).ok_or_else(missing)?;
                add(target, &path, moved).ok_or_else(missing)?;
            }
            "copy" => {
                let copied = target.pointer(&text("from")).cloned().ok_or_else(missing)?;
                add(target, &path, copied).ok_or_else(missing)?;
            }
            other => return Err(format!("unexpected kind: {other}")),
        }
    }
    Ok(())
}

fn pointer<'v>(target: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    target.pointer_mut(path)
}

fn parent<'v>(target: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((target.pointer_mut(parent)?, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *target = value;
        return Some(());
    }
    match parent(target, path)? {
        (Value::Object(fields), key) => {
            fields.insert(key, value);
        }
        (Value::Array(items), key) => {
            let index = if key == "-" { items.len() } else { key.parse().ok()? };
            if index > items.len() {
                return None;
            }
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    match parent(target, path)? {
        (Value::Object(fields), key) => fields.remove(&key),
        (Value::Array(items), key) => {
            let index = key.parse().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_removes_nulls_and_replaces_lists() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "l": [1]});
        merge(&mut target, &json!({"a": {"b": null, "d": 3}, "l": [2, 3]}));
        assert_eq!(target, json!({"a": {"c": 2, "d": 3}, "l": [2, 3]}));
    }

    #[test]
    fn a_strategic_patch_merges_lists_by_their_key() {
        let mut target = json!({"containers": [{"name": "a", "image": "x", "args": ["1"]}, {"name": "b"}]});
        strategic(
            &mut target,
            &json!({"$setElementOrder/containers": [], "containers": [
                {"name": "a", "image": "y"}, {"name": "b", "$patch": "delete"}, {"name": "c"}]}),
        );
        assert_eq!(
            target,
            json!({"containers": [{"name": "a", "image": "y", "args": ["1"]}, {"name": "c"}]})
        );
    }

    #[test]
    fn a_json_patch_does_all_its_operations_or_says_which_failed() {
        let mut target = json!({"a": [1, 2], "b/c": 1});
        let patch = json!([
            {"op": "test", "path": "/b~1c", "value": 1},
            {"op": "add", "path": "/a/-", "value": 3},
            {"op": "remove", "path": "/a/0"},
            {"op": "move", "from": "/b~1c", "path": "/d"},
            {"op": "replace", "path": "/d", "value": 9},
        ]);
        json(&mut target, &patch).unwrap();
        assert_eq!(target, json!({"a": [2, 3], "d": 9}));
        assert!(
            json(&mut target, &json!([{"op": "remove", "path": "/nope"}])).unwrap_err().contains("/nope")
        );
    }
}

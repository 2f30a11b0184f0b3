//! Custom resource definitions: what they add to the catalog, and their table columns.
//!
//! Owns [`CrdColumn`] and the reading of a definition. The storage version is the one served.

use serde_json::{Value, json};

use super::kinds::{CustomNames, Served, Sub};
use super::printers::{at, items_at, since, text_at};
use crate::model::{Text, Timestamp};

/// A column of `additionalPrinterColumns`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrdColumn {
    /// Heading.
    pub name: Text,
    /// `string`, `integer`, `number`, `boolean`, `date`.
    pub kind: Text,
    /// Priority: above 0 is shown by `-o wide` only.
    pub priority: i64,
    path: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    Every,
    Where(String, String),
}

impl CrdColumn {
    /// Returns the cell of an object.
    pub fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let mut found = vec![object];
        for step in &self.path {
            found = found.into_iter().flat_map(|value| step.walk(value)).collect();
        }
        match (found.first(), &*self.kind) {
            (None, _) => Value::Null,
            (Some(Value::String(moment)), "date") => since(moment, now).into(),
            (Some(_), "string") if found.len() > 1 => {
                found.iter().map(|value| plain(value)).collect::<Vec<_>>().join(",").into()
            }
            (Some(value @ (Value::Array(_) | Value::Object(_))), "string") => value.to_string().into(),
            (Some(value), "string") => plain(value).into(),
            (Some(value), _) => (*value).clone(),
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Step {
    fn walk<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match self {
            Self::Key(key) => value.get(key).into_iter().collect(),
            Self::Index(index) => value.get(index).into_iter().collect(),
            Self::Every => value.as_array().map(|items| items.iter().collect()).unwrap_or_default(),
            Self::Where(key, wanted) => value
                .as_array()
                .into_iter()
                .flatten()
                .filter(|item| item.get(key).is_some_and(|found| plain(found) == *wanted))
                .collect(),
        }
    }
}

/// Reads the JSONPath subset that definitions use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.
fn path(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let filter = after.starts_with("?(");
            let close = if filter { ")]" } else { "]" };
            let (inner, tail) = after.split_once(close).unwrap_or((after, ""));
            let bare = inner.trim_matches(['\'', '"']);
            steps.push(if filter {
                let test = inner.trim_start_matches("?(@.");
                let (key, value) = test.split_once("==").unwrap_or((test, ""));
                Step::Where(key.trim().to_owned(), value.trim().trim_matches(['\'', '"']).to_owned())
            } else if inner == "*" {
                Step::Every
            } else {
                inner.parse().map_or_else(|_| Step::Key(bare.to_owned()), Step::Index)
            });
            rest = tail;
        } else {
            let after = rest.trim_start_matches('.');
            let mut end = after.len();
            let mut escaped = false;
            for (index, c) in after.char_indices() {
                if !escaped && matches!(c, '.' | '[') {
                    end = index;
                    break;
                }
                escaped = c == '\\' && !escaped;
            }
            let (key, tail) = after.split_at(end);
            if !key.is_empty() {
                steps.push(Step::Key(key.replace('\\', "")));
            }
            rest = tail;
        }
    }
    steps
}

/// Reads the kind that a definition serves; `None` when it lacks a name or a served version.
pub(crate) fn served(definition: &Value) -> Option<Served> {
    let spec = definition.get("spec")?;
    let versions = items_at(spec, "versions");
    let flag = |version: &Value, name: &str| version.get(name).and_then(Value::as_bool).unwrap_or_default();
    let version = versions
        .iter()
        .find(|v| flag(v, "storage"))
        .or_else(|| versions.iter().find(|v| flag(v, "served")))?;
    let texts = |path: &str| items_at(spec, path).iter().filter_map(Value::as_str).map(Text::from).collect();
    let kind = text_at(spec, "names/kind");
    let or = |path: &str, otherwise: String| match text_at(spec, path) {
        "" => otherwise.into(),
        known => Text::from(known),
    };
    let names = CustomNames {
        group: text_at(spec, "group").into(),
        version: text_at(version, "name").into(),
        resource: text_at(spec, "names/plural").into(),
        kind: kind.into(),
        list_kind: or("names/listKind", format!("{kind}List")),
        singular: or("names/singular", kind.to_lowercase()),
        short: texts("names/shortNames"),
        categories: texts("names/categories"),
        namespaced: text_at(spec, "scope") == "Namespaced",
    };
    if names.group.is_empty() || names.resource.is_empty() || kind.is_empty() {
        return None;
    }
    let mut columns: Vec<CrdColumn> =
        items_at(version, "additionalPrinterColumns").iter().map(column).collect();
    if columns.is_empty() {
        columns
            .push(column(&json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})));
    }
    const VERBS: &[&str] = &["get", "patch", "update"];
    let mut subs: Vec<Sub> = Vec::new();
    if at(version, "subresources/scale").is_object() {
        subs.push(("scale", "Scale", "autoscaling", "v1", VERBS));
    }
    if at(version, "subresources/status").is_object() {
        subs.push(("status", "", "", "", VERBS));
    }
    Some(Served::custom(names, columns, subs))
}

fn column(value: &Value) -> CrdColumn {
    CrdColumn {
        name: text_at(value, "name").into(),
        kind: text_at(value, "type").into(),
        priority: at(value, "priority").as_i64().unwrap_or_default(),
        path: path(text_at(value, "jsonPath")),
    }
}

/// Writes the status of a definition that is served from now on.
pub(crate) fn establish(definition: &mut Value, now: &str) {
    let names = at(definition, "spec/names").clone();
    let stored: Vec<Value> = items_at(definition, "spec/versions")
        .iter()
        .filter(|version| at(version, "storage").as_bool() == Some(true))
        .map(|version| at(version, "name").clone())
        .collect();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now});
    if let Some(fields) = definition.as_object_mut() {
        let status = json!({
            "acceptedNames": names, "storedVersions": stored,
            "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ],
        });
        fields.insert("status".into(), status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_follow_the_paths_that_definitions_use() {
        let object = json!({
            "metadata": {"annotations": {"a.b/c": "noted"}},
            "spec": {"hosts": ["x", "y"]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}], "n": 3},
        });
        for (text, kind, want) in [
            (".status.n", "integer", json!(3)),
            (".status.conditions[?(@.type==\"Ready\")].status", "string", json!("True")),
            (".metadata.annotations['a.b/c']", "string", json!("noted")),
            (".metadata.annotations.a\\.b/c", "string", json!("noted")),
            (".spec.hosts[1]", "string", json!("y")),
            (".spec.hosts[*]", "string", json!("x,y")),
            (".spec.missing", "string", Value::Null),
        ] {
            let column = column(&json!({"name": "X", "type": kind, "jsonPath": text}));
            assert_eq!(column.cell(&object, Timestamp(0)), want, "{text}");
        }
    }
}

//! The server-side printers: which columns `kubectl get` shows and what stands in them.
//!
//! Owns one [`Printer`] per kind. Works on decoded objects, never on the store; ages are made with
//! the moment that is passed in.

mod core;
mod pods;
mod workloads;

use serde_json::Value;

pub use self::core::*;
pub use self::pods::{NODE_METRICS, POD, POD_METRICS};
pub use self::workloads::*;
use crate::model::Timestamp;
use crate::model::time::human_duration;

/// A column: name, OpenAPI type, format, and priority (1 is shown by `-o wide` only).
pub type Column = (&'static str, &'static str, &'static str, i32);

/// Columns and the function that fills them.
#[derive(Debug)]
pub struct Printer {
    /// The columns.
    pub columns: &'static [Column],
    /// Gives one cell per column.
    pub print: fn(&Value, Timestamp) -> Vec<Value>,
}

/// The column that starts nearly every table.
pub(crate) const NAME: Column = ("Name", "string", "name", 0);
/// The usual last column.
pub(crate) const AGE: Column = ("Age", "string", "", 0);

/// A text column.
pub(crate) const fn text(name: &'static str) -> Column {
    (name, "string", "", 0)
}

/// A text column of `-o wide`.
pub(crate) const fn wide(name: &'static str) -> Column {
    (name, "string", "", 1)
}

/// A whole number column.
pub(crate) const fn int(name: &'static str) -> Column {
    (name, "integer", "", 0)
}

/// Walks `a/b/0/c` into a value; absence is null.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    static NULL: Value = Value::Null;
    path.split('/')
        .try_fold(value, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
        .unwrap_or(&NULL)
}

/// Text at a path; absence is empty.
pub(crate) fn text_at<'v>(value: &'v Value, path: &str) -> &'v str {
    at(value, path).as_str().unwrap_or_default()
}

/// Number at a path; absence is zero.
pub(crate) fn int_at(value: &Value, path: &str) -> i64 {
    at(value, path).as_i64().unwrap_or_default()
}

/// Items at a path; absence is none.
pub(crate) fn items_at<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}

/// Name of the object.
pub(crate) fn name(value: &Value) -> Value {
    text_at(value, "metadata/name").into()
}

/// Text or `<none>`.
pub(crate) fn or_none(text: &str) -> Value {
    if text.is_empty() { "<none>".into() } else { text.into() }
}

/// Age of a moment, or `<unknown>`.
pub(crate) fn since(text: &str, now: Timestamp) -> String {
    let Some(then) = Timestamp::parse(text) else { return "<unknown>".into() };
    let mut out = String::new();
    human_duration(then.elapsed(now), &mut out);
    out
}

/// Age of the object.
pub(crate) fn age(value: &Value, now: Timestamp) -> Value {
    since(text_at(value, "metadata/creationTimestamp"), now).into()
}

/// `a=1,b=2` of a map, or `<none>`.
pub(crate) fn map_text(value: &Value) -> String {
    let parts: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    if parts.is_empty() { "<none>".into() } else { parts.join(",") }
}

/// A label selector in kubectl's words.
pub(crate) fn selector_text(selector: &Value) -> String {
    let mut parts: Vec<String> = at(selector, "matchLabels")
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    for rule in items_at(selector, "matchExpressions") {
        let key = text_at(rule, "key");
        let values: Vec<&str> = items_at(rule, "values").iter().filter_map(Value::as_str).collect();
        parts.push(match text_at(rule, "operator") {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    parts.sort();
    if parts.is_empty() { "<none>".into() } else { parts.join(",") }
}

/// Names and images of the containers of a pod template.
pub(crate) fn containers(spec: &Value) -> [Value; 2] {
    let list = items_at(spec, "containers");
    let join =
        |field: &str| list.iter().map(|container| text_at(container, field)).collect::<Vec<_>>().join(",");
    [join("name").into(), join("image").into()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds::{Catalog, Columns};
    use super::*;

    #[test]
    fn every_printer_gives_one_cell_per_column_even_for_an_empty_object() {
        for kind in Catalog::new(true).all() {
            let Columns::Builtin(printer) = &kind.columns else { continue };
            for object in [json!({}), json!({"metadata": {"name": "x"}, "spec": {}, "status": {}})] {
                assert_eq!(
                    (printer.print)(&object, Timestamp(0)).len(),
                    printer.columns.len(),
                    "{}",
                    kind.id
                );
            }
        }
    }
}

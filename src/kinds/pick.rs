//! Cells taken straight out of an object's JSON tree, for kinds that are seen too seldom to deserve
//! typed structs: a table of small functions per kind.

use serde_json::Value;

use super::printer;
use super::{Projecting, parts};
use crate::model::{Cell, Problem, Row};

/// Makes one cell of an object.
pub type Pick = fn(&Value) -> Cell;

/// Projects an object whose cells are picked one by one.
///
/// # Errors
/// When the text is not an object.
pub fn row(json: &str, ctx: &mut Projecting, picks: &[Pick]) -> Result<Row, Problem> {
    printer::row(json, ctx, |object, ctx| {
        let share = |cell| match cell {
            Cell::Text(text) => parts::text(ctx, &text),
            other => other,
        };
        picks.iter().map(|pick| pick(object)).map(share).collect()
    })
}

/// The text at a JSON pointer; empty when there is none.
pub fn str_at<'v>(object: &'v Value, path: &str) -> &'v str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a JSON pointer; empty when there is none.
pub fn list_at<'v>(object: &'v Value, path: &str) -> &'v [Value] {
    object.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The text at a pointer as a cell.
pub fn text(object: &Value, path: &str) -> Cell {
    Cell::text(str_at(object, path))
}

/// The text at a pointer, `<none>` when there is none.
pub fn or_none(object: &Value, path: &str) -> Cell {
    Cell::or_none(str_at(object, path))
}

/// The number at a pointer; `missing` when there is none.
pub fn int_or(object: &Value, path: &str, missing: Cell) -> Cell {
    object.pointer(path).and_then(Value::as_i64).map_or(missing, Cell::Int)
}

/// The flag at a pointer; `missing` when there is none.
pub fn flag_or(object: &Value, path: &str, missing: bool) -> Cell {
    Cell::Bool(object.pointer(path).and_then(Value::as_bool).unwrap_or(missing))
}

/// How many entries the list at a pointer has.
pub fn count(object: &Value, path: &str) -> Cell {
    Cell::Int(i64::try_from(list_at(object, path).len()).unwrap_or(i64::MAX))
}

/// The texts of the list at a pointer, joined by commas; of its entries' field when one is named.
pub fn joined(object: &Value, path: &str, field: Option<&str>) -> String {
    let entries = list_at(object, path).iter();
    let texts = entries.filter_map(|entry| field.map_or(Some(entry), |field| entry.get(field))?.as_str());
    texts.collect::<Vec<_>>().join(",")
}

/// The condition of a type under `status.conditions`.
pub fn condition<'v>(object: &'v Value, kind: &str) -> Option<&'v Value> {
    list_at(object, "/status/conditions").iter().find(|condition| str_at(condition, "/type") == kind)
}

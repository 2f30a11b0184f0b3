//! JSON to YAML as `kubectl get -o yaml` prints it: same order of keys, same quoting, same folding,
//! managedFields left out. Works on the text, never on typed objects: unknown fields stay.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::yaml_scalar::{Out, Place, float, string};
use crate::model::{Problem, ProblemKind};

/// Keys longer than this cannot stand on the line of their value.
const LONGEST_KEY: usize = 128;
/// Characters that break a line.
const BREAKS: &[char] = &['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
/// Columns of one level.
const STEP: usize = 2;

/// Prints an object (or a list of objects) as YAML.
///
/// # Errors
/// [`ProblemKind::Malformed`] when the text is not JSON; the text itself is not quoted.
pub fn to_yaml(json: &str) -> Result<String, Problem> {
    let mut value: Value = serde_json::from_str(json).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Problem::new(
            ProblemKind::Malformed,
            format!("cannot print an object as YAML: broken JSON at {place}"),
        )
    })?;
    drop_managed_fields(&mut value);
    let mut out = Out::default();
    match &value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, map, 0),
        Value::Array(items) if !items.is_empty() => sequence(&mut out, items, 0),
        other => scalar(&mut out, other, 0),
    }
    out.line(0);
    Ok(out.text)
}

fn drop_managed_fields(value: &mut Value) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(drop_managed_fields);
    }
}

/// Writes a mapping whose first key stands where the output is now.
fn mapping(out: &mut Out, map: &Map<String, Value>, indent: usize) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by(|a, b| order(a.0, b.0));
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.line(indent);
        }
        if key.len() > LONGEST_KEY || key.contains(BREAKS) {
            out.push("? ");
            string(out, key, Place::Value(indent + STEP));
            out.line(indent);
        } else {
            string(out, key, Place::Key);
        }
        out.push(":");
        member(out, value, indent);
    }
}

/// Writes the value of a key.
fn member(out: &mut Out, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.line(indent + STEP);
            mapping(out, map, indent + STEP);
        }
        // Items stand under their key, not deeper.
        Value::Array(items) if !items.is_empty() => {
            out.line(indent);
            sequence(out, items, indent);
        }
        other => {
            out.push(" ");
            scalar(out, other, indent + STEP);
        }
    }
}

/// Writes a sequence whose first dash stands where the output is now.
fn sequence(out: &mut Out, items: &[Value], indent: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.line(indent);
        }
        out.push("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(out, map, indent + STEP),
            Value::Array(items) if !items.is_empty() => sequence(out, items, indent + STEP),
            other => scalar(out, other, indent + STEP),
        }
    }
}

fn scalar(out: &mut Out, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push("null"),
        Value::Bool(true) => out.push("true"),
        Value::Bool(false) => out.push("false"),
        // kubectl reads what exceeds a signed 64-bit integer as a float.
        Value::Number(number) => match (number.is_i64(), number.as_f64()) {
            (false, Some(value)) => out.push(&float(value)),
            _ => out.push(&number.to_string()),
        },
        Value::String(s) => string(out, s, Place::Value(indent)),
        Value::Array(_) => out.push("[]"),
        Value::Object(_) => out.push("{}"),
    }
}

/// The emitter's order of keys: letters by code, digits as numbers, anything else before letters.
fn order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for (i, (&x, &y)) in a.iter().zip(&b).enumerate() {
        if x == y {
            continue;
        }
        match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => return x.cmp(&y),
            (false, true) => return Ordering::Less,
            (true, false) => return Ordering::Greater,
            (false, false) => {}
        }
        // A zero inside a number counts as a digit of it, a leading zero does not.
        let inside = (x == '0' || y == '0')
            && a.iter().take(i).rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
        let run = |s: &[char]| {
            let digits: Vec<u32> = s.iter().skip(i).map_while(|c| c.to_digit(10)).collect();
            let start = i64::from(inside);
            let value = digits.iter().fold(start, |sum, d| sum.wrapping_mul(10).wrapping_add(i64::from(*d)));
            (value, digits.len())
        };
        return run(&a).cmp(&run(&b)).then(x.cmp(&y));
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            (
                include_str!(concat!("../../tests/fixtures/kinds/yaml/", $name, ".json")),
                include_str!(concat!("../../tests/fixtures/kinds/yaml/", $name, ".yaml")),
            )
        };
    }

    #[test]
    fn yaml_equals_what_kubectl_printed_for_the_same_object() {
        for (json, yaml) in
            [fixture!("nasty"), fixture!("deployment"), fixture!("widget"), fixture!("pod"), fixture!("crd")]
        {
            let ours = to_yaml(json).unwrap();
            for (index, (ours, kubectl)) in ours.lines().zip(yaml.lines()).enumerate() {
                assert_eq!(ours, kubectl, "line {}", index + 1);
            }
            assert_eq!(ours, yaml);
        }
    }

    #[test]
    fn managed_fields_are_left_out_of_objects_and_lists() {
        let object = r#"{"metadata":{"name":"a","managedFields":[{"manager":"x"}]}}"#;
        assert_eq!(to_yaml(object).unwrap(), "metadata:\n  name: a\n");
        let list = format!(r#"{{"kind":"List","items":[{object}]}}"#);
        assert_eq!(to_yaml(&list).unwrap(), "items:\n- metadata:\n    name: a\nkind: List\n");
    }

    #[test]
    fn broken_json_is_a_problem_that_does_not_quote_the_text() {
        let problem = to_yaml(r#"{"data":{"password":hunter2}}"#).unwrap_err();
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
    }
}

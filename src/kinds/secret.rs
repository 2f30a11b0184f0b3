//! Takes the values out of secrets: names of keys and sizes stay, nothing else.
//!
//! The one place where secret values pass through kdeck's memory; they are dropped before a row is
//! built and never reach an error, a log or the store.

use serde_json::Value;

/// Holds a copy of the values in an annotation of objects made by `kubectl apply`.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns a Secret's (or SecretList's) JSON without its values. Text that is not JSON gives `{}`:
/// what cannot be read cannot be masked.
pub fn mask_secret(json: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(mut value) => {
            mask(&mut value);
            value.to_string()
        }
        Err(_) => "{}".to_owned(),
    }
}

/// Masks a parsed secret or list of secrets.
fn mask(object: &mut Value) {
    if let Some(items) = object.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(mask);
    }
    for (field, encoding) in [("data", Encoding::Base64), ("stringData", Encoding::Plain)] {
        match object.get_mut(field) {
            Some(Value::Object(values)) => {
                values.values_mut().for_each(|value| *value = marker(value, encoding));
            }
            Some(Value::Null) | None => {}
            Some(other) => *other = marker(other, encoding),
        }
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(Value::Object(annotations)) = metadata.get_mut("annotations")
        && annotations.remove(LAST_APPLIED).is_some()
        && annotations.is_empty()
    {
        // An empty map would say that somebody had written one.
        metadata.remove("annotations");
    }
}

#[derive(Clone, Copy)]
enum Encoding {
    Base64,
    Plain,
}

fn marker(value: &Value, encoding: Encoding) -> Value {
    let size = match (value, encoding) {
        (Value::String(text), Encoding::Base64) => text.trim_end_matches('=').len() * 3 / 4,
        (Value::String(text), Encoding::Plain) => text.len(),
        (other, _) => other.to_string().len(),
    };
    let unit = if size == 1 { "byte" } else { "bytes" };
    Value::String(format!("‹{size} {unit}›"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_value_survives_and_sizes_are_the_decoded_ones() {
        let json = r#"{"kind":"Secret","metadata":{"name":"db","annotations":{
            "kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"password\":\"aHVudGVyMg==\"}}",
            "team":"shop"}},
            "data":{"password":"aHVudGVyMg==","empty":"","odd":12345,"one":"QQ=="},"stringData":{"plain":"hunter2"},"type":"Opaque"}"#;
        let masked = mask_secret(json);
        for value in ["aHVudGVyMg", "hunter2", "12345", "QQ==", "last-applied"] {
            assert!(!masked.contains(value), "{value} survived: {masked}");
        }
        let value: Value = serde_json::from_str(&masked).unwrap();
        assert_eq!(value["data"]["password"], "‹7 bytes›");
        assert_eq!(value["data"]["empty"], "‹0 bytes›");
        assert_eq!(value["data"]["one"], "‹1 byte›");
        assert_eq!(value["stringData"]["plain"], "‹7 bytes›");
        assert_eq!(value["metadata"]["annotations"]["team"], "shop");
    }

    #[test]
    fn annotations_that_only_held_the_values_leave_no_empty_map_behind() {
        let json = r#"{"metadata":{"name":"db","annotations":{
            "kubectl.kubernetes.io/last-applied-configuration":"{}"}}}"#;
        assert_eq!(mask_secret(json), r#"{"metadata":{"name":"db"}}"#);
        let written = r#"{"metadata":{"annotations":{}}}"#;
        assert_eq!(mask_secret(written), written, "what somebody wrote stays as it is");
    }

    #[test]
    fn lists_and_broken_shapes_are_masked_too() {
        for json in [
            r#"{"items":[{"data":{"a":"aHVudGVyMg=="}}]}"#,
            r#"{"data":"aHVudGVyMg=="}"#,
            r#"{"data":["aHVudGVyMg=="]}"#,
            r#"{"data":{"a":{"b":"aHVudGVyMg=="}}}"#,
            r#"{"data":{"a":"aHVudGVyMg=="}"#,
        ] {
            assert!(!mask_secret(json).contains("aHVudGVyMg"), "{json}");
        }
    }
}

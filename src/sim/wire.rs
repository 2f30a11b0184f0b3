//! Protobuf request bodies, for the few kinds that kubectl sends in no other way.
//!
//! Owns a table of messages and one decoder. Answers stay JSON: every client that sends protobuf also reads
//! that. To accept another kind, add its message.

use base64::Engine;
use serde_json::{Map, Value, json};

/// What stands in a field.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Bytes,
    Number,
    Bool,
    /// A message of the table.
    Message(&'static str),
    /// A map from text to one of the above.
    Map(&'static Type),
    /// A list of one of the above.
    List(&'static Type),
}

/// Number, name in JSON, type.
type Field = (u64, &'static str, Type);

const META: Field = (1, "metadata", Type::Message("ObjectMeta"));

/// The messages, by kind or by a name of their own.
const MESSAGES: &[(&str, &[Field])] = &[
    (
        "ObjectMeta",
        &[
            (1, "name", Type::Text),
            (2, "generateName", Type::Text),
            (3, "namespace", Type::Text),
            (5, "uid", Type::Text),
            (6, "resourceVersion", Type::Text),
            (11, "labels", Type::Map(&Type::Text)),
            (12, "annotations", Type::Map(&Type::Text)),
            (13, "ownerReferences", Type::List(&Type::Message("OwnerReference"))),
            (14, "finalizers", Type::List(&Type::Text)),
        ],
    ),
    (
        "OwnerReference",
        &[
            (1, "kind", Type::Text),
            (3, "name", Type::Text),
            (4, "uid", Type::Text),
            (5, "apiVersion", Type::Text),
            (6, "controller", Type::Bool),
            (7, "blockOwnerDeletion", Type::Bool),
        ],
    ),
    (
        "ResourceAttributes",
        &[
            (1, "namespace", Type::Text),
            (2, "verb", Type::Text),
            (3, "group", Type::Text),
            (4, "version", Type::Text),
            (5, "resource", Type::Text),
            (6, "subresource", Type::Text),
            (7, "name", Type::Text),
        ],
    ),
    ("NonResourceAttributes", &[(1, "path", Type::Text), (2, "verb", Type::Text)]),
    ("SelfSubjectAccessReview", &[META, (2, "spec", Type::Message("AccessSpec"))]),
    (
        "AccessSpec",
        &[
            (1, "resourceAttributes", Type::Message("ResourceAttributes")),
            (2, "nonResourceAttributes", Type::Message("NonResourceAttributes")),
        ],
    ),
    ("SelfSubjectRulesReview", &[META, (2, "spec", Type::Message("RulesSpec"))]),
    ("RulesSpec", &[(1, "namespace", Type::Text)]),
    ("SelfSubjectReview", &[META]),
    (
        "ConfigMap",
        &[
            META,
            (2, "data", Type::Map(&Type::Text)),
            (3, "binaryData", Type::Map(&Type::Bytes)),
            (4, "immutable", Type::Bool),
        ],
    ),
    (
        "Secret",
        &[
            META,
            (2, "data", Type::Map(&Type::Bytes)),
            (3, "type", Type::Text),
            (4, "stringData", Type::Map(&Type::Text)),
            (5, "immutable", Type::Bool),
        ],
    ),
    ("Namespace", &[META]),
    ("ServiceAccount", &[META]),
    ("Eviction", &[META, (2, "deleteOptions", Type::Message("DeleteOptions"))]),
    (
        "DeleteOptions",
        &[
            (1, "gracePeriodSeconds", Type::Number),
            (2, "preconditions", Type::Message("Preconditions")),
            (4, "propagationPolicy", Type::Text),
            (5, "dryRun", Type::List(&Type::Text)),
        ],
    ),
    ("Preconditions", &[(1, "uid", Type::Text), (2, "resourceVersion", Type::Text)]),
    ("Scale", &[META, (2, "spec", Type::Message("ScaleSpec"))]),
    ("ScaleSpec", &[(1, "replicas", Type::Number)]),
    ("Envelope", &[(1, "type", Type::Message("TypeMeta")), (2, "raw", Type::Bytes)]),
    ("TypeMeta", &[(1, "apiVersion", Type::Text), (2, "kind", Type::Text)]),
];

/// Decodes a body that starts with Kubernetes' protobuf mark; `None` for kinds and forms not in the table.
pub(crate) fn decode(body: &[u8]) -> Option<Value> {
    let envelope = message("Envelope", body.strip_prefix(b"k8s\0")?)?;
    let kind = envelope.get("type")?.get("kind")?.as_str()?;
    let raw = base64::engine::general_purpose::STANDARD.decode(envelope.get("raw")?.as_str()?).ok()?;
    let mut object = message(kind, &raw)?;
    let fields = object.as_object_mut()?;
    for name in ["apiVersion", "kind"] {
        fields.insert(name.into(), envelope.get("type")?.get(name)?.clone());
    }
    Some(object)
}

/// One field as it stands on the wire.
enum Raw<'b> {
    Varint(u64),
    Bytes(&'b [u8]),
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn field<'b>(bytes: &mut &'b [u8]) -> Option<(u64, Raw<'b>)> {
    let tag = varint(bytes)?;
    let raw = match tag & 7 {
        0 => Raw::Varint(varint(bytes)?),
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (value, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Raw::Bytes(value)
        }
        // Fixed-width numbers occur in none of the messages here.
        _ => return None,
    };
    Some((tag >> 3, raw))
}

fn message(name: &str, mut bytes: &[u8]) -> Option<Value> {
    let (_, fields) = MESSAGES.iter().find(|(known, _)| *known == name)?;
    let mut out = Map::new();
    while !bytes.is_empty() {
        let (number, raw) = field(&mut bytes)?;
        let Some((_, key, kind)) = fields.iter().find(|(known, _, _)| *known == number) else { continue };
        match kind {
            Type::Map(of) => {
                let Raw::Bytes(entry) = raw else { return None };
                let map = out.entry(*key).or_insert_with(|| json!({}));
                let (name, item) = pair(entry, **of)?;
                map.as_object_mut()?.insert(name, item);
            }
            Type::List(of) => {
                let list = out.entry(*key).or_insert_with(|| json!([]));
                list.as_array_mut()?.push(value(&raw, **of)?);
            }
            kind => {
                let value = value(&raw, *kind)?;
                // Go writes empty texts on the wire and leaves them out of JSON.
                if value != "" {
                    out.insert((*key).into(), value);
                }
            }
        }
    }
    Some(Value::Object(out))
}

fn pair(mut entry: &[u8], of: Type) -> Option<(String, Value)> {
    let (mut name, mut item) = (String::new(), json!(""));
    while !entry.is_empty() {
        match field(&mut entry)? {
            (1, Raw::Bytes(text)) => name = String::from_utf8(text.to_vec()).ok()?,
            (2, raw) => item = value(&raw, of)?,
            _ => {}
        }
    }
    Some((name, item))
}

fn value(raw: &Raw<'_>, of: Type) -> Option<Value> {
    Some(match (raw, of) {
        (Raw::Bytes(text), Type::Text) => std::str::from_utf8(text).ok()?.into(),
        (Raw::Bytes(bytes), Type::Bytes) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
        (Raw::Bytes(bytes), Type::Message(name)) => message(name, bytes)?,
        (Raw::Varint(number), Type::Bool) => (*number != 0).into(),
        // Negative numbers are sent as their 64-bit complement.
        (Raw::Varint(number), Type::Number) => i64::from_le_bytes(number.to_le_bytes()).into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    #[test]
    fn an_enveloped_config_map_becomes_json() {
        let meta = bytes(1, &[bytes(1, b"a"), bytes(3, b"")].concat());
        let data = bytes(2, &[bytes(1, b"k"), bytes(2, b"v")].concat());
        let kind = bytes(1, &[bytes(1, b"v1"), bytes(2, b"ConfigMap")].concat());
        let body = [b"k8s\0".to_vec(), kind, bytes(2, &[meta, data].concat())].concat();
        let want =
            json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"k": "v"}});
        assert_eq!(decode(&body), Some(want));
        assert_eq!(decode(&body[..body.len() - 1]), None);
        assert_eq!(decode(b"{}"), None);
    }
}

//! Protobuf request bodies: kubectl's typed commands (`create deployment`, `autoscale`, `drain`) send no other.
//!
//! Owns the decoder; the messages are a table of their own. Answers stay JSON: every client that sends
//! protobuf also reads that.

use base64::Engine;
use serde_json::{Map, Value, json};

use super::messages::{Field, Type, fields};
use crate::model::Timestamp;

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

fn message(name: &str, bytes: &[u8]) -> Option<Value> {
    let mut out = Map::new();
    read(fields(name)?, bytes, &mut out)?;
    Some(Value::Object(out))
}

fn read(fields: &[Field], mut bytes: &[u8], out: &mut Map<String, Value>) -> Option<()> {
    while !bytes.is_empty() {
        let (number, raw) = field(&mut bytes)?;
        let Some(field) = fields.iter().find(|known| known.number == number) else { continue };
        match (&field.of, &raw) {
            (Type::Message(name), Raw::Bytes(inner)) if field.name == "-" => {
                read(super::messages::fields(name)?, inner, out)?;
            }
            (Type::Map(of), Raw::Bytes(entry)) => {
                let map = out.entry(field.name).or_insert_with(|| json!({}));
                let (name, item) = pair(entry, of)?;
                map.as_object_mut()?.insert(name, item);
            }
            (Type::List(of), raw) => {
                let list = out.entry(field.name).or_insert_with(|| json!([]));
                list.as_array_mut()?.push(value(raw, of)?);
            }
            (of, raw) => {
                let value = value(raw, of)?;
                // Go writes zeros and empty texts on the wire and leaves them out of JSON.
                let is_nothing = value.is_null() || value == "" || value == 0 || value == false;
                if field.keeps_zero || !is_nothing {
                    out.insert(field.name.into(), value);
                }
            }
        }
    }
    Some(())
}

fn pair(mut entry: &[u8], of: &Type) -> Option<(String, Value)> {
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

fn value(raw: &Raw<'_>, of: &Type) -> Option<Value> {
    Some(match (raw, of) {
        (Raw::Bytes(text), Type::Text) => std::str::from_utf8(text).ok()?.into(),
        (Raw::Bytes(bytes), Type::Bytes) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
        (Raw::Bytes(bytes), Type::Message(name)) => message(name, bytes)?,
        (Raw::Bytes(bytes), Type::Quantity) => numbered(bytes)?.into_iter().find_map(text)?,
        (Raw::Bytes(bytes), Type::Any) => serde_json::from_slice(first_text(bytes)?).ok()?,
        (Raw::Bytes(bytes), Type::Time | Type::MicroTime) => moment(bytes, of)?,
        (Raw::Bytes(bytes), Type::IntOrString) => int_or_string(bytes)?,
        (Raw::Varint(number), Type::Bool) => (*number != 0).into(),
        // Negative numbers are sent as their 64-bit complement.
        (Raw::Varint(number), Type::Number) => signed(*number).into(),
        _ => return None,
    })
}

fn signed(number: u64) -> i64 {
    i64::from_le_bytes(number.to_le_bytes())
}

/// Returns the fields of one of the messages that have a form of their own in JSON.
fn numbered(mut bytes: &[u8]) -> Option<Vec<(u64, Raw<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        found.push(field(&mut bytes)?);
    }
    Some(found)
}

fn text((_, raw): (u64, Raw<'_>)) -> Option<Value> {
    match raw {
        Raw::Bytes(text) => Some(std::str::from_utf8(text).ok()?.into()),
        Raw::Varint(_) => None,
    }
}

fn first_text(bytes: &[u8]) -> Option<&[u8]> {
    numbered(bytes)?.into_iter().find_map(|(_, raw)| match raw {
        Raw::Bytes(text) => Some(text),
        Raw::Varint(_) => None,
    })
}

/// Seconds and nanoseconds since 1970; nothing at all where Go's moment is zero.
fn moment(bytes: &[u8], of: &Type) -> Option<Value> {
    let (mut seconds, mut nanos) = (None, 0);
    for part in numbered(bytes)? {
        match part {
            (1, Raw::Varint(number)) => seconds = Some(signed(number)),
            (2, Raw::Varint(number)) => nanos = signed(number),
            _ => {}
        }
    }
    let Some(seconds) = seconds else { return Some(Value::Null) };
    let mut text = Timestamp(seconds).rfc3339();
    if *of == Type::MicroTime && text.ends_with('Z') {
        text.truncate(text.len() - 1);
        text.push_str(&format!(".{:06}Z", nanos / 1000));
    }
    Some(text.into())
}

fn int_or_string(bytes: &[u8]) -> Option<Value> {
    let (mut is_text, mut number, mut text) = (false, 0, String::new());
    for part in numbered(bytes)? {
        match part {
            (1, Raw::Varint(kind)) => is_text = kind == 1,
            (2, Raw::Varint(value)) => number = signed(value),
            (3, Raw::Bytes(value)) => text = String::from_utf8(value.to_vec()).ok()?,
            _ => {}
        }
    }
    Some(if is_text { text.into() } else { number.into() })
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

    #[test]
    fn what_kubectl_sends_for_a_deployment_is_what_it_would_write_as_yaml() {
        // The body of: kubectl create deployment web --image=nginx:1 --port=80 --replicas=2
        const BODY: &str = concat!(
            "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EroBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBID",
            "d2ViEogBCAISDAoKCgNhcHASA3dlYhpuChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEk4SMAoF",
            "bmdpbngSB25naW54OjEqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAA",
            "aACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==",
        );
        let body = base64::engine::general_purpose::STANDARD.decode(BODY).unwrap();
        let container = json!({"name": "nginx", "image": "nginx:1", "ports": [{"containerPort": 80}],
            "resources": {}});
        let want = json!({
            "kind": "Deployment", "apiVersion": "apps/v1",
            "metadata": {"name": "web", "labels": {"app": "web"}}, "status": {},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "strategy": {},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}},
        });
        assert_eq!(decode(&body), Some(want));
    }

    #[test]
    fn values_with_a_form_of_their_own_keep_it() {
        let number = |number: u8, value: u8| vec![number << 3, value];
        let cases = [
            (Type::Quantity, bytes(1, b"100Mi"), json!("100Mi")),
            (Type::IntOrString, [number(1, 0), number(2, 80), bytes(3, b"")].concat(), json!(80)),
            (Type::IntOrString, [number(1, 1), number(2, 0), bytes(3, b"25%")].concat(), json!("25%")),
            (Type::Time, number(1, 60), json!("1970-01-01T00:01:00Z")),
            (Type::MicroTime, number(1, 60), json!("1970-01-01T00:01:00.000000Z")),
            (Type::Time, Vec::new(), Value::Null),
            (Type::Any, bytes(1, b"{\"a\":1}"), json!({"a": 1})),
        ];
        for (of, body, want) in cases {
            assert_eq!(value(&Raw::Bytes(&body), &of), Some(want), "{of:?}");
        }
        // A budget of 0 is a statement, a port of 0 is none.
        let spec = message("JobSpec", &number(7, 0)).unwrap();
        assert_eq!(spec, json!({"backoffLimit": 0}));
        assert_eq!(message("ContainerPort", &number(2, 0)).unwrap(), json!({}));
    }
}

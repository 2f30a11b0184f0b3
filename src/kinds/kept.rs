//! What is kept of an object's text: its type first, and without managedFields, two fifths of a pod's bytes.
//!
//! They are cut out before anything is decoded, so that nothing decodes them, and digested to who wrote what, when.

use std::cmp::Reverse;
use std::ops::Range;

use super::meta::{self, Str};
use super::walk::{Walk, with_comma};
use super::{KindDef, Projecting};
use crate::model::row::Manager;

/// Room for the longest usual type.
const TYPE_BYTES: usize = 100;

/// Returns the text to decode and keep, and leaves in `ctx` who wrote the object.
///
/// Lists leave out `kind` and `apiVersion`, watches do not, and an object must read the same however it came.
/// Bytes that are no UTF-8 are replaced, as the decoder of every program in Go does.
pub(super) fn text(def: &KindDef, json: &[u8], ctx: &mut Projecting) -> String {
    let mut managers = Vec::new();
    let cut = managed_fields(json, ctx, &mut managers).unwrap_or(json.len()..json.len());
    managers.sort_by_key(|manager| Reverse(manager.at));
    ctx.managers = managers.into();
    let (head, tail) = (json.get(..cut.start).unwrap_or_default(), json.get(cut.end..).unwrap_or_default());
    let mut text = Vec::with_capacity(TYPE_BYTES + head.len() + tail.len());
    let head = match untyped(head) {
        Some(rest) => {
            write_type(def, &mut text);
            rest
        }
        None => head,
    };
    text.extend_from_slice(head);
    text.extend_from_slice(tail);
    String::from_utf8(text).unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned())
}

/// Begins an object with its type.
fn write_type(def: &KindDef, text: &mut Vec<u8>) {
    let slash = if def.gvr.group.is_empty() { "" } else { "/" };
    let parts =
        [r#"{"kind":""#, &def.kind, r#"","apiVersion":""#, &def.gvr.group, slash, &def.gvr.version, r#"","#];
    parts.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
}

/// Returns what follows the brace of an object that does not begin with its type.
fn untyped(json: &[u8]) -> Option<&[u8]> {
    let rest = json.strip_prefix(b"{")?;
    let has_type = [&br#""kind""#[..], br#""apiVersion""#].iter().any(|start| rest.starts_with(start));
    (!has_type && rest.trim_ascii_start().first() == Some(&b'"')).then_some(rest)
}

/// Returns where `metadata.managedFields` stand, with a comma, and notes who wrote.
fn managed_fields(json: &[u8], ctx: &mut Projecting, managers: &mut Vec<Manager>) -> Option<Range<usize>> {
    let mut walk = Walk::new(json);
    find(&mut walk, b"metadata")?;
    let start = find(&mut walk, b"managedFields")?;
    walk.enter(b'[')?;
    while walk.item()? {
        managers.push(manager(&mut walk, ctx)?);
    }
    Some(with_comma(json, start..walk.at()))
}

/// Goes into an object, to the value of the member `name`; returns where the member begins.
fn find(walk: &mut Walk<'_>, name: &[u8]) -> Option<usize> {
    walk.enter(b'{')?;
    while walk.item()? {
        let start = walk.at();
        if walk.name()? == name {
            return Some(start);
        }
        walk.skip()?;
    }
    None
}

/// Reads one entry of managedFields, without the fields.
fn manager(walk: &mut Walk<'_>, ctx: &mut Projecting) -> Option<Manager> {
    let mut manager = Manager::default();
    walk.enter(b'{')?;
    while walk.item()? {
        let (name, value) = (walk.name()?, walk.skip()?);
        if !matches!(name, b"manager" | b"operation" | b"subresource" | b"time") {
            continue;
        }
        let value: Str<'_> = serde_json::from_slice(value).ok()?;
        match name {
            b"manager" => manager.name = ctx.interner.get(&value),
            b"operation" => manager.operation = ctx.interner.get(&value),
            b"subresource" => manager.subresource = ctx.interner.get(&value),
            _ => manager.at = meta::time(&value),
        }
    }
    Some(manager)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::registry;
    use crate::model::{ClusterId, Row};

    fn project(json: &[u8]) -> (Row, String) {
        let def = registry::records().find(|record| record.plural == "jobs").unwrap().def();
        let mut ctx = Projecting::new(ClusterId("c".into()), def.id.clone());
        let row = def.project(json, &mut ctx).unwrap();
        (row, String::from_utf8(ctx.text).unwrap())
    }

    #[test]
    fn managed_fields_leave_the_text_and_stay_as_a_digest() {
        for (json, text) in [
            (
                r#"{"kind":"","metadata":{"name":"a","managedFields":[{"manager":"x","fieldsV1":{"f":{}}}],"uid":"1"}}"#,
                r#"{"kind":"","metadata":{"name":"a","uid":"1"}}"#,
            ),
            (
                r#"{"kind":"","metadata":{"name":"a", "managedFields" : [{"manager":"x"}] } }"#,
                r#"{"kind":"","metadata":{"name":"a" } }"#,
            ),
            (
                r#"{"kind":"","metadata":{"managedFields":[{"manager":"x"}],"name":"a"}}"#,
                r#"{"kind":"","metadata":{"name":"a"}}"#,
            ),
            (
                r#"{"kind":"","spec":{"metadata":{"managedFields":[]}},"metadata":{"name":"a","managedFields":[{"manager":"x"}]}}"#,
                r#"{"kind":"","spec":{"metadata":{"managedFields":[]}},"metadata":{"name":"a"}}"#,
            ),
        ] {
            let (row, kept) = project(json.as_bytes());
            assert_eq!(kept, text);
            assert_eq!(&*row.managers[0].name, "x");
        }
    }

    #[test]
    fn the_digest_is_who_how_where_and_when_newest_first() {
        let (row, _) = project(
            br#"{"metadata":{"name":"a","managedFields":[
                {"manager":"kubectl \"edit\"","operation":"Update","apiVersion":"v1","time":"2026-11-20T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:time":{"manager":"no"}}},
                {"manager":"kubelet","operation":"Apply","time":"2026-11-21T10:00:00Z","subresource":"status"},
                {"manager":null,"time":7}]}}"#,
        );
        let digest: Vec<_> = row
            .managers
            .iter()
            .map(|manager| (&*manager.name, &*manager.operation, &*manager.subresource, manager.at))
            .collect();
        let at = |text| crate::model::Timestamp::parse(text);
        assert_eq!(
            digest,
            [
                ("kubelet", "Apply", "status", at("2026-11-21T10:00:00Z")),
                ("kubectl \"edit\"", "Update", "", at("2026-11-20T10:00:00Z")),
                ("", "", "", None),
            ]
        );
    }

    #[test]
    fn an_object_reads_the_same_from_a_list_and_from_a_watch() {
        let typed = r#"{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"a"}}"#;
        let custom = r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a"}}"#;
        for (json, text) in [(r#"{"metadata":{"name":"a"}}"#, typed), (typed, typed), (custom, custom)] {
            assert_eq!(project(json.as_bytes()).1, text);
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_cost_no_object() {
        let (row, text) = project(b"{\"metadata\":{\"name\":\"a\",\"annotations\":{\"x\":\"\xff\"}}}");
        assert_eq!(&*row.key.name, "a");
        assert!(text.contains('\u{fffd}'));
    }
}

//! One stored object: its serialised text with a gap for the resource version, and the few facts
//! that lists, watches and controllers look at without decoding it.
//!
//! Owns [`Body`], [`Template`], [`Facts`] and [`Entry`]. Knows nothing of HTTP or of kinds.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use memchr::memmem;
use serde_json::Value;

use crate::model::Text;

/// Stands in a serialised object where the resource version goes.
pub(crate) const RV_MARK: &str = "@@kdeck-rv@@";

/// Namespace (empty for cluster-scoped objects) and name; orders as etcd's keys do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Text,
    /// Name.
    pub name: Text,
}

impl Key {
    /// Builds a key.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// One part of a template.
#[derive(Debug)]
enum Piece {
    /// Text that all objects of the template share.
    Shared(std::ops::Range<usize>),
    /// The object's own value number so.
    Own(usize),
    /// The resource version.
    Version,
}

/// A serialised object with holes, shared by thousands of generated objects.
#[derive(Debug)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

impl Template {
    /// Cuts `text` at its `@{n}` holes; `"@{#n}"` loses its quotes (a number) and [`RV_MARK`] becomes the version.
    pub fn compile(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut shared = String::with_capacity(text.len());
        let mut rest = text;
        let flush = |shared: &mut String, from: &mut usize, pieces: &mut Vec<Piece>| {
            if shared.len() > *from {
                pieces.push(Piece::Shared(*from..shared.len()));
            }
            *from = shared.len();
        };
        let mut from = 0;
        loop {
            let hole = memmem::find(rest.as_bytes(), b"@{");
            let mark = memmem::find(rest.as_bytes(), RV_MARK.as_bytes());
            match (hole, mark) {
                (hole, Some(mark)) if hole.is_none_or(|hole| mark < hole) => {
                    shared.push_str(rest.get(..mark).unwrap_or_default());
                    flush(&mut shared, &mut from, &mut pieces);
                    pieces.push(Piece::Version);
                    rest = rest.get(mark + RV_MARK.len()..).unwrap_or_default();
                }
                (Some(hole), _) => {
                    let (before, after) = rest.split_at(hole);
                    let inner = after.get(2..).unwrap_or_default();
                    let (token, tail) = inner.split_once('}').unwrap_or((inner, ""));
                    let number = token.strip_prefix('#');
                    let before =
                        if number.is_some() { before.strip_suffix('"').unwrap_or(before) } else { before };
                    shared.push_str(before);
                    flush(&mut shared, &mut from, &mut pieces);
                    pieces.push(Piece::Own(number.unwrap_or(token).parse().unwrap_or(usize::MAX)));
                    rest = if number.is_some() { tail.strip_prefix('"').unwrap_or(tail) } else { tail };
                }
                _ => break,
            }
        }
        shared.push_str(rest);
        flush(&mut shared, &mut from, &mut pieces);
        Self { text: shared, pieces }
    }
}

/// The text of an object.
#[derive(Clone, Debug)]
pub enum Body {
    /// Its own text, without the resource version, which goes in at the offset.
    Plain(Bytes, usize),
    /// A shared template and the object's own values.
    Filled(Arc<Template>, Arc<[Box<str>]>),
}

impl Body {
    /// Serialises an object, leaving the gap for its resource version.
    pub fn of(value: &Value) -> Self {
        let mut text = Vec::with_capacity(4096);
        // Writing a Value into memory cannot fail: its keys are strings.
        let _ = serde_json::to_writer(&mut text, value);
        match memmem::find(&text, RV_MARK.as_bytes()) {
            Some(at) => {
                text.drain(at..at + RV_MARK.len());
                text.shrink_to_fit();
                Self::Plain(text.into(), at)
            }
            None => Self::Plain(text.into(), usize::MAX),
        }
    }

    /// Appends the object's text at the given resource version.
    pub fn render(&self, rv: u64, out: &mut Vec<u8>) {
        match self {
            Self::Plain(text, gap) => match text.split_at_checked(*gap) {
                Some((head, tail)) => {
                    out.extend_from_slice(head);
                    // Writing to a Vec cannot fail.
                    let _ = write!(out, "{rv}");
                    out.extend_from_slice(tail);
                }
                None => out.extend_from_slice(text),
            },
            Self::Filled(template, own) => {
                for piece in &template.pieces {
                    match piece {
                        Piece::Shared(range) => out.extend_from_slice(
                            template.text.as_bytes().get(range.clone()).unwrap_or_default(),
                        ),
                        Piece::Own(index) => {
                            out.extend_from_slice(
                                own.get(*index).map_or(b"".as_slice(), |own| own.as_bytes()),
                            );
                        }
                        Piece::Version => {
                            let _ = write!(out, "{rv}");
                        }
                    }
                }
            }
        }
    }

    /// Returns about how long the text is.
    pub fn len(&self) -> usize {
        match self {
            Self::Plain(text, _) => text.len() + 8,
            Self::Filled(template, own) => {
                template.text.len() + own.iter().map(|own| own.len()).sum::<usize>()
            }
        }
    }
}

/// What is looked at without decoding.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `metadata.uid`.
    pub uid: Text,
    /// `metadata.labels`, sorted.
    pub labels: Arc<[(Text, Text)]>,
    /// Values of the kind's selectable fields, in the order of its table.
    pub fields: Box<[Text]>,
    /// Uids of `metadata.ownerReferences`.
    pub owners: Box<[Text]>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
}

impl Facts {
    /// Reads the facts of an object; `paths` are the selectable fields of its kind.
    pub fn of(value: &Value, paths: &[&str]) -> Self {
        let meta = value.get("metadata");
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().into();
        let mut labels: Vec<(Text, Text)> = meta
            .and_then(|meta| meta.get("labels")?.as_object())
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str().into(), value.as_str().unwrap_or_default().into()))
            .collect();
        labels.sort();
        Self {
            uid: text(meta.and_then(|meta| meta.get("uid"))),
            labels: labels.into(),
            fields: paths.iter().map(|path| field(value, path)).collect(),
            owners: meta
                .and_then(|meta| meta.get("ownerReferences")?.as_array())
                .into_iter()
                .flatten()
                .map(|owner| text(owner.get("uid")))
                .collect(),
            deleting: meta.is_some_and(|meta| meta.get("deletionTimestamp").is_some()),
        }
    }

    /// Returns the value of a label.
    pub fn label(&self, name: &str) -> Option<&Text> {
        self.labels.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }
}

/// Reads `a.b.c` as text; booleans and numbers as they print, absence as empty.
fn field(value: &Value, path: &str) -> Text {
    let found = path.split('.').try_fold(value, |value, part| value.get(part));
    match found {
        Some(Value::String(text)) => text.as_str().into(),
        Some(Value::Null) | None => "".into(),
        Some(other) => other.to_string().into(),
    }
}

/// One version of one object.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Namespace and name.
    pub key: Key,
    /// Resource version.
    pub rv: u64,
    /// What is looked at without decoding.
    pub facts: Arc<Facts>,
    /// Its text.
    pub body: Body,
}

impl Entry {
    /// Returns the text of the object.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.body.len() + 16);
        self.body.render(self.rv, &mut out);
        out
    }

    /// Decodes the object.
    pub fn value(&self) -> Value {
        // Only text that was serialised from a Value or compiled from one gets in here.
        serde_json::from_slice(&self.text()).unwrap_or_default()
    }
}

/// An object on its way into the store: everything but its resource version.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Namespace and name.
    pub key: Key,
    /// What is looked at without decoding.
    pub facts: Arc<Facts>,
    /// Its text.
    pub body: Body,
}

impl Draft {
    /// Prepares an object for the store.
    pub fn of(mut value: Value, paths: &[&str]) -> Self {
        let meta = value.get("metadata");
        let text = |name: &str| meta.and_then(|meta| meta.get(name)?.as_str()).unwrap_or_default();
        let key = Key::new(text("namespace"), text("name"));
        let facts = Arc::new(Facts::of(&value, paths));
        if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.insert("resourceVersion".into(), RV_MARK.into());
        }
        Self { key, facts, body: Body::of(&value) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_renders_text_numbers_and_version_in_their_places() {
        let value =
            json!({"metadata": {"name": "@{0}", "resourceVersion": RV_MARK}, "n": "@{#1}", "x": "a@{0}b"});
        let template = Arc::new(Template::compile(&value.to_string()));
        let own: Arc<[Box<str>]> = [Box::from("web-1"), Box::from("7")].into();
        let mut out = Vec::new();
        Body::Filled(template, own).render(42, &mut out);
        let got: Value = serde_json::from_slice(&out).unwrap();
        let want = json!({"metadata": {"name": "web-1", "resourceVersion": "42"}, "n": 7, "x": "aweb-1b"});
        assert_eq!(got, want);
    }

    #[test]
    fn a_plain_object_takes_any_version_without_being_serialised_again() {
        let draft = Draft::of(json!({"data": {"a": "b"}, "metadata": {"name": "x", "namespace": "n"}}), &[]);
        for rv in [1, 123_456] {
            let mut out = Vec::new();
            draft.body.render(rv, &mut out);
            let got: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(got["metadata"]["resourceVersion"], rv.to_string());
        }
    }
}

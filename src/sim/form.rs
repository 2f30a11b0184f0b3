//! The forms that an object can be asked for in: as it is, as a table row, as metadata only.
//!
//! Owns [`Form`]: negotiation from `Accept`, and the rendering of items, lists, single objects and watch
//! lines. Objects as they are are copied as text; the other forms decode.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::entry::Entry;
use super::kinds::{Columns, Served};
use super::printers::{NAME, at, name};
use super::time::now;
use super::twin;

/// How much of the object a table row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Include {
    None,
    Metadata,
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Object,
    Table(Include),
    Metadata,
}

/// A form of answers about one kind.
#[derive(Debug)]
pub(crate) struct Form {
    kind: Arc<Served>,
    shape: Shape,
}

impl Form {
    /// Reads the first form in `Accept` that is known here.
    pub(crate) fn negotiate(kind: Arc<Served>, accept: &str, include: Option<&str>) -> Self {
        let include = match include {
            Some("None") => Include::None,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        };
        let shape = accept.split(',').find_map(|choice| {
            let mut parts = choice.split(';').map(str::trim);
            let media = parts.next()?;
            if !matches!(media, "application/json" | "*/*" | "application/*") {
                return None;
            }
            match parts.find_map(|part| part.strip_prefix("as=")) {
                None => Some(Shape::Object),
                Some("Table") => Some(Shape::Table(include)),
                Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Some(Shape::Metadata),
                Some(_) => None,
            }
        });
        Self { kind, shape: shape.unwrap_or(Shape::Object) }
    }

    /// The plain form.
    pub(crate) fn plain(kind: Arc<Served>) -> Self {
        Self { kind, shape: Shape::Object }
    }

    /// Appends an object as an item of a list.
    pub(crate) fn item(&self, entry: &Entry, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Object if self.kind.is_twin() => write(&twin::told(entry.value()), out),
            Shape::Object => entry.body.render(entry.rv, out),
            Shape::Table(include) => write(&self.row(entry, include), out),
            Shape::Metadata => write(&partial(&entry.value()), out),
        }
    }

    /// Appends an object that stands alone: the answer to a get, or the object of a watch line.
    pub(crate) fn single(&self, entry: &Entry, first: bool, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Object if self.kind.custom => entry.body.render(entry.rv, out),
            Shape::Object if self.kind.is_twin() => write(&typed(&self.kind, entry.value()), out),
            Shape::Object => {
                out.extend_from_slice(self.type_prefix().as_bytes());
                let from = out.len();
                entry.body.render(entry.rv, out);
                // The stored text starts with a brace, which the prefix has brought already.
                if out.get(from) == Some(&b'{') {
                    out.remove(from);
                }
            }
            Shape::Table(include) => {
                let columns = if first { self.columns() } else { Value::Null };
                let meta = json!({"resourceVersion": entry.rv.to_string()});
                let row = self.row(entry, include);
                let table = json!({
                    "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
                    "columnDefinitions": columns, "rows": [row],
                });
                write(&table, out);
            }
            Shape::Metadata => write(&partial(&entry.value()), out),
        }
    }

    fn type_prefix(&self) -> String {
        format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", self.kind.kind, self.kind.api_version())
    }

    /// Appends the object of a bookmark.
    pub(crate) fn bookmark(&self, rv: u64, initial_end: bool, first: bool, out: &mut Vec<u8>) {
        let mut meta = json!({"resourceVersion": rv.to_string(), "creationTimestamp": null});
        if let (true, Some(fields)) = (initial_end, meta.as_object_mut()) {
            fields.insert("annotations".into(), json!({"k8s.io/initial-events-end": "true"}));
        }
        let (kind, version) = (&*self.kind.kind, self.kind.api_version());
        let object = match self.shape {
            Shape::Object => json!({"kind": kind, "apiVersion": version, "metadata": meta}),
            Shape::Metadata => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
            }
            Shape::Table(_) => json!({
                "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": rv.to_string()},
                "columnDefinitions": if first { self.columns() } else { Value::Null },
                "rows": [{"cells": self.blank(), "object": {
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}}],
            }),
        };
        write(&object, out);
    }

    fn blank(&self) -> Vec<Value> {
        let count = self.columns().as_array().map_or(0, Vec::len);
        vec![Value::from(""); count]
    }

    /// Returns what stands before the items of a list.
    pub(crate) fn head(&self, rv: u64, resume: Option<&str>, remaining: Option<usize>) -> Vec<u8> {
        let mut meta = Map::new();
        meta.insert("resourceVersion".into(), rv.to_string().into());
        if let Some(resume) = resume {
            meta.insert("continue".into(), resume.into());
        }
        if let Some(remaining) = remaining {
            meta.insert("remainingItemCount".into(), remaining.into());
        }
        let meta = Value::Object(meta);
        let (kind, version) = match self.shape {
            Shape::Object => (self.kind.list_kind.to_string(), self.kind.api_version()),
            Shape::Table(_) => ("Table".into(), "meta.k8s.io/v1".into()),
            Shape::Metadata => ("PartialObjectMetadataList".into(), "meta.k8s.io/v1".into()),
        };
        let mut out =
            format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{meta},").into_bytes();
        match self.shape {
            Shape::Table(_) => {
                out.extend_from_slice(b"\"columnDefinitions\":");
                write(&self.columns(), &mut out);
                out.extend_from_slice(b",\"rows\":[");
            }
            _ => out.extend_from_slice(b"\"items\":["),
        }
        out
    }

    /// What stands behind the items of a list.
    pub(crate) const TAIL: &[u8] = b"]}\n";

    fn columns(&self) -> Value {
        let column = |name: &str, kind: &str, format: &str, priority: i64| json!({"name": name, "type": kind, "format": format, "description": describe(name), "priority": priority});
        match &self.kind.columns {
            Columns::Builtin(printer) => {
                printer.columns.iter().map(|c| column(c.0, c.1, c.2, i64::from(c.3))).collect()
            }
            Columns::Custom(columns) => std::iter::once(column(NAME.0, NAME.1, NAME.2, 0))
                .chain(columns.iter().map(|c| column(&c.name, &c.kind, "", c.priority)))
                .collect(),
        }
    }

    fn row(&self, entry: &Entry, include: Include) -> Value {
        let value = entry.value();
        let cells: Vec<Value> = match &self.kind.columns {
            Columns::Builtin(printer) => (printer.print)(&value, now()),
            Columns::Custom(columns) => {
                let now = now();
                std::iter::once(name(&value))
                    .chain(columns.iter().map(|column| column.cell(&value, now)))
                    .collect()
            }
        };
        let object = match include {
            Include::None => Value::Null,
            Include::Metadata => partial(&value),
            Include::Object => typed(&self.kind, value),
        };
        json!({"cells": cells, "object": object})
    }
}

fn describe(column: &str) -> String {
    match column {
        "Name" => "Name must be unique within a namespace.".to_owned(),
        "Age" => "CreationTimestamp is the server time when this object was created.".to_owned(),
        other => format!("{other} of the object."),
    }
}

/// Adds kind and version to a decoded object, and gives it the kind's own words.
pub(crate) fn typed(kind: &Served, value: Value) -> Value {
    let mut value = if kind.is_twin() { twin::told(value) } else { value };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("kind".into(), (*kind.kind).into());
        fields.insert("apiVersion".into(), kind.api_version().into());
    }
    value
}

fn partial(value: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": at(value, "metadata")})
}

fn write(value: &Value, out: &mut Vec<u8>) {
    // Writing a Value into memory cannot fail: its keys are strings.
    let _ = serde_json::to_writer(out, value);
}

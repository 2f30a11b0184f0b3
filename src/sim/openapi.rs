//! OpenAPI v3: the shapes of the served kinds, for `kubectl explain`, and that the server validates fields.
//!
//! The schemas of built-in kinds are a loop over the table of messages, those of custom ones are what their
//! definitions say. Describing texts are left out: the real server's belong to it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::World;
use super::discovery::root;
use super::entry::Key;
use super::kinds::Served;
use super::messages::{self, Field, Type};
use super::printers::{at, items_at, text_at};

/// Returns where the documents are, one a group and version.
pub(crate) fn index(kinds: &[Arc<Served>]) -> Value {
    let mut paths = Map::new();
    for kind in kinds {
        let root = root(kind);
        let entry = json!({"serverRelativeURL": format!("/openapi/v3/{root}?hash={:x}", kinds.len())});
        paths.insert(root, entry);
    }
    json!({"paths": paths})
}

/// Returns the document of a group and version.
pub(crate) fn document(world: &World, kinds: &[Arc<Served>], group: &str, version: &str) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for kind in kinds.iter().filter(|kind| *kind.group == *group && *kind.version == *version) {
        let place = if kind.namespaced { "namespaces/{namespace}/" } else { "" };
        let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
        let tag = json!({"group": group, "version": version, "kind": &*kind.kind});
        let operation = json!({
            "x-kubernetes-group-version-kind": &tag,
            "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")],
            "requestBody": {"content": {"application/merge-patch+json": {"schema": {"type": "object"}}}},
            "responses": {"200": {"description": "OK"}},
        });
        paths.insert(
            format!("/{}/{place}{}/{{name}}", root(kind), kind.resource),
            json!({"get": operation.clone(), "patch": operation}),
        );
        let shape = if kind.custom { custom(world, kind) } else { built_in(&kind.kind, &mut schemas) };
        if let Some(Value::Object(mut shape)) = shape {
            shape.insert("x-kubernetes-group-version-kind".into(), json!([tag]));
            let properties = shape.entry("properties").or_insert_with(|| json!({}));
            for name in ["apiVersion", "kind"] {
                properties[name] = json!({"type": "string"});
            }
            if kind.custom {
                properties["metadata"] = reference("ObjectMeta", &mut schemas);
            }
            schemas.insert(kind.kind.to_string(), Value::Object(shape));
        }
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": &*world.options.version},
        "paths": paths, "components": {"schemas": schemas},
    })
}

/// Returns the schema that a definition gives its kind.
fn custom(world: &World, kind: &Served) -> Option<Value> {
    let name = format!("{}.{}", kind.resource, kind.group);
    let definition =
        world.store.get("customresourcedefinitions.apiextensions.k8s.io", &Key::new("", &name))?;
    let definition = definition.value();
    let mut versions = items_at(&definition, "spec/versions").iter();
    let version = versions.find(|version| text_at(version, "name") == &*kind.version)?;
    Some(at(version, "schema/openAPIV3Schema").clone()).filter(Value::is_object)
}

/// Returns the schema of a message and adds those that it refers to.
fn built_in(name: &str, schemas: &mut Map<String, Value>) -> Option<Value> {
    let mut properties = Map::new();
    add(messages::fields(name)?, &mut properties, schemas);
    Some(json!({"type": "object", "properties": properties}))
}

fn add(fields: &[Field], properties: &mut Map<String, Value>, schemas: &mut Map<String, Value>) {
    for field in fields {
        match &field.of {
            Type::Message(inner) if field.name == "-" => {
                add(messages::fields(inner).unwrap_or_default(), properties, schemas);
            }
            of => {
                properties.insert(field.name.to_owned(), schema(of, schemas));
            }
        }
    }
}

fn reference(name: &str, schemas: &mut Map<String, Value>) -> Value {
    if !schemas.contains_key(name) {
        // Its place is taken first: messages may refer to themselves.
        schemas.insert(name.to_owned(), Value::Null);
        if let Some(shape) = built_in(name, schemas) {
            schemas.insert(name.to_owned(), shape);
        }
    }
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn schema(of: &Type, schemas: &mut Map<String, Value>) -> Value {
    match of {
        Type::Text | Type::Quantity => json!({"type": "string"}),
        Type::Bytes => json!({"type": "string", "format": "byte"}),
        Type::Number => json!({"type": "integer"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Time | Type::MicroTime => json!({"type": "string", "format": "date-time"}),
        Type::IntOrString => json!({"format": "int-or-string", "type": "string"}),
        Type::Any => json!({"type": "object"}),
        // In a list that allows for more beside it, as the real server writes it.
        Type::Message(name) => json!({"allOf": [reference(name, schemas)]}),
        Type::List(of) => json!({"type": "array", "items": schema(of, schemas)}),
        Type::Map(of) => json!({"type": "object", "additionalProperties": schema(of, schemas)}),
    }
}

//! The API server's own tables as oracle: each fixture is what a real kube-apiserver 1.37.2 answered
//! for a Table request, its objects included. Our columns and cells must be the same.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::catalog::Catalog;
use super::oracle::{self, Table};
use super::printer::Printer;
use super::{KindDef, Projecting, Projector, Record, Source, registry};
use crate::model::{ClusterId, KindId, Row};

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kinds")
}

fn table(name: &str) -> Table {
    let path = fixtures().join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The rows of a fixture, projected, by name.
pub(super) fn rows(def: &KindDef, fixture: &str) -> Vec<(Row, String)> {
    let mut ctx = Projecting::new(ClusterId("c".into()), def.id.clone());
    table(fixture)
        .rows
        .iter()
        .map(|row| {
            let projected = def.project(row.object.get().as_bytes(), &mut ctx).unwrap();
            (projected, String::from_utf8(ctx.text.clone()).unwrap())
        })
        .collect()
}

fn custom(plural: &str) -> Arc<KindDef> {
    let crds: Vec<String> =
        table("customresourcedefinitions").rows.iter().map(|row| row.object.get().to_owned()).collect();
    let pods = crate::model::Discovered {
        gvr: crate::model::Gvr::new("", "v1", "pods"),
        kind: "Pod".into(),
        singular: "pod".into(),
        short_names: vec![],
        categories: vec![],
        scope: crate::model::Scope::Namespaced,
        verbs: vec!["list".into()],
        subresources: vec![],
        preferred: true,
    };
    Catalog::new(&[pods], &crds).get(&KindId::new("example.com", plural)).unwrap()
}

fn compare(def: &KindDef, fixture: &str) -> usize {
    let table = table(fixture);
    let counts =
        oracle::compare(def, &table).unwrap_or_else(|differences| panic!("{fixture}: {differences}"));
    let mut ctx = Projecting::new(ClusterId("c".into()), def.id.clone());
    for wire in &table.rows {
        let row = def.project(wire.object.get().as_bytes(), &mut ctx).unwrap();
        for column in def.columns.iter() {
            if let Source::Cell(index) = column.source {
                assert!(
                    usize::from(index) < row.cells.len(),
                    "{} of {fixture} is out of range",
                    column.title
                );
            }
        }
    }
    counts.rows
}

/// Plurals that two groups use carry their group.
fn fixture_of(record: &Record) -> String {
    match record.group {
        "events.k8s.io" | "metrics.k8s.io" => record.id().to_string(),
        _ => record.plural.to_owned(),
    }
}

#[test]
fn every_built_in_kind_shows_exactly_what_the_api_server_prints() {
    for record in registry::records() {
        let fixture = fixture_of(record);
        assert!(compare(&record.def(), &fixture) > 0, "{fixture} has no rows");
    }
}

#[test]
fn custom_resources_show_exactly_what_the_api_server_prints() {
    assert_eq!(compare(&custom("widgets"), "widgets"), 4);
    assert_eq!(compare(&custom("bares"), "bares"), 1);
}

#[test]
fn every_fixture_belongs_to_a_kind() {
    let mut known: BTreeSet<String> =
        registry::records().map(|r| format!("{}.json", fixture_of(r))).collect();
    known.extend(["README.md", "widgets.json", "bares.json"].map(String::from));
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(entry.path().is_dir() || known.contains(&name), "{name}");
    }
}

#[test]
fn the_generic_printer_reads_every_kind() {
    let printer = Printer::generic();
    for record in registry::records() {
        let mut ctx = Projecting::new(ClusterId("c".into()), record.id());
        for wire in table(&fixture_of(record)).rows {
            let row = printer.project(wire.object.get(), &mut ctx).unwrap();
            assert!(!row.key.name.is_empty());
        }
    }
}

#[test]
fn the_kept_text_has_no_managed_fields_and_no_secret_value() {
    for record in registry::records() {
        for (row, text) in rows(&record.def(), &fixture_of(record)) {
            assert!(!text.contains("managedFields"), "{}", row.key);
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", row.key);
            for value in ["aHVudGVyMg", "YWRtaW4=", "hunter2", "last-applied"] {
                assert!(record.plural != "secrets" || !text.contains(value), "{value} in {}", row.key);
            }
        }
    }
}

#[test]
fn a_secrets_values_are_dropped_whatever_projects_it() {
    let record = registry::records().find(|record| record.plural == "secrets").unwrap();
    let mut def = record.def();
    def.projector = Projector::Printer(Arc::new(Printer::generic()));
    for (row, text) in rows(&def, &fixture_of(record)) {
        assert!(!text.contains("aHVudGVyMg"), "{}", row.key);
    }
}

#[test]
fn every_projector_survives_an_object_without_spec_and_status_and_one_of_nulls() {
    for record in registry::records() {
        let mut ctx = Projecting::new(ClusterId("c".into()), record.id());
        for json in [
            r#"{"metadata":{"name":"a"}}"#,
            r#"{"metadata":{"name":"a","labels":null},"spec":null,"status":null,"data":null,"rules":null,"subjects":null}"#,
        ] {
            let row = record.def().project(json.as_bytes(), &mut ctx).unwrap();
            assert_eq!(&*row.key.name, "a", "{}", record.plural);
        }
        for json in ["", "[]", "null", "7", "{", r#"{"metadata":{"name":"a"}"#] {
            assert!(
                record.def().project(json.as_bytes(), &mut ctx).is_err(),
                "{} takes {json:?}",
                record.plural
            );
        }
    }
}

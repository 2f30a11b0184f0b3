//! The store against a naive map, under random batches, lists and readers.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::sample::{key, row};
use super::*;
use crate::model::WatchScope;

#[derive(Clone, Debug)]
enum Step {
    /// Batches of a watch: name and version, or a deletion.
    Apply(Vec<(u8, Option<u8>)>),
    /// A whole list of one namespace.
    List(u8, Vec<(u8, u8)>),
    /// A list that breaks off.
    Broken(u8, Vec<(u8, u8)>),
    /// Packs what waits.
    Pack,
    /// The reader looks.
    Read,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0u8..24;
    let step = prop_oneof![
        4 => prop::collection::vec((name.clone(), prop::option::weighted(0.7, 0u8..4)), 0..12).prop_map(Step::Apply),
        1 => (0u8..2, prop::collection::vec((name.clone(), 0u8..4), 0..20)).prop_map(|(n, l)| Step::List(n, l)),
        1 => (0u8..2, prop::collection::vec((name, 0u8..4), 0..20)).prop_map(|(n, l)| Step::Broken(n, l)),
        1 => Just(Step::Pack),
        2 => Just(Step::Read),
    ];
    prop::collection::vec(step, 1..60)
}

/// Names below 12 live in namespace `a`, the others in `b`.
fn place(name: u8) -> (&'static str, String) {
    (if name < 12 { "a" } else { "b" }, format!("o{name}"))
}

fn text_of(name: u8, version: u8) -> String {
    format!(r#"{{"metadata":{{"name":"o{name}","resourceVersion":"{version}"}},"spec":{{"v":{version}}}}}"#)
}

fn upsert(name: u8, version: u8) -> Change {
    let (namespace, text) = place(name);
    Change::Upsert {
        row: row(namespace, &text, &format!("u{name}")),
        text: text_of(name, version).into_bytes(),
    }
}

fn shard() -> (Store, Arc<Shard>) {
    let store = Store::with_clock(Arc::default(), || Timestamp(50));
    let scope = WatchScope::All;
    let shard =
        store.shard(&ShardKey { cluster: ClusterId("c".into()), kind: KindId::new("", "pods"), scope });
    shard.set_namespaces(vec!["a".into(), "b".into()], Timestamp(0));
    (store, shard)
}

type Naive = BTreeMap<(Text, Text), String>;

fn apply(shard: &Shard, naive: &mut Naive, batch: Vec<(u8, Option<u8>)>) {
    for part in ["a", "b"] {
        let mine = batch.iter().filter(|(name, _)| place(*name).0 == part);
        let changes = mine.map(|&(name, version)| match version {
            Some(version) => upsert(name, version),
            None => Change::Delete { key: key(part, &place(name).1), at: Timestamp(9) },
        });
        shard.apply(&part.into(), changes.collect());
    }
    for (name, version) in batch {
        let (namespace, text) = place(name);
        let place = (namespace.into(), text.into());
        match version {
            Some(version) => naive.insert(place, text_of(name, version)),
            None => naive.remove(&place),
        };
    }
}

fn list(shard: &Shard, naive: &mut Naive, part: u8, items: Vec<(u8, u8)>, ends: bool) {
    let part: Text = if part == 0 { "a".into() } else { "b".into() };
    let mine: Vec<_> = items.into_iter().filter(|(name, _)| place(*name).0 == &*part).collect();
    shard.begin_list(&part);
    for chunk in mine.chunks(5) {
        shard.apply(&part, chunk.iter().map(|&(name, version)| upsert(name, version)).collect());
    }
    if ends {
        shard.end_list(&part, Timestamp(10));
        naive.retain(|(namespace, _), _| *namespace != part);
    }
    for (name, version) in mine {
        let (namespace, text) = place(name);
        naive.insert((namespace.into(), text.into()), text_of(name, version));
    }
}

/// A reader that keeps its own copy by deltas alone.
#[derive(Default)]
struct Reader {
    since: Option<Rev>,
    rows: BTreeMap<ObjKey, Arc<Row>>,
}

impl Reader {
    fn read(&mut self, shard: &Shard) {
        let (rev, delta) = shard.read(self.since);
        assert!(self.since.is_none_or(|since| since <= rev), "a revision never goes back");
        match delta {
            Delta::Same => assert_eq!(self.since, Some(rev)),
            Delta::Full(rows) => {
                self.rows = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
            }
            Delta::Changed { upserts, removed } => {
                assert!(upserts.len() + removed.len() > 0, "a new revision has a reason");
                self.rows.extend(upserts.into_iter().map(|row| (row.key.clone(), row)));
                for key in removed {
                    self.rows.remove(&key);
                }
            }
        }
        self.since = Some(rev);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_holds_what_a_plain_map_would_and_deltas_add_up_to_it(steps in steps()) {
        let (_store, shard) = shard();
        let (mut naive, mut reader) = (Naive::new(), Reader::default());
        for step in steps {
            match step {
                Step::Apply(batch) => apply(&shard, &mut naive, batch),
                Step::List(part, items) => list(&shard, &mut naive, part, items, true),
                Step::Broken(part, items) => {
                    list(&shard, &mut naive, part, items, false);
                    // A list that broke off is followed by another one before the watch goes on.
                    let held: Vec<(u8, u8)> = Vec::new();
                    list(&shard, &mut naive, part, held, true);
                }
                Step::Pack => shard.pack(),
                Step::Read => reader.read(&shard),
            }
            let held: Naive = match shard.read(None).1 {
                Delta::Full(rows) => rows
                    .iter()
                    .map(|row| ((row.key.namespace.clone(), row.key.name.clone()), shard.text(&row.key).unwrap()))
                    .collect(),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(&held, &naive);
        }
        reader.read(&shard);
        let read: Vec<_> = reader.rows.keys().map(|key| (key.namespace.clone(), key.name.clone())).collect();
        prop_assert_eq!(read, naive.keys().cloned().collect::<Vec<_>>());
        for (key, row) in &reader.rows {
            prop_assert!(Arc::ptr_eq(row, &shard.get(key).unwrap()), "the reader holds the newest row");
        }
    }

    #[test]
    fn the_memory_figure_returns_to_nothing_with_the_rows(names in prop::collection::vec(0u8..24, 1..40)) {
        let (_store, shard) = shard();
        let mut naive = Naive::new();
        apply(&shard, &mut naive, names.iter().map(|&name| (name, Some(name % 3))).collect());
        shard.pack();
        prop_assert!(shard.state.read().bytes > 0 && shard.state.read().unpacked_bytes == 0);
        apply(&shard, &mut naive, names.iter().map(|&name| (name, None)).collect());
        prop_assert_eq!((shard.state.read().bytes, shard.state.read().unpacked_bytes), (0, 0));
    }
}

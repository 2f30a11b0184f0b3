//! What a shard promises to writers and readers, case by case.

use std::sync::Arc;

use super::sample::{key, row};
use super::*;
use crate::model::{Problem, ProblemKind, WatchScope};

fn shard_of(kind: &str) -> (Arc<Bell>, Store, Arc<Shard>) {
    let bell = Arc::new(Bell::default());
    let store = Store::with_clock(bell.clone(), || Timestamp(50));
    let key = ShardKey { cluster: ClusterId("c".into()), kind: KindId(kind.into()), scope: WatchScope::All };
    let shard = store.shard(&key);
    (bell, store, shard)
}

fn all() -> Text {
    "".into()
}

fn upsert(name: &str, uid: &str, text: &str) -> Change {
    Change::Upsert { row: row("shop", name, uid), text: text.as_bytes().to_vec() }
}

fn names(delta: Delta) -> Vec<String> {
    let rows = match delta {
        Delta::Full(rows) => rows,
        other => panic!("{other:?}"),
    };
    let mut names: Vec<String> = rows.iter().map(|row| row.key.name.to_string()).collect();
    names.sort();
    names
}

#[test]
fn an_equal_object_neither_bumps_the_revision_nor_rings() {
    let (bell, _store, shard) = shard_of("pods");
    shard.apply(&all(), vec![upsert("a", "1", "{}")]);
    assert!(bell.take());
    let (rev, _) = shard.read(None);
    shard.apply(&all(), vec![upsert("a", "1", "{}")]);
    shard.apply(&all(), Vec::new());
    shard.set_freshness(&all(), Freshness::Idle);
    assert!(!bell.take());
    assert!(matches!(shard.read(Some(rev)), (same, Delta::Same) if same == rev));
}

#[test]
fn a_list_never_empties_the_screen_and_removes_the_vanished_at_its_end() {
    let (_bell, _store, shard) = shard_of("pods");
    shard.apply(&all(), vec![upsert("a", "1", "{}"), upsert("b", "2", "{}")]);
    shard.begin_list(&all());
    shard.apply(&all(), vec![upsert("b", "2", "{}"), upsert("c", "3", "{}")]);
    assert_eq!(names(shard.read(None).1), ["a", "b", "c"]);
    let (rev, _) = shard.read(None);
    shard.end_list(&all(), Timestamp(60));
    assert_eq!(names(shard.read(None).1), ["b", "c"]);
    match shard.read(Some(rev)).1 {
        Delta::Changed { upserts, removed } => {
            assert!(upserts.is_empty());
            assert_eq!(removed, [key("shop", "a")]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_first_page_fills_gaps_only_and_goes_with_the_list() {
    let (_bell, _store, shard) = shard_of("pods");
    shard.begin_list(&all());
    shard.apply(&all(), vec![upsert("a", "1", r#"{"from":"list"}"#)]);
    shard.apply_preview(&all(), vec![upsert("a", "1", r#"{"from":"page"}"#), upsert("z", "9", "{}")]);
    assert_eq!(names(shard.read(None).1), ["a", "z"]);
    assert_eq!(shard.text(&key("shop", "a")).unwrap(), r#"{"from":"list"}"#);
    shard.end_list(&all(), Timestamp(60));
    assert_eq!(names(shard.read(None).1), ["a"], "the page's row was in no list");
}

#[test]
fn history_tells_birth_change_and_death_in_order() {
    let (_bell, _store, shard) = shard_of("pods");
    let version = |v: u32| format!(r#"{{"metadata":{{"resourceVersion":"{v}"}},"spec":{{"v":{v}}}}}"#);
    shard.apply(&all(), vec![upsert("a", "1", &version(1))]);
    shard.apply(&all(), vec![upsert("a", "1", &version(2))]);
    shard.apply(&all(), vec![upsert("a", "2", &version(3))]);
    shard.apply(&all(), vec![Change::Delete { key: key("shop", "a"), at: Timestamp(70) }]);
    let history = shard.history(&key("shop", "a"));
    let told: Vec<_> = history.iter().map(|entry| (entry.at.0, &*entry.path, entry.new.as_deref())).collect();
    assert_eq!(
        told,
        [(50, "+", Some("1")), (50, "spec.v", Some("2")), (50, "+", Some("2")), (70, "-", None)]
    );
    let stones = shard.tombstones();
    assert_eq!((stones[0].0.uid.to_string(), stones[0].1), ("2".to_owned(), Timestamp(70)));
    assert_eq!(shard.tombstone_text(&key("shop", "a")).unwrap(), version(3));
    assert_eq!(shard.text(&key("shop", "a")), None);
}

#[test]
fn a_storm_is_not_compared_but_counted() {
    let (_bell, _store, shard) = shard_of("pods");
    let batch = |version: u32| {
        (0..100).map(|i| upsert(&format!("p{i}"), "1", &format!(r#"{{"v":{version}}}"#))).collect::<Vec<_>>()
    };
    shard.begin_list(&all());
    shard.apply(&all(), batch(1));
    shard.end_list(&all(), Timestamp(50));
    shard.apply(&all(), batch(2));
    assert_eq!(shard.history_skipped(), 100);
    assert!(shard.history(&key("shop", "p1")).is_empty());
    for i in 0..300 {
        shard.apply(&all(), vec![upsert("p1", "1", &format!(r#"{{"v":{i}}}"#))]);
    }
    assert!(shard.history_skipped() >= 200, "a second has a budget of comparisons");
    assert!(!shard.history(&key("shop", "p1")).is_empty());
}

#[test]
fn leases_leave_no_history() {
    let (_bell, _store, shard) = shard_of("leases.coordination.k8s.io");
    shard.apply(&all(), vec![upsert("a", "1", r#"{"spec":{"renewTime":"1","holder":"x"}}"#)]);
    shard.apply(&all(), vec![upsert("a", "1", r#"{"spec":{"renewTime":"2","holder":"y"}}"#)]);
    assert!(shard.history(&key("shop", "a")).is_empty());
}

#[test]
fn tombstones_are_bounded_and_take_their_history_along() {
    let (_bell, _store, shard) = shard_of("pods");
    for i in 0..300 {
        let name = format!("p{i}");
        shard.apply(&all(), vec![upsert(&name, "1", "{}")]);
        shard.apply(&all(), vec![Change::Delete { key: key("shop", &name), at: Timestamp(i) }]);
    }
    assert_eq!(shard.tombstones().len(), 256);
    assert_eq!(shard.tombstones()[0].1, Timestamp(44));
    assert!(shard.history(&key("shop", "p43")).is_empty());
    assert!(!shard.history(&key("shop", "p44")).is_empty());
}

#[test]
fn what_waits_for_the_packer_is_bounded() {
    let (_bell, _store, shard) = shard_of("pods");
    for chunk in 0..100 {
        let change =
            |i: usize| Change::Upsert { row: row("shop", &format!("p{i}"), "1"), text: sample::pod_text(i) };
        shard.apply(&all(), (chunk * 40..chunk * 40 + 40).map(change).collect());
    }
    let waits = shard.state.read().unpacked_bytes;
    assert!(waits > 0 && waits <= 8 * 1024 * 1024, "{waits}");
    let before = shard.bytes();
    shard.pack();
    assert!(!shard.wants_packing() && shard.bytes() < before);
    assert!(shard.bytes() / 4000 < 1700, "row and text of one pod: {}", shard.bytes() / 4000);
    assert_eq!(shard.text(&key("shop", "p3999")).unwrap().into_bytes(), sample::pod_text(3999));
}

#[test]
fn a_dropped_shard_that_comes_back_gives_its_old_readers_everything() {
    let (_bell, store, shard) = shard_of("pods");
    shard.apply(&all(), vec![upsert("a", "1", "{}")]);
    let (rev, _) = shard.read(None);
    store.drop_shard(shard.key());
    assert!(store.find(shard.key()).is_none() && store.keys().is_empty());
    let again = store.shard(shard.key());
    again.apply(&all(), vec![upsert("b", "1", "{}")]);
    assert_eq!(names(again.read(Some(rev)).1), ["b"]);
}

#[test]
fn going_over_to_namespaces_keeps_their_rows_and_drops_the_others() {
    let (_bell, _store, shard) = shard_of("pods");
    let other = Change::Upsert { row: row("bank", "x", "5"), text: b"{}".to_vec() };
    shard.apply(&all(), vec![upsert("a", "1", "{}"), other]);
    shard.set_namespaces(vec!["shop".into(), "dark".into()], Timestamp(1));
    assert_eq!(names(shard.read(None).1), ["a"]);
    shard.set_freshness(&"shop".into(), Freshness::Live);
    shard.set_freshness(&"dark".into(), Freshness::Forbidden(Problem::new(ProblemKind::Forbidden, "no")));
    let status = shard.status();
    assert!(status.freshness.is_live());
    assert_eq!((status.namespaces.len(), status.forbidden), (2, vec![Text::from("dark")]));
    shard.set_namespaces(Vec::new(), Timestamp(1));
    assert_eq!(names(shard.read(None).1), ["a"], "rows stay until the cluster-wide list ends");
}

#[test]
fn texts_that_were_given_up_are_gone_for_good_and_everything_else_goes_on() {
    let (bell, store, shard) = shard_of("pods");
    let text = |i: usize| String::from_utf8(sample::pod_text(i)).unwrap();
    shard.apply(&all(), (0..50).map(|i| upsert(&format!("p{i}"), "1", &text(i))).collect());
    shard.pack();
    shard.apply(&all(), vec![upsert("waits", "1", &text(60))]);
    let before = (store.bytes(), shard.holding(true).texts);
    assert!(before.1 > 5_000 && before.0 == shard.bytes(), "{before:?}");
    bell.take();
    shard.shed_texts();
    assert!(bell.take() && shard.status().is_bare && !shard.wants_packing());
    assert_eq!((store.bytes(), shard.holding(true).texts), (before.0 - before.1, 0));
    assert_eq!(shard.text(&key("shop", "p7")), None);
    let (rev, _) = shard.read(None);
    shard.apply(&all(), vec![upsert("p7", "1", &text(7)), upsert("p8", "1", &text(9))]);
    match shard.read(Some(rev)).1 {
        Delta::Changed { upserts, .. } => {
            assert_eq!(upserts.len(), 1, "what is the same is still known as such")
        }
        other => panic!("{other:?}"),
    }
    shard.pack();
    assert_eq!((shard.text(&key("shop", "p8")), shard.holding(true).texts), (None, 0));
    shard.apply(&all(), vec![Change::Delete { key: key("shop", "p8"), at: Timestamp(60) }]);
    assert_eq!(shard.tombstone_text(&key("shop", "p8")), None);
    assert_eq!(shard.status().rows, 50);
}

#[test]
fn a_halted_shard_keeps_its_rows_and_takes_in_nothing_until_it_is_made_anew() {
    let (_bell, store, shard) = shard_of("pods");
    shard.begin_list(&all());
    shard.apply(&all(), vec![upsert("a", "1", "{}")]);
    let held = store.bytes();
    shard.halt(Problem::new(ProblemKind::Cancelled, "memory limit 1 MB"));
    // What the task that is being stopped still does.
    shard.apply(&all(), vec![upsert("b", "2", "{}")]);
    shard.end_list(&all(), Timestamp(60));
    shard.set_freshness(&all(), Freshness::Live);
    shard.expect(7);
    assert!(matches!(shard.freshness(), Freshness::Halted(_)));
    assert_eq!((names(shard.read(None).1), shard.status().expected), (vec!["a".to_owned()], Some(7)));
    assert_eq!(store.bytes(), held);
    store.drop_shard(shard.key());
    drop(shard);
    assert_eq!(store.bytes(), 0, "what nobody holds is off the account");
}

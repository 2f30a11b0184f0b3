//! The store on its own: old lists, the bounded ring, commits against moved objects.

use serde_json::json;

use super::super::entry::{Draft, Key};
use super::super::store::{Clash, Expect, Snapshot, Store, TooOld};

fn draft(name: &str, data: &str) -> Draft {
    Draft::of(json!({"metadata": {"name": name, "namespace": "n"}, "data": data}), &[])
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    snapshot.items.iter().map(|entry| format!("{}={}", entry.key.name, entry.value()["data"])).collect()
}

#[test]
fn an_old_version_is_listed_as_it_was_then() {
    let store = Store::new(100);
    for name in ["a", "b", "c"] {
        store.put("x", draft(name, "old"), Expect::Absent).unwrap();
    }
    let then = store.rv();
    let want = names(&store.list("x", None));
    store.remove("x", &Key::new("n", "b"), Expect::Anything).unwrap();
    store.put("x", draft("a", "new"), Expect::Anything).unwrap();
    store.put("x", draft("d", "new"), Expect::Absent).unwrap();
    store.put("x", draft("b", "new"), Expect::Absent).unwrap();
    assert_eq!(names(&store.list_at("x", None, None, then).unwrap()), want);
    let rest = store.list_at("x", Some("n"), Some(&Key::new("n", "a")), then).unwrap();
    assert_eq!(names(&rest), want[1..]);
}

#[test]
fn a_full_ring_refuses_versions_that_it_forgot() {
    let store = Store::new(2);
    let first = store.put("x", draft("a", "1"), Expect::Absent).unwrap().rv;
    for round in ["2", "3", "4"] {
        store.put("x", draft("a", round), Expect::Anything).unwrap();
    }
    assert_eq!(store.since("x", first, 10).unwrap_err(), TooOld { oldest: first + 1 });
    assert_eq!(store.since("x", first + 1, 10).unwrap().0.len(), 2);
    assert!(store.list_at("x", None, None, first).is_err());
}

#[test]
fn a_commit_against_a_moved_object_is_refused() {
    let store = Store::new(9);
    let rv = store.put("x", draft("a", "1"), Expect::Absent).unwrap().rv;
    store.put("x", draft("a", "2"), Expect::At(rv)).unwrap();
    assert_eq!(store.put("x", draft("a", "3"), Expect::At(rv)).unwrap_err(), Clash::Moved);
    assert_eq!(store.put("x", draft("a", "3"), Expect::Absent).unwrap_err(), Clash::Exists);
    assert_eq!(store.put("x", draft("z", "3"), Expect::At(1)).unwrap_err(), Clash::Missing);
}

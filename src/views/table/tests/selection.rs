//! Cursor and marks are identities: nothing that happens to order or rows moves them.

use super::{Bench, broken, pod};
use crate::commands::Cmd;
use crate::model::{Timestamp, Uid};

fn bench() -> Bench {
    let mut bench = Bench::pods();
    bench.upsert([pod("shop", "a"), broken("shop", "b", 3), pod("shop", "c"), broken("shop", "d", 9)]);
    bench
}

#[test]
fn selection_follows_the_object_through_sort_churn_and_re_list() {
    let mut bench = bench();
    bench.select("c");
    bench.run(Cmd::SortName);
    bench.run(Cmd::SortFlip);
    assert_eq!(bench.names(), ["d", "c", "b", "a"]);
    assert_eq!(bench.selected().as_deref(), Some("c"));
    bench.upsert((0..50).map(|n| pod("shop", &format!("new-{n}"))));
    assert_eq!(bench.selected().as_deref(), Some("c"));
    bench.relist(0, [pod("shop", "z"), pod("shop", "c"), pod("shop", "0")]);
    assert_eq!(bench.names(), ["z", "c", "0"]);
    assert_eq!(bench.selected().as_deref(), Some("c"));
}

#[test]
fn the_cursor_goes_to_the_row_below_when_its_row_vanishes_and_to_the_last_at_the_end() {
    let mut bench = bench();
    bench.select("b");
    bench.remove("shop", "b");
    assert_eq!(bench.selected().as_deref(), Some("c"));
    bench.remove("shop", "c");
    assert_eq!(bench.selected().as_deref(), Some("d"));
    bench.remove("shop", "d");
    assert_eq!(bench.selected().as_deref(), Some("a"));
    bench.remove("shop", "a");
    assert_eq!(bench.selected(), None);
    bench.upsert([pod("shop", "x")]);
    assert_eq!(bench.selected().as_deref(), Some("x"));
}

#[test]
fn a_hidden_row_is_selected_again_when_it_comes_back() {
    let mut bench = bench();
    bench.select("c");
    bench.run(Cmd::Faults);
    assert_eq!(bench.names(), ["b", "d"]);
    assert_eq!(bench.selected().as_deref(), Some("d"));
    // A row that slips in between must not take the selection over.
    bench.upsert([broken("shop", "cc", 1)]);
    assert_eq!(bench.selected().as_deref(), Some("d"));
    bench.with(|view, cx| {
        view.rules.faults = false;
        view.refilter(cx, super::super::Refilter::All);
    });
    assert_eq!(bench.selected().as_deref(), Some("c"));
}

#[test]
fn moving_while_the_row_is_hidden_gives_it_up() {
    let mut bench = bench();
    bench.select("c");
    bench.run(Cmd::Faults);
    bench.run(Cmd::Up);
    bench.run(Cmd::Faults);
    assert_eq!(bench.selected().as_deref(), Some("b"));
}

#[test]
fn until_the_first_load_is_complete_the_top_row_is_selected() {
    let mut bench = Bench::of(super::pods(), super::spec(crate::commands::NamespaceSet::All), &["prod-eu"]);
    bench.fresh(crate::model::Freshness::Loading { since: super::NOW });
    bench.upsert([pod("shop", "m")]);
    bench.upsert([pod("shop", "c")]);
    assert_eq!(bench.selected().as_deref(), Some("c"));
    bench.fresh(crate::model::Freshness::Live);
    bench.upsert([pod("shop", "a")]);
    assert_eq!(bench.selected().as_deref(), Some("c"), "now it is chosen");
}

#[test]
fn a_sort_shows_the_top_unless_somebody_has_gone_to_a_row() {
    let mut bench = bench();
    bench.run(Cmd::SortName);
    bench.run(Cmd::SortFlip);
    assert_eq!(bench.selected().as_deref(), Some("d"));
    bench.select("c");
    bench.run(Cmd::SortFlip);
    assert_eq!(bench.selected().as_deref(), Some("c"));
    bench.run(Cmd::Top);
    bench.run(Cmd::SortFlip);
    assert_eq!(bench.selected().as_deref(), Some("d"), "the top is no choice");
}

#[test]
fn a_new_incarnation_is_not_the_row_that_was_marked() {
    let mut bench = bench();
    bench.select("b");
    bench.run(Cmd::Mark);
    let mut again = pod("shop", "b");
    again.uid = Uid::Other("another".into());
    bench.upsert([again]);
    assert_eq!(bench.view.marks.len(), 0);
}

#[test]
fn marks_survive_filters_and_the_title_says_that_some_are_hidden() {
    let mut bench = bench();
    bench.select("a");
    bench.run(Cmd::Mark);
    bench.select("b");
    bench.run(Cmd::Mark);
    bench.run(Cmd::Faults);
    let picture = bench.draw(100, 6);
    assert!(picture.contains("2 marked, 1 hidden by the filter"), "{picture}");
    let names: Vec<String> = bench
        .with(|view, _| view.acting_targets().iter().map(|target| target.key.name.to_string()).collect());
    assert_eq!(names, ["b", "a"], "shown ones in table order, then the hidden one");
    bench.remove("shop", "a");
    assert_eq!(bench.view.marks.len(), 1, "a mark ends with its object");
}

#[test]
fn a_range_reaches_from_the_last_mark_to_the_cursor_in_the_order_on_screen() {
    let mut bench = bench();
    bench.run(Cmd::SortName);
    bench.run(Cmd::SortFlip);
    bench.select("d");
    bench.run(Cmd::Mark);
    bench.select("b");
    bench.run(Cmd::MarkRange);
    let marked: Vec<bool> = bench.view.order.shown_from(0).map(|row| bench.view.marks.has(row)).collect();
    assert_eq!(marked, [true, true, true, false]);
    bench.run(Cmd::ClearMarks);
    assert_eq!(bench.view.marks.len(), 0);
    bench.run(Cmd::MarkAll);
    assert_eq!(bench.view.marks.len(), 4);
}

#[test]
fn the_cursor_keeps_its_screen_line_while_rows_come_in_above() {
    let mut bench = Bench::pods();
    bench.upsert((0..100).map(|n| pod("shop", &format!("p-{n}"))));
    bench.draw(80, 12);
    bench.select("p-50");
    let line = |picture: &str| picture.lines().position(|line| line.starts_with('▸'));
    let before = bench.draw(80, 12);
    bench.upsert((0..7).map(|n| pod("early", &format!("e-{n}"))));
    let after = bench.draw(80, 12);
    assert_eq!(line(&before), line(&after));
    assert_eq!(bench.selected().as_deref(), Some("p-50"));
}

#[test]
fn targets_carry_the_incarnation() {
    let mut bench = bench();
    bench.select("b");
    let targets = bench.with(|view, _| view.acting_targets());
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0].uid, broken("shop", "b", 3).uid);
    assert!(bench.view.selected().unwrap().created < Some(Timestamp(super::NOW.0)));
}

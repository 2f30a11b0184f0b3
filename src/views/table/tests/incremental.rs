//! The list that is kept by merging must equal the list that is built anew.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::order::{Judge, Order, Refilter};
use super::super::sort::{Direction, Sort};
use super::{Bench, TableView, View, pod, spec};
use crate::commands::{NamespaceSet, Within};
use crate::kinds::Source;
use crate::model::{Cell, ClusterId, Freshness, ObjKey, Row, Timestamp};
use crate::store::ShardStatus;

/// Shows rows whose restarts are not a multiple of `hides`.
struct Test {
    sort: Sort,
    hides: u32,
    /// How many rows were looked at.
    ranked: std::cell::Cell<usize>,
}

impl Test {
    fn new(sort: Sort, hides: u32) -> Self {
        Self { sort, hides, ranked: std::cell::Cell::default() }
    }
}

impl Judge for Test {
    fn sort(&self) -> Sort {
        self.sort
    }

    fn rank(&self, row: &Row) -> u64 {
        self.ranked.set(self.ranked.get() + 1);
        self.sort.rank(row, || Cell::NoData)
    }

    fn shows(&self, row: &Row) -> bool {
        !matches!(row.cells[2], Cell::Restarts(count, _) if count % self.hides == 0)
    }
}

#[derive(Clone, Debug)]
enum Act {
    Batch(Vec<(u8, u32)>, Vec<u8>),
    Relist(Vec<(u8, u32)>),
    Sort(u8, bool),
    Hide(u32),
    /// A filter that comes to the end in slices, with other acts in between.
    Sift(u32, usize),
    /// An order that the list comes into in slices, as does what follows.
    Arrange(u8, bool),
}

const SOURCES: [Source; 6] =
    [Source::Name, Source::Cell(2), Source::Age, Source::Namespace, Source::Cell(1), Source::Labels];

fn sort(column: u8, down: bool) -> Sort {
    let direction = if down { Direction::Descending } else { Direction::Ascending };
    Sort { source: SOURCES[usize::from(column)], direction }
}

fn row(number: u8, restarts: u32) -> Row {
    // Few namespaces and equal numbers: ties are what goes wrong first.
    let mut row = pod(["a", "b", "c"][usize::from(number % 3)], &format!("pod-{}", number / 3));
    row.cells[2] = Cell::Restarts(restarts, None);
    row.cells[1] = Cell::text(["Running", "Terminating: a", "Terminating: b"][restarts as usize % 3]);
    row.created = (restarts > 0).then_some(Timestamp(i64::from(restarts)));
    row
}

fn act() -> impl Strategy<Value = Act> {
    let rows = || proptest::collection::vec((0u8..60, 0u32..6), 0..30);
    prop_oneof![
        6 => (rows(), proptest::collection::vec(0u8..60, 0..8)).prop_map(|(rows, gone)| Act::Batch(rows, gone)),
        1 => rows().prop_map(Act::Relist),
        1 => (0u8..6, any::<bool>()).prop_map(|(column, down)| Act::Sort(column, down)),
        1 => (1u32..4).prop_map(Act::Hide),
        2 => (0u8..6, any::<bool>()).prop_map(|(column, down)| Act::Arrange(column, down)),
        2 => (1u32..4, 0usize..40).prop_map(|(hides, place)| Act::Sift(hides, place)),
    ]
}

/// At most one row for a key, the later one.
fn unique(rows: Vec<(u8, u32)>) -> Vec<Arc<Row>> {
    let rows: std::collections::BTreeMap<u8, u32> = rows.into_iter().collect();
    rows.into_iter().map(|(number, restarts)| Arc::new(row(number, restarts))).collect()
}

fn listing(order: &Order) -> Vec<(ObjKey, Cell)> {
    order.shown_from(0).map(|row| (row.key.clone(), row.cells[2].clone())).collect()
}

proptest! {
    #[test]
    fn merging_changes_gives_the_same_list_as_building_it_anew(acts in proptest::collection::vec(act(), 1..25)) {
        let mut judge = Test::new(Sort::default(), 7);
        let mut order = Order::sorted(judge.sort);
        let mut model = std::collections::HashMap::<ObjKey, Arc<Row>>::new();
        let mut sifting = None;
        let mut wanted = judge.sort;
        let last = acts.len() - 1;
        for (at, act) in acts.into_iter().enumerate() {
            match act {
                Act::Batch(rows, gone) => {
                    let gone: Vec<ObjKey> = gone.into_iter().map(|number| row(number, 0).key).collect();
                    let rows: Vec<_> = unique(rows).into_iter().filter(|row| !gone.contains(&row.key)).collect();
                    for key in &gone {
                        model.remove(key);
                    }
                    model.extend(rows.iter().map(|row| (row.key.clone(), row.clone())));
                    order.apply(rows, &gone, &judge);
                }
                Act::Relist(rows) => {
                    let rows = unique(rows);
                    model = rows.iter().map(|row| (row.key.clone(), row.clone())).collect();
                    let (upserts, removed) = order.difference(rows, |_| true);
                    order.apply(upserts, &removed, &judge);
                }
                Act::Sort(column, down) => {
                    judge.sort = sort(column, down);
                    wanted = judge.sort;
                    order.begin_resort();
                    while !order.resort_some(&judge, usize::MAX) {}
                }
                Act::Hide(hides) => {
                    judge.hides = hides;
                    order.refilter(&judge, Refilter::All);
                    sifting = None;
                }
                Act::Sift(hides, place) => {
                    judge.hides = hides;
                    order.begin_refilter(Refilter::All);
                    sifting = Some(place);
                }
                Act::Arrange(column, down) => {
                    order.begin_resort();
                    wanted = sort(column, down);
                }
            }
            if wanted != judge.sort {
                // Whatever comes between two slices, the last one leaves a list as if it had been made anew.
                let next = Test::new(wanted, judge.hides);
                let mut is_done = order.resort_some(&next, 7);
                prop_assert!(next.ranked.get() <= 7, "a slice looked at more rows than it may");
                while at == last && !is_done {
                    is_done = order.resort_some(&next, 7);
                }
                if is_done {
                    judge.sort = wanted;
                }
            }
            let most = if at == last { usize::MAX } else { 7 };
            sifting = sifting.filter(|place| !order.refilter_some(&judge, *place, most));
            let mut anew = Order::sorted(judge.sort);
            anew.apply(model.values().cloned().collect(), &[], &judge);
            prop_assert_eq!(order.len(), model.len());
            if sifting.is_some() {
                let all = listing(&anew);
                prop_assert!(listing(&order).iter().all(|row| all.contains(row)), "a row that the filter hides");
                continue;
            }
            prop_assert_eq!(listing(&order), listing(&anew));
            for (place, (key, _)) in listing(&order).iter().enumerate() {
                prop_assert_eq!(order.place(key), Some(place));
            }
        }
    }
}

/// Feeds a batch of rows that are not in any order.
fn many(bench: &mut Bench, rows: u32) {
    bench.upsert((0..rows).map(|n| {
        let mut row = pod("shop", &format!("pod-{}", n * 7919 % 9_001));
        row.cells[2] = Cell::Restarts(n % 10, None);
        row
    }));
    bench.settle();
}

#[test]
fn a_long_list_is_sorted_in_slices_while_its_old_order_stays_on_screen() {
    let mut bench = Bench::pods();
    many(&mut bench, 9_000);
    bench.select("pod-1");
    let before = bench.names();
    bench.with(|view, cx| view.sort_by("RESTARTS".into(), cx)).unwrap();
    assert!(bench.view.is_busy());
    assert_eq!(bench.names(), before, "nothing has moved yet");
    assert!(bench.draw(120, 6).contains("↑RESTARTS"), "the new order's sign is there at once");
    // A row that changes and one that comes while the list is on its way.
    let mut changed = pod("shop", "pod-1");
    changed.cells[2] = Cell::Restarts(99, None);
    bench.upsert([changed]);
    bench.upsert([pod("shop", "late")]);
    let turns = bench.settle();
    assert!(turns > 5, "{turns} turns are not slices");
    assert_eq!(bench.view.order.len(), 9_001);
    assert_eq!(bench.names().last().map(String::as_str), Some("pod-1"), "its change was not lost");
    assert_eq!(bench.selected().as_deref(), Some("pod-1"), "the selection is the object");
    let mut anew = Order::sorted(bench.view.rules.sort);
    bench.with(|view, cx| {
        let rows = view.order.shown_from(0).cloned().collect();
        anew.apply(rows, &[], &view.rules.judge(cx));
        assert_eq!(listing(&view.order), listing(&anew));
    });
}

#[test]
fn the_end_of_a_list_that_is_being_sorted_means_the_end_of_the_new_order() {
    let mut bench = Bench::pods();
    many(&mut bench, 9_000);
    bench.select("pod-1");
    bench.run(crate::commands::Cmd::SortName);
    bench.run(crate::commands::Cmd::SortName);
    assert!(bench.view.is_busy());
    bench.run(crate::commands::Cmd::Top);
    bench.settle();
    assert_eq!(bench.selected().as_deref(), bench.names().first().map(String::as_str));
    assert_ne!(bench.selected().as_deref(), Some("pod-0"), "that is the last one in this order");
}

#[test]
fn rows_that_come_all_at_once_are_taken_in_slices_and_none_is_lost() {
    let rows = |from: u32| (from..12_000).map(|n| pod("shop", &format!("pod-{n}"))).collect::<Vec<_>>();
    let mut bench = Bench::pods();
    bench.draw(120, 6);
    bench.status(ShardStatus { freshness: Freshness::Live, rows: 12_000, ..ShardStatus::default() });
    bench.relist(0, rows(0));
    assert!(bench.view.is_busy());
    assert!(bench.draw(120, 6).contains(" of 12,000"), "what is still to come is counted");
    bench.run(crate::commands::Cmd::Bottom);
    // A row that changes and one that goes while an older state of it may be on its way.
    let mut changed = pod("shop", "pod-1");
    changed.cells[2] = Cell::Restarts(99, None);
    bench.upsert([changed]);
    bench.remove("shop", "pod-2");
    bench.settle();
    assert_eq!(bench.view.order.len(), 11_999);
    assert_eq!(bench.view.order.find(&pod("shop", "pod-1").key).unwrap().cells[2], Cell::Restarts(99, None));
    assert_eq!(bench.selected().as_deref(), bench.names().last().map(String::as_str), "the bottom of all");
    // The selected row stays selected though its list comes anew, whatever slice it is in.
    bench.select("pod-4711");
    bench.relist(0, rows(5));
    while bench.view.is_busy() {
        assert_eq!(bench.selected().as_deref(), Some("pod-4711"));
        bench.with(TableView::refresh);
    }
    assert_eq!(bench.view.order.len(), 11_995);
    // Who marks all means all.
    bench.relist(0, rows(3));
    bench.run(crate::commands::Cmd::MarkAll);
    assert_eq!(bench.view.marks.len(), 11_997);
}

#[test]
fn ties_stand_by_namespace_and_name_whatever_the_direction() {
    let mut bench = Bench::pods();
    bench.upsert([pod("b", "x-10"), pod("b", "x-9"), pod("a", "y")]);
    assert_eq!(bench.names(), ["y", "x-9", "x-10"]);
    bench.run(crate::commands::Cmd::SortStatus);
    bench.run(crate::commands::Cmd::SortStatus);
    assert_eq!(bench.names(), ["y", "x-9", "x-10"]);
}

#[test]
fn a_narrower_filter_looks_only_at_rows_that_are_shown() {
    let mut order = Order::sorted(Sort::default());
    let judge = Test::new(Sort::default(), 2);
    order.apply((0..9).map(|n| Arc::new(row(n, u32::from(n)))).collect(), &[], &judge);
    assert_eq!(order.shown(), 4);
    order.refilter(&Test::new(Sort::default(), 7), Refilter::Narrower);
    assert_eq!(order.shown(), 4 - 1 + usize::from(7 % 2 == 0), "7 is hidden now, 2 and 4 stay hidden");
}

#[test]
fn a_re_list_of_one_cluster_leaves_the_rows_of_the_other_alone() {
    let mut two = spec(NamespaceSet::All);
    two.clusters.push(ClusterId("prod-us".into()));
    let mut bench = Bench::of(super::pods(), two, &["prod-eu", "prod-us"]);
    let far = |name: &str| {
        let mut row = pod("shop", name);
        row.key.cluster = ClusterId("prod-us".into());
        row
    };
    bench.relist(0, [pod("shop", "same"), pod("shop", "old")]);
    bench.relist(1, [far("same"), far("far")]);
    assert_eq!(bench.names(), ["far", "old", "same", "same"]);
    bench.relist(0, [pod("shop", "same")]);
    assert_eq!(bench.names(), ["far", "same", "same"]);
    let picture = bench.draw(120, 6);
    assert!(picture.contains("CONTEXT") && picture.contains("prod-us"), "{picture}");
}

#[test]
fn negated_namespaces_and_drill_downs_keep_other_rows_out() {
    let except = NamespaceSet::Except(vec!["kube-*".into(), "infra".into()]);
    let mut bench = Bench::of(super::pods(), spec(except), &["prod-eu"]);
    bench.upsert([pod("kube-system", "dns"), pod("infra", "proxy"), pod("shop", "cart")]);
    assert_eq!(bench.names(), ["cart"]);
    assert_eq!(bench.view.order.len(), 1, "rows of other namespaces are not even counted");

    let mut on_node = spec(NamespaceSet::All);
    on_node.within = Some((Within::OnNode("n-2".into()), "node n-2".into()));
    let mut bench = Bench::of(super::pods(), on_node, &["prod-eu"]);
    let placed = |name: &str, node: &str| {
        let mut row = pod("shop", name);
        row.facts.node = Some(node.into());
        row
    };
    bench.upsert([placed("a", "n-1"), placed("b", "n-2")]);
    assert_eq!(bench.names(), ["b"]);
    // A pod that leaves the condition leaves the table.
    bench.upsert([placed("b", "n-3")]);
    assert!(bench.names().is_empty());
}

#[test]
fn the_filter_sees_the_shown_cells_without_age_and_any_column_by_title() {
    let mut bench = Bench::pods();
    bench.upsert([super::broken("shop", "api", 7)]);
    bench.with(|view, cx| {
        use crate::model::filter::Fields;
        let row = view.selected().unwrap().clone();
        let judge = view.rules.judge(cx);
        let seen = judge.answering(&row);
        let mut line = String::new();
        seen.line(&mut line);
        assert_eq!(line, "shop api 0/1 CrashLoopBackOff OOMKilled 137, limit 512Mi 7 (2m ago)");
        assert_eq!(seen.cell("node"), Some(Cell::text("n-1")), "hidden columns can be asked for");
        assert_eq!(seen.cell("cpu"), Some(Cell::NoData));
        assert_eq!(seen.cell("nope"), None);
    });
}

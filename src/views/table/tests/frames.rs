//! Pictures of the table at the sizes that people have.

use super::{Bench, NOW, broken, pod, pods, spec};
use crate::commands::{Cmd, NamespaceSet};
use crate::model::{Cell, Freshness, Health, Level, Problem, ProblemKind, Timestamp};
use crate::views::View;

/// A namespace in trouble.
fn bench() -> Bench {
    let mut bench = Bench::pods();
    bench.upsert((0..40).map(|n| pod("shop", &format!("web-{n}"))));
    let mut pending = pod("shop", "cart-0");
    pending.cells[0] = Cell::Ratio(0, 1);
    pending.cells[1] = Cell::text("Pending");
    pending.health = Health { level: Level::Attention, reason: Some("2 CPU asked, 1.4 free on n-2".into()) };
    pending.created = Some(Timestamp(NOW.0 - 360));
    bench.upsert([
        pending,
        broken("payments", "payment-adapter-7d9f8b6c5d-hsxjv-zw2v7", 77),
        broken("payments", "payment-adapter-7d9f8b6c5d-hsxjv-9hbh7", 71),
    ]);
    bench.now = Timestamp(NOW.0 + 4);
    bench
}

#[test]
fn at_80x24_name_ready_status_cause_and_age_stay() {
    let mut bench = bench();
    bench.select("payment-adapter-7d9f8b6c5d-hsxjv-9hbh7");
    bench.run(Cmd::Mark);
    bench.run(Cmd::Down);
    insta::assert_snapshot!(bench.draw(80, 24));
}

#[test]
fn at_200x50_everything_is_whole() {
    let mut bench = bench();
    bench.run(Cmd::Wide);
    bench.run(Cmd::SortStatus);
    bench.run(Cmd::SortFlip);
    insta::assert_snapshot!(bench.draw(200, 50));
}

#[test]
fn at_40x10_the_name_gives_way_last() {
    let mut bench = bench();
    insta::assert_snapshot!(bench.draw(40, 10));
}

#[test]
fn no_size_breaks_it() {
    let mut bench = bench();
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (5, 4), (300, 80)] {
        bench.draw(width, height);
    }
    insta::assert_snapshot!(bench.draw(1, 1), @"─");
}

#[test]
fn scrolling_right_keeps_the_name() {
    let mut bench = bench();
    bench.run(Cmd::Wide);
    bench.draw(60, 8);
    for _ in 0..30 {
        bench.run(Cmd::Right);
    }
    insta::assert_snapshot!(bench.draw(60, 8));
}

#[test]
fn hostile_and_wide_texts_keep_the_columns_in_line() {
    let mut bench = Bench::pods();
    let mut evil = pod("shop", "evil");
    evil.cells[1] = Cell::text("\x1b[2J\x1b[31mred\u{202e}\u{200b}\n!");
    let mut wide = pod("shop", "wide-日本語テキスト");
    wide.cells[1] = Cell::text("e\u{301}tat");
    let mut long = pod("shop", "long");
    long.health.reason = Some("x".repeat(5000).into());
    bench.upsert([evil, wide, long, pod("shop", "plain")]);
    bench.now = Timestamp(NOW.0 + 4);
    insta::assert_snapshot!(bench.draw(90, 8));
}

#[test]
fn changes_carry_a_sign_for_three_seconds() {
    let mut bench = Bench::pods();
    bench.upsert([broken("shop", "a", 7)]);
    bench.now = Timestamp(NOW.0 + 10);
    bench.draw(90, 5);
    let mut worse = broken("shop", "a", 9);
    worse.cells[1] = Cell::text("Error");
    bench.upsert([worse]);
    let fresh = bench.draw(90, 5);
    assert!(fresh.contains("9 (2m10s)↑"), "{fresh}");
    assert!(fresh.contains("Error           Δ"), "{fresh}");
    assert!(bench.with(|view, cx| view.next_tick(cx)).is_some_and(|seconds| seconds <= 3));
    bench.now = Timestamp(NOW.0 + 13);
    let later = bench.draw(90, 5);
    assert!(!later.contains('↑') && !later.contains('Δ'), "{later}");
}

#[test]
fn old_rows_ask_for_no_redraw_and_young_ones_for_one_each_second() {
    let mut bench = Bench::pods();
    bench.upsert([pod("shop", "old")]);
    bench.now = Timestamp(NOW.0 + 4);
    bench.draw(80, 10);
    let tick = bench.with(|view, cx| view.next_tick(cx));
    assert!(tick.is_some_and(|seconds| seconds > 3600), "{tick:?}");
    assert!(!bench.with(|view, cx| view.refresh(cx)), "nothing changed");
    let mut young = pod("shop", "young");
    young.created = Some(Timestamp(bench.now.0 - 30));
    bench.upsert([young]);
    bench.draw(80, 10);
    assert_eq!(bench.with(|view, cx| view.next_tick(cx)), Some(1));
    bench.now = Timestamp(bench.now.0 + 1);
    assert!(bench.with(|view, cx| view.refresh(cx)), "30s reads 31s now");
}

#[test]
fn widths_only_grow_until_the_screen_changes() {
    let mut bench = Bench::pods();
    bench.upsert([pod("shop", "a"), pod("shop", "a-rather-long-name")]);
    let column = |picture: &str| picture.lines().nth(1).unwrap().find("READY");
    let before = column(&bench.draw(100, 6));
    bench.remove("shop", "a-rather-long-name");
    assert_eq!(column(&bench.draw(100, 6)), before);
    assert_ne!(column(&bench.draw(101, 6)), before);
}

#[test]
fn empty_tables_say_why_and_what_to_do() {
    let mut empty = Bench::pods();
    insta::assert_snapshot!(empty.draw(70, 6), @r"
    ─ Pods ─────────────────────────────────────────────────────────── 0 ─
       NAMESPACE NAME READY STATUS CAUSE RESTARTS AGE

       There are no Pods.
       They appear here as soon as there are some.
    ");
    let mut one = Bench::of(pods(), spec(NamespaceSet::Only(vec!["shop".into()])), &["prod-eu"]);
    one.fresh(Freshness::Live);
    assert!(one.draw(70, 6).contains("There are no Pods in shop.\n   0 shows all namespaces"));
    one.fresh(Freshness::Loading { since: Timestamp(NOW.0 - 2) });
    assert!(one.draw(70, 6).contains("Pods: loading 0 · 2s"));
    let forbidden = Problem::new(ProblemKind::Forbidden, "cannot list pods in shop: forbidden")
        .hint("needs verb \"list\" on pods in namespace shop");
    one.fresh(Freshness::Forbidden(forbidden));
    let picture = one.draw(70, 6);
    assert!(picture.contains("cannot list pods in shop: forbidden\n   needs verb \"list\""), "{picture}");
    let gone = Problem::new(ProblemKind::NotFound, "widgets.example.com is no longer served");
    one.fresh(Freshness::Gone(gone));
    assert!(one.draw(70, 6).contains(":kinds shows what the server serves now"));
    let mut well = Bench::pods();
    well.upsert([pod("shop", "a")]);
    well.run(Cmd::Faults);
    assert!(well.draw(70, 6).contains("Nothing is wrong with any of the 1 Pods."));
}

#[test]
fn rows_stay_while_the_title_says_how_old_they_are() {
    let mut bench = bench();
    let problem = Problem::new(ProblemKind::Cut, "the watch was cut");
    bench.fresh(Freshness::Reconnecting { since: Timestamp(NOW.0 - 8), problem: problem.clone() });
    let picture = bench.draw(80, 5);
    assert!(picture.contains("Pods · reconnecting 12s") && picture.contains("payment-adap"), "{picture}");
    assert_eq!(bench.with(|view, cx| view.next_tick(cx)), Some(1));
    bench.fresh(Freshness::Stale { since: Timestamp(NOW.0 - 36), problem, retry_at: NOW });
    assert!(bench.draw(80, 5).contains("Pods · stale 40s"));
}

#[test]
fn only_changes_on_screen_ask_for_a_frame() {
    let mut bench = Bench::pods();
    bench.upsert((0..90).map(|n| pod("shop", &format!("web-{n:02}"))));
    bench.draw(100, 12);
    let is_due = |bench: &mut Bench, rows: Vec<crate::model::Row>| {
        let upserts = rows.into_iter().map(std::sync::Arc::new).collect();
        let delta = crate::store::Delta::Changed { upserts, removed: Vec::new() };
        bench.queue.lock().push_back(super::Feed::Rows(0, delta));
        bench.with(|view, cx| view.refresh(cx))
    };
    assert!(!is_due(&mut bench, vec![broken("shop", "web-50", 3)]), "far below the screen");
    assert!(!is_due(&mut bench, vec![pod("shop", "web-99")]), "a new row below the screen is only counted");
    assert!(is_due(&mut bench, vec![broken("shop", "web-05", 3)]), "on screen");
    bench.draw(100, 12);
    bench.run(Cmd::Bottom);
    bench.draw(100, 12);
    assert!(
        !is_due(&mut bench, vec![broken("shop", "web-06", 3), pod("shop", "web-055")]),
        "above the screen"
    );
    assert!(is_due(&mut bench, vec![pod("shop", "web-95x")]), "a new row between those on screen");
}

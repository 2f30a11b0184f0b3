//! Rows outside the screen: clipboard, CSV, plain print.

use super::{Bench, broken, pod};
use crate::commands::flow::{Ask, Effect};
use crate::commands::{Cmd, Step};
use crate::model::{Cell, Freshness, Problem, ProblemKind};
use crate::views::View;

fn copied(steps: &[Step]) -> &str {
    match steps {
        [Step::Effect(Effect::Copy(text)), Step::Flash(_)] => text,
        other => panic!("nothing was copied: {other:?}"),
    }
}

fn bench() -> Bench {
    let mut bench = Bench::pods();
    bench.upsert([pod("payments", "api"), broken("shop", "cart", 7)]);
    bench
}

#[test]
fn copies_take_marked_rows_else_the_selected_one() {
    let mut bench = bench();
    assert_eq!(copied(&bench.run(Cmd::CopyName)), "api");
    bench.run(Cmd::MarkAll);
    assert_eq!(copied(&bench.run(Cmd::CopyName)), "api\ncart");
    assert_eq!(copied(&bench.run(Cmd::CopyNamespace)), "payments\nshop");
    assert_eq!(
        copied(&bench.run(Cmd::CopyRow)),
        "payments\tapi\t1/1\tRunning\t\t0\t56d\nshop\tcart\t0/1\tCrashLoopBackOff\tOOMKilled 137, limit 512Mi\t7 (2m ago)\t56d"
    );
}

#[test]
fn the_copied_cell_is_the_one_under_the_sorted_column() {
    let mut bench = bench();
    assert!(bench.with(|view, cx| view.refusal(Cmd::CopyCell, cx)).is_some());
    bench.run(Cmd::SortStatus);
    bench.select("cart");
    assert_eq!(copied(&bench.run(Cmd::CopyCell)), "CrashLoopBackOff");
}

#[test]
fn escape_sequences_do_not_reach_the_clipboard() {
    let mut bench = Bench::pods();
    let mut row = pod("shop", "evil");
    row.cells[1] = Cell::text("a\x1b]52;c;AAAA\x07\tb\nc");
    bench.upsert([row]);
    bench.run(Cmd::SortStatus);
    assert_eq!(copied(&bench.run(Cmd::CopyCell)), "a b c");
}

#[test]
fn csv_has_all_columns_of_the_shown_rows_and_quotes_what_needs_it() {
    let mut bench = bench();
    let mut quoted = pod("shop", "say");
    quoted.cells[1] = Cell::text("say \"hi\"");
    bench.upsert([quoted]);
    let steps = bench.run(Cmd::SaveCsv);
    let [Step::Ask(Ask::Save(name, contents))] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(name, "pods-prod-eu-20261124T162027Z.csv");
    let lines: Vec<&str> = contents.split("\r\n").collect();
    assert_eq!(lines[0], "NAMESPACE,NAME,READY,STATUS,CAUSE,RESTARTS,NODE,AGE,LABELS");
    assert_eq!(
        lines[2],
        "shop,cart,0/1,CrashLoopBackOff,\"OOMKilled 137, limit 512Mi\",7 (2m ago),n-1,56d,<none>"
    );
    assert_eq!(lines[3], "shop,say,1/1,\"say \"\"hi\"\"\",,0,n-1,56d,<none>");
    bench.run(Cmd::Faults);
    let steps = bench.run(Cmd::SaveCsv);
    let [Step::Ask(Ask::Save(_, contents))] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(contents.matches("\r\n").count(), 2, "the title and one row");
}

#[test]
fn the_whole_table_prints_with_padded_columns() {
    let mut bench = bench();
    let mut out = String::new();
    bench.with(|view, cx| view.print(cx, &mut out));
    insta::assert_snapshot!(out, @r"
    NAMESPACE   NAME   READY   STATUS             CAUSE                          RESTARTS   AGE
    payments    api    1/1     Running                                                  0   56d
    shop        cart   0/1     CrashLoopBackOff   OOMKilled 137, limit 512Mi   7 (2m ago)   56d
    ");
    let mut nothing = String::new();
    Bench::pods().with(|view, cx| view.print(cx, &mut nothing));
    assert_eq!(nothing, "There are no Pods.\n");
}

#[test]
fn loading_is_complete_when_every_part_has_answered_and_fails_when_none_could() {
    let mut bench = Bench::of(super::pods(), super::spec(crate::commands::NamespaceSet::All), &["a", "b"]);
    let loaded = |bench: &mut Bench| bench.with(|view, cx| view.loaded(cx));
    assert_eq!(loaded(&mut bench), Ok(false));
    let problem = Problem::new(ProblemKind::Forbidden, "cannot list pods: forbidden");
    bench.fresh(Freshness::Forbidden(problem.clone()));
    assert_eq!(loaded(&mut bench), Ok(false), "the other one may still answer");
    bench.feed(super::Feed::Fresh(1, Freshness::Live));
    assert_eq!(loaded(&mut bench), Ok(true), "partial failure is local");
    assert_eq!(bench.with(|view, cx| view.shortfall(cx)), std::slice::from_ref(&problem), "and said");
    bench.feed(super::Feed::Fresh(1, Freshness::Forbidden(problem.clone())));
    assert_eq!(loaded(&mut bench), Err(problem));
}

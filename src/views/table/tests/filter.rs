//! The filter of a table: what it shows, highlights and keeps.

use super::{Bench, broken, pod};
use crate::commands::{Cmd, Step};
use crate::views::View;

fn bench() -> Bench {
    let mut bench = Bench::pods();
    bench.upsert([pod("shop", "api-1"), broken("shop", "api-2", 7), pod("payments", "cart")]);
    bench
}

fn filter(bench: &mut Bench, text: &str) -> bool {
    bench.with(|view, cx| view.set_filter(text, cx)).is_ok()
}

#[test]
fn a_filter_from_last_time_says_so_until_another_one_is_typed() {
    let mut bench = Bench::pods();
    bench.upsert([pod("shop", "web-0")]);
    bench.with(|view, cx| view.recall("api", cx)).unwrap();
    let picture = bench.draw(100, 8);
    assert!(picture.contains("api (from last time)"), "{picture}");
    assert!(picture.contains("This filter is from last time: Esc clears it"), "{picture}");
    bench.with(|view, cx| view.set_filter("web", cx)).unwrap();
    assert!(!bench.draw(100, 8).contains("last time"));
}

#[test]
fn the_title_counts_shown_of_all_and_repeats_the_filter() {
    let mut bench = bench();
    assert!(filter(&mut bench, "api restarts>3"));
    assert_eq!(bench.names(), ["api-2"]);
    let picture = bench.draw(80, 5);
    assert!(picture.contains("1 of 3 · api restarts>3"), "{picture}");
}

#[test]
fn narrowing_and_widening_give_what_the_filter_alone_would_give() {
    let mut bench = bench();
    for text in ["a", "ap", "api", "api-2", "api", "", "cart", "!cart", "ns:shop api"] {
        assert!(filter(&mut bench, text));
        let grown = bench.names();
        bench.run(Cmd::ClearFilter);
        assert!(filter(&mut bench, text));
        assert_eq!(grown, bench.names(), "{text}");
    }
}

#[test]
fn a_wrong_filter_is_refused_and_the_last_good_one_stays() {
    let mut bench = bench();
    assert!(filter(&mut bench, "cart"));
    assert!(!filter(&mut bench, "(cart"));
    assert_eq!((bench.view.filter(), bench.names()), ("cart", vec!["cart".to_owned()]));
}

#[test]
fn rows_that_change_are_asked_again() {
    let mut bench = bench();
    assert!(filter(&mut bench, "status!=Running"));
    assert_eq!(bench.names(), ["api-2"]);
    bench.upsert([broken("payments", "cart", 1), pod("shop", "api-2")]);
    assert_eq!(bench.names(), ["cart"]);
}

#[test]
fn ages_are_asked_again_as_time_goes_by() {
    let mut bench = Bench::pods();
    let mut young = pod("shop", "young");
    young.created = Some(bench.now);
    bench.upsert([young, pod("shop", "old")]);
    assert!(filter(&mut bench, "age<10s"));
    assert_eq!(bench.names(), ["young"]);
    bench.now.0 += 20;
    bench.draw(80, 5);
    assert!(bench.names().is_empty());
}

#[test]
fn an_empty_result_says_how_to_get_rid_of_the_filter() {
    let mut bench = bench();
    assert!(filter(&mut bench, "nothing-like-this"));
    let picture = bench.draw(80, 6);
    assert!(
        picture.contains("None of 3 Pods matches nothing-like-this\n   Esc clears the filter"),
        "{picture}"
    );
    assert!(matches!(bench.run(Cmd::Enter).as_slice(), [Step::Flash(_)]));
}

#[test]
fn the_selection_comes_back_when_the_filter_goes() {
    let mut bench = bench();
    bench.select("api-1");
    filter(&mut bench, "cart");
    assert_eq!(bench.selected().as_deref(), Some("cart"));
    filter(&mut bench, "");
    assert_eq!(bench.selected().as_deref(), Some("api-1"));
}

#[test]
fn a_filter_over_a_long_list_shows_a_screenful_at_once_and_ends_as_one_that_was_never_cut() {
    let rows =
        || (0..20_000).map(|n| pod("shop", &format!("{n:05}-{}", if n % 3 == 0 { "web" } else { "db" })));
    let (mut sliced, mut whole) = (Bench::pods(), Bench::pods());
    for bench in [&mut sliced, &mut whole] {
        bench.upsert(rows());
        bench.settle();
        bench.draw(120, 30);
        bench.select("10000-db");
    }
    sliced.with(|view, cx| view.set_filter("web", cx)).unwrap();
    whole.with(|view, cx| {
        view.set_filter("web", cx).unwrap();
        view.finish_sifting(cx);
    });
    let is_busy = |bench: &mut Bench| bench.with(|view, _| view.is_busy());
    assert!(is_busy(&mut sliced) && !is_busy(&mut whole));
    assert!(sliced.draw(120, 30).lines().filter(|line| line.contains("-web")).count() > 20);
    let looks = sliced.settle();
    assert!((2..10).contains(&looks), "{looks} slices");
    assert_eq!(sliced.names(), whole.names());
    assert_eq!(sliced.selected(), whole.selected());
}

#[test]
fn a_command_acts_on_the_whole_list_however_far_the_filter_has_come() {
    let mut bench = Bench::pods();
    bench.upsert((0..20_000).map(|n| pod("shop", &format!("web-{n}"))));
    bench.with(|view, cx| view.set_filter("web", cx)).unwrap();
    assert!(bench.names().len() < 20_000);
    bench.run(crate::commands::Cmd::MarkAll);
    assert_eq!(bench.with(|view, _| view.marks.len()), 20_000);
}

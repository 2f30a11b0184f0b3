use super::*;
use crate::model::Timestamp;
use crate::views::widgets::testing::{picture, theme};

fn entry(name: &str) -> Entry<String> {
    Entry {
        key: Some(name.into()),
        cells: vec![name.into(), format!("about {name}")],
        sign: " ",
        token: Token::Text,
    }
}

fn heading(name: &str) -> Entry<String> {
    Entry { key: None, cells: vec![name.into()], sign: " ", token: Token::Title }
}

fn list(names: &[&str]) -> List<String> {
    List::new(&["NAME", "WHAT"], names.iter().map(|name| entry(name)).collect())
}

fn run(list: &mut List<String>, cmd: Cmd, count: Option<u32>) {
    assert!(list.command(Invocation { cmd, count, at: Timestamp(0) }).is_some());
}

fn at(list: &List<String>) -> &str {
    list.selected().map_or("", String::as_str)
}

#[test]
fn the_cursor_follows_its_entry_when_others_come_and_go() {
    let mut list = list(&["a", "b", "c"]);
    run(&mut list, Cmd::Down, None);
    assert_eq!(at(&list), "b");
    assert!(list.set(["0", "a", "aa", "b", "c"].map(entry).to_vec()));
    assert_eq!(at(&list), "b");
    assert!(list.set(["a", "c"].map(entry).to_vec()));
    assert_eq!(at(&list), "c", "its entry is gone: the nearest takes over");
    assert!(!list.set(["a", "c"].map(entry).to_vec()));
}

#[test]
fn headings_are_stepped_over_and_vanish_with_their_entries() {
    let mut list = List::new(&[], vec![heading("One"), entry("a"), heading("Two"), entry("b")]);
    assert_eq!(at(&list), "a");
    run(&mut list, Cmd::Down, None);
    assert_eq!(at(&list), "b");
    run(&mut list, Cmd::Top, None);
    assert_eq!(at(&list), "a");
    run(&mut list, Cmd::Up, None);
    assert_eq!(at(&list), "a");
    list.set_filter("^b").unwrap();
    let mut out = String::new();
    list.print(&mut out);
    assert_eq!(out, "Two\nb   about b\n");
}

#[test]
fn counts_and_pages_move_and_never_leave_the_list() {
    let names: Vec<String> = (0..100).map(|n| format!("n{n:02}")).collect();
    let mut list = list(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut buf = Buffer::empty(Rect::new(0, 0, 40, 12));
    list.draw(buf.area, &mut buf, "Things", &Theme::default());
    for (cmd, count, want) in [
        (Cmd::Down, Some(5), "n05"),
        (Cmd::PageDown, None, "n14"),
        (Cmd::HalfDown, None, "n19"),
        (Cmd::HalfUp, Some(2), "n09"),
        (Cmd::Bottom, None, "n99"),
        (Cmd::Down, Some(u32::MAX), "n99"),
        (Cmd::Top, Some(8), "n07"),
        (Cmd::PageUp, Some(1000), "n00"),
    ] {
        run(&mut list, cmd, count);
        assert_eq!(at(&list), want, "{cmd:?}");
    }
}

#[test]
fn a_wrong_filter_leaves_the_last_good_one() {
    let mut list = list(&["alpha", "beta", "gamma"]);
    list.set_filter("a !beta").unwrap();
    assert!(list.set_filter("(").unwrap_err().what.contains("regular expression"));
    assert_eq!((list.filter(), list.shown.len()), ("a !beta", 2));
    run(&mut list, Cmd::ClearFilter, None);
    assert_eq!(list.shown.len(), 3);
}

#[test]
fn a_list_draws_its_rule_titles_and_rows() {
    let mut list = list(&["alpha", "beta", "gamma"]);
    list.set_filter("ta|ga").unwrap();
    let mut buf = Buffer::empty(Rect::new(0, 0, 40, 5));
    list.draw(buf.area, &mut buf, "Things", &theme());
    assert_eq!(
        picture(&buf),
        "─ Things ────────────── 2 of 3 · ta|ga ─\n  NAME   WHAT\n▸ beta   about beta\n  gamma  about gamma\n\n"
    );
}

#[test]
fn the_mouse_selects_the_row_it_points_at() {
    let mut list = list(&["a", "b", "c"]);
    let area = Rect::new(0, 2, 40, 10);
    list.mouse(Mouse { x: 3, y: 5, what: MouseWhat::Click }, area);
    assert_eq!(at(&list), "b");
    list.mouse(Mouse { x: 3, y: 2, what: MouseWhat::Click }, area);
    assert_eq!(at(&list), "b", "the rule is no row");
    list.mouse(Mouse { x: 3, y: 5, what: MouseWhat::WheelDown }, area);
    assert_eq!(at(&list), "c");
}

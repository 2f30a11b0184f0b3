use std::time::Duration;

use super::*;

fn favourites(names: &[&str]) -> AppOptions {
    let mut options = AppOptions::default();
    options.remembered.favourites.insert(id("prod"), names.iter().map(|name| Text::from(*name)).collect());
    options
}

fn moved(desk: &mut Desk) -> String {
    desk.press(&["c"]);
    desk.flash().to_owned()
}

#[test]
fn a_filter_works_while_it_is_typed_and_esc_takes_it_back() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["/", "a", "p"]);
    assert_eq!(desk.table(), "pods default /ap");
    desk.press(&["("]);
    assert_eq!(desk.table(), "pods default /ap", "the last good one stays");
    assert!(desk.screen(80, 24).contains("/ap(   a bracket is not closed"));
    desk.press(&["Enter"]);
    assert!(desk.app.prompt.is_some(), "what is wrong can't be submitted");
    desk.press(&["Esc"]);
    assert_eq!(desk.table(), "pods default");
    desk.press(&["/"]);
    let effects = desk.line("api");
    let kept = Remember::TableFilter(KindId("pods".into()), "api".into());
    assert_eq!(effects, [Effect::Remember(kept), Effect::Remember(Remember::Filter("api".into()))]);
    desk.press(&["/", "Ctrl-U", "Up"]);
    assert_eq!(desk.table(), "pods default /api", "the history offers it again");
    desk.press(&["Enter", "Ctrl-U"]);
    assert_eq!(desk.table(), "pods default");
}

#[test]
fn a_wrong_line_stays_in_the_prompt_with_its_reason() {
    let mut desk = Desk::started(AppOptions::default());
    desk.send(Msg::Catalog(id("prod"), Arc::new(Catalog::builtin())));
    desk.press(&[":"]);
    assert_eq!(desk.line("qqqqqq"), []);
    assert!(desk.app.prompt.as_ref().is_some_and(Prompt::is_wrong));
    assert!(desk.screen(100, 24).contains("qqqqqq"));
    assert_eq!(desk.table(), "pods default");
    desk.press(&["Ctrl-U"]);
    desk.line("svc");
    assert_eq!(desk.table(), "services default");
}

#[test]
fn lines_are_remembered_and_offered_again() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&[":"]);
    let effects = desk.line("svc shop");
    assert!(effects.contains(&Effect::Remember(Remember::Command("svc shop".into()))));
    desk.press(&[":", "s", "Up", "Enter"]);
    assert_eq!(desk.table(), "services shop");
}

#[test]
fn a_number_before_a_movement_is_a_count() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["5", "j", "1", "0", "Down"]);
    assert_eq!(moved(&mut desk), "at 15");
    desk.press(&["3"]);
    desk.send(Msg::Tick);
    desk.press(&["j"]);
    assert_eq!(moved(&mut desk), "at 18", "a number that is no favourite has all the time in the world");
    desk.press(&["7", "Shift-J", "j"]);
    assert_eq!(moved(&mut desk), "at 19", "another key drops the number");
}

#[test]
fn a_digit_alone_is_a_favourite_after_a_moment() {
    let mut desk = Desk::started(favourites(&["shop"]));
    desk.press(&["1"]);
    assert_eq!(
        desk.app.next_tick(&desk.store, &desk.theme, Timestamp(desk.now)),
        Some(Duration::from_millis(400))
    );
    assert_eq!(desk.table(), "pods default", "it could still become a count");
    desk.send(Msg::Tick);
    assert_eq!(desk.table(), "pods fav");
    assert!(desk.app.pending.is_none());
}

#[test]
fn a_favourites_digit_before_a_movement_is_still_a_count() {
    let mut desk = Desk::started(favourites(&["shop"]));
    desk.press(&["1", "j"]);
    assert_eq!((moved(&mut desk).as_str(), desk.table().as_str()), ("at 1", "pods default"));
    desk.press(&["1", "/"]);
    assert_eq!(desk.table(), "pods fav", "a key that takes no count settles it at once");
    assert!(desk.app.prompt.is_some());
}

#[test]
fn a_busy_cluster_can_not_keep_a_favourite_waiting() {
    let mut desk = Desk::started(favourites(&["shop"]));
    desk.press(&["1"]);
    desk.send(Msg::Bell);
    assert_eq!(desk.table(), "pods default");
    desk.now += 2;
    desk.send(Msg::Bell);
    assert_eq!(desk.table(), "pods fav");
}

#[test]
fn pasted_text_never_runs_commands() {
    let mut desk = Desk::started(AppOptions::default());
    assert_eq!(desk.send(Msg::Paste(":q\n".into())), []);
    assert!(desk.flash().contains("prompt"));
    desk.press(&[":"]);
    assert_eq!(desk.send(Msg::Paste("po\u{1b}[31m shop\n".into())), []);
    assert_eq!(desk.app.prompt.as_ref().map(Prompt::text), Some("po[31m shop "));
}

#[test]
fn news_go_by_themselves_and_errors_stay_until_a_key() {
    let mut desk = Desk::started(AppOptions::default());
    desk.send(Msg::Flash(Flash::info("saved")));
    assert_eq!(
        desk.app.next_tick(&desk.store, &desk.theme, Timestamp(desk.now)),
        Some(Duration::from_secs(4))
    );
    desk.now += 4;
    desk.send(Msg::Tick);
    assert_eq!(desk.flash(), "");
    desk.send(Msg::Flash(Problem::new(ProblemKind::Io, "disk full").into()));
    desk.now += 1000;
    desk.send(Msg::Tick);
    assert!(desk.screen(80, 24).contains("disk full"));
    desk.press(&["Esc"]);
    assert_eq!((desk.flash(), desk.app.idle()), ("", true));
}

#[test]
fn a_warning_gives_its_row_back_with_the_next_key_and_the_key_is_still_one() {
    let mut desk = Desk::started(AppOptions::default());
    desk.send(Msg::Flash(Flash::warn("a file is broken")));
    assert!(!desk.press(&[":"]).contains(&Effect::Quit) && desk.app.prompt.is_some());
    assert_eq!(desk.flash(), "");
    desk.press(&["Esc"]);
    desk.send(Msg::Flash(Flash::warn("a file is broken")));
    desk.press(&["Esc"]);
    assert_eq!((desk.flash(), desk.app.layers.depth()), ("", 1));
}

#[test]
fn a_quiet_screen_ticks_with_its_clock_only() {
    let mut desk = Desk::started(AppOptions::default());
    let tick = |desk: &Desk| desk.app.next_tick(&desk.store, &desk.theme, Timestamp(desk.now));
    assert_eq!(tick(&desk), Some(Duration::from_secs(60)), "the clock of the second header row");
    desk.send(Msg::Resize(80, 15));
    assert_eq!(tick(&desk), None);
}

#[test]
fn a_click_lands_in_the_view_and_nowhere_else() {
    use crate::commands::flow::{Mouse, MouseWhat};
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&[":"]);
    desk.line("ctx");
    desk.send(Msg::Mouse(Mouse { x: 3, y: 5, what: MouseWhat::Click }));
    desk.send(Msg::Mouse(Mouse { x: 3, y: 23, what: MouseWhat::Click }));
    desk.press(&["Enter"]);
    assert_eq!(desk.app.current(), Some(id("staging")), "the second row of the list");
}

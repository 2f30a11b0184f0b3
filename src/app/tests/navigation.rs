use super::*;
use crate::commands::flow::Ticket;

#[test]
fn enter_goes_in_and_esc_comes_back_to_the_same_filter() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["/"]);
    desk.line("api");
    desk.press(&["Enter"]);
    assert!(matches!(desk.top(), Open::Containers(_)));
    desk.press(&["Esc"]);
    assert_eq!(desk.table(), "pods default /api");
}

#[test]
fn esc_closes_one_thing_at_a_time_and_never_quits() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["/"]);
    desk.line("api");
    desk.press(&["Enter", "5", ":"]);
    assert!(desk.app.prompt.is_some() && desk.app.layers.depth() == 2);
    desk.press(&["Esc"]);
    assert!(desk.app.prompt.is_none() && desk.app.layers.depth() == 2, "first the prompt");
    desk.press(&["5", "Esc"]);
    assert!(desk.app.pending.is_none() && desk.app.layers.depth() == 2, "then the count");
    desk.press(&["Esc"]);
    assert_eq!(desk.table(), "pods default /api", "then the view");
    desk.press(&["Esc"]);
    assert_eq!(desk.table(), "pods default", "then the filter");
    for key in ["Esc", "q", "Esc", "q"] {
        assert!(!desk.press(&[key]).contains(&Effect::Quit));
    }
    assert_eq!(desk.app.layers.depth(), 1);
    desk.press(&["q"]);
    assert!(desk.flash().contains(":q"), "{}", desk.flash());
}

#[test]
fn a_line_takes_the_place_of_all_views_and_a_page_lies_on_top() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["Enter", ":"]);
    let effects = desk.line("svc");
    assert_eq!((desk.table().as_str(), desk.app.layers.depth()), ("services default", 1));
    let wants = vec![shard("prod", "nodes", None), shard("prod", "services", Some("default"))];
    assert_eq!(acts(effects), [Effect::Watch(wants)]);
    desk.press(&["Ctrl-A"]);
    assert_eq!((desk.top(), desk.app.layers.depth()), (Open::Kinds(None), 2));
    desk.press(&["Ctrl-A"]);
    assert_eq!(desk.table(), "services default", "the same key closes it");
    desk.press(&["?"]);
    assert_eq!(desk.top(), Open::Help);
    desk.press(&["Esc"]);
    assert_eq!(desk.table(), "services default");
}

#[test]
fn help_tells_of_the_view_below_and_runs_what_is_chosen() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["?"]);
    let screen = desk.screen(120, 70);
    assert!(screen.contains("Keys for pods") && screen.contains("(it has no owner)"), "{screen}");
    desk.press(&["/"]);
    desk.line("csv|as yaml");
    desk.press(&["Enter"]);
    assert!(matches!(desk.top(), Open::Yaml(_)), "{:?}", desk.top());
}

#[test]
fn a_refusal_is_told_and_nothing_happens() {
    let mut desk = Desk::started(AppOptions::default());
    assert_eq!(desk.press(&["Shift-J"]), []);
    assert_eq!(desk.flash(), "it has no owner");
    assert!(!desk.screen(120, 24).contains("owner ·"), "the hint row does not offer it");
}

#[test]
fn history_brings_back_what_was_opened_with_its_filter() {
    let mut desk = Desk::started(AppOptions::default());
    for line in ["svc shop", "deploy"] {
        desk.press(&["/"]);
        desk.line("x");
        desk.press(&[":"]);
        desk.line(line);
    }
    assert_eq!(desk.table(), "deployments.apps shop", "the namespace was adopted");
    desk.press(&["["]);
    assert_eq!(desk.table(), "services shop /x");
    desk.press(&["["]);
    assert_eq!(desk.table(), "pods default /x");
    desk.press(&["["]);
    assert!(desk.flash().contains("nothing more"));
    desk.press(&["]"]);
    assert_eq!(desk.table(), "services shop /x");
    desk.press(&["-"]);
    assert_eq!(desk.table(), "pods default /x");
    desk.press(&["-"]);
    assert_eq!(desk.table(), "services shop /x");
}

#[test]
fn answers_find_the_view_that_asked_and_late_ones_are_dropped() {
    let mut desk = Desk::started(AppOptions::default());
    let asked = |effects: Vec<Effect>| {
        effects
            .into_iter()
            .find_map(|effect| if let Effect::Yaml { ticket, .. } = effect { Some(ticket) } else { None })
    };
    let first = asked(desk.press(&["y"])).unwrap();
    desk.press(&["Esc"]);
    let second = asked(desk.press(&["y"])).unwrap();
    assert_ne!(first, second);
    let answer = |text: &str| Box::new(Answer::Text(Ok(text.to_owned())));
    desk.send(Msg::Answer(first, answer("too late")));
    assert!(!desk.screen(80, 24).contains("too late"));
    // Another view on top does not catch the answer.
    desk.press(&["?"]);
    desk.send(Msg::Answer(second, answer("kind: Pod")));
    desk.press(&["Esc"]);
    assert!(desk.screen(80, 24).contains("kind: Pod"));
    desk.send(Msg::Answer(Ticket(999), answer("nobody asked")));
    assert!(!desk.screen(80, 24).contains("nobody asked"));
    assert!(desk.app.asked.is_empty());
}

#[test]
fn switching_the_context_connects_and_opens_what_was_left_there() {
    let mut options = AppOptions::default();
    options.remembered.views.insert(id("staging"), "svc web".into());
    options.remembered.favourites.insert(id("staging"), vec!["web".into()]);
    let mut desk = Desk::started(options);
    desk.press(&[":"]);
    let effects = acts(desk.line("ctx staging"));
    assert_eq!(
        effects,
        [
            Effect::Connect(id("staging")),
            Effect::ListNamespaces(id("staging")),
            Effect::Watch(vec![shard("staging", "nodes", None), shard("staging", "services", Some("web"))]),
            Effect::Metrics(vec![id("staging")]),
        ]
    );
    assert_eq!((desk.app.current(), desk.table().as_str()), (Some(id("staging")), "services web"));
    assert_eq!(desk.app.world.favourites, [Text::from("web")]);
    desk.press(&["["]);
    assert_eq!((desk.app.current(), desk.table().as_str()), (Some(id("prod")), "pods default"));
}

#[test]
fn a_table_over_two_contexts_connects_both_and_keeps_the_current_one() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&[":"]);
    let effects = desk.line("po all @staging,prod");
    assert!(effects.contains(&Effect::Connect(id("staging"))), "{effects:?}");
    assert!(effects.contains(&Effect::Watch(vec![
        shard("prod", "nodes", None),
        shard("prod", "pods", None),
        shard("staging", "pods", None),
    ])));
    assert_eq!(desk.app.current(), Some(id("prod")));
    assert!(desk.screen(120, 24).contains("staging, prod"));
}

#[test]
fn namespaces_change_in_place_and_are_remembered() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&["/"]);
    desk.line("api");
    let effects = desk.press(&["0"]);
    assert_eq!(desk.table(), "pods all /api");
    assert!(
        effects.contains(&Effect::Remember(Remember::View(id("prod"), "pods all".into()))),
        "{effects:?}"
    );
    desk.press(&[":"]);
    desk.line("deploy");
    assert_eq!(desk.table(), "deployments.apps all", "tables that follow show them too");
    desk.press(&[":"]);
    let effects = desk.line("ns shop");
    assert_eq!(desk.table(), "pods shop");
    assert!(
        effects.contains(&Effect::Remember(Remember::Namespace(id("prod"), "shop".into()))),
        "{effects:?}"
    );
    assert_eq!(desk.app.world.active(&[id("prod")]), only(&["shop"]));
}

#[test]
fn the_table_below_stays_watched_and_deeper_ones_rest() {
    let mut desk = Desk::started(AppOptions::default());
    let effects = desk.press(&["y"]);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Watch(_))),
        "Esc must come back to live rows"
    );
    let effects = desk.press(&["?"]);
    assert!(effects.contains(&Effect::Watch(vec![shard("prod", "nodes", None)])), "{effects:?}");
}

#[test]
fn reload_lists_again_what_is_shown() {
    let mut desk = Desk::started(AppOptions::default());
    let effects = desk.press(&["Ctrl-R"]);
    assert_eq!(effects, [Effect::Relist(vec![shard("prod", "pods", Some("default"))]), Effect::Redraw]);
}

#[test]
fn no_connection_shows_the_page_until_there_is_one() {
    let mut desk = Desk::started(AppOptions::default());
    let problem = Problem::new(ProblemKind::Tcp, "no answer from 10.0.0.1:6443").hint("is the VPN up?");
    let broken = LinkState {
        problem: Some(problem),
        retry_at: Some(Timestamp(desk.now + 4)),
        attempt: 3,
        ..LinkState::default()
    };
    desk.press(&["/"]);
    desk.link("prod", broken);
    assert!(desk.app.prompt.is_none(), "the filter of a table that can't be seen closes");
    let screen = desk.screen(100, 24);
    assert!(
        screen.contains("trying again in 4 s (attempt 3)") && screen.contains("is the VPN up?"),
        "{screen}"
    );
    assert_eq!(
        desk.app.next_tick(&desk.store, &desk.theme, Timestamp(desk.now)).map(|wait| wait.as_secs()),
        Some(1)
    );
    assert_eq!(desk.press(&["r"]), [Effect::Connect(id("prod"))]);
    let report = desk.press(&["y"]);
    let [Effect::Report(ticket, _)] = report.as_slice() else { panic!("{report:?}") };
    let effects = desk.send(Msg::Answer(*ticket, Box::new(Answer::Text(Ok("report".into())))));
    assert_eq!(effects, [Effect::Copy("report".into())]);
    desk.link("prod", LinkState { connected: true, ..LinkState::default() });
    assert_eq!(desk.app.overlay.as_ref().map(ConnectionView::cluster), None);
    assert_eq!(desk.table(), "pods default");
}

#[test]
fn quitting_is_asked_for_in_words_or_with_ctrl_c() {
    for line in ["q", "q!", "quit", "exit", "qa"] {
        let mut desk = Desk::started(AppOptions::default());
        desk.press(&[":"]);
        assert!(desk.line(line).contains(&Effect::Quit), "{line}");
    }
    let mut desk = Desk::started(AppOptions::default());
    assert_eq!(desk.press(&[":", "Ctrl-C"]), [], "in the prompt it closes the prompt");
    assert_eq!(desk.press(&["Ctrl-C"]), [Effect::Quit]);
}

#[test]
fn of_two_tables_of_one_kind_the_upper_one_is_told_by_its_namespace() {
    let mut desk = Desk::started(AppOptions { crumbs: true, ..AppOptions::default() });
    desk.press(&["w"]);
    assert_eq!(desk.table(), "pods shop");
    let screen = desk.screen(120, 24);
    assert!(screen.contains("pods › pods shop"), "{screen}");
    desk.press(&["Esc"]);
    assert_eq!(desk.table(), "pods default", "it lay on top");
}

#[test]
fn switches_of_the_picture() {
    let mut desk = Desk::started(AppOptions { crumbs: true, mouse: true, ..AppOptions::default() });
    assert!(desk.screen(80, 24).contains(" UTC"));
    let effects = desk.press(&["Ctrl-E"]);
    assert!(!desk.screen(80, 24).contains(" UTC"));
    assert!(
        effects.contains(&Effect::Metrics(vec![id("prod")])) || !effects.is_empty(),
        "the nodes are no longer counted"
    );
    desk.press(&["Ctrl-G"]);
    assert_eq!(desk.press(&["Alt-m"]), [Effect::Mouse(false)]);
    assert_eq!(desk.press(&["Alt-m"]), [Effect::Mouse(true)]);
    assert_eq!(desk.press(&["Alt-z"]), [Effect::Suspend]);
}

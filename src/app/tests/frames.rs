use super::*;

/// Every size that must work, each with its own risk: usual, wide, small, nothing, huge.
const SIZES: [(u16, u16); 5] = [(80, 24), (120, 32), (40, 10), (1, 1), (300, 80)];

fn frames(desk: &mut Desk, sizes: &[(u16, u16)]) -> String {
    let mut out = String::new();
    for &(columns, rows) in sizes {
        desk.send(Msg::Resize(columns, rows));
        out.push_str(&format!("== {columns}x{rows}\n"));
        out.push_str(&desk.screen(columns, rows));
    }
    out
}

fn desk() -> Desk {
    let mut desk = Desk::started(AppOptions { crumbs: true, ..AppOptions::default() });
    let link = LinkState {
        connected: true,
        version: Some("v1.37.2".into()),
        user: "alice".into(),
        round_trip: Some(std::time::Duration::from_millis(24)),
        ..LinkState::default()
    };
    desk.link("prod", link);
    desk
}

#[test]
fn contexts_at_every_size() {
    let mut desk = desk();
    desk.press(&[":"]);
    desk.line("ctx");
    insta::assert_snapshot!(frames(&mut desk, &SIZES));
}

#[test]
fn help_in_a_usual_and_a_small_terminal() {
    let mut desk = desk();
    desk.press(&["?"]);
    insta::assert_snapshot!(frames(&mut desk, &[(80, 24), (40, 10)]));
}

#[test]
fn a_broken_connection_at_every_size() {
    let mut desk = desk();
    let problem =
        Problem::new(ProblemKind::Dns, "the name api.prod.example can't be looked up: no such host")
            .hint("is the VPN up? try: getent hosts api.prod.example");
    desk.link(
        "prod",
        LinkState {
            server: "https://api.prod.example:6443".into(),
            problem: Some(problem),
            retry_at: Some(Timestamp(desk.now + 7)),
            attempt: 2,
            ..LinkState::default()
        },
    );
    insta::assert_snapshot!(frames(&mut desk, &SIZES[..4]));
}

#[test]
fn a_prompt_covers_the_hints() {
    let mut desk = desk();
    desk.press(&[":", "n", "a", "m", "e"]);
    let screen = desk.screen(80, 24);
    let last = screen.lines().last().unwrap_or_default();
    assert_eq!(last, ":namespaces", "what is typed with its suggestion");
    assert!(screen.contains("Namespace v1 · ns"), "{screen}");
    for (columns, rows) in SIZES {
        desk.screen(columns, rows);
    }
}

#[test]
fn all_pages_draw_at_all_sizes() {
    for line in ["ctx", "kinds", "help", "info", "conn", "log", "po"] {
        let mut desk = desk();
        desk.press(&[":"]);
        desk.line(line);
        for columns in [0, 1, 2, 7, 20, 80, 301] {
            for rows in [0, 1, 2, 3, 4, 5, 19, 20, 21, 90] {
                desk.send(Msg::Resize(columns, rows));
                desk.screen(columns, rows);
            }
        }
    }
}

#[test]
fn all_namespaces_are_offered_only_where_that_shows_something_else() {
    let mut desk = desk();
    let mut is_offered = |line: &str| {
        desk.press(&[":"]);
        desk.line(line);
        desk.send(Msg::Resize(200, 24));
        desk.screen(200, 24).contains("0 all")
    };
    assert!(is_offered("po shop"));
    assert!(!is_offered("po all"), "they are all there");
    assert!(!is_offered("nodes"), "nodes are in no namespace");
}

#[test]
fn the_key_for_namespaces_opens_them_without_a_namespace() {
    let mut desk = desk();
    desk.press(&[":"]);
    desk.line("po shop");
    desk.press(&["Alt-n"]);
    let namespaces = desk.app.layers.top().view.spec().map(|spec| spec.namespaces.clone());
    assert_eq!(namespaces, Some(crate::commands::NamespaceSet::All));
}

#[test]
fn what_a_view_below_watches_is_not_counted_in_the_header() {
    let mut desk = desk();
    desk.press(&[":"]);
    desk.line("po all");
    let root = desk.app.layers.top();
    let (id, spec) = (root.id, root.view.spec().cloned().unwrap());
    let warped = crate::commands::TableSpec { namespaces: only(&["shop"]), ..spec };
    let env = Env { store: &desk.store, theme: &desk.theme, now: Timestamp(desk.now) };
    desk.app.run_steps(vec![crate::commands::Step::Open(Open::Table(warped))], id, env, &mut Vec::new());
    desk.send(Msg::Bell);
    assert!(desk.app.watched.contains(&shard("prod", "pods", None)), "it is watched on");
    assert_eq!(desk.app.front_shards(), [shard("prod", "pods", Some("shop"))]);
}

use super::*;

#[test]
fn the_first_view_is_the_pods_of_the_contexts_namespace() {
    let mut desk = Desk::new(AppOptions::default());
    let effects = desk.send(Msg::Contexts(vec![context("prod", true), context("staging", false)]));
    assert_eq!(
        effects,
        [
            Effect::Connect(id("prod")),
            Effect::ListNamespaces(id("prod")),
            Effect::Remember(Remember::View(id("prod"), "pods default".into())),
            Effect::Watch(vec![shard("prod", "nodes", None), shard("prod", "pods", Some("default"))]),
            Effect::Metrics(vec![id("prod")]),
        ]
    );
    assert_eq!(desk.send(Msg::Bell), [], "what is wanted is said once");
    assert_eq!(
        desk.send(Msg::Contexts(vec![context("prod", true)])),
        [],
        "and the first view is opened once"
    );
}

#[test]
fn a_context_is_entered_where_it_was_left() {
    let mut options = AppOptions::default();
    options.remembered.views.insert(id("prod"), "deployments shop".into());
    options.remembered.namespaces.insert(id("prod"), vec!["web".into()]);
    assert_eq!(Desk::started(options.clone()).table(), "deployments.apps shop");
    options.remembered.views.clear();
    assert_eq!(Desk::started(options.clone()).table(), "pods web", "the namespace used last");
    options.remembered.views.insert(id("prod"), "deployments shop".into());
    options.namespace = Some("a,b".into());
    assert_eq!(Desk::started(options.clone()).table(), "pods a,b", "what is typed now wins");
    options.all_namespaces = true;
    options.start = Some("svc".into());
    assert_eq!(Desk::started(options).table(), "services all");
}

#[test]
fn a_filter_from_last_time_comes_back_with_a_word_and_esc_forgets_it() {
    let mut options = AppOptions { recalls_filters: true, ..AppOptions::default() };
    let pods = KindId("pods".into());
    options.remembered.apply(&Remember::TableFilter(pods.clone(), "api".into()));
    let mut desk = Desk::started(options.clone());
    assert_eq!(desk.table(), "pods default /api");
    assert_eq!(desk.flash(), "filter from last time: /api");
    let effects = desk.press(&["Esc"]);
    assert_eq!(effects, [Effect::Remember(Remember::TableFilter(pods.clone(), String::new()))]);
    desk.press(&[":"]);
    desk.line("po");
    assert_eq!(desk.table(), "pods default", "what was cleared stays away");
    desk.press(&["/"]);
    assert!(desk.line("web").contains(&Effect::Remember(Remember::TableFilter(pods, "web".into()))));
    desk.press(&[":"]);
    desk.line("deploy");
    assert_eq!(desk.table(), "deployments.apps default", "another kind has its own");
    desk.press(&[":"]);
    desk.line("po /front");
    assert_eq!(desk.table(), "pods default /front", "what is typed now wins");
    options.recalls_filters = false;
    assert_eq!(Desk::started(options).table(), "pods default", "a script gets what it asked for");
}

#[test]
fn without_a_usable_context_the_contexts_are_shown_with_a_way_out() {
    let mut desk = Desk::new(AppOptions::default());
    assert_eq!(desk.send(Msg::Contexts(Vec::new())), []);
    assert_eq!(desk.top(), Open::Contexts);
    assert!(desk.screen(110, 24).contains("kdeck demo"));
    assert!(desk.app.loaded(&desk.store, &desk.theme, Timestamp(0)).is_err());
    let mut desk = Desk::new(AppOptions::default());
    desk.send(Msg::Contexts(vec![context("prod", false)]));
    let effects = desk.press(&["Enter"]);
    assert!(effects.contains(&Effect::Connect(id("prod"))), "{effects:?}");
    assert_eq!(desk.table(), "pods default");
}

#[test]
fn a_kind_that_only_the_server_knows_waits_for_it() {
    let options = AppOptions { start: Some("widgets".into()), ..AppOptions::default() };
    let mut desk = Desk::new(options);
    let effects = desk.send(Msg::Contexts(vec![context("prod", true)]));
    assert!(effects.contains(&Effect::Connect(id("prod"))), "{effects:?}");
    assert_eq!(desk.top(), Open::Connection(id("prod")), "the way there is what can be seen meanwhile");
    assert_eq!(desk.app.loaded(&desk.store, &desk.theme, Timestamp(0)), Ok(false));
    desk.send(Msg::Catalog(id("prod"), Arc::new(Catalog::builtin())));
    assert_eq!(desk.table(), "pods default", "the server does not know it either");
    assert!(desk.flash().contains("widgets"), "{}", desk.flash());
    assert!(desk.app.loaded(&desk.store, &desk.theme, Timestamp(0)).is_err());
}

#[test]
fn a_line_waits_for_discovery_and_then_runs_by_itself() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&[":"]);
    desk.line("widgets");
    assert_eq!(desk.app.waiting.as_deref(), Some("widgets"));
    assert_eq!(desk.table(), "pods default", "the view stays meanwhile");
    // The stand-in for a catalog that knows it: the line is one that resolves.
    desk.app.waiting = Some("svc".into());
    desk.send(Msg::Catalog(id("prod"), Arc::new(Catalog::builtin())));
    assert_eq!(desk.table(), "services default");
}

#[test]
fn a_page_as_first_line_lies_on_the_pods() {
    let desk = Desk::started(AppOptions { start: Some("ctx".into()), ..AppOptions::default() });
    assert_eq!((desk.top(), desk.app.layers.depth()), (Open::Contexts, 2));
}

#[test]
fn read_only_and_guarded_are_told_per_context() {
    let options = AppOptions {
        read_only_contexts: [id("staging")].into(),
        guarded: [id("staging")].into(),
        ..AppOptions::default()
    };
    let mut desk = Desk::started(options);
    assert!(!desk.app.world().read_only);
    assert!(!desk.screen(80, 24).contains("read-"), "what may be done as usual is not told");
    desk.press(&[":"]);
    desk.line("ctx staging");
    assert!(desk.screen(80, 24).contains("guarded · read-only"));
}

#[test]
fn contexts_are_read_again_when_they_are_looked_at_and_when_asked() {
    let mut desk = Desk::started(AppOptions::default());
    desk.press(&[":"]);
    assert!(desk.line("ctx").contains(&Effect::ReadContexts));
    assert!(desk.press(&["Ctrl-R"]).contains(&Effect::ReadContexts));
    desk.send(Msg::Contexts(vec![context("prod", true), context("fresh", false)]));
    assert!(desk.screen(100, 24).contains("fresh"));
    assert!(desk.flash().contains("2 contexts"), "{}", desk.flash());
    desk.app.mark_contexts(BTreeSet::from([id("fresh")]), BTreeSet::new());
    desk.press(&[":"]);
    desk.line("ctx fresh");
    assert!(desk.app.world().read_only, "a new context is as guarded as the settings say");
}

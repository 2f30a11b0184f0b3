use std::collections::BTreeMap;

use super::*;
use crate::commands::{ClusterFacts, Cmd};
use crate::kinds::catalog::Catalog;
use crate::model::link::ContextInfo;

fn id(name: &str) -> ClusterId {
    ClusterId(name.into())
}

/// Two contexts; `prod` is current with namespace `shop` active, its namespaces listed.
fn world() -> World {
    let context = |name: &str| ContextInfo {
        id: id(name),
        cluster: name.into(),
        user: "u".into(),
        namespace: "default".into(),
        server: "https://x".into(),
        current: name == "prod",
    };
    let catalog = Arc::new(Catalog::builtin());
    let facts = |active: &str| ClusterFacts {
        catalog: catalog.clone(),
        namespaces: vec!["shop".into(), "web".into(), "kube-system".into()],
        may_list_namespaces: Some(true),
        active: NamespaceSet::Only(vec![active.into()]),
        ..ClusterFacts::default()
    };
    World {
        contexts: vec![context("prod"), context("staging")],
        current: Some(id("prod")),
        clusters: BTreeMap::from([(id("prod"), facts("shop")), (id("staging"), facts("web"))]),
        ..World::default()
    }
}

fn spec(line: &str) -> TableSpec {
    match parse(line, &world()) {
        Ok(Step::Open(Open::Table(spec))) => spec,
        other => panic!("{line}: {other:?}"),
    }
}

fn problem(line: &str) -> Problem {
    match parse(line, &world()) {
        Err(problem) => problem,
        Ok(step) => panic!("{line}: {step:?}"),
    }
}

fn only(names: &[&str]) -> NamespaceSet {
    NamespaceSet::Only(names.iter().map(|name| (*name).into()).collect())
}

#[test]
fn a_kind_alone_opens_in_the_active_namespaces_of_the_current_context() {
    for line in ["po", ":pods", "  :pod ", "Pod"] {
        let spec = spec(line);
        assert_eq!(
            (&*spec.kind.0, spec.namespaces, spec.clusters),
            ("pods", only(&["shop"]), vec![id("prod")])
        );
    }
}

#[test]
fn arguments_come_in_any_order() {
    let want = TableSpec {
        clusters: vec![id("staging")],
        kind: KindId("pods".into()),
        namespaces: only(&["web", "shop"]),
        filter: "-l App=Web,env!=dev crash|oom now".into(),
        within: None,
    };
    assert_eq!(spec("po web,shop @staging App=Web,env!=dev /crash|oom now"), want);
    assert_eq!(spec("po -l App=Web,env!=dev @staging -n web,shop /crash|oom now"), want);
}

#[test]
fn a_comparison_with_a_column_is_a_typed_term_and_no_label() {
    assert_eq!(spec("po shop status!=Running restarts>3 /api").filter, "status!=Running restarts>3 api");
    assert_eq!(spec("po -l status=a").filter, "-l status=a");
    assert_eq!(spec("po status=a,app=b").filter, "-l status=a,app=b");
}

#[test]
fn selectors_keep_their_case_and_their_blanks() {
    assert_eq!(spec("po 'env in (a, B)'").filter, "-l \"env in (a, B)\"");
    assert_eq!(spec("po app=Web").filter, "-l app=Web");
    assert_eq!(spec("po -f ngx").filter, "-f ngx");
}

#[test]
fn namespaces_can_be_all_or_all_but_some() {
    for line in ["po all", "po -A", "po *"] {
        assert_eq!(spec(line).namespaces, NamespaceSet::All);
    }
    let except = NamespaceSet::Except(vec!["kube-*".into(), "web".into()]);
    assert_eq!(spec("po !kube-*,web").namespaces, except);
    assert_eq!(spec("po !kube-*,!web").namespaces, except);
}

#[test]
fn several_contexts_share_a_namespace_set_only_when_they_agree() {
    let both = spec("po @prod,staging");
    assert_eq!((both.clusters.len(), both.namespaces), (2, NamespaceSet::All));
    assert_eq!(spec("po @staging").namespaces, only(&["web"]));
}

#[test]
fn words_of_the_table_run_commands() {
    for (line, cmd) in [
        ("q!", Cmd::Quit),
        ("quit", Cmd::Quit),
        ("?", Cmd::Help),
        ("aliases", Cmd::Kinds),
        ("info", Cmd::Info),
    ] {
        assert_eq!(parse(line, &world()), Ok(Step::Run(cmd)), "{line}");
    }
    assert_eq!(problem("q now").kind, ProblemKind::Usage);
}

#[test]
fn contexts_and_namespaces_list_or_switch() {
    assert_eq!(parse("ctx", &world()), Ok(Step::Open(Open::Contexts)));
    assert_eq!(parse("ctx staging", &world()), Ok(Step::UseContext(id("staging"))));
    assert_eq!(&*spec("ns").kind.0, "namespaces");
    let there = spec("ns web");
    assert_eq!((&*there.kind.0, there.namespaces), ("pods", only(&["web"])));
}

#[test]
fn an_alias_stands_for_its_line_and_takes_arguments() {
    let mut world = world();
    let aliases = [("bad", "pods all status!=Running"), ("worse", "bad restarts>3"), ("po", "po all")];
    world.aliases = aliases.map(|(name, line)| (name.to_owned(), line.to_owned())).into();
    let table = |line: &str| match parse(line, &world) {
        Ok(Step::Open(Open::Table(spec))) => spec,
        other => panic!("{line}: {other:?}"),
    };
    let spec = table("worse @staging /x");
    assert_eq!(spec.filter, "status!=Running restarts>3 x");
    assert_eq!((spec.namespaces, spec.clusters), (NamespaceSet::All, vec![id("staging")]));
    assert_eq!(table("po").namespaces, NamespaceSet::All, "an alias may be called like a kind");
}

#[test]
fn contexts_may_come_before_the_kind() {
    assert_eq!(spec("@staging po shop /x"), spec("po shop @staging /x"));
    assert_eq!(parse("@staging", &world()), Ok(Step::UseContext(id("staging"))));
    let both = spec("@prod,staging");
    assert_eq!((&*both.kind.0, both.clusters.len()), ("pods", 2));
    assert!(problem("@prod @staging po").what.contains("twice"));
}

#[test]
fn lists_of_kinds_and_contexts_open_with_a_filter() {
    let filtered = |open, text: &str| Ok(Step::Filtered(Box::new(Step::Open(open)), text.into()));
    assert_eq!(parse("aliases /ev", &world()), filtered(Open::Kinds(None), "ev"));
    assert_eq!(parse("ctx /pro d", &world()), filtered(Open::Contexts, "pro d"));
}

#[test]
fn a_category_offers_its_kinds() {
    assert_eq!(parse("all", &world()), Ok(Step::Open(Open::Kinds(Some("all".into())))));
    let kinds = world().current_facts().unwrap().catalog.category("all");
    assert!(kinds.iter().any(|kind| &*kind.id.0 == "pods"));
    assert!(kinds.iter().all(|kind| &*kind.id.0 != "secrets"));
}

#[test]
fn wrong_lines_say_what_is_wrong_and_what_is_near() {
    for (line, what, near) in [
        ("ctx stagin", "no context is called \"stagin\"", "staging"),
        ("po @prdo", "no context is called \"prdo\"", "prod"),
        ("po restart>3", "no column \"restart\"", "RESTARTS"),
        ("pulses", "no kind is called", "k9s"),
        ("po @nowhere", "no context is called", ":ctx"),
        ("po shp", "namespace \"shp\" not found", "shop"),
        ("no shop", "whole cluster", ":no /text"),
        ("po Shop", "can't be the name", "/Shop"),
        ("po kube-*", "can't be the name", "/ns:kube-"),
        ("po shop,!web", "mixes", ""),
        ("po shop web", "twice", "shop,web"),
        ("po -x", "unknown option -x", "-l"),
        ("po -l", "needs a value", ""),
        ("po 'a", "not closed", ""),
        ("po @", "no context follows", ""),
        ("", "nothing was typed", "help"),
    ] {
        let problem = problem(line);
        assert!(problem.what.contains(what), "{line}: {problem}");
        assert!(problem.hint.unwrap_or_default().contains(near), "{line}");
    }
    assert_eq!(problem("xyz").kind, ProblemKind::NotFound);
}

#[test]
fn without_a_context_the_line_says_how_to_get_one() {
    let problem = parse("po", &World::default()).unwrap_err();
    assert!(problem.what.contains("no context"), "{problem}");
}

#[test]
fn a_table_written_as_a_line_opens_the_same_table() {
    for line in [
        "po",
        "po all",
        "po web,shop @staging /-l a=b c",
        "po !kube-*,!web @prod,staging",
        "no",
        "deploy web",
    ] {
        let spec = spec(line);
        assert_eq!(parse(&write(&spec, &world()), &world()), Ok(Step::Open(Open::Table(spec))), "{line}");
    }
    assert_eq!(write(&spec("po"), &world()), "pods shop");
}

//! Commands lead where they say, or say why not.

use std::sync::Arc;

use super::{Bench, broken, pod, pods, spec};
use crate::commands::flow::{Effect, Mouse, MouseWhat, Remember};
use crate::commands::{Cmd, Flash, NamespaceSet, Open, Step, TableSpec, Target, Within};
use crate::kinds::{Drill, KindDef};
use crate::model::row::{Owner, Ref};
use crate::model::{ClusterId, KindId, ObjKey, Row, Scope, Text, Uid};
use crate::views::View;
use ratatui::layout::Rect;

fn opened(steps: &[Step]) -> &TableSpec {
    match steps {
        [Step::Open(Open::Table(spec))] => spec,
        other => panic!("no table was opened: {other:?}"),
    }
}

fn refused(steps: &[Step]) -> &str {
    match steps {
        [Step::Flash(Flash { text, .. })] => text,
        other => panic!("not refused: {other:?}"),
    }
}

/// A table of one row, whose kind drills down like this.
fn drilling(drill: Drill, row: Row) -> Bench {
    let kind = KindDef { drill, ..pods() };
    let mut bench = Bench::of(kind, spec(NamespaceSet::All), &["prod-eu"]);
    bench.fresh(crate::model::Freshness::Live);
    bench.upsert([row]);
    bench
}

#[test]
fn counts_multiply_movements_and_the_ends_hold() {
    let mut bench = Bench::pods();
    bench.upsert((0..100).map(|n| pod("shop", &format!("p-{n}"))));
    bench.draw(80, 22);
    let go = |bench: &mut Bench, cmd, count| {
        bench.times(cmd, count);
        bench.selected().unwrap().to_string()
    };
    assert_eq!(go(&mut bench, Cmd::Down, Some(5)), "p-5");
    assert_eq!(go(&mut bench, Cmd::HalfDown, None), "p-15");
    assert_eq!(go(&mut bench, Cmd::PageDown, Some(2)), "p-53");
    assert_eq!(go(&mut bench, Cmd::Bottom, None), "p-99");
    assert_eq!(go(&mut bench, Cmd::Down, Some(7)), "p-99");
    assert_eq!(go(&mut bench, Cmd::PageUp, None), "p-80");
    assert_eq!(go(&mut bench, Cmd::Top, Some(42)), "p-41");
    assert_eq!(go(&mut bench, Cmd::Top, None), "p-0");
    assert_eq!(go(&mut bench, Cmd::Up, Some(3)), "p-0");
}

#[test]
fn the_same_sort_key_twice_turns_the_order_round_and_is_remembered() {
    let mut bench = Bench::pods();
    bench.upsert([pod("shop", "a"), pod("shop", "b")]);
    bench.run(Cmd::SortName);
    let steps = bench.run(Cmd::SortName);
    assert_eq!(bench.names(), ["b", "a"]);
    let remember = Remember::Table(KindId("pods".into()), Some(("NAME".into(), true)), false);
    assert_eq!(steps, [Step::Effect(Effect::Remember(remember))]);
}

#[test]
fn a_kind_is_read_in_its_own_order_until_somebody_chooses_another() {
    let kind = crate::kinds::KindDef { order: Some("RESTARTS"), ..super::pods() };
    let mut bench = Bench::of(kind, super::spec(NamespaceSet::All), &["prod-eu"]);
    bench.fresh(crate::model::Freshness::Live);
    bench.upsert([broken("shop", "a", 10), broken("shop", "b", 9), pod("shop", "c")]);
    assert_eq!(bench.names(), ["c", "b", "a"]);
    bench.run(Cmd::SortName);
    assert_eq!(bench.names(), ["a", "b", "c"]);
}

#[test]
fn any_column_sorts_by_its_own_values() {
    let mut bench = Bench::pods();
    bench.upsert([broken("shop", "a", 10), broken("shop", "b", 9), pod("shop", "c")]);
    // RESTARTS is the fourth column after NAMESPACE and NAME.
    for _ in 0..6 {
        bench.run(Cmd::SortNext);
    }
    assert_eq!(bench.view.sorted_by.as_ref().map(|(title, _)| &**title), Some("RESTARTS"));
    assert_eq!(bench.names(), ["c", "b", "a"]);
    bench.run(Cmd::SortFlip);
    assert_eq!(bench.names(), ["a", "b", "c"]);
    bench.run(Cmd::SortPrevious);
    assert_eq!(bench.view.sorted_by.as_ref().map(|(title, _)| &**title), Some("CAUSE"));
}

#[test]
fn enter_on_a_workload_opens_the_pods_that_it_selects() {
    let mut deploy = pod("payments", "api");
    let selector: crate::model::Labels = Arc::from([(Text::from("app"), Text::from("api"))]);
    deploy.facts.selector = Some(selector.clone());
    let mut bench = drilling(Drill::PodsBySelector, deploy);
    let steps = bench.run(Cmd::Enter);
    let table = opened(&steps);
    assert_eq!(&*table.kind.0, "pods");
    assert_eq!(table.namespaces, NamespaceSet::Only(vec!["payments".into()]));
    let within = Within::Selected(selector, "payments".into());
    assert_eq!(table.within, Some((within, "po payments/api".into())));
}

#[test]
fn enter_on_a_pod_opens_its_containers_frozen_by_identity() {
    let row = pod("shop", "cart");
    let target = Target { key: row.key.clone(), uid: row.uid.clone() };
    let mut bench = drilling(Drill::Containers, row);
    assert_eq!(bench.run(Cmd::Enter), [Step::Open(Open::Containers(target))]);
}

#[test]
fn enter_on_a_namespace_uses_it_and_shows_its_pods() {
    let mut row = pod("", "shop");
    row.key.kind = KindId("namespaces".into());
    let mut bench = drilling(Drill::EnterNamespace, row);
    let only = NamespaceSet::Only(vec!["shop".into()]);
    let steps = bench.run(Cmd::Enter);
    assert_eq!(steps.first(), Some(&Step::UseNamespaces(only.clone())));
    assert_eq!(opened(steps.get(1..).unwrap()).namespaces, only);
}

#[test]
fn enter_on_a_node_a_job_and_an_event_leads_to_what_they_are_about() {
    let steps = drilling(Drill::PodsOnNode, pod("", "n-3")).run(Cmd::Enter);
    assert_eq!(opened(&steps).within, Some((Within::OnNode("n-3".into()), "po n-3".into())));

    let job = pod("shop", "mailer");
    let owned = Within::OwnedBy(Target { key: job.key.clone(), uid: job.uid.clone() });
    let steps = drilling(Drill::Owned("pods"), job).run(Cmd::Enter);
    assert_eq!(opened(&steps).within.as_ref().map(|(within, _)| within), Some(&owned));

    let mut event = pod("shop", "cart.17");
    event.facts.refs = Box::new([Ref {
        kind: KindId("deployments.apps".into()),
        namespace: "shop".into(),
        name: "cart".into(),
        role: "involved".into(),
    }]);
    let steps = drilling(Drill::Involved, event).run(Cmd::Enter);
    assert_eq!(&*opened(&steps).kind.0, "deployments.apps");
    assert!(matches!(&opened(&steps).within, Some((Within::Just(key), _)) if &*key.name == "cart"));

    let mut silent = drilling(Drill::Involved, pod("shop", "x"));
    assert_eq!(refused(&silent.run(Cmd::Enter)), "po shop/x names no involved");
    assert!(silent.with(|view, cx| view.refusal(Cmd::Enter, cx)).is_some());
}

#[test]
fn the_owner_is_jumped_to_and_several_are_offered() {
    let owner = |kind: &str, name: &str, controller| Owner {
        api_version: "apps/v1".into(),
        kind: kind.into(),
        name: name.into(),
        uid: Uid::Other("u".into()),
        controller,
    };
    let mut row = pod("shop", "cart-0");
    row.owners = Box::new([owner("StatefulSet", "cart", true)]);
    let steps = drilling(Drill::Containers, row).run(Cmd::Owner);
    let key = ObjKey {
        cluster: ClusterId("prod-eu".into()),
        kind: KindId("statefulsets.apps".into()),
        namespace: "shop".into(),
        name: "cart".into(),
    };
    assert!(matches!(&opened(&steps).within, Some((Within::Just(just), _)) if *just == key));
    let mut row = pod("shop", "cart-0");
    row.owners = Box::new([owner("Other", "x", false), owner("StatefulSet", "cart", true)]);
    let steps = drilling(Drill::Containers, row).run(Cmd::Owner);
    let [Step::Open(Open::Choice(choice))] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(choice.title, "owners of po shop/cart-0");
    let words: Vec<&str> = choice.options.iter().map(|(words, _)| words.as_str()).collect();
    assert_eq!(words, ["StatefulSet cart (its controller)", "Other x"]);
    let mut orphan = drilling(Drill::Containers, pod("shop", "alone"));
    assert_eq!(refused(&orphan.run(Cmd::Owner)), "po shop/alone has no owner");
}

#[test]
fn warp_and_node_say_why_they_can_not_go_anywhere() {
    let mut bench = Bench::pods();
    assert_eq!(refused(&bench.run(Cmd::Warp)), "nothing is selected");
    bench.upsert([pod("shop", "cart")]);
    assert_eq!(opened(&bench.run(Cmd::Warp)).namespaces, NamespaceSet::Only(vec!["shop".into()]));
    assert_eq!(refused(&bench.run(Cmd::Node)), "po shop/cart is on no node");
}

#[test]
fn favourites_and_all_namespaces_switch_the_set() {
    let mut bench = Bench::pods();
    bench.world.favourites = vec!["shop".into()];
    assert_eq!(bench.run(Cmd::AllNamespaces), [Step::UseNamespaces(NamespaceSet::All)]);
    let only = NamespaceSet::Only(vec!["shop".into()]);
    assert_eq!(bench.run(Cmd::Favourite1), [Step::UseNamespaces(only)]);
    assert_eq!(refused(&bench.run(Cmd::Favourite2)), "no favourite namespace 2: set one in :ns");
    assert!(bench.with(|view, cx| view.refusal(Cmd::ToggleFavourite, cx)).is_some());
}

#[test]
fn namespaces_can_be_made_favourites_and_used_together() {
    let kind = KindDef { scope: Scope::Cluster, ..pods() };
    let mut namespaces = spec(NamespaceSet::All);
    namespaces.kind = KindId("namespaces".into());
    let mut bench = Bench::of(kind, namespaces, &["prod-eu"]);
    bench.upsert([pod("", "a"), pod("", "b")]);
    bench.run(Cmd::MarkAll);
    let both = NamespaceSet::Only(vec!["a".into(), "b".into()]);
    let steps = bench.run(Cmd::UseNamespace);
    assert_eq!(steps, [Step::UseNamespaces(both), Step::Flash(Flash::info("using a, b from now on"))]);
    bench.run(Cmd::ClearMarks);
    bench.world.favourites = vec!["a".into()];
    let forget = Remember::Favourite(ClusterId("prod-eu".into()), "a".into(), false);
    assert_eq!(bench.run(Cmd::ToggleFavourite), [Step::Effect(Effect::Remember(forget))]);
}

#[test]
fn commands_of_others_are_left_to_them() {
    let mut bench = Bench::pods();
    let invocation = crate::commands::flow::Invocation { cmd: Cmd::Help, count: None, at: bench.now };
    assert_eq!(bench.with(|view, cx| view.command(invocation, cx)), None);
}

#[test]
fn a_click_selects_the_wheel_scrolls_and_a_title_sorts() {
    let mut bench = Bench::pods();
    bench.upsert((0..50).map(|n| pod("shop", &format!("p-{n}"))));
    bench.draw(80, 12);
    let area = Rect::new(0, 0, 80, 12);
    let point =
        |bench: &mut Bench, x, y, what| bench.with(|view, cx| view.mouse(Mouse { x, y, what }, area, cx));
    point(&mut bench, 5, 6, MouseWhat::Click);
    assert_eq!(bench.selected().as_deref(), Some("p-4"));
    point(&mut bench, 5, 6, MouseWhat::WheelDown);
    assert_eq!(bench.selected().as_deref(), Some("p-4"), "still in sight");
    assert!(bench.draw(80, 12).lines().nth(3).unwrap().contains("p-4"));
    point(&mut bench, 5, 6, MouseWhat::WheelDown);
    assert_eq!(bench.selected().as_deref(), Some("p-6"), "taken along by the edge");
    let x = bench.draw(80, 12).lines().nth(1).unwrap().find("NAME ").unwrap();
    point(&mut bench, u16::try_from(x).unwrap(), 1, MouseWhat::Click);
    assert_eq!(bench.view.sorted_by.as_ref().map(|(title, _)| &**title), Some("NAME"));
}

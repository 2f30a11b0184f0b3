use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::commands::ClusterFacts;
use crate::kinds::catalog::Catalog;
use crate::model::{ClusterId, ProblemKind};
use crate::views::widgets::testing::{picture, theme};

fn world() -> World {
    let facts = ClusterFacts {
        catalog: Arc::new(Catalog::builtin()),
        namespaces: vec!["shop".into(), "web".into()],
        ..ClusterFacts::default()
    };
    let id = ClusterId("prod".into());
    World { current: Some(id.clone()), clusters: BTreeMap::from([(id, facts)]), ..World::default() }
}

fn prompt() -> Prompt {
    Prompt::new(PromptKind::Command, "", "", &world())
}

fn press(prompt: &mut Prompt, keys: &[&str]) -> Typed {
    let history = ["po shop", "svc", "po web /x", "deploy"].map(str::to_owned);
    let mut last = Typed::Same;
    for key in keys {
        last = prompt.key(Key::parse(key).unwrap(), &history, &world());
    }
    last
}

#[test]
fn the_history_offers_lines_that_begin_with_what_was_typed() {
    let mut prompt = prompt();
    press(&mut prompt, &["p", "o", "Up"]);
    assert_eq!(prompt.text(), "po web /x");
    press(&mut prompt, &["Up"]);
    assert_eq!(prompt.text(), "po shop");
    assert_eq!(press(&mut prompt, &["Up"]), Typed::Same, "there is nothing older");
    press(&mut prompt, &["Down", "Down"]);
    assert_eq!(prompt.text(), "po", "back to what was typed");
}

#[test]
fn tab_chooses_and_enter_takes_what_is_chosen() {
    let mut prompt = prompt();
    press(&mut prompt, &["d", "e", "p", "l", "Tab"]);
    assert_eq!(prompt.text(), "depl", "choosing does not edit yet");
    assert_eq!(press(&mut prompt, &["Enter"]), Typed::Submitted);
    assert_eq!(prompt.text(), "deployments");
}

#[test]
fn right_takes_the_suggestion_at_the_end_and_moves_elsewhere() {
    let mut prompt = prompt();
    press(&mut prompt, &["p", "o", "d"]);
    assert_eq!(press(&mut prompt, &["Left", "Right"]), Typed::Same);
    assert_eq!(prompt.text(), "pod");
    assert_eq!(press(&mut prompt, &["Right"]), Typed::Changed);
    assert_eq!(prompt.text(), "pods");
    press(&mut prompt, &["Space", "w", "Right"]);
    assert_eq!(prompt.text(), "pods web");
}

#[test]
fn enter_without_a_choice_submits_what_was_typed() {
    let mut prompt = prompt();
    press(&mut prompt, &["p", "o", "Enter"]);
    assert_eq!(prompt.text(), "po");
}

#[test]
fn typing_clears_the_error() {
    let mut prompt = prompt();
    prompt.set_problem(Some(Problem::new(ProblemKind::Usage, "wrong")));
    assert_eq!(press(&mut prompt, &["x"]), Typed::Changed);
    assert!(!prompt.is_wrong());
}

#[test]
fn the_line_shows_ghost_candidates_and_error() {
    let theme = theme();
    let mut prompt = prompt();
    press(&mut prompt, &["n", "o"]);
    let mut buf = Buffer::empty(Rect::new(0, 0, 50, 6));
    let cursor = prompt.draw(buf.area, &mut buf, &theme);
    let drawn = picture(&buf);
    assert_eq!(cursor, Some((3, 5)));
    assert!(drawn.ends_with(":nodes\n"), "{drawn}");
    assert!(drawn.contains("Node v1 · no"), "{drawn}");
    prompt.set_problem(Some(Problem::new(ProblemKind::Usage, "no such thing").hint("try pods")));
    let mut buf = Buffer::empty(Rect::new(0, 0, 50, 1));
    prompt.draw(buf.area, &mut buf, &theme);
    assert_eq!(picture(&buf), ":no   no such thing (try pods)\n");
    let mut buf = Buffer::empty(Rect::new(0, 0, 29, 3));
    prompt.draw(buf.area, &mut buf, &theme);
    assert_eq!(picture(&buf), "\n no such thing (try pods)\n:no\n", "what does not fit has its own row");
    let mut buf = Buffer::empty(Rect::new(0, 0, 20, 3));
    prompt.draw(buf.area, &mut buf, &theme);
    assert_eq!(picture(&buf), " no such thing\n try pods\n:no\n");
    for size in [(1, 1), (0, 0), (3, 2)] {
        let mut buf = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        prompt.draw(buf.area, &mut buf, &theme);
    }
}

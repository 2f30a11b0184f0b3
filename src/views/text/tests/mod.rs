//! The text view without a runtime: answers are handed in.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::TextView;
use crate::commands::flow::{Ask, Effect, Invocation};
use crate::commands::{Answer, Cmd, Step, Target, World};
use crate::model::{ClusterId, KindId, ObjKey, Problem, ProblemKind, Timestamp, Uid};
use crate::store::Store;
use crate::theme::Theme;
use crate::views::widgets::testing;
use crate::views::{Cx, View};

const NOW: Timestamp = Timestamp(1_795_537_227);

const YAML: &str = "apiVersion: v1\ndata:\n  key: |\n    a: 1\n    b: 2\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\n";

struct Bench {
    view: TextView,
    now: Timestamp,
    store: Store,
    world: World,
    theme: Theme,
}

impl Bench {
    fn new(view: TextView) -> Self {
        let store = Store::new(Arc::default());
        Self { view, now: NOW, store, world: World::default(), theme: testing::theme() }
    }

    fn with<T>(&mut self, run: impl FnOnce(&mut TextView, &Cx<'_>) -> T) -> T {
        let cx = Cx { store: &self.store, world: &self.world, theme: &self.theme, now: self.now };
        run(&mut self.view, &cx)
    }

    fn answer(&mut self, text: Result<&str, Problem>) -> Vec<Step> {
        self.with(|view, cx| view.answer(Answer::Text(text.map(str::to_owned)), cx))
    }

    fn run(&mut self, cmd: Cmd, count: Option<u32>) -> Vec<Step> {
        let at = self.now;
        self.with(|view, cx| view.command(Invocation { cmd, count, at }, cx)).unwrap()
    }

    fn draw(&mut self, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        self.with(|view, cx| {
            view.refresh(cx);
            view.draw(area, &mut buf, cx);
        });
        testing::picture(&buf)
    }
}

fn target() -> Target {
    let key = ObjKey {
        cluster: ClusterId("prod-eu".into()),
        kind: KindId("configmaps".into()),
        namespace: "shop".into(),
        name: "settings".into(),
    };
    Target { key, uid: Uid::Other("u".into()) }
}

fn yaml() -> Bench {
    let mut bench = Bench::new(TextView::yaml(target()));
    bench.draw(60, 8);
    bench.answer(Ok(YAML));
    bench
}

#[test]
fn opening_asks_for_the_text_and_the_wait_is_counted() {
    let mut bench = Bench::new(TextView::yaml(target()));
    assert_eq!(bench.view.opening(), [Step::Ask(Ask::Yaml(target()))]);
    bench.draw(60, 4);
    bench.now = Timestamp(NOW.0 + 3);
    assert!(bench.draw(60, 4).starts_with("─ YAML configmaps shop/settings · loading 3s ─"));
    assert_eq!(bench.with(|view, cx| view.loaded(cx)), Ok(false));
    bench.answer(Ok(YAML));
    assert_eq!(bench.with(|view, cx| view.loaded(cx)), Ok(true));
}

#[test]
fn a_text_is_drawn_with_its_place() {
    insta::assert_snapshot!(yaml().draw(60, 8), @r"
    ─ YAML configmaps shop/settings ────────────── line 1 of 9 ─
     apiVersion: v1
     data:
       key: |
         a: 1
         b: 2
     kind: ConfigMap
     metadata:
    ");
}

#[test]
fn search_counts_and_steps_through_what_it_finds() {
    let mut bench = yaml();
    bench.with(|view, cx| view.set_filter("s[eh]", cx)).unwrap();
    assert!(bench.draw(60, 4).contains("s[eh] · 1/2"), "{}", bench.draw(60, 4));
    bench.run(Cmd::NextMatch, None);
    let picture = bench.draw(60, 4);
    assert!(picture.contains("2/2") && picture.contains("namespace: shop"), "{picture}");
    bench.run(Cmd::NextMatch, None);
    assert!(bench.draw(60, 4).contains("1/2"), "round the end");
    assert!(bench.with(|view, cx| view.set_filter("(", cx)).is_err());
    assert_eq!(bench.view.filter(), "s[eh]", "the last good one stays");
    bench.run(Cmd::ClearFilter, None);
    assert!(bench.with(|view, cx| view.refusal(Cmd::NextMatch, cx)).is_some());
}

#[test]
fn long_lines_move_sideways_or_wrap() {
    let mut bench = Bench::new(TextView::report(ClusterId("prod-eu".into())));
    bench.draw(30, 6);
    bench.answer(Ok(&format!("{}END\nshort", "0123456789".repeat(500))));
    assert!(!bench.draw(30, 6).contains("END"));
    bench.run(Cmd::Right, Some(10_000));
    assert!(bench.draw(30, 6).contains("END"));
    bench.run(Cmd::Wrap, None);
    bench.run(Cmd::Bottom, None);
    let picture = bench.draw(30, 6);
    assert!(picture.contains("END") && picture.contains("short"), "{picture}");
}

#[test]
fn the_log_is_read_from_its_end() {
    let mut bench = Bench::new(TextView::own_log());
    bench.draw(40, 5);
    let text: Vec<String> = (1..=100).map(|n| format!("line number {n}")).collect();
    bench.answer(Ok(&text.join("\n")));
    assert!(bench.draw(40, 5).contains("line number 100"));
    bench.run(Cmd::Top, None);
    assert!(bench.draw(40, 5).contains("line number 1\n"));
    bench.run(Cmd::Down, Some(5));
    assert!(bench.draw(40, 5).contains("line number 6\n"));
}

#[test]
fn copy_and_save_give_the_text_as_it_came() {
    let mut bench = yaml();
    let hostile = "a: \x1b[31mred\n";
    bench.answer(Ok(hostile));
    assert!(bench.draw(40, 4).contains(" a: red\n"));
    assert_eq!(bench.run(Cmd::CopyAll, None).first(), Some(&Step::Effect(Effect::Copy(hostile.into()))));
    let name = "configmaps-shop-settings-20261124T162027Z.yaml".to_owned();
    assert_eq!(bench.run(Cmd::SaveText, None), [Step::Ask(Ask::Save(name, hostile.into()))]);
}

#[test]
fn a_failed_refresh_keeps_the_text_and_a_failed_first_load_says_why() {
    let problem = Problem::new(ProblemKind::Forbidden, "cannot get configmaps: forbidden");
    let mut bench = yaml();
    assert!(matches!(bench.answer(Err(problem.clone())).as_slice(), [Step::Flash(_)]));
    assert!(bench.draw(60, 8).contains("apiVersion: v1"));
    let mut bench = Bench::new(TextView::yaml(target()));
    bench.answer(Err(problem.clone()));
    let picture = bench.draw(60, 5);
    assert!(
        picture.contains("cannot get configmaps: forbidden") && picture.contains("r asks again"),
        "{picture}"
    );
    assert_eq!(bench.with(|view, cx| view.loaded(cx)), Err(problem));
}

#[test]
fn no_size_breaks_it() {
    let mut bench = yaml();
    bench.with(|view, cx| view.set_filter("a", cx)).unwrap();
    for wrapped in [false, true] {
        for (width, height) in [(1, 1), (2, 2), (3, 9), (300, 80), (4, 3)] {
            bench.draw(width, height);
            bench.run(Cmd::Bottom, None);
            bench.run(Cmd::PreviousMatch, None);
        }
        if !wrapped {
            bench.run(Cmd::Wrap, None);
        }
    }
}

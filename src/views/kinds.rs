//! All kinds of the current cluster and the names they go by.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::{self, Entry, List};
use super::{Cx, Family, View};
use crate::commands::flow::{Flash, Invocation, Mouse};
use crate::commands::{Cmd, Effect, Open, Step, World};
use crate::model::{KindId, Problem, Scope, Text};
use crate::theme::Token;

const OWN: [Cmd; 2] = [Cmd::Enter, Cmd::CopyName];

/// The list of kinds.
#[derive(Debug)]
pub struct KindsView {
    list: List<KindId>,
    /// Only kinds of this category.
    category: Option<Text>,
    // The catalog that the entries were made from: comparing pointers is enough, catalogs are replaced whole.
    catalog: usize,
}

impl KindsView {
    /// Builds the list from the current context's catalog: all kinds, or those of a category.
    pub fn new(world: &World, category: Option<Text>) -> Self {
        let titles = &["RESOURCE", "GROUP", "VERSION", "SHORT NAMES", "KIND", "SCOPE"];
        let list = List::new(titles, entries(world, category.as_deref()));
        Self { list, category, catalog: stamp(world) }
    }
}

fn stamp(world: &World) -> usize {
    world.current_facts().map_or(0, |facts| std::sync::Arc::as_ptr(&facts.catalog) as usize)
}

fn entries(world: &World, category: Option<&str>) -> Vec<Entry<KindId>> {
    let Some(facts) = world.current_facts() else { return Vec::new() };
    let kinds = match category {
        Some(category) => facts.catalog.category(category),
        None => facts.catalog.all().to_vec(),
    };
    let mut entries: Vec<Entry<KindId>> = kinds
        .iter()
        .map(|kind| Entry {
            key: Some(kind.id.clone()),
            cells: vec![
                kind.gvr.resource.to_string(),
                kind.gvr.group.to_string(),
                kind.gvr.version.to_string(),
                kind.short_names.join(" "),
                kind.kind.to_string(),
                if kind.scope == Scope::Namespaced { "namespace" } else { "cluster" }.into(),
            ],
            sign: " ",
            token: Token::Text,
        })
        .collect();
    entries.sort_by(|a, b| a.cells.cmp(&b.cells));
    entries
}

impl View for KindsView {
    fn family(&self) -> Family {
        Family::Table
    }

    fn open(&self) -> Open {
        Open::Kinds(self.category.clone())
    }

    fn crumb(&self) -> String {
        self.category.as_ref().map_or_else(|| "kinds".into(), |category| format!("kinds of {category}"))
    }

    fn refresh(&mut self, cx: &Cx<'_>) -> bool {
        let now = stamp(cx.world);
        if std::mem::replace(&mut self.catalog, now) == now {
            return false;
        }
        self.list.set(entries(cx.world, self.category.as_deref()))
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        let discovered = cx.world.current_facts().is_some_and(|facts| facts.discovered);
        let title = match (&self.category, discovered) {
            (Some(category), _) => format!("Kinds of the category {category}"),
            (None, true) => "Kinds".to_owned(),
            (None, false) => "Kinds (built-in ones; the server has not told its own yet)".to_owned(),
        };
        self.list.draw(area, buf, &title, cx.theme);
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        match (invocation.cmd, self.list.selected()) {
            (Cmd::Enter, Some(id)) => Some(vec![Step::Line(id.to_string())]),
            (Cmd::CopyName, Some(id)) => Some(vec![
                Step::Effect(Effect::Copy(id.to_string())),
                Step::Flash(Flash::info(format!("copied {id}"))),
            ]),
            _ => self.list.command(invocation),
        }
    }

    fn refusal(&self, cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        if OWN.contains(&cmd) && self.list.selected().is_none() {
            return Some("no kind is selected".into());
        }
        list::refusal(cmd, &OWN)
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &Cx<'_>) -> Vec<Step> {
        self.list.mouse(mouse, area);
        Vec::new()
    }

    fn filter(&self) -> &str {
        self.list.filter()
    }

    fn set_filter(&mut self, text: &str, _cx: &Cx<'_>) -> Result<(), Problem> {
        self.list.set_filter(text)
    }

    fn print(&self, _cx: &Cx<'_>, out: &mut String) {
        self.list.print(out);
    }
}

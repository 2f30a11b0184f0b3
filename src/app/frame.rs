//! One frame: header, the view in front, views below it as crumbs, and the last row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::update::{has_all, words};
use super::{App, Env};
use crate::commands::flow::PromptKind;
use crate::commands::{Cmd, NamespaceSet};
use crate::model::{Scope, ShardKey, Timestamp, wildcard};
use crate::store::Store;
use crate::theme::Theme;
use crate::views::header::Header;
use crate::views::hints;
use crate::views::widgets::to_ascii;

/// From this height on the header has two rows and views are named in a row of their own.
const TALL: u16 = 20;

/// Where things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) body: Rect,
    pub(super) crumbs: Rect,
    pub(super) last: Rect,
}

impl App {
    pub(super) fn areas(&self, area: Rect) -> Areas {
        // Where one is stays said, as long as there is room for a row.
        let header = match area.height {
            0..4 => 0,
            4..TALL => u16::from(self.show_header),
            _ => 1 + u16::from(self.show_header),
        };
        let last = u16::from(area.height > 1);
        let crumbs = u16::from(self.show_crumbs && area.height >= TALL);
        let body = area.height.saturating_sub(header + last + crumbs);
        let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
        Areas {
            header: row(0, header),
            body: row(header, body),
            crumbs: row(header + body, crumbs),
            last: row(header + body + crumbs, last),
        }
    }

    /// Draws everything; returns where the terminal's cursor is, if something is being typed.
    pub fn draw(
        &self,
        area: Rect,
        buf: &mut Buffer,
        store: &Store,
        theme: &Theme,
        now: Timestamp,
    ) -> Option<(u16, u16)> {
        let cursor = self.paint(area, buf, Env { store, theme, now });
        if !theme.unicode {
            to_ascii(buf, area);
        }
        cursor
    }

    fn paint(&self, area: Rect, buf: &mut Buffer, env: Env<'_>) -> Option<(u16, u16)> {
        let Env { theme, now, .. } = env;
        let cx = env.cx(&self.world);
        let area = area.intersection(buf.area);
        let areas = self.areas(area);
        if !areas.header.is_empty() {
            self.header().draw(areas.header, buf, now, theme);
        }
        if !areas.body.is_empty() {
            self.front().draw(areas.body, buf, &cx);
        }
        if !areas.crumbs.is_empty() {
            hints::context(areas.crumbs, buf, &self.crumbs(), &self.front().context(&cx), theme);
        }
        if let Some(prompt) = &self.prompt {
            // Candidates of a command line and long errors lie over the body; on one row the prompt is all there is.
            let height = area.height.saturating_sub(areas.header.height);
            let over = if prompt.kind() == PromptKind::Command { height } else { height.min(3) };
            return prompt.draw(Rect { y: area.bottom() - over, height: over, ..area }, buf, theme);
        }
        if !areas.last.is_empty() {
            self.draw_last(areas.last, buf, env);
        }
        None
    }

    /// The names of the views, the one in front last. Of two tables of one kind the upper one is told by its
    /// namespaces: that is where the way from the lower one led.
    fn crumbs(&self) -> Vec<String> {
        let mut crumbs: Vec<String> = Vec::with_capacity(self.layers.depth() + 1);
        let mut below = String::new();
        for view in self.layers.iter().map(|layer| &layer.view) {
            let crumb = view.crumb();
            let place = view.spec().filter(|_| crumb == below).map(|spec| words(&spec.namespaces));
            crumbs.push(place.map_or_else(|| crumb.clone(), |place| format!("{crumb} {place}")));
            below = crumb;
        }
        crumbs.extend(self.overlay.as_ref().map(crate::views::View::crumb));
        crumbs
    }

    fn draw_last(&self, area: Rect, buf: &mut Buffer, env: Env<'_>) {
        if let Some(shown) = &self.flash {
            return hints::flash(area, buf, &shown.flash, env.theme);
        }
        let cx = env.cx(&self.world);
        let front = self.front();
        let mut hints = hints::of(front.family(), |cmd| {
            let is_idle =
                cmd == Cmd::AllNamespaces && front.spec().is_some_and(|spec| has_all(spec, &self.world));
            is_idle || front.refusal(cmd, &cx).is_some()
        });
        if let Some(pending) = self.pending {
            hints.insert(0, (pending.count.to_string(), "times …"));
        }
        hints::draw(area, buf, &hints, env.theme);
    }

    /// The shards of the table in front, and of no other: a view below may have others of the same kind watched, and
    /// what is in them must not be counted twice.
    pub(super) fn front_shards(&self) -> Vec<ShardKey> {
        let tables = self.layers.iter().filter_map(|layer| Some((&layer.view, layer.view.spec()?)));
        let Some((view, spec)) = tables.last() else { return Vec::new() };
        let mut shards = Vec::new();
        view.wants(&mut shards);
        // Containers are shown out of a shard of pods.
        shards.retain(|shard| shard.kind == spec.kind);
        shards
    }

    /// The namespaces in words: those really watched where the whole cluster may not be.
    fn seen_namespaces(&self, wanted: &NamespaceSet, shards: &[ShardKey]) -> String {
        match (wanted, self.tally.namespaces(shards).as_slice()) {
            (NamespaceSet::Only(_), _) | (_, []) => words(wanted),
            (_, [a]) => format!("only {a}"),
            (_, [a, b]) => format!("only {a}, {b}"),
            (_, more) => format!("only {} namespaces", more.len()),
        }
    }

    fn header(&self) -> Header<'_> {
        let spec = self.layers.iter().filter_map(|layer| layer.view.spec()).last();
        let current = self.world.current.as_ref();
        let contexts = match spec {
            Some(spec) => spec.clusters.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            None => current.map(ToString::to_string).unwrap_or_default(),
        };
        let is_namespaced = |spec: &crate::commands::TableSpec| {
            let kind = spec.clusters.first().and_then(|id| self.world.kind(id, &spec.kind));
            kind.is_none_or(|kind| kind.scope == Scope::Namespaced)
        };
        let first = spec.and_then(|spec| spec.clusters.first()).or(current);
        let facts = first.and_then(|id| self.world.clusters.get(id));
        let shards = self.front_shards();
        let nodes = self.nodes().filter(|key| self.watched.contains(key)).map(|key| [key]);
        Header {
            contexts,
            namespaces: spec
                .filter(|spec| is_namespaced(spec))
                .map(|spec| self.seen_namespaces(&spec.namespaces, &shards))
                .unwrap_or_default(),
            link: facts.map(|facts| &facts.link),
            freshness: self.tally.worst(&shards),
            nodes: nodes
                .map(|key| (self.tally.rows(&key), self.tally.counts(&key, |_| true)))
                .filter(|(rows, _)| *rows > 0),
            usage: self.cluster_use.get(),
            counts: self.tally.counts(&shards, |key| match spec.map(|spec| &spec.namespaces) {
                // One watch of all namespaces serves this table: what it leaves out is not counted either.
                Some(NamespaceSet::Except(patterns)) => {
                    !patterns.iter().any(|pattern| wildcard::matches(pattern, &key.namespace))
                }
                _ => true,
            }),
            guarded: facts.is_some_and(|facts| facts.guarded),
            read_only: self.world.read_only,
        }
    }
}

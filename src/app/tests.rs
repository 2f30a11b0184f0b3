//! The app as its user and its runtime see it: keys and news in, effects and frames out.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::factory::Parts;
use super::*;
use crate::commands::flow::Remember;
use crate::commands::{Answer, Effect, Key, Msg, NamespaceSet, Open};
use crate::kinds::catalog::Catalog;
use crate::model::link::{ContextInfo, LinkState};
use crate::model::{KindId, ProblemKind, Text, WatchScope};
use crate::store::Bell;
use crate::views::widgets::testing::{picture, theme};
use stand_in::StandIn;

mod chaos;
mod frames;
mod navigation;
mod stand_in;
mod start;
mod typing;

fn id(name: &str) -> ClusterId {
    ClusterId(name.into())
}

fn context(name: &str, current: bool) -> ContextInfo {
    ContextInfo {
        id: id(name),
        cluster: format!("{name}-cluster").into(),
        user: "alice".into(),
        namespace: "default".into(),
        server: format!("https://{name}.example:6443").into(),
        current,
    }
}

fn only(names: &[&str]) -> NamespaceSet {
    NamespaceSet::Only(names.iter().map(|name| Text::from(*name)).collect())
}

fn shard(cluster: &str, kind: &str, namespace: Option<&str>) -> ShardKey {
    let scope = namespace.map_or(WatchScope::All, |name| WatchScope::Namespace(name.into()));
    ShardKey { cluster: id(cluster), kind: KindId(kind.into()), scope }
}

/// Tables and texts are stand-ins, all other views are the real ones.
fn build(open: &Open, parts: &Parts<'_>, cx: &Cx<'_>) -> Box<dyn View> {
    match open {
        Open::Table(_) | Open::Containers(_) | Open::Yaml(_) | Open::OwnLog => {
            Box::new(StandIn::new(open, &parts.table(open)))
        }
        _ => factory::build(open, parts, cx),
    }
}

/// An app with its surroundings and a clock that the test moves.
struct Desk {
    app: App,
    store: Store,
    theme: Theme,
    now: i64,
}

impl Desk {
    fn new(options: AppOptions) -> Self {
        Self::with(options, build)
    }

    fn with(options: AppOptions, build: Factory) -> Self {
        Self {
            app: App::with_factory(options, build),
            store: Store::new(Arc::new(Bell::default())),
            theme: theme(),
            now: 50_520,
        }
    }

    /// Starts with the contexts `prod` (current) and `staging`, connected.
    fn started(options: AppOptions) -> Self {
        let mut desk = Self::new(options);
        desk.send(Msg::Contexts(vec![context("prod", true), context("staging", false)]));
        desk.link(
            "prod",
            LinkState { connected: true, version: Some("v1.37.2".into()), ..LinkState::default() },
        );
        desk
    }

    fn send(&mut self, message: Msg) -> Vec<Effect> {
        self.app.update(message, &self.store, &self.theme, Timestamp(self.now))
    }

    fn link(&mut self, cluster: &str, link: LinkState) -> Vec<Effect> {
        self.send(Msg::Link(id(cluster), Box::new(link)))
    }

    /// Presses keys by name and returns all their effects.
    fn press(&mut self, keys: &[&str]) -> Vec<Effect> {
        let keys: Vec<Key> =
            keys.iter().map(|name| Key::parse(name).unwrap_or_else(|| panic!("{name}"))).collect();
        keys.into_iter().flat_map(|key| self.send(Msg::Key(key))).collect()
    }

    /// Types a text and presses Enter.
    fn line(&mut self, line: &str) -> Vec<Effect> {
        for c in line.chars() {
            self.send(Msg::Key(Key::char(c)));
        }
        self.press(&["Enter"])
    }

    fn top(&self) -> Open {
        self.app.layers.top().view.open()
    }

    /// The table on top as a command line.
    fn table(&self) -> String {
        match self.app.layers.top().view.spec() {
            Some(spec) => crate::commands::line::write(spec, &self.app.world),
            None => format!("{:?}", self.top()),
        }
    }

    fn flash(&self) -> &str {
        self.app.flash.as_ref().map_or("", |shown| &shown.flash.text)
    }

    fn screen(&self, columns: u16, rows: u16) -> String {
        let mut buf = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.app.draw(buf.area, &mut buf, &self.store, &self.theme, Timestamp(self.now));
        picture(&buf)
    }
}

/// The effects without what is remembered on disk.
fn acts(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Remember(_))).collect()
}

//! A table over a full store, as a session holds it, for benches that draw, sort and filter.

use kdeck::commands::flow::Invocation;
use kdeck::commands::{ClusterFacts, Cmd, NamespaceSet, TableSpec, World};
use kdeck::kinds::catalog::Catalog;
use kdeck::model::Timestamp;
use kdeck::theme::{Depth, Theme};
use kdeck::views::table::TableView;
use kdeck::views::{Cx, View};

use crate::common;

/// A world that knows the cluster and its kinds.
fn world() -> World {
    let facts = ClusterFacts { catalog: std::sync::Arc::new(Catalog::builtin()), ..ClusterFacts::default() };
    World {
        current: Some(common::cluster()),
        clusters: [(common::cluster(), facts)].into(),
        ..World::default()
    }
}

/// All pods of the cluster.
pub fn spec() -> TableSpec {
    TableSpec {
        clusters: vec![common::cluster()],
        kind: common::kind().id.clone(),
        namespaces: NamespaceSet::All,
        filter: String::new(),
        within: None,
    }
}

/// Takes all that is new. What is put off for the sake of keys is part of the work.
pub fn settle(view: &mut TableView, cx: &Cx<'_>) {
    view.refresh(cx);
    while view.is_busy() {
        view.refresh(cx);
    }
}

/// A table over a full store.
pub struct Bench {
    pub loaded: common::Loaded,
    world: World,
    theme: Theme,
    view: TableView,
    pub now: Timestamp,
}

impl Bench {
    pub fn new(loaded: common::Loaded) -> Self {
        let world = world();
        let (theme, _) = Theme::load(None, None, Depth::Truecolor, true);
        let cx = Cx { store: &loaded.store, world: &world, theme: &theme, now: common::NOW };
        let mut view = TableView::open(spec(), None, false, &cx);
        settle(&mut view, &cx);
        Self { loaded, world, theme, view, now: common::NOW }
    }

    pub fn with<T>(&mut self, work: impl FnOnce(&mut TableView, &Cx<'_>) -> T) -> T {
        let Self { loaded, world, theme, view, now } = self;
        work(view, &Cx { store: &loaded.store, world, theme, now: *now })
    }

    pub fn run(&mut self, cmd: Cmd) {
        let invocation = Invocation { cmd, count: None, at: common::NOW };
        self.with(|view, cx| {
            view.command(invocation, cx);
            settle(view, cx);
        });
    }
}

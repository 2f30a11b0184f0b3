//! A table without a cluster: rows are fed as deltas, time stands still until moved.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::source::{News, Part, RowSource};
use super::{TableView, What};
use crate::commands::flow::Invocation;
use crate::commands::{Cmd, NamespaceSet, Step, TableSpec, World};
use crate::kinds::{Align, Column, Drill, KindDef, Metric, Projecting, Projector, Shown, Source, Tags};
use crate::model::{
    Cell, ClusterId, Freshness, Gvr, Health, KindId, Level, ObjKey, Problem, ProblemKind, Row, Scope,
    ShardKey, Text, Timestamp, Uid, WatchScope,
};
use crate::store::{Delta, ShardStatus, Store};
use crate::theme::Theme;
use crate::views::widgets::testing;
use crate::views::{Cx, View};

mod commands;
mod context;
mod export;
mod filter;
mod frames;
mod incremental;
mod selection;
mod store;

/// 2026-11-24T16:20:27Z.
pub(super) const NOW: Timestamp = Timestamp(1_795_537_227);

/// What a test feeds.
#[derive(Debug)]
enum Feed {
    Rows(usize, Delta),
    Fresh(usize, Freshness),
    Status(Box<ShardStatus>),
}

#[derive(Clone, Debug)]
struct Fed {
    parts: Vec<Part>,
    queue: Arc<Mutex<VecDeque<Feed>>>,
}

impl RowSource for Fed {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn poll(&mut self, _cx: &Cx<'_>) -> News {
        let mut news = News::default();
        for feed in self.queue.lock().drain(..) {
            match feed {
                Feed::Rows(part, delta) => news.deltas.push((part, delta)),
                Feed::Fresh(part, freshness) => {
                    self.parts[part].status.freshness = freshness;
                    news.status_changed = true;
                }
                Feed::Status(status) => {
                    self.parts[0].status = *status;
                    news.status_changed = true;
                }
            }
        }
        news
    }
}

/// A pod of a test.
pub(super) fn pod(namespace: &str, name: &str) -> Row {
    let key = ObjKey {
        cluster: ClusterId("prod-eu".into()),
        kind: KindId("pods".into()),
        namespace: namespace.into(),
        name: name.into(),
    };
    let cells = [Cell::Ratio(1, 1), Cell::text("Running"), Cell::Restarts(0, None), Cell::text("n-1")];
    Row {
        uid: Uid::Other(format!("uid of {namespace}/{name}").into()),
        key,
        created: Some(Timestamp(NOW.0 - 8 * 7 * 86_400)),
        deleting: None,
        cells: Box::new(cells),
        health: Health::default(),
        labels: Arc::from([]),
        owners: Box::default(),
        managers: Box::default(),
        facts: crate::model::Facts::default(),
    }
}

/// A pod that crashes.
pub(super) fn broken(namespace: &str, name: &str, restarts: u32) -> Row {
    let mut row = pod(namespace, name);
    row.cells[0] = Cell::Ratio(0, 1);
    row.cells[1] = Cell::text("CrashLoopBackOff");
    row.cells[2] = Cell::Restarts(restarts, Some(Timestamp(NOW.0 - 120)));
    row.health = Health { level: Level::Broken, reason: Some("OOMKilled 137, limit 512Mi".into()) };
    row
}

/// The record of pods, as far as these tests need it.
pub(super) fn pods() -> KindDef {
    fn never(_: &str, _: &mut Projecting) -> Result<Row, Problem> {
        Err(Problem::new(ProblemKind::Internal, "rows are fed in these tests"))
    }
    let column = |(title, source, right, shown, drop): (&str, Source, bool, Shown, u8)| Column {
        title: title.into(),
        source,
        align: if right { Align::Right } else { Align::Left },
        shown,
        drop,
    };
    let columns = [
        ("NAME", Source::Name, false, Shown::Always, 0),
        ("READY", Source::Cell(0), false, Shown::Always, 0),
        ("STATUS", Source::Cell(1), false, Shown::Always, 0),
        ("CAUSE", Source::Cause, false, Shown::Extra, 1),
        ("RESTARTS", Source::Cell(2), true, Shown::Always, 2),
        ("CPU", Source::Metric(Metric::Cpu), true, Shown::Extra, 6),
        ("NODE", Source::Cell(3), false, Shown::Wide, 7),
        ("AGE", Source::Age, false, Shown::Always, 0),
        ("LABELS", Source::Labels, false, Shown::ExtraWide, 9),
    ];
    let gvr = Gvr::new("", "v1", "pods");
    KindDef {
        id: gvr.id(),
        gvr,
        kind: "Pod".into(),
        singular: "pod".into(),
        short_names: vec!["po".into()],
        categories: Vec::new(),
        scope: Scope::Namespaced,
        verbs: Vec::new(),
        subresources: Vec::new(),
        columns: columns.map(column).into_iter().collect(),
        projector: Projector::Builtin(never),
        order: None,
        drill: Drill::Containers,
        tags: Tags::LOGS,
    }
}

/// A view and all that surrounds it.
pub(super) struct Bench {
    pub view: TableView,
    pub world: World,
    pub now: Timestamp,
    store: Store,
    theme: Theme,
    queue: Arc<Mutex<VecDeque<Feed>>>,
}

impl Bench {
    /// A live, empty table of pods in all namespaces of one cluster.
    pub fn pods() -> Self {
        let mut bench = Self::of(pods(), spec(NamespaceSet::All), &["prod-eu"]);
        bench.fresh(Freshness::Live);
        bench
    }

    /// A table of which nothing is known yet.
    pub fn of(kind: KindDef, spec: TableSpec, clusters: &[&str]) -> Self {
        let part = |name: &&str| {
            let (cluster, kind) = (ClusterId((*name).into()), spec.kind.clone());
            Part::new(ShardKey { cluster, kind, scope: WatchScope::All })
        };
        let queue = Arc::new(Mutex::default());
        let source = Fed { parts: clusters.iter().map(part).collect(), queue: Arc::clone(&queue) };
        let mut view = TableView::bare(What::Objects, spec, Box::new(source));
        view.kind = Some(Arc::new(kind));
        let (store, world, theme) = (Store::new(Arc::default()), World::default(), testing::theme());
        let mut bench = Self { view, world, now: NOW, store, theme, queue };
        bench.with(|view, cx| view.reshape(cx));
        bench
    }

    /// Runs something with the view and its surroundings.
    pub fn with<T>(&mut self, run: impl FnOnce(&mut TableView, &Cx<'_>) -> T) -> T {
        let cx = Cx { store: &self.store, world: &self.world, theme: &self.theme, now: self.now };
        run(&mut self.view, &cx)
    }

    fn feed(&mut self, feed: Feed) {
        self.queue.lock().push_back(feed);
        self.with(TableView::refresh);
    }

    pub fn fresh(&mut self, freshness: Freshness) {
        self.feed(Feed::Fresh(0, freshness));
    }

    /// What the title tells of the only part.
    pub fn status(&mut self, status: ShardStatus) {
        self.feed(Feed::Status(Box::new(status)));
    }

    /// New or different rows.
    pub fn upsert(&mut self, rows: impl IntoIterator<Item = Row>) {
        let upserts = rows.into_iter().map(Arc::new).collect();
        self.feed(Feed::Rows(0, Delta::Changed { upserts, removed: Vec::new() }));
    }

    pub fn remove(&mut self, namespace: &str, name: &str) {
        let removed = vec![pod(namespace, name).key];
        self.feed(Feed::Rows(0, Delta::Changed { upserts: Vec::new(), removed }));
    }

    /// All rows of a part anew, as after a re-list.
    pub fn relist(&mut self, part: usize, rows: impl IntoIterator<Item = Row>) {
        self.feed(Feed::Rows(part, Delta::Full(rows.into_iter().map(Arc::new).collect())));
    }

    pub fn run(&mut self, cmd: Cmd) -> Vec<Step> {
        self.times(cmd, None)
    }

    pub fn times(&mut self, cmd: Cmd, count: Option<u32>) -> Vec<Step> {
        let at = self.now;
        let steps = self.with(|view, cx| view.command(Invocation { cmd, count, at }, cx));
        steps.unwrap_or_else(|| panic!("{cmd:?} is not a command of tables"))
    }

    /// Lets the view do all that it put off; returns in how many turns.
    pub fn settle(&mut self) -> usize {
        let mut turns = 0;
        while self.view.is_busy() {
            self.with(TableView::refresh);
            turns += 1;
        }
        turns
    }

    /// Names of the shown rows.
    pub fn names(&self) -> Vec<String> {
        self.view.order.shown_from(0).map(|row| row.key.name.to_string()).collect()
    }

    /// Name of the selected row.
    pub fn selected(&self) -> Option<Text> {
        self.view.selected().map(|row| row.key.name.clone())
    }

    /// Moves the cursor to a row.
    pub fn select(&mut self, name: &str) {
        let place = self.names().iter().position(|shown| shown == name).unwrap();
        self.view.travel(place);
    }

    pub fn draw(&mut self, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        self.with(|view, cx| {
            view.refresh(cx);
            view.draw(area, &mut buf, cx);
        });
        testing::picture(&buf)
    }
}

/// A spec of pods on one cluster.
pub(super) fn spec(namespaces: NamespaceSet) -> TableSpec {
    TableSpec {
        clusters: vec![ClusterId("prod-eu".into())],
        kind: KindId("pods".into()),
        namespaces,
        filter: String::new(),
        within: None,
    }
}

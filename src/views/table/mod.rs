//! The generic table: rows of any kind, sorted, filtered, marked, drilled into.
//!
//! Owns what the user chose (sort, filter, marks, cursor, scroll) and the sorted list. Rows come
//! from a [`source::RowSource`]; drawing touches visible rows only. Must not do I/O, must not keep
//! a row number as a selection, must not format anything that is not drawn or exported.

mod arrange;
mod columns;
mod context;
mod cursor;
mod draw;
mod drill;
mod empty;
mod export;
mod fit;
mod keys;
mod labels;
mod loading;
mod metrics;
mod mouse;
mod order;
mod recent;
mod rules;
mod seen;
mod sift;
mod sort;
mod sort_keys;
mod sorting;
mod source;
mod taking;
mod title;
mod view;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::commands::{Cmd, NamespaceSet, TableSpec, Target};
use crate::kinds::{KindDef, Metric, Source, containers};
use crate::model::filter::Filter;
use crate::model::selector::Selector;
use crate::model::{KindId, Row, Scope, Text, Timestamp};
use crate::store::Delta;
use crate::views::Cx;

use columns::{Choice, Shape};
use cursor::{Cursor, Marks};
use draw::{Geometry, Scratch};
use order::{Order, Refilter};
use recent::Recent;
use rules::Rules;
use sift::Sift;
use sort::{Direction, Sort};
use source::{RowSource, Shards};
use taking::Taking;

/// What the rows are.
#[derive(Clone, Debug, PartialEq)]
enum What {
    /// Objects of a kind.
    Objects,
    /// Containers of a pod.
    Containers(Target),
}

/// Seconds between two looks of a filter that asks for ages or metrics.
const RECHECK: i64 = 5;

/// A table of one kind.
#[derive(Debug)]
pub struct TableView {
    what: What,
    spec: TableSpec,
    source: Box<dyn RowSource>,
    kind: Option<Arc<KindDef>>,
    choice: Choice,
    /// Title of the column that the user sorts by, and its direction; kept even while the kind is unknown.
    sorted_by: Option<(Text, Direction)>,
    rules: Rules,
    /// By which labels the server selects the rows; empty for all.
    labels: Selector,
    /// Whether the filter was not typed now but is the one that an earlier table was left with.
    is_recalled: bool,
    order: Order,
    /// A filter that has not come to the end of a long list.
    sifting: Option<Sift>,
    /// An order that a long list is not in yet.
    sorting: Option<Sort>,
    /// Rows that have come and are not in the list yet.
    taking: Option<Taking>,
    /// The last movement while the list was on its way was to its bottom: that of the whole list is meant. The top needs
    /// no such note: who goes there has chosen no row.
    end: Option<Cmd>,
    cursor: Cursor,
    marks: Marks,
    recent: Recent,
    /// Columns scrolled away to the left.
    scroll: usize,
    /// Whether the first load was complete once: before that nothing is highlighted as new.
    settled: bool,
    metrics_seen: Option<u64>,
    pods_seen: (usize, u64),
    rechecked: Timestamp,
    scratch: RefCell<Scratch>,
    geometry: Cell<Geometry>,
}

impl TableView {
    /// Opens a table. `remembered` is the sort column's title and whether it descends.
    pub fn open(spec: TableSpec, remembered: Option<(Text, bool)>, wide: bool, cx: &Cx<'_>) -> Self {
        let source = Box::new(Shards::new(&spec, Scope::Namespaced, &Selector::default()));
        let mut view = Self::new(What::Objects, spec, source, cx);
        view.choice.wide = wide;
        view.sorted_by = remembered.map(|(title, descending)| {
            (title, if descending { Direction::Descending } else { Direction::Ascending })
        });
        // A filter that can't be read shows everything; the app has parsed the line before.
        view.rules.filter = Filter::parse(&view.spec.filter).unwrap_or_default();
        view.rules.filter.source().clone_into(&mut view.spec.filter);
        view.select_at_server(cx);
        view.learn_kind(cx);
        view
    }

    /// Opens the containers of a pod.
    pub fn containers(target: Target) -> Self {
        let spec = TableSpec {
            clusters: vec![target.key.cluster.clone()],
            kind: KindId("containers".into()),
            namespaces: NamespaceSet::Only(vec![target.key.namespace.clone()]),
            filter: String::new(),
            within: None,
        };
        let source = Box::new(source::Containers::new(target.clone()));
        let mut view = Self::bare(What::Containers(target), spec, source);
        let kind = containers::definition();
        view.rules.shape = Shape::new(&kind, &view.spec, view.choice);
        view.kind = Some(kind);
        view.rules.sort = view.chosen_sort();
        view.order = Order::sorted(view.rules.sort);
        view
    }

    fn new(what: What, spec: TableSpec, source: Box<dyn RowSource>, cx: &Cx<'_>) -> Self {
        let mut view = Self::bare(what, spec, source);
        view.rechecked = cx.now;
        view
    }

    fn bare(what: What, spec: TableSpec, source: Box<dyn RowSource>) -> Self {
        Self {
            what,
            spec,
            source,
            kind: None,
            choice: Choice::default(),
            sorted_by: None,
            rules: Rules::default(),
            labels: Selector::default(),
            is_recalled: false,
            order: Order::default(),
            sifting: None,
            sorting: None,
            taking: None,
            end: None,
            cursor: Cursor::default(),
            marks: Marks::default(),
            recent: Recent::default(),
            scroll: 0,
            settled: false,
            metrics_seen: None,
            pods_seen: (0, 0),
            rechecked: Timestamp::default(),
            scratch: RefCell::default(),
            geometry: Cell::default(),
        }
    }

    /// Picks up the kind's record when it becomes known or is replaced. Returns whether it did.
    fn learn_kind(&mut self, cx: &Cx<'_>) -> bool {
        if self.what != What::Objects {
            return false;
        }
        let kind = source::kind_of(cx, &self.spec.clusters, &self.spec.kind);
        if kind.is_none() || columns::same_kind(kind.as_ref(), self.kind.as_ref()) {
            return false;
        }
        let scope = |kind: &Option<Arc<KindDef>>| kind.as_ref().map_or(Scope::Namespaced, |kind| kind.scope);
        if scope(&kind) != scope(&self.kind) {
            self.source = Box::new(Shards::new(&self.spec, scope(&kind), &self.labels));
            self.forget_rows();
        }
        self.kind = kind;
        self.reshape(cx);
        true
    }

    /// Chooses columns and order anew.
    fn reshape(&mut self, cx: &Cx<'_>) {
        let Some(kind) = &self.kind else { return };
        self.rules.shape = Shape::new(kind, &self.spec, self.choice);
        self.scroll = 0;
        self.scratch.get_mut().forget_widths();
        self.resort(cx);
        self.refilter(cx, Refilter::All);
    }

    fn refilter(&mut self, cx: &Cx<'_>, scope: Refilter) {
        // A shorter way to the same end.
        if let Some(sift) = self.sifting.take() {
            self.cursor = sift.before();
        }
        self.order.refilter(&self.rules.judge(cx), scope);
        self.cursor.settle(&self.order, &self.rules.judge(cx));
        self.rechecked = cx.now;
    }

    /// Takes all that is new. Returns whether the picture changed, apart from counts and from what belongs to other
    /// objects: those have time.
    fn take_news(&mut self, cx: &Cx<'_>) -> bool {
        self.recent.expire(cx.now);
        let mut changed = self.learn_kind(cx) | self.go_on(cx);
        if self.sorting.is_some() || self.taking.is_some() {
            // What comes meanwhile waits where it is: taken in now, it would make the sort start anew, and rows that
            // are still to be taken are older.
            return changed;
        }
        changed |= self.take_metrics(cx);
        changed |= self.take_pods(cx);
        let news = self.source.poll(cx);
        changed |= news.status_changed;
        // Before the first frame any row is news.
        changed |= self.geometry.get().body == 0 && !news.deltas.is_empty();
        for (part, delta) in news.deltas {
            self.take_delta(part, delta, cx);
        }
        let is_due = self.rechecked.elapsed(cx.now) >= RECHECK;
        if is_due && rules::follows_time(&self.rules.filter, &self.rules.shape) {
            self.refilter(cx, Refilter::All);
        }
        let is_whole = self.taking.is_none();
        if !self.settled
            && is_whole
            && self.source.parts().iter().all(|part| title::is_answered(&part.status.freshness))
        {
            self.settled = true;
            self.cursor.pin(&self.order);
        }
        changed || self.geometry.get().body > 0 && self.shows_other_rows()
    }

    /// Does some of the work that was put off. Returns whether the picture may differ.
    fn go_on(&mut self, cx: &Cx<'_>) -> bool {
        match (&self.sifting, &self.sorting) {
            (Some(_), _) => self.sift_slice(cx),
            (_, Some(_)) => self.sort_slice(cx),
            _ => self.take_slice(cx),
        }
    }

    fn take_metrics(&mut self, cx: &Cx<'_>) -> bool {
        if !self.rules.shape.has_metrics() {
            return false;
        }
        let revision = metrics::revision(cx, &self.spec.clusters);
        let changed = revision != self.metrics_seen;
        self.metrics_seen = revision;
        if self.choice.metrics != revision.is_some() {
            self.choice.metrics = revision.is_some();
            self.reshape(cx);
        } else if changed && matches!(self.rules.sort.source, Source::Metric(_)) {
            self.resort(cx);
        }
        changed
    }

    fn take_pods(&mut self, cx: &Cx<'_>) -> bool {
        if !self.rules.shape.counts_pods() {
            return false;
        }
        let now = metrics::pods_revision(cx, &self.spec.clusters);
        let changed = std::mem::replace(&mut self.pods_seen, now) != now;
        if changed && self.rules.sort.source == Source::Metric(Metric::Pods) {
            self.resort(cx);
        }
        changed
    }

    fn take_delta(&mut self, part: usize, delta: Delta, cx: &Cx<'_>) {
        let (upserts, mut removed) = match delta {
            Delta::Same => return,
            Delta::Changed { upserts, removed } => (upserts, removed),
            Delta::Full(rows) => match self.source.parts().get(part) {
                Some(part) => self.order.difference(rows, |key| part.covers(key)),
                None => return,
            },
        };
        let (upserts, strangers): (Vec<Arc<Row>>, Vec<Arc<Row>>) =
            upserts.into_iter().partition(|row| rules::admits(&self.spec, row));
        removed.extend(strangers.into_iter().map(|row| row.key.clone()));
        self.take_rows(upserts, &removed, cx);
    }

    /// Returns the selected row.
    fn selected(&self) -> Option<&Arc<Row>> {
        self.cursor.row(&self.order)
    }
}

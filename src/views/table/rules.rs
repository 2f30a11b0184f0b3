//! Which rows belong to a table, which of them are shown, and how one row answers the filter.

use std::sync::Arc;

use super::columns::{Shape, write_source};
use super::metrics::metric_cell;
use super::order::Judge;
use super::sort::Sort;
use crate::commands::{NamespaceSet, TableSpec, Within};
use crate::kinds::Source;
use crate::model::filter::{Fields, Filter};
use crate::model::{Cell, Row, Timestamp, wildcard};
use crate::views::Cx;

/// What decides over rows.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The columns.
    pub shape: Shape,
    /// The filter in force.
    pub filter: Filter,
    /// Whether only faults are shown.
    pub faults: bool,
    /// The order that rows stand in.
    pub sort: Sort,
}

impl Rules {
    /// Binds the rules to a moment.
    pub fn judge<'a>(&'a self, cx: &'a Cx<'a>) -> Judging<'a> {
        Judging { rules: self, cx, sort: self.sort }
    }
}

/// Returns whether a row belongs to the table at all; rows that don't are not even counted.
pub(super) fn admits(spec: &TableSpec, row: &Row) -> bool {
    let namespaces = match &spec.namespaces {
        NamespaceSet::Except(patterns) => {
            !patterns.iter().any(|pattern| wildcard::matches(pattern, &row.key.namespace))
        }
        NamespaceSet::All | NamespaceSet::Only(_) => true,
    };
    namespaces && spec.within.as_ref().is_none_or(|(within, _)| is_within(within, row))
}

fn is_within(within: &Within, row: &Row) -> bool {
    match within {
        Within::OwnedBy(target) => row.owners.iter().any(|owner| owner.uid == target.uid),
        Within::Selected(labels, namespace) => {
            *namespace == row.key.namespace
                && labels.iter().all(|(key, value)| row.label(key) == Some(&**value))
        }
        Within::OnNode(node) => row.facts.node.as_ref() == Some(node),
        Within::Just(key) => *key == row.key,
    }
}

/// The rules at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judging<'a> {
    rules: &'a Rules,
    cx: &'a Cx<'a>,
    sort: Sort,
}

impl<'a> Judging<'a> {
    /// The same rules, but for an order that is not in force yet.
    pub fn towards(self, sort: Sort) -> Self {
        Self { sort, ..self }
    }

    /// Binds a row, as the filter sees it.
    pub fn answering(&'a self, row: &'a Row) -> Answering<'a> {
        Answering { judging: self, row }
    }
}

impl Judge for Judging<'_> {
    fn sort(&self) -> Sort {
        self.sort
    }

    fn rank(&self, row: &Row) -> u64 {
        self.sort.rank(row, || match self.sort.source {
            Source::Metric(metric) => metric_cell(self.cx, row, metric),
            _ => Cell::Empty,
        })
    }

    fn shows(&self, row: &Row) -> bool {
        (!self.rules.faults || row.health.is_fault())
            && (self.rules.filter.is_empty() || self.rules.filter.matches(&self.answering(row)))
    }
}

/// A row as the filter sees it.
pub(super) struct Answering<'a> {
    judging: &'a Judging<'a>,
    row: &'a Row,
}

impl Fields for Answering<'_> {
    fn row(&self) -> &Row {
        self.row
    }

    fn now(&self) -> Timestamp {
        self.judging.cx.now
    }

    fn cell(&self, title: &str) -> Option<Cell> {
        let column = self.judging.rules.shape.titled(title)?;
        Some(value(self.judging.cx, self.row, column.source))
    }

    fn line(&self, out: &mut String) {
        let mut first = true;
        for column in self.judging.rules.shape.shown() {
            if matches!(column.source, Source::Age) {
                continue;
            }
            if !first {
                out.push(' ');
            }
            first = false;
            write_source(self.judging.cx, self.row, column.source, out);
        }
    }
}

/// Returns the value under a column as a cell.
pub(super) fn value(cx: &Cx<'_>, row: &Row, source: Source) -> Cell {
    let text = |text: &Arc<str>| Cell::text(text.clone());
    match source {
        Source::Context => text(&row.key.cluster.0),
        Source::Namespace => text(&row.key.namespace),
        Source::Name => text(&row.key.name),
        Source::Age => row.created.map_or(Cell::Unknown, Cell::Age),
        Source::Cause => row.health.reason.as_ref().map_or(Cell::Empty, text),
        Source::Cell(at) => row.cells.get(usize::from(at)).cloned().unwrap_or_default(),
        Source::Metric(metric) => metric_cell(cx, row, metric),
        Source::Labels => {
            let mut labels = String::new();
            write_source(cx, row, source, &mut labels);
            Cell::text(labels)
        }
    }
}

/// Tells whether a filter asks for things that change as time goes by, without any row changing.
pub(super) fn follows_time(filter: &Filter, shape: &Shape) -> bool {
    let source = filter.source().to_ascii_lowercase();
    source.contains(['<', '>', '=', ':', '~'])
        && shape.all().iter().any(|column| {
            matches!(column.source, Source::Metric(_) | Source::Age | Source::Cell(_))
                && is_moving(&column.title)
                && source.contains(&column.title.to_ascii_lowercase())
        })
}

/// Columns whose values are moments or metrics.
fn is_moving(title: &str) -> bool {
    ["AGE", "LAST SEEN", "LAST SCHEDULE", "LAST RESTART", "DURATION", "CPU", "MEM"]
        .iter()
        .any(|moving| title.contains(moving))
}

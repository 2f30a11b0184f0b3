//! Which columns a table has and shows, and how a value is written under one of them.

use std::fmt::Write;
use std::sync::Arc;

use super::metrics::metric_cell;
use crate::commands::{NamespaceSet, TableSpec, Within};
use crate::kinds::{Align, Column, KindDef, Metric, Shown, Source};
use crate::model::{Cell, Row, Scope};
use crate::views::Cx;

/// All columns of a table and which of them are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    all: Vec<Column>,
    shown: Vec<usize>,
}

/// What besides the kind decides over columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Wide columns too.
    pub wide: bool,
    /// Metrics are served.
    pub metrics: bool,
}

impl Shape {
    /// Picks the columns of a kind.
    pub fn new(kind: &KindDef, spec: &TableSpec, choice: Choice) -> Self {
        let added = |title: &str, source, drop| Column {
            title: title.into(),
            source,
            align: Align::Left,
            shown: Shown::Always,
            drop,
        };
        let mut all = vec![added("CONTEXT", Source::Context, 1), added("NAMESPACE", Source::Namespace, 1)];
        all.extend(kind.columns.iter().cloned());
        let one_namespace = matches!(&spec.namespaces, NamespaceSet::Only(names) if names.len() == 1)
            || matches!(&spec.within, Some((Within::Selected(..) | Within::Just(_), _)));
        let is_shown = |column: &Column| match column.source {
            Source::Context => spec.clusters.len() > 1,
            Source::Namespace => kind.scope == Scope::Namespaced && !one_namespace,
            Source::Metric(metric) if metric.is_polled() && !choice.metrics => false,
            _ => choice.wide || matches!(column.shown, Shown::Always | Shown::Extra),
        };
        let shown = (0..).zip(&all).filter(|(_, column)| is_shown(column)).map(|(at, _)| at).collect();
        Self { all, shown }
    }

    /// Returns all columns, shown or not.
    pub fn all(&self) -> &[Column] {
        &self.all
    }

    /// Returns how many columns are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Returns the shown columns in order.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &Column> {
        self.shown.iter().filter_map(|&at| self.all.get(at))
    }

    /// Returns a shown column.
    pub fn get(&self, at: usize) -> Option<&Column> {
        self.shown.get(at).and_then(|&at| self.all.get(at))
    }

    /// Returns the column under a title, in any case, shown or not.
    pub fn titled(&self, title: &str) -> Option<&Column> {
        self.all.iter().find(|column| column.title.eq_ignore_ascii_case(title))
    }

    /// Returns whether a column counts pods, which the table must then have watched.
    pub fn counts_pods(&self) -> bool {
        self.shown().any(|column| column.source == Source::Metric(Metric::Pods))
    }

    /// Returns whether any column comes from metrics.
    pub fn has_metrics(&self) -> bool {
        self.all.iter().any(|column| matches!(column.source, Source::Metric(_)))
    }
}

/// Returns whether a column's values stand at the right.
pub(super) fn is_right(column: &Column) -> bool {
    column.align == Align::Right || matches!(column.source, Source::Metric(_))
}

/// Appends the value of a row under a source, as shown now. Not cleaned.
pub(super) fn write_source(cx: &Cx<'_>, row: &Row, source: Source, out: &mut String) {
    match source {
        Source::Context => out.push_str(&row.key.cluster.0),
        Source::Namespace => out.push_str(&row.key.namespace),
        Source::Name => out.push_str(&row.key.name),
        Source::Age => match row.created {
            Some(at) => crate::model::time::human_duration(at.elapsed(cx.now), out),
            None => out.push_str("<unknown>"),
        },
        Source::Labels if row.labels.is_empty() => out.push_str("<none>"),
        Source::Labels => {
            for (at, (key, value)) in row.labels.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(key);
                out.push('=');
                out.push_str(value);
            }
        }
        Source::Cause => out.push_str(row.health.reason.as_deref().unwrap_or("")),
        Source::Cell(at) => {
            if let Some(cell) = row.cells.get(usize::from(at)) {
                cell.write(cx.now, out);
            }
        }
        Source::Metric(metric) => metric_cell(cx, row, metric).write(cx.now, out),
    }
}

/// Appends the value of a row as the screen shows it: as short as it can be said. Copies, filters and
/// printed tables use [`write_source`], which says it in kubectl's words.
pub(super) fn write_drawn(cx: &Cx<'_>, row: &Row, source: Source, out: &mut String) {
    let cell = if let Source::Cell(at) = source { row.cells.get(usize::from(at)) } else { None };
    match cell {
        // "ago" goes without saying, and would make the column half as wide again.
        Some(Cell::Restarts(count, Some(last))) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{count} (");
            crate::model::time::human_duration(last.elapsed(cx.now), out);
            out.push(')');
        }
        _ => write_source(cx, row, source, out),
    }
}

/// Returns in how many seconds the text of a value changes by itself.
pub(super) fn changes_in(cx: &Cx<'_>, row: &Row, source: Source) -> Option<i64> {
    let moment = match source {
        Source::Age => row.created,
        Source::Cell(at) => match row.cells.get(usize::from(at)) {
            Some(Cell::Age(at) | Cell::Restarts(_, Some(at))) => Some(*at),
            _ => None,
        },
        _ => None,
    }?;
    Some(next_step(moment.elapsed(cx.now)))
}

/// Seconds until an age of `age` seconds reads differently: kubectl's steps grow with the age.
fn next_step(age: i64) -> i64 {
    const STEPS: [(i64, i64); 4] = [(600, 1), (8 * 3600, 60), (192 * 3600, 3600), (8 * 365 * 86_400, 86_400)];
    let unit = STEPS.iter().find(|(below, _)| age < *below).map_or(365 * 86_400, |(_, unit)| *unit);
    unit - age % unit
}

/// A record shared by tables of one kind, compared by identity to see whether it was replaced.
pub(super) fn same_kind(a: Option<&Arc<KindDef>>, b: Option<&Arc<KindDef>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::human_duration;

    #[test]
    fn an_age_reads_the_same_until_its_next_step() {
        let show = |age| {
            let mut out = String::new();
            human_duration(age, &mut out);
            out
        };
        for age in
            [0, 5, 119, 120, 599, 600, 3599, 9000, 28_799, 28_800, 100_000, 691_199, 691_200, 9_999_999]
        {
            let step = next_step(age);
            assert!(step >= 1);
            assert_eq!(show(age), show(age + step - 1), "{age}");
        }
        assert!(next_step(8 * 86_400) > 86_000, "an old row asks for no redraw today");
    }
}

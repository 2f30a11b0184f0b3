//! The seam to polled metrics: the one place where a metric becomes a cell.

use crate::kinds::Metric;
use crate::model::{Cell, ClusterId, Row};
use crate::views::Cx;

/// Returns the figure of a row, [`Cell::NoData`] where none is known.
///
/// The store does not hold metrics yet; once it does, this function and [`revision`] are all that
/// has to change for columns, sort, filter and export alike.
pub(super) fn metric_cell(_cx: &Cx<'_>, _row: &Row, _metric: Metric) -> Cell {
    Cell::NoData
}

/// Returns a number that grows when metrics of these clusters changed, or `None` while none of the
/// clusters serves them: then metric columns are not shown.
pub(super) fn revision(_cx: &Cx<'_>, _clusters: &[ClusterId]) -> Option<u64> {
    None
}

//! Draws the visible rows straight into the buffer. Strings are written into memory that is kept
//! from frame to frame; a frame costs the same at ten rows and at a hundred thousand.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::columns::{changes_in, is_right, write_drawn};
use super::fit::{Fitted, Placed, Wish};
use super::recent::Novelty;
use super::seen::Seen;
use super::sort::Direction;
use super::{TableView, empty, title};
use crate::kinds::{Column, Metric, Source};
use crate::model::{Level, Row};
use crate::theme::{Theme, Token};
use crate::views::Cx;
use crate::views::widgets::paint::first;
use crate::views::widgets::{Keep, Words, clean_into, cut_into, frame_line, put, width_of};

/// Cells before the first column: cursor, mark or level sign, blank.
pub(super) const SIGNS: u16 = 3;
/// Screens narrower than this have one cell between columns, others two.
const ROOMY: u16 = 100;

/// Sizes of the last frame and the scroll position in it. Never says which row is selected.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Geometry {
    /// Rows of the body.
    pub body: usize,
    /// Cells for columns.
    pub width: u16,
    /// Cells between columns.
    pub gap: u16,
    /// The screen line of the cursor: what stays still while rows come and go above it.
    pub line: usize,
    /// Place of the first row on screen, as drawn.
    pub top: usize,
    /// When the picture changes by itself.
    pub wake: Option<i64>,
}

/// Memory that is kept between frames.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    raw: String,
    text: String,
    cut: String,
    spans: Vec<Span>,
    widths: Vec<u16>,
    drawn_width: u16,
    /// What the columns asked for in the last frame.
    pub wishes: Vec<Wish>,
    /// Where they stood.
    pub fitted: Fitted,
    /// The rows on screen.
    pub seen: Seen,
    words: Words,
}

/// A cell's text in the scratch.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    width: u16,
}

impl Scratch {
    /// Lets widths start anew: another kind, other columns.
    pub fn forget_widths(&mut self) {
        self.widths.clear();
    }
}

/// Draws the whole view.
pub(super) fn draw(view: &TableView, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
    if area.is_empty() {
        return;
    }
    let body = Rect { y: area.y.saturating_add(2), height: area.height.saturating_sub(2), ..area };
    let mut geometry = place_window(view, body);
    let mut scratch = view.scratch.borrow_mut();
    scratch.seen.note(&view.order, &geometry);
    write_cells(view, cx, &geometry, &mut scratch);
    geometry.wake = wake(view, cx, &geometry);
    view.geometry.set(geometry);
    measure(view, area.width, &geometry, &mut scratch);
    let left_out = scratch.wishes.len().saturating_sub(scratch.fitted.placed.len());
    title::write(view, left_out, cx, &mut scratch.words);
    frame_line(area, buf, cx.theme, &mut scratch.words);
    if area.height > 1 {
        draw_header(view, Rect { y: area.y + 1, height: 1, ..area }, buf, cx.theme, &mut scratch);
    }
    if view.order.shown() == 0 {
        empty::draw(view, body, buf, cx);
        return;
    }
    let cursor = view.cursor.place(&view.order);
    let rows = view.order.shown_from(geometry.top).take(geometry.body);
    for ((place, y), row) in (geometry.top..).zip(body.y..).zip(rows) {
        let line = Rect { y, height: 1, ..body };
        let painter = Painter { view, cx, row, line, is_selected: place == cursor, gap: geometry.gap };
        painter.paint(buf, &mut scratch, place - geometry.top);
    }
}

/// Decides which rows are on screen: the cursor keeps its screen line where possible.
fn place_window(view: &TableView, body: Rect) -> Geometry {
    let height = usize::from(body.height);
    let (top, line) = window(view, height);
    let gap = if body.width < ROOMY { 1 } else { 2 };
    let width = body.width.saturating_sub(SIGNS);
    Geometry { body: height, width, gap, line, top, wake: None }
}

/// Returns the place of the first row on screen and the line of the cursor.
pub(super) fn window(view: &TableView, height: usize) -> (usize, usize) {
    let cursor = view.cursor.place(&view.order);
    let line = view.geometry.get().line.min(height.saturating_sub(1)).min(cursor);
    let top = (cursor - line).min(view.order.shown().saturating_sub(height));
    (top, cursor - top)
}

/// Writes the texts of all visible cells into the scratch.
fn write_cells(view: &TableView, cx: &Cx<'_>, geometry: &Geometry, scratch: &mut Scratch) {
    scratch.text.clear();
    scratch.spans.clear();
    for row in view.order.shown_from(geometry.top).take(geometry.body) {
        for column in view.rules.shape.shown() {
            scratch.raw.clear();
            write_drawn(cx, row, column.source, &mut scratch.raw);
            let start = scratch.text.len();
            clean_into(&scratch.raw, &mut scratch.text);
            let end = scratch.text.len();
            let width = scratch.text.get(start..end).map_or(0, width_of);
            scratch.spans.push(Span { start, end, width: u16::try_from(width).unwrap_or(u16::MAX) });
        }
    }
}

/// Seconds until something visible reads differently, as a moment.
fn wake(view: &TableView, cx: &Cx<'_>, geometry: &Geometry) -> Option<i64> {
    let rows = view.order.shown_from(geometry.top).take(geometry.body);
    let ages = rows.flat_map(|row| {
        view.rules.shape.shown().filter_map(move |column| changes_in(cx, row, column.source))
    });
    let waits = title::ticks(view).then_some(1);
    ages.chain(waits).chain(view.recent.fades_in(cx.now)).min().map(|seconds| cx.now.0 + seconds)
}

/// Grows the widths by what is visible and places the columns.
fn measure(view: &TableView, width: u16, geometry: &Geometry, scratch: &mut Scratch) {
    let columns = view.rules.shape.len();
    if scratch.drawn_width != width || scratch.widths.len() != columns {
        scratch.widths.clear();
        scratch.widths.resize(columns, 0);
        scratch.drawn_width = width;
    }
    for row in scratch.spans.chunks_exact(columns.max(1)) {
        for (width, span) in scratch.widths.iter_mut().zip(row) {
            *width = span.width.max(*width);
        }
    }
    let sort = view.told_sort();
    scratch.wishes.clear();
    for (column, width) in view.rules.shape.shown().zip(&scratch.widths) {
        // One cell for the arrow is always there, so that sorting moves nothing.
        let title = u16::try_from(width_of(&column.title)).unwrap_or(u16::MAX);
        let arrow = u16::from(sort.source == column.source && view.sorted_by.is_some());
        let name = column.source == Source::Name;
        let elastic = !is_right(column) && !matches!(column.source, Source::Age);
        scratch.wishes.push(Wish {
            width: title.saturating_add(arrow).max(*width),
            drop: column.drop,
            name,
            elastic,
        });
    }
    scratch.fitted.fit(&scratch.wishes, geometry.width, geometry.gap, view.scroll);
}

fn draw_header(view: &TableView, line: Rect, buf: &mut Buffer, theme: &Theme, scratch: &mut Scratch) {
    let style = theme.style(Token::Columns);
    buf.set_style(line, style);
    put(buf, line.x, line.y, SIGNS.min(line.width), "   ", style);
    let sort = view.told_sort();
    for placed in &scratch.fitted.placed {
        let Some(column) = view.rules.shape.get(placed.column) else { continue };
        let is_sorted = view.sorted_by.is_some() && column.source == sort.source;
        scratch.raw.clear();
        if is_sorted {
            scratch.raw.push_str(arrow(sort.direction, theme));
        }
        clean_into(&column.title, &mut scratch.raw);
        scratch.cut.clear();
        cut_into(&scratch.raw, usize::from(placed.width), Keep::Head, theme.unicode, &mut scratch.cut);
        let style = if is_sorted { theme.style(Token::ColumnsSorted) } else { style };
        put_aligned(buf, line, *placed, is_right(column), &scratch.cut, style);
    }
}

/// Returns the sign of a direction.
pub(super) fn arrow(direction: Direction, theme: &Theme) -> &'static str {
    match (direction, theme.unicode) {
        (Direction::Ascending, true) => "↑",
        (Direction::Descending, true) => "↓",
        (Direction::Ascending, false) => "^",
        (Direction::Descending, false) => "v",
    }
}

/// Writes a text into a column and returns the buffer column where it starts.
fn put_aligned(buf: &mut Buffer, line: Rect, placed: Placed, right: bool, text: &str, style: Style) -> u16 {
    let width = u16::try_from(width_of(text)).unwrap_or(u16::MAX);
    let shift = if right { placed.width.saturating_sub(width) } else { 0 };
    let x = line.x + SIGNS + placed.x + shift;
    put(buf, x, line.y, placed.width.min(line.right().saturating_sub(x)), text, style);
    x
}

/// Draws one row.
struct Painter<'a> {
    view: &'a TableView,
    cx: &'a Cx<'a>,
    row: &'a Row,
    line: Rect,
    is_selected: bool,
    gap: u16,
}

impl Painter<'_> {
    fn paint(&self, buf: &mut Buffer, scratch: &mut Scratch, index: usize) {
        let novelty = self.view.recent.of(self.row);
        let is_marked = self.view.marks.has(self.row);
        let style = self.row_style(is_marked, &novelty);
        buf.set_style(self.line, style);
        self.paint_signs(buf, is_marked, style);
        let columns = self.view.rules.shape.len();
        let Scratch { text, cut, spans, fitted, .. } = scratch;
        for placed in &fitted.placed {
            let Some(column) = self.view.rules.shape.get(placed.column) else { continue };
            let Some(span) = spans.get(index * columns + placed.column) else { continue };
            let Some(mut shown) = text.get(span.start..span.end) else { continue };
            if span.width > placed.width {
                cut.clear();
                let keep = if column.source == Source::Name { Keep::Ends } else { Keep::Head };
                cut_into(shown, usize::from(placed.width), keep, self.cx.theme.unicode, cut);
                shown = cut;
            }
            let sign = self.delta_sign(column, &novelty);
            let token = share(column.source, shown).or(sign.is_some().then_some(Token::Changed));
            let style = match token.filter(|_| !self.is_selected) {
                Some(token) => style.patch(self.cx.theme.style(token)),
                None => style,
            };
            let x = put_aligned(buf, self.line, *placed, is_right(column), shown, style);
            self.paint_matches(buf, x, &column.title, shown, style);
            if let Some(sign) = sign {
                // The sign stands in the gap, so that it takes no width from anybody.
                let at = self.line.x + SIGNS + placed.x + placed.width;
                let room = self.line.right().saturating_sub(at).min(self.gap);
                put(buf, at, self.line.y, room.min(1), sign, style);
            }
        }
    }

    fn row_style(&self, is_marked: bool, novelty: &Novelty<'_>) -> Style {
        let theme = self.cx.theme;
        let mut style = theme.style(Token::Text);
        if self.row.health.level != Level::Ok {
            style = style.patch(theme.style(Theme::level(self.row.health.level)));
        }
        if matches!(novelty, Novelty::New) {
            style = style.patch(theme.style(Token::New));
        }
        if is_marked {
            style = style.patch(theme.style(Token::Marked));
        }
        if self.is_selected { style.patch(theme.style(Token::Selected)) } else { style }
    }

    fn paint_signs(&self, buf: &mut Buffer, is_marked: bool, style: Style) {
        let theme = self.cx.theme;
        let pick = |unicode, ascii| if theme.unicode { unicode } else { ascii };
        let cursor = if self.is_selected { pick("▸", ">") } else { " " };
        let level = self.row.health.level;
        let sign = match self.favourite() {
            _ if is_marked => pick("✓", "+"),
            Some(number) if level == Level::Ok => number,
            _ => theme.sign(level),
        };
        put(buf, self.line.x, self.line.y, 1, cursor, style);
        put(buf, self.line.x.saturating_add(1), self.line.y, 1, sign, style);
    }

    /// Returns the digit that switches to the row's namespace.
    fn favourite(&self) -> Option<&'static str> {
        const DIGITS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
        if &*self.view.spec.kind.0 != "namespaces" {
            return None;
        }
        let place = self.cx.world.favourites.iter().position(|name| *name == self.row.key.name)?;
        DIGITS.get(place).copied()
    }

    /// Overlays what the filter matched.
    fn paint_matches(&self, buf: &mut Buffer, x: u16, title: &str, shown: &str, style: Style) {
        let filter = &self.view.rules.filter;
        if filter.is_empty() {
            return;
        }
        let style = style.patch(self.cx.theme.style(Token::Match));
        for range in filter.highlights(title, shown) {
            let (Some(before), Some(found)) = (shown.get(..range.start), shown.get(range)) else { continue };
            let at = x.saturating_add(u16::try_from(width_of(before)).unwrap_or(u16::MAX));
            let room = self.line.right().saturating_sub(at);
            put(buf, at, self.line.y, room, first(found, usize::from(room)), style);
        }
    }

    /// Returns how a cell moved a moment ago.
    fn delta_sign(&self, column: &Column, novelty: &Novelty<'_>) -> Option<&'static str> {
        let Novelty::Was(old) = novelty else { return None };
        let unicode = self.cx.theme.unicode;
        let other = if unicode { "Δ" } else { "*" };
        match column.source {
            Source::Cause => (old.health.reason != self.row.health.reason).then_some(other),
            Source::Cell(at) => {
                let at = usize::from(at);
                let (was, is) = (old.cells.get(at)?, self.row.cells.get(at)?);
                if was == is {
                    return None;
                }
                Some(match (was.number(), is.number()) {
                    (Some(was), Some(is)) if is > was => arrow(Direction::Ascending, self.cx.theme),
                    (Some(was), Some(is)) if is < was => arrow(Direction::Descending, self.cx.theme),
                    _ => other,
                })
            }
            _ => None,
        }
    }
}

/// Returns how a share of what there is at most looks. More than was asked for is nothing to worry about.
fn share(source: Source, shown: &str) -> Option<Token> {
    use Metric::{CpuOfAllocatable, CpuOfLimit, MemoryOfAllocatable, MemoryOfLimit};
    let Source::Metric(CpuOfAllocatable | CpuOfLimit | MemoryOfAllocatable | MemoryOfLimit) = source else {
        return None;
    };
    Token::of_share(shown.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_limit_alarms_and_one_of_a_request_does_not() {
        let of = |metric, shown| share(Source::Metric(metric), shown);
        assert_eq!(of(Metric::MemoryOfLimit, "97"), Some(Token::Broken));
        assert_eq!(of(Metric::CpuOfAllocatable, "80"), Some(Token::Attention));
        assert_eq!(of(Metric::CpuOfLimit, "79"), None);
        assert_eq!(of(Metric::CpuOfLimit, "–"), None);
        assert_eq!(of(Metric::CpuOfRequest, "400"), None);
    }
}

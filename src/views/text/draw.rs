//! Draws the visible part of a text: frame line, lines, colours, found pieces.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::lines::{seen_from, wrapped_row, wrapped_rows};
use super::window::{Size, Window, Wrap};
use super::{State, Subject, TextView, search, yaml};
use crate::model::time::human_duration;
use crate::theme::Token;
use crate::views::Cx;
use crate::views::widgets::{Keep, Words, clean_into, count_into, cut_into, frame_line, put, width_of};

/// Draws the whole view.
pub(super) fn draw(view: &TextView, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
    if area.is_empty() {
        return;
    }
    frame_line(area, buf, cx.theme, &mut words(view, cx));
    let body = Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    let size = Size { height: usize::from(body.height), width: usize::from(body.width) };
    view.size.set(size);
    if body.is_empty() {
        return;
    }
    match &view.state {
        State::Ready => draw_lines(view, body, size, buf, cx),
        // The frame line says that it is loading, and for how long.
        State::Loading(_) => {}
        State::Failed(problem) => {
            message(body, 0, &problem.what, cx.theme.style(Token::Broken), buf, cx);
            let hint = problem.hint.as_deref().unwrap_or("r asks again, Esc goes back");
            message(body, 1, hint, cx.theme.style(Token::Dim), buf, cx);
        }
    }
}

fn message(body: Rect, row: u16, text: &str, style: Style, buf: &mut Buffer, cx: &Cx<'_>) {
    let (mut clean, mut cut) = (String::new(), String::new());
    clean_into(text, &mut clean);
    cut_into(&clean, usize::from(body.width), Keep::Head, cx.theme.unicode, &mut cut);
    if row < body.height {
        put(buf, body.x, body.y + row, body.width, &cut, style);
    }
}

fn words(view: &TextView, cx: &Cx<'_>) -> Words {
    let mut words = Words::default();
    words.add(0, 9, Token::Title, &view.title());
    if let State::Loading(since) = &view.state {
        let mut text = "loading ".to_owned();
        human_duration(since.map_or(0, |since| since.elapsed(cx.now)), &mut text);
        words.add(0, 8, Token::Busy, &text);
        return words;
    }
    if !view.search.pattern().is_empty() {
        let (at, all) = view.search.count();
        let mut count = String::new();
        count_into(at, &mut count);
        count.push('/');
        count_into(all, &mut count);
        if all >= search::BOUND {
            count.push('+');
        }
        words.add(1, 7, Token::Found, view.search.pattern());
        words.add(1, 8, if all == 0 { Token::Attention } else { Token::TitleDim }, &count);
    }
    if view.window.wrap == Wrap::On {
        words.add(2, 3, Token::TitleDim, "wrap");
    }
    if view.window.left > 0 {
        words.add(2, 4, Token::TitleDim, &format!("column {}", view.window.left + 1));
    }
    let mut place = String::from("line ");
    count_into((view.window.top.line + 1).min(view.lines.len()), &mut place);
    place.push_str(" of ");
    count_into(view.lines.len(), &mut place);
    words.add(2, 5, Token::TitleDim, &place);
    words
}

fn draw_lines(view: &TextView, body: Rect, size: Size, buf: &mut Buffer, cx: &Cx<'_>) {
    // A resize since the last command may have left the window past the end.
    let mut window: Window = view.window;
    window.clamp(&view.lines, size);
    let (mut line, mut row) = (window.top.line, window.top.row);
    for y in body.top()..body.bottom() {
        if line >= view.lines.len() {
            return;
        }
        let text = view.lines.get(line);
        let range = match window.wrap {
            Wrap::Off => seen_from(text, window.left, size.width),
            Wrap::On => wrapped_row(text, size.width, row),
        };
        let piece = Piece { view, line, text, range };
        piece.draw(buf, Rect { y, height: 1, ..body }, cx);
        if window.wrap == Wrap::On && row + 1 < wrapped_rows(text, size.width) {
            row += 1;
        } else {
            (line, row) = (line + 1, 0);
        }
    }
}

/// The seen part of a line.
struct Piece<'a> {
    view: &'a TextView,
    line: usize,
    text: &'a str,
    range: Range<usize>,
}

impl Piece<'_> {
    fn draw(&self, buf: &mut Buffer, at: Rect, cx: &Cx<'_>) {
        let Some(seen) = self.text.get(self.range.clone()) else { return };
        let base = cx.theme.style(Token::Text);
        put(buf, at.x, at.y, at.width, seen, base);
        if matches!(self.view.subject, Subject::Yaml(_)) {
            let in_block = self.view.blocks.get(self.line).copied().unwrap_or(false);
            yaml::pieces(self.text, in_block, |range, token| {
                self.overlay(buf, at, range, base.patch(cx.theme.style(token)));
            });
        }
        let current = self.view.search.current();
        for hit in self.view.search.in_line(self.line) {
            let token = if Some(*hit) == current { Token::FoundCurrent } else { Token::Found };
            self.overlay(buf, at, hit.start..hit.end, cx.theme.style(token));
        }
    }

    /// Writes the seen part of a range of the line again, in another style.
    fn overlay(&self, buf: &mut Buffer, at: Rect, range: Range<usize>, style: Style) {
        let start = range.start.max(self.range.start);
        let end = range.end.min(self.range.end);
        let (Some(before), Some(part)) = (self.text.get(self.range.start..start), self.text.get(start..end))
        else {
            return;
        };
        let x = at.x.saturating_add(u16::try_from(width_of(before)).unwrap_or(u16::MAX));
        put(buf, x, at.y, at.right().saturating_sub(x), part, style);
    }
}

//! Small strokes of lines and lists: text that ends with a sign where it is cut, title rules, filled rows.
//! Takes text as it comes: [`put`] cleans it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::clean::width_of;
use super::paint::{self, Keep, cut_into};
use crate::model::sanitize;
use crate::theme::{Theme, Token};

/// Returns the columns that `text` takes when [`put`] draws it.
pub fn width(text: &str) -> u16 {
    u16::try_from(width_of(text)).unwrap_or(u16::MAX)
}

/// Draws text in at most `columns` columns, ends it with a sign when it is cut, and returns the columns used.
pub fn put(buf: &mut Buffer, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
    let columns = columns.min(buf.area.right().saturating_sub(x));
    let text = sanitize::clean(text);
    if width(&text) <= columns {
        return paint::put(buf, x, y, columns, &text, style);
    }
    let mut cut = String::with_capacity(text.len());
    cut_into(&text, usize::from(columns), Keep::Head, true, &mut cut);
    paint::put(buf, x, y, columns, &cut, style)
}

/// Draws several pieces one after the other and returns the columns used.
pub fn pieces<'a>(
    buf: &mut Buffer,
    (x, y): (u16, u16),
    columns: u16,
    pieces: impl IntoIterator<Item = (&'a str, Style)>,
) -> u16 {
    let mut used = 0;
    for (text, style) in pieces {
        used += put(buf, x.saturating_add(used), y, columns.saturating_sub(used), text, style);
    }
    used
}

/// Gives a row one style without changing its text.
pub fn tint(buf: &mut Buffer, area: Rect, y: u16, style: Style) {
    buf.set_style(Rect { y, height: 1, ..area }.intersection(buf.area), style);
}

/// Draws a view's title rule on the first row of `area` and returns the area below:
/// `─ Contexts ─────── 3 ─`.
pub fn rule(buf: &mut Buffer, area: Rect, title: &str, right: &str, theme: &Theme) -> Rect {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return area;
    }
    let line = if theme.unicode { "─" } else { "-" };
    let border = theme.style(Token::Border);
    for x in area.left()..area.right() {
        put(buf, x, area.y, 1, line, border);
    }
    let title = format!(" {title} ");
    let used =
        1 + put(buf, area.x + 1, area.y, area.width.saturating_sub(2), &title, theme.style(Token::Title));
    let right = format!(" {right} ");
    let columns = width(&right);
    // The right side gives way as a whole: half a count would lie.
    if right.len() > 2 && used + columns + 2 <= area.width {
        put(buf, area.right() - 1 - columns, area.y, columns, &right, theme.style(Token::TitleDim));
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{picture, theme};
    use super::*;

    #[test]
    fn cut_text_says_so_and_stays_inside() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        assert_eq!(put(&mut buf, 0, 0, 6, "abcdefgh", Style::default()), 6);
        assert_eq!(picture(&buf), "abcde…\n");
        assert_eq!(
            put(&mut buf, 4, 0, 100, "日本", Style::default()),
            1,
            "half a wide character is not drawn"
        );
        assert_eq!(put(&mut buf, 9, 9, 5, "x", Style::default()), 0);
    }

    #[test]
    fn control_characters_never_reach_a_cell() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
        put(&mut buf, 0, 0, 20, "a\u{1b}[31m\u{202e}b\r\n\tc", Style::default());
        assert_eq!(picture(&buf), "ab  c\n");
    }

    #[test]
    fn the_right_side_of_a_rule_gives_way_as_a_whole() {
        let draw = |columns| {
            let mut buf = Buffer::empty(Rect::new(0, 0, columns, 2));
            let area = buf.area;
            rule(&mut buf, area, "Contexts", "12 of 30", &theme());
            picture(&buf)
        };
        assert_eq!(draw(30), "─ Contexts ──────── 12 of 30 ─\n\n");
        assert_eq!(draw(16), "─ Contexts ─────\n\n");
        assert_eq!(draw(1), "─\n\n");
    }
}

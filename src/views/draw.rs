//! Small strokes that all views share: cut text, title rules, filled rows.
//!
//! Text goes to the screen through [`put`] only: it drops control characters and whatever has no
//! width, and never writes outside the buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::theme::{Theme, Token};

/// Returns the columns that `text` takes when [`put`] draws it.
pub fn width(text: &str) -> u16 {
    let columns: usize = text
        .graphemes(true)
        .filter(|symbol| !symbol.contains(char::is_control))
        .map(UnicodeWidthStr::width)
        .sum();
    u16::try_from(columns).unwrap_or(u16::MAX)
}

/// Draws text in at most `columns` columns, ends it with a sign when it is cut, and returns the columns used.
pub fn put(buf: &mut Buffer, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return 0;
    }
    let columns = columns.min(area.right() - x);
    if columns == 0 {
        return 0;
    }
    if width(text) <= columns {
        return buf.set_stringn(x, y, text, usize::from(columns), style).0 - x;
    }
    let end = buf.set_stringn(x, y, text, usize::from(columns - 1), style).0;
    buf.set_stringn(end, y, "…", 1, style).0 - x
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
pub(crate) mod tests {
    use super::*;

    /// A theme without colours on a terminal with all signs.
    pub(crate) fn theme() -> Theme {
        let mut theme = Theme::default();
        let unicode = &mut theme.unicode;
        *unicode = true;
        theme
    }

    /// Returns the screen as text, one line a row, blanks at the end left out.
    pub(crate) fn text(buf: &Buffer) -> String {
        let area = buf.area;
        let mut out = String::new();
        for y in area.top()..area.bottom() {
            let mut row = String::new();
            let mut x = area.left();
            while x < area.right() {
                let symbol = buf[(x, y)].symbol();
                row.push_str(symbol);
                x += (symbol.width() as u16).max(1);
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }

    #[test]
    fn cut_text_says_so_and_stays_inside() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        assert_eq!(put(&mut buf, 0, 0, 6, "abcdefgh", Style::default()), 6);
        assert_eq!(text(&buf), "abcde…\n");
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
        assert_eq!(text(&buf), "a[31mbc\n");
    }

    #[test]
    fn the_right_side_of_a_rule_gives_way_as_a_whole() {
        let draw = |columns| {
            let mut buf = Buffer::empty(Rect::new(0, 0, columns, 2));
            let area = buf.area;
            rule(&mut buf, area, "Contexts", "12 of 30", &theme());
            text(&buf)
        };
        assert_eq!(draw(30), "─ Contexts ──────── 12 of 30 ─\n\n");
        assert_eq!(draw(16), "─ Contexts ─────\n\n");
        assert_eq!(draw(1), "─\n\n");
    }
}

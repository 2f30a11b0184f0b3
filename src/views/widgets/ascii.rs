//! The last step of a frame where only ASCII can be shown: every other sign gets a stand-in, wherever
//! it came from. One place, so that no view has to think of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clean::width_of;

/// Stand-ins for the signs that kdeck draws itself.
const SIGNS: &[(&str, &str)] = &[
    ("…", "~"),
    ("·", "|"),
    ("–", "-"),
    ("—", "-"),
    ("─", "-"),
    ("→", ">"),
    ("▸", ">"),
    ("›", ">"),
    ("‹", "<"),
    ("×", "x"),
    ("✖", "x"),
    ("▲", "!"),
    ("●", "*"),
    ("◌", "o"),
    ("✓", "+"),
    ("↑", "^"),
    ("↓", "v"),
    ("Δ", "*"),
];

/// Replaces what is not ASCII, cell by cell; `?` stands for what has no stand-in. Widths stay as they are.
pub fn to_ascii(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let Some(cell) = buf.cell_mut((x, y)) else { continue };
            if cell.symbol().is_ascii() {
                continue;
            }
            let known = SIGNS.iter().find(|(sign, _)| *sign == cell.symbol());
            let columns = width_of(cell.symbol());
            cell.set_symbol(known.map_or("?", |(_, stand_in)| stand_in));
            // The second half of a wide character would otherwise be a hole that the terminal does not know of.
            if columns > 1
                && let Some(half) = buf.cell_mut((x + 1, y))
            {
                half.set_symbol(" ");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn nothing_but_ascii_is_left_and_columns_stay_where_they_are() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 14, 1));
        buf.set_stringn(0, 0, "a…b · 日本 é x", 14, Style::default());
        let area = buf.area;
        to_ascii(&mut buf, area);
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, "a~b | ? ?  ? x");
    }
}

//! A frame as an SVG picture, so that the README's screenshot is a real frame and not a drawing.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Width and height of a character cell, in SVG units (a 14 px monospaced font).
const CELL: (f32, f32) = (8.43, 18.0);
/// Colours of a dark terminal for cells that leave it to the terminal.
const DEFAULT: (&str, &str) = ("#d4d7dd", "#16181d");
/// The sixteen named colours as most dark terminals show them.
const NAMED: [&str; 16] = [
    "#16181d", "#e0606c", "#8fc07a", "#e0b060", "#62a0ea", "#c07ac8", "#5ab5bd", "#c8ccd4", "#5f6672",
    "#f07a86", "#a5d690", "#f5c878", "#82b8f5", "#d694de", "#78ccd4", "#ffffff",
];

/// Draws a frame: runs of equal style become one rectangle and one text each.
pub fn svg(frame: &Buffer) -> String {
    let (width, height) = (f32::from(frame.area.width) * CELL.0, f32::from(frame.area.height) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        DEFAULT.1
    );
    for y in 0..frame.area.height {
        let mut x = 0;
        while x < frame.area.width {
            x = run(frame, x, y, &mut out);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Writes the run of equally styled cells that starts at `x` and returns where the next one starts.
fn run(frame: &Buffer, x: u16, y: u16, out: &mut String) -> u16 {
    let Some(first) = frame.cell((x, y)) else { return x + 1 };
    let mut text = String::new();
    let mut end = x;
    while let Some(cell) =
        frame.cell((end, y)).filter(|cell| end < frame.area.width && look(cell) == look(first))
    {
        text.push_str(cell.symbol());
        end += 1;
    }
    let (fg, bg, modifier) = look(first);
    let (left, top, wide) = (f32::from(x) * CELL.0, f32::from(y) * CELL.1, f32::from(end - x) * CELL.0);
    // Writing to a String cannot fail.
    if bg != DEFAULT.1 {
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    if !text.trim().is_empty() {
        let bold = if modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
        let dim = if modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
        let _ = writeln!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{fg}\"{bold}{dim} textLength=\"{wide:.1}\" xml:space=\"preserve\">{}</text>",
            top + 13.5,
            escape(&text)
        );
    }
    end
}

fn look(cell: &Cell) -> (String, String, Modifier) {
    let (fg, bg) = (colour(cell.fg, DEFAULT.0), colour(cell.bg, DEFAULT.1));
    if cell.modifier.contains(Modifier::REVERSED) { (bg, fg, cell.modifier) } else { (fg, bg, cell.modifier) }
}

fn colour(colour: Color, default: &str) -> String {
    let named = |index: usize| NAMED.get(index).map_or_else(|| default.to_owned(), |hex| (*hex).to_owned());
    match colour {
        Color::Reset => default.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(index @ 0..=15) => named(usize::from(index)),
        Color::Indexed(index @ 16..=231) => {
            let part = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let i = index - 16;
            format!("#{:02x}{:02x}{:02x}", part(i / 36), part(i / 6 % 6), part(i % 6))
        }
        Color::Indexed(index) => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn equal_cells_become_one_text_and_markup_is_escaped() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 8, 1));
        frame.set_string(0, 0, "a<b>", Style::new().fg(Color::Red));
        let picture = svg(&frame);
        assert_eq!(picture.matches("<text").count(), 1, "{picture}");
        assert!(picture.contains("a&lt;b&gt;"), "{picture}");
        assert!(picture.contains(NAMED[1]), "{picture}");
    }
}

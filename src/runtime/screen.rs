//! Frames as the fewest bytes: what is shown is compared with what should be, cell by cell.
//!
//! An unchanged picture gives no bytes at all, not even a cursor or colour reset: an idle dashboard
//! must not wake a terminal at the other end of a slow link.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::pen;

/// Starts and ends a frame that the terminal shows at once (synchronised output); others ignore it.
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

/// Resets colours, then clears the screen.
const CLEAR: &str = "\x1b[0m\x1b[2J";

/// What the terminal shows and what it should show.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    text: String,
    /// What the terminal shows is not known: clear it and draw everything.
    unknown: bool,
}

impl Screen {
    /// Starts with a screen of this size of which nothing is known.
    pub fn new(width: u16, height: u16) -> Self {
        let area = area(width, height);
        Self { shown: Buffer::empty(area), next: Buffer::empty(area), text: String::new(), unknown: true }
    }

    /// Takes a new size. The next frame draws everything: terminals move text about when resized.
    pub fn resize(&mut self, width: u16, height: u16) {
        let area = area(width, height);
        self.shown = Buffer::empty(area);
        self.next = Buffer::empty(area);
        self.unknown = true;
    }

    /// Makes the next frame draw everything.
    pub fn forget(&mut self) {
        self.unknown = true;
    }

    /// Draws a frame and returns the bytes that bring the terminal to it; none when nothing changed.
    pub fn frame(&mut self, draw: impl FnOnce(Rect, &mut Buffer)) -> &[u8] {
        self.text.clear();
        self.next.reset();
        draw(self.next.area, &mut self.next);
        clean(&mut self.next.content);
        if self.unknown {
            self.shown.reset();
        }
        let mut changes = self.shown.diff_iter(&self.next).peekable();
        if changes.peek().is_some() || self.unknown {
            self.text.push_str(BEGIN);
            if self.unknown {
                self.text.push_str(CLEAR);
            }
            pen::write(changes, &mut self.text);
            self.text.push_str(END);
        }
        self.unknown = false;
        std::mem::swap(&mut self.shown, &mut self.next);
        self.text.as_bytes()
    }
}

/// The last line of defence: views clean the cluster's text, and should one forget it, no escape sequence
/// gets past this point. Before the comparison, which takes a long symbol for a wide one and skips its
/// neighbours.
fn clean(cells: &mut [Cell]) {
    for cell in cells {
        let is_plain = matches!(cell.symbol().as_bytes(), [b' '..=b'~']);
        if !is_plain && cell.symbol().contains(char::is_control) {
            cell.set_char(' ');
        }
    }
}

/// Some terminals report no size for a moment; a picture of one cell is the least that can be drawn.
fn area(width: u16, height: u16) -> Rect {
    Rect::new(0, 0, width.max(1), height.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Color, Style};

    fn parser(rows: u16, columns: u16) -> vt100::Parser {
        let size = |n| std::num::NonZero::new(n).unwrap();
        vt100::Parser::new(size(rows), size(columns), 0)
    }

    fn shown(bytes: &[u8], parser: &mut vt100::Parser) -> String {
        parser.process(bytes);
        parser.screen().contents().trim_end().to_owned()
    }

    #[test]
    fn an_unchanged_picture_is_not_one_byte() {
        let mut screen = Screen::new(20, 3);
        let text = |word: &'static str| {
            move |_: Rect, buf: &mut Buffer| {
                buf.set_string(0, 0, word, Style::new().fg(Color::Red));
            }
        };
        let mut parser = parser(3, 20);
        let first = screen.frame(text("pods 41")).to_vec();
        assert_eq!(shown(&first, &mut parser), "pods 41");
        assert!(first.starts_with(BEGIN.as_bytes()) && first.ends_with(END.as_bytes()));
        assert!(screen.frame(text("pods 41")).is_empty());
        let change = screen.frame(text("pods 42")).to_vec();
        assert!(change.len() < 60, "one cell changed: {change:?}");
        assert_eq!(shown(&change, &mut parser), "pods 42");
    }

    #[test]
    fn after_a_resize_everything_is_drawn_again() {
        let mut screen = Screen::new(10, 2);
        let draw = |_: Rect, buf: &mut Buffer| {
            buf.set_string(0, 0, "deck", Style::new());
        };
        screen.frame(draw);
        screen.resize(0, 0);
        screen.frame(|area, _| assert_eq!((area.width, area.height), (1, 1)));
        screen.resize(12, 4);
        let mut parser = parser(4, 12);
        parser.process(b"leftovers");
        let bytes = screen.frame(draw).to_vec();
        assert_eq!(shown(&bytes, &mut parser), "deck");
    }

    #[test]
    fn no_control_character_in_a_cell_reaches_the_terminal() {
        let mut screen = Screen::new(8, 1);
        let bytes = screen
            .frame(|_, buf| {
                if let Some(cell) = buf.cell_mut((0, 0)) {
                    cell.set_symbol("\x1b]0;owned\x07");
                }
                buf.set_string(1, 0, "ok", Style::new());
            })
            .to_vec();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("owned") && text.contains("ok"), "{text:?}");
    }
}

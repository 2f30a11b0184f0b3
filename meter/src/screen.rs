//! The picture that a program has drawn, and what a person would read in it: rows of known objects and which one is
//! selected.
//!
//! Knows nothing of any one program: a row is a line in which the name of an object stands, the selected one looks
//! different from the others.

use std::collections::HashSet;
use std::num::NonZeroU16;

/// Names of the objects that may be seen.
pub type Names = HashSet<Box<str>>;

/// A line of the picture that shows an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Namespace, if a word stands before the name.
    pub namespace: String,
    /// Name.
    pub name: String,
    look: (vt100::Color, bool),
}

/// The rows that are seen and which of them is the selected one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// All of them, from the top.
    pub rows: Vec<Row>,
    /// The index of the selected one, if it can be told.
    pub selected: Option<usize>,
}

impl Rows {
    /// Tells whether rows are seen and all of them have this text in their names.
    pub fn all_have(&self, text: &str) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.name.contains(text))
    }

    /// Returns the selected row's name.
    pub fn selected_name(&self) -> Option<&str> {
        self.rows.get(self.selected?).map(|row| row.name.as_str())
    }

    /// Tells whether a person would say that a key did something: other rows, or another one selected. A screen
    /// without rows is one that is just being drawn.
    pub fn differ(&self, other: &Self) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        let names = |rows: &Self| rows.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
        self.selected_name() != other.selected_name() || names(self) != names(other)
    }
}

/// A model of the terminal's screen.
pub struct Screen {
    parser: vt100::Parser,
    bytes: u64,
}

impl Screen {
    /// An empty screen of `columns` by `rows`.
    pub fn new((columns, rows): (u16, u16)) -> Self {
        let cells = |count| NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN);
        Self { parser: vt100::Parser::new(cells(rows), cells(columns), 0), bytes: 0 }
    }

    /// Draws what a program has written.
    pub fn draw(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.parser.process(bytes);
    }

    /// Returns how many bytes were written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the text of the screen, a line per row.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Finds the rows that show one of the named objects.
    pub fn rows(&self, names: &Names) -> Rows {
        let screen = self.parser.screen();
        let columns = screen.size().1.get();
        let lines = screen.rows(0, columns).enumerate();
        let rows: Vec<Row> = lines.filter_map(|(line, text)| self.row(line, &text, names)).collect();
        let selected = selected(&rows);
        Rows { rows, selected }
    }

    fn row(&self, line: usize, text: &str, names: &Names) -> Option<Row> {
        let mut before = "";
        for word in text.split(|letter: char| letter.is_whitespace() || letter == '│') {
            let bare = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
            if bare.is_empty() {
                continue;
            }
            if names.contains(bare) {
                let offset = bare.as_ptr() as usize - text.as_ptr() as usize;
                let column = text.get(..offset)?.chars().count();
                let cell =
                    self.parser.screen().cell(u16::try_from(line).ok()?, u16::try_from(column).ok()?)?;
                let look = (cell.bgcolor(), cell.inverse());
                return Some(Row { namespace: before.to_owned(), name: bare.to_owned(), look });
            }
            before = bare;
        }
        None
    }
}

/// Finds the row that looks like no other.
fn selected(rows: &[Row]) -> Option<usize> {
    let mut odd = None;
    for (index, row) in rows.iter().enumerate() {
        let like = rows.iter().filter(|other| other.look == row.look).count();
        if like == 1 && odd.replace(index).is_some() {
            return None;
        }
    }
    // A lone row is the selected one of its table.
    odd.or((rows.len() == 1).then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        ["web-1", "web-2", "db-1"].map(Into::into).into()
    }

    fn rows(output: &str) -> Rows {
        let mut screen = Screen::new((40, 6));
        screen.draw(output.as_bytes());
        screen.rows(&names())
    }

    #[test]
    fn rows_are_lines_with_a_known_name_whatever_stands_around_it() {
        let seen = rows("NAME\r\n│ shop web-1 Running│\r\n● shop  web-2*\r\nunknown-3\r\n");
        let found: Vec<_> = seen.rows.iter().map(|row| (row.namespace.as_str(), row.name.as_str())).collect();
        assert_eq!(found, [("shop", "web-1"), ("shop", "web-2")]);
    }

    #[test]
    fn the_selected_row_is_the_one_with_another_background_or_reversed() {
        for on in ["\x1b[7m", "\x1b[48;5;237m"] {
            let seen = rows(&format!("web-1\r\n{on}web-2\x1b[0m\r\ndb-1\r\n"));
            assert_eq!(seen.selected_name(), Some("web-2"));
        }
        assert_eq!(rows("web-1\r\nweb-2\r\n").selected, None);
    }

    #[test]
    fn a_moved_selection_and_other_rows_are_differences_and_another_colour_is_none() {
        let first = rows("\x1b[7mweb-1\x1b[0m\r\nweb-2\r\ndb-1");
        assert!(first.differ(&rows("web-1\r\n\x1b[7mweb-2\x1b[0m\r\ndb-1")));
        assert!(first.differ(&rows("\x1b[7mweb-1\x1b[0m\r\nweb-2\r\n")));
        assert!(!rows("").differ(&first));
        assert!(!first.differ(&rows("\x1b[7mweb-1\x1b[0m\r\n\x1b[31mweb-2\x1b[0m\r\ndb-1")));
    }

    #[test]
    fn a_filter_has_worked_when_all_rows_have_its_text() {
        assert!(rows("web-1\r\nweb-2\r\n").all_have("web"));
        assert!(!rows("web-1\r\ndb-1\r\n").all_have("web"));
        assert!(!rows("").all_have("web"));
    }
}

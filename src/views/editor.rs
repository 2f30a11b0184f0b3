//! A line being typed: cursor by grapheme, moves and cuts by word, one cut kept to put back.

use unicode_segmentation::UnicodeSegmentation;

use super::widgets::strokes::width;
use crate::commands::{Code, Key};

/// A single line of text with a cursor.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    text: String,
    // In bytes, always at a grapheme's border.
    cursor: usize,
    cut: String,
}

impl Editor {
    /// Starts with a text and the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut editor = Self::default();
        editor.insert(text);
        editor
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the cursor in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Returns whether the cursor is at the end.
    pub fn at_end(&self) -> bool {
        self.cursor == self.text.len()
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or(&self.text)
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    /// Replaces the whole text and puts the cursor at its end.
    pub fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
    }

    /// Replaces the text from byte `start` to the cursor.
    pub fn replace_back(&mut self, start: usize, with: &str) {
        if start <= self.cursor && self.text.is_char_boundary(start) {
            self.text.replace_range(start..self.cursor, with);
            self.cursor = start + with.len();
        }
    }

    /// Inserts what was typed or pasted; line breaks and tabs become blanks, other control characters are dropped.
    pub fn insert(&mut self, text: &str) {
        let clean: String = text
            .chars()
            .map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        // A paste of megabytes is a slip; a line holds what a person can read.
        let room = 4096_usize.saturating_sub(self.text.len());
        let end =
            clean.grapheme_indices(true).map(|(at, g)| at + g.len()).take_while(|end| *end <= room).last();
        let clean = clean.get(..end.unwrap_or(0)).unwrap_or_default();
        self.text.insert_str(self.cursor, clean);
        self.cursor += clean.len();
        self.settle();
    }

    /// Leaves the middle of what looks like one character: a mark may have joined what stands before it.
    fn settle(&mut self) {
        while !self.at_border() && self.cursor < self.text.len() {
            self.cursor += self.after().chars().next().map_or(1, char::len_utf8);
        }
    }

    fn at_border(&self) -> bool {
        self.cursor == self.text.len() || self.text.grapheme_indices(true).any(|(at, _)| at == self.cursor)
    }

    fn left(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.cursor + self.after().graphemes(true).next().map_or(0, str::len)
    }

    /// The start of the word before the cursor; words are what stands between blanks, commas and slashes.
    fn word_left(&self) -> usize {
        let head = self.before().trim_end_matches(is_border);
        head.rfind(is_border).map_or(0, |at| {
            at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        })
    }

    fn word_right(&self) -> usize {
        let tail = self.after();
        let start = tail.find(|c| !is_border(c)).unwrap_or(tail.len());
        let rest = tail.get(start..).unwrap_or_default();
        self.cursor + start + rest.find(is_border).unwrap_or(rest.len())
    }

    fn delete(&mut self, from: usize, to: usize, keep: bool) {
        let removed: String = self.text.drain(from..to).collect();
        if keep && !removed.is_empty() {
            self.cut = removed;
        }
        self.cursor = from;
    }

    /// Edits; returns whether the key was one of the editor's.
    pub fn key(&mut self, key: Key) -> bool {
        let Key { code, ctrl, alt, .. } = key;
        match (code, ctrl, alt) {
            (Code::Char(c), false, false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Code::Left, true, _) | (Code::Left | Code::Char('b'), false, true) => {
                self.cursor = self.word_left()
            }
            (Code::Right, true, _) | (Code::Right | Code::Char('f'), false, true) => {
                self.cursor = self.word_right()
            }
            (Code::Left, ..) | (Code::Char('b'), true, false) => self.cursor = self.left(),
            (Code::Right, ..) | (Code::Char('f'), true, false) => self.cursor = self.right(),
            (Code::Home, ..) | (Code::Char('a'), true, false) => self.cursor = 0,
            (Code::End, ..) | (Code::Char('e'), true, false) => self.cursor = self.text.len(),
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => {
                self.delete(self.left(), self.cursor, false)
            }
            (Code::Delete, ..) | (Code::Char('d'), true, false) => {
                self.delete(self.cursor, self.right(), false)
            }
            (Code::Char('w'), true, false) | (Code::Backspace, ..) => {
                self.delete(self.word_left(), self.cursor, true)
            }
            (Code::Char('d'), false, true) => self.delete(self.cursor, self.word_right(), true),
            (Code::Char('u'), true, false) => self.delete(0, self.cursor, true),
            (Code::Char('k'), true, false) => self.delete(self.cursor, self.text.len(), true),
            (Code::Char('y'), true, false) => self.insert(&self.cut.clone()),
            _ => return false,
        }
        self.settle();
        true
    }

    /// Returns the part of the text that fits in `columns` with the cursor in it, and the cursor's column.
    pub fn window(&self, columns: u16) -> (&str, u16) {
        let mut start = 0;
        for (at, _) in self.text.grapheme_indices(true) {
            if at > self.cursor {
                break;
            }
            start = at;
            // One column stays free for the cursor itself.
            if width(self.text.get(at..self.cursor).unwrap_or_default()) < columns.max(1) {
                break;
            }
        }
        let shown = self.text.get(start..).unwrap_or_default();
        (shown, width(self.text.get(start..self.cursor).unwrap_or_default()))
    }
}

fn is_border(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '/' | '@' | '=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn press(editor: &mut Editor, keys: &[&str]) {
        for key in keys {
            assert!(editor.key(Key::parse(key).unwrap()), "{key}");
        }
    }

    fn shown(editor: &Editor) -> String {
        format!("{}|{}", editor.before(), editor.after())
    }

    #[test]
    fn keys_edit_as_in_a_shell() {
        for (keys, want) in [
            (&["Ctrl-A", "x"][..], "x|po shop,web /api"),
            (&["Alt-b", "Alt-b"], "po shop,|web /api"),
            (&["Ctrl-W"], "po shop,web /|"),
            (&["Ctrl-W", "Ctrl-W", "Ctrl-Y", "Ctrl-Y"], "po shop,web /web /|"),
            (&["Ctrl-A", "Alt-f", "Ctrl-K"], "po|"),
            (&["Ctrl-A", "Alt-d", "Alt-d", "End"], ",web /api|"),
            (&["Home", "Delete", "Right", "Backspace"], "| shop,web /api"),
            (&["Left", "Left", "Ctrl-U"], "|pi"),
            (&["Ctrl-Left", "Ctrl-Right", "Ctrl-E"], "po shop,web /api|"),
        ] {
            let mut editor = Editor::new("po shop,web /api");
            press(&mut editor, keys);
            assert_eq!(shown(&editor), want, "{keys:?}");
        }
    }

    #[test]
    fn a_cursor_never_splits_what_looks_like_one_character() {
        let mut editor = Editor::new("a👨‍👩‍👧e\u{301}日");
        press(&mut editor, &["Left", "Left"]);
        assert_eq!(shown(&editor), "a👨‍👩‍👧|e\u{301}日");
        press(&mut editor, &["Backspace"]);
        assert_eq!(editor.text(), "ae\u{301}日");
    }

    #[test]
    fn a_paste_loses_its_control_characters_and_its_excess() {
        let mut editor = Editor::default();
        editor.insert("rm\u{1b}[31m\r\nx\ty\u{7}");
        assert_eq!(editor.text(), "rm[31m x y");
        editor.insert(&"z".repeat(1_000_000));
        assert_eq!(editor.text().len(), 4096);
    }

    #[test]
    fn the_window_follows_the_cursor() {
        let mut editor = Editor::new("abcdefghij");
        assert_eq!(editor.window(5), ("ghij", 4));
        press(&mut editor, &["Home"]);
        assert_eq!(editor.window(5), ("abcdefghij", 0));
    }

    proptest! {
        #[test]
        fn any_keys_leave_the_cursor_at_a_border(text in ".{0,12}", keys in prop::collection::vec(0_usize..14, 0..30)) {
            let names = ["Left", "Right", "Home", "End", "Backspace", "Delete", "Ctrl-W", "Alt-b", "Alt-f", "Alt-d", "Ctrl-K", "Ctrl-Y", "Ctrl-U", "é"];
            let mut editor = Editor::new(&text);
            for key in keys {
                editor.key(Key::parse(names[key]).unwrap());
                prop_assert!(editor.at_border());
                let (_, column) = editor.window(7);
                prop_assert!(column < 7);
            }
        }
    }
}

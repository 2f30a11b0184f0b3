//! The frame line of a view: `─ Pods ─────── 214 of 10,000 · filter ── ↓RESTARTS · wide ─`.
//! Words are dropped by priority when the line is short; the title itself goes last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clean::{clean_into, width_of};
use super::paint::{cut_into, put};
use crate::theme::{Theme, Token};
use crate::views::widgets::Keep;

/// One piece of the frame line: a range of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    start: usize,
    end: usize,
    token: Token,
    group: u8,
    keep: u8,
}

/// The words of a frame line, in reading order. Kept from frame to frame, so that a frame allocates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<Word>,
    texts: String,
    raw: String,
    cut: String,
}

impl Words {
    /// Adds a word to a group: group 0 stands at the left, the others at the right, separated by the
    /// line. `keep` says how long it stays on a narrow screen: 9 to the end. Empty words are left out.
    pub fn add(&mut self, group: u8, keep: u8, token: Token, text: &str) {
        self.write(group, keep, token, |out| out.push_str(text));
    }

    /// Adds a word that is written in place.
    pub fn write(&mut self, group: u8, keep: u8, token: Token, write: impl FnOnce(&mut String)) {
        self.raw.clear();
        write(&mut self.raw);
        if !self.raw.is_empty() {
            let start = self.texts.len();
            clean_into(&self.raw, &mut self.texts);
            self.words.push(Word { start, end: self.texts.len(), token, group, keep });
        }
    }

    /// Forgets all words and keeps their memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.texts.clear();
    }

    fn text(&self, word: &Word) -> &str {
        self.texts.get(word.start..word.end).unwrap_or_default()
    }

    fn right(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(|word| word.group > 0)
    }

    /// Cells needed: words, ` · ` between words of a group, line and blanks between groups.
    fn width(&self) -> usize {
        let mut width = 2;
        let mut group = None;
        for word in &self.words {
            width += width_of(self.text(word)) + if group == Some(word.group) { 3 } else { 4 };
            group = Some(word.group);
        }
        width
    }

    /// Leaves out words, those that matter least and stand last first, until the rest fits.
    fn fit(&mut self, width: usize) {
        while self.width() > width && self.words.len() > 1 {
            let Some(least) = self.words.iter().map(|word| word.keep).min() else { return };
            let Some(at) = self.words.iter().rposition(|word| word.keep == least) else { return };
            self.words.remove(at);
        }
    }
}

/// Draws the frame line in the first row of `area`.
pub fn frame_line(area: Rect, buf: &mut Buffer, theme: &Theme, words: &mut Words) {
    if area.is_empty() {
        return;
    }
    let line = if theme.unicode { "─" } else { "-" };
    let border = theme.style(Token::Border);
    words.fit(usize::from(area.width));
    for x in area.left()..area.right() {
        put(buf, x, area.y, 1, line, border);
    }
    let mut needed = 1;
    let mut group = None;
    for word in words.right() {
        let before = match group {
            None => 2,
            Some(group) if group == word.group => 3,
            Some(_) => 4,
        };
        needed += width_of(words.text(word)) + before;
        group = Some(word.group);
    }
    let mut cut = std::mem::take(&mut words.cut);
    let mut x = area.left() + 1;
    let mut group = None;
    for word in words.words.iter().filter(|word| word.group == 0) {
        x = put_word(buf, area, theme, (x, group.is_some()), (words.text(word), word.token), &mut cut);
        group = Some(0);
    }
    x = area.right().saturating_sub(u16::try_from(needed).unwrap_or(u16::MAX)).max(x);
    group = None;
    for word in words.right() {
        if group.is_some_and(|before| before != word.group) {
            // Two cells of line between groups.
            x = x.saturating_add(2);
        }
        let joined = group == Some(word.group);
        x = put_word(buf, area, theme, (x, joined), (words.text(word), word.token), &mut cut);
        group = Some(word.group);
    }
    words.cut = cut;
}

/// Writes one word with a blank before (or ` · ` after a word of its group) and a blank after it,
/// and returns the column where the next word's separator starts.
fn put_word(
    buf: &mut Buffer,
    area: Rect,
    theme: &Theme,
    (x, joined): (u16, bool),
    (text, token): (&str, Token),
    cut: &mut String,
) -> u16 {
    let left = area.right().saturating_sub(x);
    let dim = theme.style(Token::TitleDim);
    // A joined word starts over the blank that its predecessor left behind.
    let (separator, x) = match (joined, theme.unicode) {
        (true, true) => (" · ", x.saturating_sub(1)),
        (true, false) => (" | ", x.saturating_sub(1)),
        (false, _) => (" ", x),
    };
    let mut at = x + put(buf, x, area.y, left, separator, dim);
    cut.clear();
    let room = usize::from(area.right().saturating_sub(at));
    cut_into(text, room, Keep::Head, theme.unicode, cut);
    at += put(buf, at, area.y, area.right().saturating_sub(at), cut, theme.style(token));
    at + put(buf, at, area.y, area.right().saturating_sub(at), " ", dim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: u16, words: &Words) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Buffer::empty(area);
        frame_line(area, &mut buf, &super::super::testing::theme(), &mut words.clone());
        buf.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    fn words() -> Words {
        let mut words = Words::default();
        words.add(0, 9, Token::Title, "Pods");
        words.add(0, 4, Token::TitleDim, "shop");
        words.add(1, 7, Token::TitleDim, "214 of 10,000");
        words.add(1, 6, Token::TitleDim, "api");
        words.add(2, 3, Token::TitleDim, "↓RESTARTS");
        words.add(2, 2, Token::TitleDim, "wide");
        words
    }

    #[test]
    fn groups_stand_left_and_right_with_the_line_between() {
        assert_eq!(line(67, &words()), "─ Pods · shop ─────────── 214 of 10,000 · api ── ↓RESTARTS · wide ─");
    }

    #[test]
    fn a_short_line_drops_what_matters_least_and_keeps_the_title() {
        assert_eq!(line(34, &words()), "─ Pods ───── 214 of 10,000 · api ─");
        assert_eq!(line(8, &words()), "─ Pods ─");
        for width in 1..6 {
            line(width, &words());
        }
    }
}

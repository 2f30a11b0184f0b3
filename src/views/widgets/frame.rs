//! The frame line of a view: `─ Pods ─────── 214 of 10,000 · filter ── ↓RESTARTS · wide ─`.
//! Words are dropped by priority when the line is short; the title itself goes last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clean::{clean_into, width_of};
use super::paint::{cut_into, put};
use crate::theme::{Theme, Token};
use crate::views::widgets::Keep;

/// One piece of the frame line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    text: String,
    token: Token,
    group: u8,
    keep: u8,
}

/// The words of a frame line, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<Word>,
}

impl Words {
    /// Adds a word to a group: group 0 stands at the left, the others at the right, separated by the
    /// line. `keep` says how long it stays on a narrow screen: 9 to the end. Empty words are left out.
    pub fn add(&mut self, group: u8, keep: u8, token: Token, text: &str) {
        if !text.is_empty() {
            let mut clean = String::with_capacity(text.len());
            clean_into(text, &mut clean);
            self.words.push(Word { text: clean, token, group, keep });
        }
    }

    /// Cells needed: words, ` · ` between words of a group, line and blanks between groups.
    fn width(&self) -> usize {
        let mut width = 2;
        let mut group = None;
        for word in &self.words {
            width += width_of(&word.text) + if group == Some(word.group) { 3 } else { 4 };
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
pub fn frame_line(area: Rect, buf: &mut Buffer, theme: &Theme, mut words: Words) {
    if area.is_empty() {
        return;
    }
    let line = if theme.unicode { "─" } else { "-" };
    let border = theme.style(Token::Border);
    let width = usize::from(area.width);
    words.fit(width);
    for x in area.left()..area.right() {
        put(buf, x, area.y, 1, line, border);
    }
    let right: Vec<&Word> = words.words.iter().filter(|word| word.group > 0).collect();
    let mut needed = 1;
    for (at, word) in right.iter().enumerate() {
        let same = at > 0 && right.get(at - 1).is_some_and(|before| before.group == word.group);
        needed += width_of(&word.text)
            + if same {
                3
            } else if at == 0 {
                2
            } else {
                4
            };
    }
    let mut x = area.left() + 1;
    let mut group = None;
    for word in words.words.iter().filter(|word| word.group == 0) {
        x = put_word(buf, area, theme, x, group.is_some(), word);
        group = Some(0);
    }
    x = area.right().saturating_sub(u16::try_from(needed).unwrap_or(u16::MAX)).max(x);
    group = None;
    for word in right {
        if group.is_some_and(|before| before != word.group) {
            // Two cells of line between groups.
            x = x.saturating_add(2);
        }
        x = put_word(buf, area, theme, x, group == Some(word.group), word);
        group = Some(word.group);
    }
}

/// Writes one word with a blank before (or ` · ` after a word of its group) and a blank after it,
/// and returns the column where the next word's separator starts.
fn put_word(buf: &mut Buffer, area: Rect, theme: &Theme, x: u16, joined: bool, word: &Word) -> u16 {
    let left = area.right().saturating_sub(x);
    let dim = theme.style(Token::TitleDim);
    // A joined word starts over the blank that its predecessor left behind.
    let (separator, x) = match (joined, theme.unicode) {
        (true, true) => (" · ", x.saturating_sub(1)),
        (true, false) => (" | ", x.saturating_sub(1)),
        (false, _) => (" ", x),
    };
    let mut at = x + put(buf, x, area.y, left, separator, dim);
    let mut text = String::new();
    let room = usize::from(area.right().saturating_sub(at));
    cut_into(&word.text, room, Keep::Head, theme.unicode, &mut text);
    at += put(buf, at, area.y, area.right().saturating_sub(at), &text, theme.style(word.token));
    at + put(buf, at, area.y, area.right().saturating_sub(at), " ", dim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: u16, words: &Words) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Buffer::empty(area);
        frame_line(area, &mut buf, &super::super::testing::theme(), words.clone());
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

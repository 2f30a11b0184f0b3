//! Writes cleaned text into the buffer and cuts it to a width. Allocates only what the caller lends.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::clean::{is_plain, width_of};

/// Which part of a text stays when it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The beginning: sentences.
    Head,
    /// Both ends: names, whose tail tells siblings apart.
    Ends,
}

/// Returns the sign of a cut: `…`, or `~` where only ASCII can be shown.
pub fn cut_sign(unicode: bool) -> &'static str {
    if unicode { "…" } else { "~" }
}

/// Appends `text` (already clean), cut to `width` cells with a sign where something is missing.
pub fn cut_into(text: &str, width: usize, keep: Keep, unicode: bool, out: &mut String) {
    if width_of(text) <= width {
        out.push_str(text);
        return;
    }
    let Some(room) = width.checked_sub(1) else { return };
    let (head, tail) = match keep {
        Keep::Head => (room, 0),
        Keep::Ends => (room / 2, room - room / 2),
    };
    out.push_str(first(text, head));
    out.push_str(cut_sign(unicode));
    out.push_str(last(text, tail));
}

/// Returns as much of the beginning as fits in `width` cells.
pub fn first(text: &str, width: usize) -> &str {
    if is_plain(text) {
        return text.get(..width).unwrap_or(text);
    }
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += width_of(grapheme);
        if used > width {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

/// Returns as much of the end as fits in `width` cells.
fn last(text: &str, width: usize) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += width_of(grapheme);
        if used > width {
            break;
        }
        from = at;
    }
    text.get(from..).unwrap_or("")
}

/// Writes clean text at `(x, y)`, at most `width` cells of it, and returns the cells used.
///
/// What lies outside the buffer is left out, so no caller has to check first.
pub fn put(buf: &mut Buffer, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return 0;
    }
    if !is_plain(text) {
        return buf.set_stringn(x, y, text, usize::from(width), style).0 - x;
    }
    let mut used = 0;
    // Plain ASCII is nearly all there is: no grapheme search for it.
    for byte in text.bytes().take(usize::from(width.min(area.right() - x))) {
        if let Some(cell) = buf.cell_mut((x + used, y)) {
            cell.set_char(char::from(byte)).set_style(style);
        }
        used += 1;
    }
    used
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::layout::Rect;

    use super::*;

    fn cut(text: &str, width: usize, keep: Keep) -> String {
        let mut out = String::new();
        cut_into(text, width, keep, true, &mut out);
        out
    }

    #[test]
    fn names_keep_both_ends_and_sentences_their_beginning() {
        assert_eq!(cut("payment-adapter-7d9f8b6c5d-zw2v7", 21, Keep::Ends), "payment-ad…6c5d-zw2v7");
        assert_eq!(cut("Back-off restarting", 9, Keep::Head), "Back-off…");
        assert_eq!(cut("日本語テキスト", 6, Keep::Head), "日本…");
        assert_eq!(cut("abc", 0, Keep::Ends), "");
        assert_eq!(cut("abc", 1, Keep::Ends), "…");
    }

    #[test]
    fn writing_outside_the_buffer_is_no_error() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
        assert_eq!(put(&mut buf, 1, 0, 9, "abcdef", Style::default()), 2);
        assert_eq!(put(&mut buf, 3, 0, 9, "abcdef", Style::default()), 0);
        assert_eq!(put(&mut buf, 0, 5, 9, "日本", Style::default()), 0);
        assert_eq!(put(&mut buf, 2, 0, 9, "日本", Style::default()), 0);
    }

    proptest! {
        #[test]
        fn a_cut_text_is_never_wider_than_asked(text in "\\PC{0,40}", width in 0usize..30, ends in any::<bool>()) {
            let mut clean = String::new();
            super::super::clean_into(&text, &mut clean);
            let keep = if ends { Keep::Ends } else { Keep::Head };
            prop_assert!(width_of(&cut(&clean, width, keep)) <= width);
        }
    }
}

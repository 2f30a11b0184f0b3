//! Makes text from a cluster safe and measurable for a terminal.
//!
//! Owns what may reach a cell: no control characters, no escape sequences, nothing that changes
//! the direction of text or hides in zero width; and how text is cut to a number of columns. Must
//! not style or wrap: that is drawing.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many combining marks one base character may carry; more is a prank that spills over other lines.
const MARKS_PER_BASE: usize = 4;

/// How many columns of a name's end [`keep_tail`] keeps: `-` and the hashes of a replica set's pod.
const TAIL: usize = 11;

/// Invisible characters that reorder text, join it or change its width, as inclusive ranges.
const HIDDEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    // Variation selectors make the width of an emoji a matter of opinion between terminals.
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    // Skin tones: one cell pair or two, depending on the terminal.
    ('\u{1f3fb}', '\u{1f3ff}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// How a cut is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutSign {
    /// `…`
    #[default]
    Ellipsis,
    /// `~`, for terminals without UTF-8.
    Ascii,
}

impl CutSign {
    fn sign(self) -> char {
        match self {
            Self::Ellipsis => '…',
            Self::Ascii => '~',
        }
    }
}

/// Returns the text without anything that a terminal could act on or that has no visible place.
///
/// Escape sequences vanish whole, line ends and tabs become blanks, other control characters, bidi
/// controls and zero-width characters are left out, combining marks are limited. Idempotent; free
/// for clean text.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) || !text.chars().any(is_suspect) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = MARKS_PER_BASE;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\r' if rest.starts_with('\n') => {}
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push(' ');
                marks = 0;
            }
            '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}' => rest = after_escape(c, rest),
            c if c.is_control() || is_hidden(c) => {}
            c if c.width() == Some(0) => {
                if marks < MARKS_PER_BASE {
                    out.push(c);
                    marks += 1;
                }
            }
            c => {
                out.push(c);
                marks = 0;
            }
        }
    }
    Cow::Owned(out)
}

fn is_suspect(c: char) -> bool {
    c.is_control()
        || (!c.is_ascii() && (c.width() == Some(0) || is_hidden(c) || ('\u{2028}'..='\u{2029}').contains(&c)))
}

fn is_hidden(c: char) -> bool {
    c > '\u{ac}' && HIDDEN.iter().any(|&(from, to)| (from..=to).contains(&c))
}

/// Returns what follows an escape sequence whose first character was just read. Of a sequence that
/// does not end, only the introducer goes: the rest stays readable instead of swallowing the text.
fn after_escape(first: char, rest: &str) -> &str {
    let (kind, body) = match first {
        '\u{1b}' => match rest.chars().next() {
            Some(c) if c.is_ascii() => (c, rest.get(1..).unwrap_or_default()),
            _ => return rest,
        },
        '\u{9b}' => ('[', rest),
        '\u{9d}' => (']', rest),
        _ => ('P', rest),
    };
    match kind {
        '[' => {
            let end = body.bytes().position(|b| !(0x20..0x40).contains(&b));
            match end {
                Some(end) if body.as_bytes().get(end).is_some_and(|b| (0x40..0x7f).contains(b)) => {
                    body.get(end + 1..).unwrap_or_default()
                }
                _ => body,
            }
        }
        ']' | 'P' | 'X' | '^' | '_' => {
            let ends = ["\u{7}", "\u{1b}\\", "\u{9c}"];
            let end = ends.iter().filter_map(|end| Some((body.find(end)?, end.len()))).min();
            end.and_then(|(at, len)| body.get(at + len..)).unwrap_or(body)
        }
        ' '..='/' => {
            // An intermediate byte: the sequence ends after the first final byte.
            let end = body.bytes().position(|b| !(0x20..0x30).contains(&b));
            match end {
                Some(end) if body.as_bytes().get(end).is_some_and(|b| (0x30..0x7f).contains(b)) => {
                    body.get(end + 1..).unwrap_or_default()
                }
                _ => body,
            }
        }
        c if c.is_control() => rest,
        _ => body,
    }
}

/// Returns how many terminal columns the text takes, counted cell group by cell group as it is drawn.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return text.len();
    }
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Cuts ordinary text at its end so that it fits: `could not pull im…`.
pub fn truncate_tail(text: &str, columns: usize) -> Cow<'_, str> {
    truncate_tail_with(text, columns, CutSign::Ellipsis)
}

/// Cuts a name in its middle so that it fits and keeps its tail: `payment-adapter-…hsxjv-zw2v7`.
pub fn keep_tail(text: &str, columns: usize) -> Cow<'_, str> {
    keep_tail_with(text, columns, CutSign::Ellipsis)
}

/// Cuts like [`truncate_tail`], with a choice of sign.
pub fn truncate_tail_with(text: &str, columns: usize, sign: CutSign) -> Cow<'_, str> {
    cut(text, columns, 0, sign)
}

/// Cuts like [`keep_tail`], with a choice of sign.
pub fn keep_tail_with(text: &str, columns: usize, sign: CutSign) -> Cow<'_, str> {
    cut(text, columns, TAIL.min(columns.saturating_sub(1) / 2), sign)
}

/// Cleans and cuts, leaving at most `tail` columns of the end.
fn cut(text: &str, columns: usize, tail: usize, sign: CutSign) -> Cow<'_, str> {
    let text = clean(text);
    if width(&text) <= columns {
        return text;
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let end = fitting(text.graphemes(true).rev(), tail);
    let head = fitting(text.graphemes(true), columns - 1 - tail);
    let mut out = String::with_capacity(head + end + 3);
    out.push_str(text.get(..head).unwrap_or_default());
    out.push(sign.sign());
    out.push_str(text.get(text.len() - end..).unwrap_or_default());
    Cow::Owned(out)
}

/// Returns the bytes of the first graphemes that together fit.
fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, columns: usize) -> usize {
    let (mut bytes, mut used) = (0, 0);
    for grapheme in graphemes {
        used += grapheme.width();
        if used > columns {
            break;
        }
        bytes += grapheme.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_vanish_and_what_they_hid_does_not() {
        for (text, want) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://a\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jx\u{9d}52;c;AAAA\u{9c}y", "xy"),
            ("\u{1b}]52;c;never ends", "52;c;never ends"),
            ("\u{1b}(Bx\u{1b}cy\u{1b}", "xy"),
            ("\u{1b}[31", "31"),
            ("\u{1b}\u{1b}[31mx", "x"),
            ("a\nb\tc\r\nd\re", "a b c d e"),
            ("a\u{0}b\u{8}c\u{7f}d", "abcd"),
            ("\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}", "gnp.exe"),
            ("пример", "пример"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}x", "x"),
            ("❤\u{fe0f}", "❤"),
        ] {
            assert_eq!(clean(text), want, "{text:?}");
        }
        assert!(matches!(clean("日本 – plain"), Cow::Borrowed(_)));
        let prank = format!("z{}", "\u{335}".repeat(50));
        assert_eq!(clean(&prank).chars().count(), 1 + MARKS_PER_BASE);
    }

    #[test]
    fn names_keep_their_tail_and_text_its_head() {
        let name = "payment-adapter-gateway-5c6f9dhsxjv-zw2v7";
        assert_eq!(keep_tail(name, 28), "payment-adapter-…hsxjv-zw2v7");
        assert_eq!(keep_tail_with(name, 28, CutSign::Ascii), "payment-adapter-~hsxjv-zw2v7");
        assert_eq!(truncate_tail(name, 8), "payment…");
        assert_eq!(keep_tail(name, 1), "…");
        assert_eq!(keep_tail(name, 0), "");
        assert_eq!(keep_tail("web", 3), "web");
        assert_eq!(truncate_tail("日本語", 4), "日…");
        assert_eq!(width("日本語e\u{301}"), 7);
    }

    proptest! {
        #[test]
        fn cut_text_is_never_wider_than_asked_and_never_carries_control(text in ".*", columns in 0usize..40) {
            for out in [truncate_tail(&text, columns), keep_tail(&text, columns)] {
                prop_assert!(width(&out) <= columns, "{out:?}");
                prop_assert!(!out.chars().any(|c| c.is_control() || is_hidden(c)));
            }
        }

        #[test]
        fn cleaning_twice_is_cleaning_once(text in "[\\x00-\\x7f\u{80}-\u{a0}\u{200b}-\u{2069}\u{300}-\u{303}日a]*") {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once), once.as_str());
        }
    }
}

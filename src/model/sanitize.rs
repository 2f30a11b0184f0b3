//! Makes text from a cluster safe and measurable for a terminal.
//!
//! Owns what may reach a cell: no control characters, no escape sequences, nothing that changes
//! the direction of text or hides in zero width. Must not cut, style or wrap: that is drawing.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many combining marks one base character may carry; more is a prank that spills over other lines.
const MARKS_PER_BASE: usize = 4;

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
    fn wide_characters_take_two_columns_and_marks_none() {
        assert_eq!(width("日本語e\u{301}"), 7);
    }

    proptest! {
        #[test]
        fn clean_text_carries_no_control(text in ".*") {
            let out = clean(&text);
            prop_assert!(!out.chars().any(|c| c.is_control() || is_hidden(c)), "{out:?}");
        }

        #[test]
        fn cleaning_twice_is_cleaning_once(text in "[\\x00-\\x7f\u{80}-\u{a0}\u{200b}-\u{2069}\u{300}-\u{303}日a]*") {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once), once.as_str());
        }
    }
}

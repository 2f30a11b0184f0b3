//! Makes text from the cluster harmless before it is drawn: no control characters, no invisible
//! or reordering ones, no towers of combining marks. Must never let a byte below 0x20 through.

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

/// Combining marks kept on one letter: enough for every living script, too few to break a line.
const MARKS: usize = 3;

/// Appends `text` without anything that could move the cursor, hide or reorder other text.
///
/// Line breaks and tabs become blanks; other control characters become `·` (`.` where a terminal
/// has only ASCII is the caller's business: the character is one cell wide either way).
pub fn clean_into(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    let mut marks = 0;
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => out.push('·'),
            c if is_invisible(c) => continue,
            c if c.width() == Some(0) => {
                marks += 1;
                if marks <= MARKS {
                    out.push(c);
                }
                continue;
            }
            c => out.push(c),
        }
        marks = 0;
    }
}

/// Returns whether every byte is printable ASCII: the common case, which needs no look at characters.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Returns how many cells the cleaned text takes.
pub fn width_of(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.width() }
}

/// Characters without a shape of their own: zero width, bidirectional controls, tags, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(
        u32::from(c),
        0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0xE0000..=0xE0FFF
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(text: &str) -> String {
        let mut out = String::new();
        clean_into(text, &mut out);
        out
    }

    #[test]
    fn escape_sequences_lose_their_escape_and_breaks_become_blanks() {
        assert_eq!(clean("\x1b[31mred\x1b[0m"), "·[31mred·[0m");
        assert_eq!(clean("a\r\nb\tc"), "a  b c");
        assert_eq!(clean("\u{9b}2J\u{202e}gpj.exe\u{200b}"), "·2Jgpj.exe");
    }

    #[test]
    fn letters_of_other_scripts_stay_whole_and_towers_of_marks_are_cut() {
        assert_eq!(clean("日本 naïve e\u{301}"), "日本 naïve e\u{301}");
        assert_eq!(clean(&format!("z{}!", "\u{301}".repeat(500))), format!("z{}!", "\u{301}".repeat(3)));
    }

    proptest! {
        #[test]
        fn nothing_that_moves_the_cursor_survives(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(char::is_control));
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
        }
    }
}

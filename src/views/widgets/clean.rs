//! The hot path around [`crate::model::sanitize`]: plain ASCII, nearly all there is, is told from the
//! rest once and then neither searched nor measured. Must never let a control character through.

use crate::model::sanitize;

/// Appends `text` without anything that could move the cursor, hide or reorder other text.
pub fn clean_into(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        out.push_str(&sanitize::clean(text));
    }
}

/// Returns whether every byte is printable ASCII: the common case, which needs no look at characters.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Returns how many cells the cleaned text takes.
pub fn width_of(text: &str) -> usize {
    if is_plain(text) { text.len() } else { sanitize::width(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_moves_the_cursor_survives(text in any::<String>()) {
            let mut cleaned = String::new();
            clean_into(&text, &mut cleaned);
            prop_assert!(!cleaned.chars().any(char::is_control));
        }
    }
}

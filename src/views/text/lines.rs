//! The text of a view, cut into clean lines once, when it arrives. Everything after that looks at
//! visible lines only.

use unicode_segmentation::UnicodeSegmentation;

use crate::views::widgets::clean::is_plain;
use crate::views::widgets::paint::first;
use crate::views::widgets::{clean_into, width_of};

/// Clean lines, with the original kept beside them where cleaning changed it.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    clean: String,
    ends: Vec<usize>,
    raw: Option<String>,
}

impl Lines {
    /// Cuts and cleans.
    pub fn new(text: String) -> Self {
        let mut clean = String::with_capacity(text.len());
        let mut ends = Vec::new();
        for line in text.lines() {
            clean_into(line, &mut clean);
            ends.push(clean.len());
            clean.push('\n');
        }
        let same = clean == text || clean.strip_suffix('\n') == Some(&text);
        Self { clean, ends, raw: (!same).then_some(text) }
    }

    /// Returns how many lines there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns a line, empty past the end.
    pub fn get(&self, at: usize) -> &str {
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(self.clean.len(), |end| end + 1),
            None => 0,
        };
        self.ends.get(at).and_then(|end| self.clean.get(start..*end)).unwrap_or("")
    }

    /// Returns all lines.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// Returns the text as it came: what is copied and saved.
    pub fn original(&self) -> &str {
        self.raw.as_deref().unwrap_or(&self.clean)
    }

    /// Returns the text as it is shown.
    pub fn shown(&self) -> &str {
        &self.clean
    }
}

/// Returns how many screen rows a line takes when wrapped at `width`; at least one.
pub(super) fn wrapped_rows(line: &str, width: usize) -> usize {
    if is_plain(line) {
        return line.len().div_ceil(width.max(1)).max(1);
    }
    let mut rows = 1;
    let mut rest = wrap_once(line, width).1;
    while !rest.is_empty() {
        rest = wrap_once(rest, width).1;
        rows += 1;
    }
    rows
}

/// Splits a line into what fits in `width` cells and the rest. Always makes progress.
fn wrap_once(line: &str, width: usize) -> (&str, &str) {
    let head = first(line, width);
    if !head.is_empty() || line.is_empty() {
        return line.split_at(head.len());
    }
    let one = line.graphemes(true).next().map_or(0, str::len);
    line.split_at(one)
}

/// Returns the byte range of a wrapped line's row.
pub(super) fn wrapped_row(line: &str, width: usize, row: usize) -> std::ops::Range<usize> {
    let width = width.max(1);
    if is_plain(line) {
        let start = (row * width).min(line.len());
        return start..(start + width).min(line.len());
    }
    let mut start = 0;
    let mut rest = line;
    for _ in 0..row {
        let (head, tail) = wrap_once(rest, width);
        start += head.len();
        rest = tail;
    }
    start..start + wrap_once(rest, width).0.len()
}

/// Returns the byte range of what is seen of a line in `width` cells from cell `from` on.
pub(super) fn seen_from(line: &str, from: usize, width: usize) -> std::ops::Range<usize> {
    if is_plain(line) {
        return from.min(line.len())..(from + width).min(line.len());
    }
    let start = first(line, from).len();
    let rest = line.get(start..).unwrap_or("");
    // A wide character that begins before the edge is left out whole.
    let skipped = if width_of(line.get(..start).unwrap_or("")) < from {
        rest.graphemes(true).next().map_or(0, str::len)
    } else {
        0
    };
    let start = start + skipped;
    start..start + first(line.get(start..).unwrap_or(""), width).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_original_is_kept_only_where_cleaning_changed_it() {
        let plain = Lines::new("a: 1\nb: 2\n".into());
        assert_eq!((plain.len(), plain.get(1), plain.original()), (2, "b: 2", "a: 1\nb: 2\n"));
        let hostile = Lines::new("a: \x1b[31m\n\nb".into());
        assert_eq!((hostile.len(), hostile.get(0), hostile.get(1), hostile.get(9)), (3, "a: ", "", ""));
        assert_eq!(hostile.original(), "a: \x1b[31m\n\nb");
    }

    proptest! {
        #[test]
        fn wrapped_rows_make_up_the_whole_line(line in "[a-z日本 é]{0,40}", width in 1usize..12) {
            let rows = wrapped_rows(&line, width);
            let pieces: String = (0..rows).map(|row| &line[wrapped_row(&line, width, row)]).collect();
            prop_assert_eq!(pieces, line);
        }

        #[test]
        fn what_is_seen_is_never_wider_than_the_window(line in "[a-z日本 é]{0,40}", from in 0usize..50, width in 0usize..20) {
            prop_assert!(width_of(&line[seen_from(&line, from, width)]) <= width);
        }
    }
}

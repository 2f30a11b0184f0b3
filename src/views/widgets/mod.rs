//! Small pieces that several views share: cleaning and cutting text, writing it into the buffer,
//! the frame line with its title. Owns no state and knows no view.

pub mod ascii;
pub mod clean;
pub mod frame;
pub mod paint;
pub mod strokes;

pub use ascii::to_ascii;
pub use clean::{clean_into, width_of};
pub use frame::{Words, frame_line};
pub use paint::{Keep, cut_into, put};

use std::fmt::Write;

/// Appends a count with thousands separated: `10,000`.
pub fn count_into(value: usize, out: &mut String) {
    if value < 1000 {
        // Writing to a String cannot fail.
        let _ = write!(out, "{value}");
    } else {
        count_into(value / 1000, out);
        let _ = write!(out, ",{:03}", value % 1000);
    }
}

/// A theme with Unicode signs, and the picture of a buffer, for tests of views.
#[cfg(test)]
pub(crate) mod testing {
    use ratatui::buffer::Buffer;

    use crate::theme::Theme;

    /// Returns the default theme with all signs.
    pub(crate) fn theme() -> Theme {
        let with_signs = |mut theme: Theme| {
            theme.unicode = true;
            theme
        };
        with_signs(Theme::default())
    }

    /// Returns the symbols of a buffer, one line for each row, without blanks at the ends.
    pub(crate) fn picture(buf: &Buffer) -> String {
        let mut out = String::new();
        for y in buf.area.top()..buf.area.bottom() {
            let mut line = String::new();
            let mut x = buf.area.left();
            while let Some(cell) = buf.cell((x, y)) {
                line.push_str(cell.symbol());
                // The cell behind a wide character is not drawn.
                x += u16::try_from(super::width_of(cell.symbol()).max(1)).unwrap_or(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_separate_thousands() {
        for (value, want) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_204_031, "1,204,031")] {
            let mut out = String::new();
            count_into(value, &mut out);
            assert_eq!(out, want);
        }
    }
}

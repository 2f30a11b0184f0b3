//! Small pieces that several views share: cleaning and cutting text, writing it into the buffer,
//! the frame line with its title. Owns no state and knows no view.

pub mod clean;
pub mod frame;
pub mod paint;

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

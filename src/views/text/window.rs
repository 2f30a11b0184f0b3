//! The window over a text: which line and wrapped row is on top, how far it is moved sideways.

use super::lines::{Lines, wrapped_rows};

/// How long lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wrap {
    /// Cut at the edge; reached by moving sideways.
    #[default]
    Off,
    /// Continued on the next row.
    On,
}

/// Sizes of the last frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// Rows for text.
    pub height: usize,
    /// Cells for text.
    pub width: usize,
}

/// A place in a text: line and wrapped row in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Top {
    /// Line.
    pub line: usize,
    /// Wrapped row of that line.
    pub row: usize,
}

/// The window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    /// What is on top.
    pub top: Top,
    /// Cells moved to the right.
    pub left: usize,
    /// How long lines are shown.
    pub wrap: Wrap,
}

impl Window {
    /// Returns the screen rows of a line.
    fn rows(&self, lines: &Lines, line: usize, size: Size) -> usize {
        match self.wrap {
            Wrap::Off => 1,
            Wrap::On => wrapped_rows(lines.get(line), size.width),
        }
    }

    /// Moves down by screen rows, until the end stands on the last row.
    pub fn down(&mut self, rows: usize, lines: &Lines, size: Size) {
        let last = self.last_top(lines, size);
        let mut left = rows;
        while left > 0 && self.top < last {
            let here = self.rows(lines, self.top.line, size) - self.top.row;
            if left < here {
                self.top.row += left;
                left = 0;
            } else {
                left -= here;
                self.top = Top { line: self.top.line + 1, row: 0 };
            }
        }
        self.top = self.top.min(last);
    }

    /// Moves up by screen rows.
    pub fn up(&mut self, rows: usize, lines: &Lines, size: Size) {
        self.top = self.above(self.top, rows, lines, size);
    }

    fn above(&self, mut top: Top, rows: usize, lines: &Lines, size: Size) -> Top {
        let mut left = rows;
        while left > 0 {
            if left <= top.row {
                top.row -= left;
                return top;
            }
            left -= top.row + 1;
            let Some(line) = top.line.checked_sub(1) else { return Top::default() };
            top = Top { line, row: self.rows(lines, line, size) - 1 };
        }
        top
    }

    /// The place where the end of the text is on the last row.
    pub fn last_top(&self, lines: &Lines, size: Size) -> Top {
        let Some(line) = lines.len().checked_sub(1) else { return Top::default() };
        let end = Top { line, row: self.rows(lines, line, size) - 1 };
        self.above(end, size.height.saturating_sub(1), lines, size)
    }

    /// Brings a line into sight, a third from the top, unless it is in sight already.
    pub fn reveal(&mut self, line: usize, cell: usize, lines: &Lines, size: Size) {
        let row = if self.wrap == Wrap::On { cell / size.width.max(1) } else { 0 };
        let target = Top { line, row };
        let first_in_sight = self.above(target, size.height.saturating_sub(1), lines, size);
        if target < self.top || first_in_sight > self.top {
            self.top = self.above(target, size.height / 3, lines, size).min(self.last_top(lines, size));
        }
        if self.wrap == Wrap::Off && !(self.left..self.left + size.width).contains(&cell) {
            self.left = if cell < size.width { 0 } else { cell - size.width / 2 };
        }
    }

    /// Keeps the window inside the text after either has changed.
    pub fn clamp(&mut self, lines: &Lines, size: Size) {
        self.top = self.top.min(self.last_top(lines, size));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { height: 4, width: 10 };

    fn lines() -> Lines {
        Lines::new(format!("{}\n{}\n{}", "a\n".repeat(9).trim_end(), "b".repeat(35), "c"))
    }

    #[test]
    fn the_end_stops_on_the_last_row() {
        let mut window = Window::default();
        window.down(1000, &lines(), SIZE);
        assert_eq!(window.top, Top { line: 7, row: 0 });
        window.up(1000, &lines(), SIZE);
        assert_eq!(window.top, Top::default());
    }

    #[test]
    fn wrapped_rows_scroll_one_by_one_and_back_again() {
        let mut window = Window { wrap: Wrap::On, ..Window::default() };
        let mut seen = vec![window.top];
        for _ in 0..20 {
            window.down(1, &lines(), SIZE);
            if seen.last() != Some(&window.top) {
                seen.push(window.top);
            }
        }
        assert_eq!(seen.len(), 11, "9 short lines, 4 rows of b, c, less the last page: {seen:?}");
        for want in seen.iter().rev().skip(1) {
            window.up(1, &lines(), SIZE);
            assert_eq!(window.top, *want);
        }
    }

    #[test]
    fn a_found_place_far_to_the_right_comes_into_sight() {
        let mut window = Window::default();
        window.reveal(9, 30, &lines(), SIZE);
        assert!((window.left..window.left + 10).contains(&30));
        window.reveal(0, 0, &lines(), SIZE);
        assert_eq!((window.top.line, window.left), (0, 0));
    }
}

//! The mouse in a table: a click selects, a click on a title sorts, the wheel scrolls.

use ratatui::layout::Rect;

use super::TableView;
use crate::commands::Step;
use crate::commands::flow::{Mouse, MouseWhat};
use crate::model::Text;
use crate::views::Cx;

/// Rows per turn of the wheel.
const WHEEL: usize = 3;

impl TableView {
    pub(super) fn point(&mut self, mouse: Mouse, area: Rect, cx: &Cx<'_>) -> Vec<Step> {
        if !area.contains((mouse.x, mouse.y).into()) {
            return Vec::new();
        }
        match (mouse.what, mouse.y - area.y) {
            (MouseWhat::WheelDown, _) => self.roll(WHEEL, Roll::Down),
            (MouseWhat::WheelUp, _) => self.roll(WHEEL, Roll::Up),
            (MouseWhat::Click, 0) => {}
            (MouseWhat::Click, 1) => {
                if let Some(title) = self.title_at(mouse.x.saturating_sub(area.x)) {
                    return self.sort_by(title, cx).unwrap_or_default();
                }
            }
            (MouseWhat::Click, line) => {
                let place = self.geometry.get().top + usize::from(line - 2);
                if place < self.order.shown() {
                    self.travel(place);
                }
            }
        }
        Vec::new()
    }

    /// Moves the window over the rows; the cursor goes along only where it would leave the screen.
    fn roll(&mut self, rows: usize, roll: Roll) {
        let geometry = self.geometry.get();
        let limit = self.order.shown().saturating_sub(geometry.body);
        let top = match roll {
            Roll::Down => (geometry.top + rows).min(limit),
            Roll::Up => geometry.top.saturating_sub(rows),
        };
        let bottom = top + geometry.body.saturating_sub(1);
        let place = self.cursor.place(&self.order).clamp(top, bottom.max(top));
        self.cursor.go(place, &self.order);
        self.geometry.get_mut().line = place - top;
    }

    fn title_at(&self, x: u16) -> Option<Text> {
        let scratch = self.scratch.borrow();
        let x = x.checked_sub(super::draw::SIGNS)?;
        let gap = self.geometry.get().gap;
        let hit = scratch
            .fitted
            .placed
            .iter()
            .find(|placed| (placed.x..placed.x + placed.width + gap).contains(&x))?;
        self.rules.shape.get(hit.column).map(|column| column.title.clone())
    }
}

/// Which way the window moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Roll {
    /// Towards the last row.
    Down,
    /// Towards the first row.
    Up,
}

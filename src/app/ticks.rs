//! When the picture changes by time alone, so that nothing wakes up for nothing.

use std::time::Duration;

use super::{App, Env, Shown};
use crate::commands::flow::FlashLevel;
use crate::model::{Freshness, Timestamp};
use crate::store::Store;
use crate::theme::Theme;
use crate::views::View;
use crate::views::connection::retry_in;

/// How long a digit waits for a command that counts before it means a favourite.
const DIGIT: Duration = Duration::from_millis(400);

impl Shown {
    /// Returns the seconds it still stays; `None`: until the next key.
    pub(super) fn left(&self, now: Timestamp) -> Option<i64> {
        let stays = match self.flash.level {
            FlashLevel::Info => 4,
            FlashLevel::Warn => 8,
            FlashLevel::Error => return None,
        };
        Some((stays - self.at.elapsed(now)).max(0))
    }
}

impl App {
    /// Returns how long the picture stays true by itself; `None`: until something happens.
    pub fn next_tick(&self, store: &Store, theme: &Theme, now: Timestamp) -> Option<Duration> {
        if self.favourite().is_some() {
            return Some(DIGIT);
        }
        let env = Env { store, theme, now };
        let cx = env.cx(&self.world);
        let view = match &self.overlay {
            Some(page) => page.next_tick(&cx),
            None => self.layers.top().view.next_tick(&cx),
        };
        let flash = self.flash.as_ref().and_then(|shown| shown.left(now));
        let seconds = [view, flash, self.header_tick(now)].into_iter().flatten().min()?;
        Some(Duration::from_secs(seconds.max(1).unsigned_abs()))
    }

    fn header_tick(&self, now: Timestamp) -> Option<i64> {
        let rows = self.areas(ratatui::layout::Rect::new(0, 0, self.size.0, self.size.1)).header.height;
        if rows == 0 {
            return None;
        }
        let link = self.world.current_facts().map(|facts| &facts.link);
        let counts_down =
            link.is_some_and(|link| !link.connected && retry_in(link, now).is_some_and(|left| left > 0));
        let counts_up = match self.tally.worst(&self.front_shards()) {
            // Ages are told in seconds for two minutes, then in minutes.
            Freshness::Reconnecting { since, .. } | Freshness::Stale { since, .. } => {
                Some(if since.elapsed(now) < 600 { 1 } else { 60 })
            }
            _ => None,
        };
        let clock = (rows > 1).then(|| 60 - now.0.rem_euclid(60));
        [counts_down.then_some(1), counts_up, clock].into_iter().flatten().min()
    }
}

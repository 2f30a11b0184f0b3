//! The view as plain text, for pipes and `--once`.

use super::{App, Env};
use crate::model::{Problem, ShardKey, Timestamp};
use crate::store::Store;
use crate::theme::Theme;

impl App {
    /// Tells whether the first view is complete: `Ok(false)` while it is on its way.
    ///
    /// # Errors
    /// Why it can't be loaded: the line was wrong, there is no context, the server refused.
    pub fn loaded(&self, store: &Store, theme: &Theme, now: Timestamp) -> Result<bool, Problem> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        if !self.is_started || self.waiting.is_some() {
            return Ok(false);
        }
        self.layers.top().view.loaded(&Env { store, theme, now }.cx(&self.world))
    }

    /// Returns what the table in front shows.
    pub fn shown(&self) -> impl Iterator<Item = ShardKey> {
        self.front_shards().into_iter()
    }

    /// Returns what is not in the view on top although it was asked for.
    pub fn shortfall(&self, store: &Store, theme: &Theme, now: Timestamp) -> Vec<Problem> {
        self.layers.top().view.shortfall(&Env { store, theme, now }.cx(&self.world))
    }

    /// Returns the whole view on top as plain text.
    pub fn print(&self, store: &Store, theme: &Theme, now: Timestamp) -> String {
        let mut out = String::new();
        self.layers.top().view.print(&Env { store, theme, now }.cx(&self.world), &mut out);
        out
    }
}

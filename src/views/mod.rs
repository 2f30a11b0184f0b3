//! What is drawn: one file per view. Views read the store and the world, draw visible rows only,
//! and answer commands with steps; they never do I/O.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub mod choice;
pub mod connection;
pub mod contexts;
pub mod editor;
pub mod header;
pub mod help;
pub mod hints;
pub mod info;
pub mod kinds;
pub mod list;
pub mod page;
pub mod prompt;
pub mod table;
pub mod text;
pub mod widgets;

use crate::commands::flow::{Invocation, Mouse};
use crate::commands::{Answer, Cmd, Flash, Open, Step, TableSpec, Target, World};
use crate::model::{ClusterId, Problem, ShardKey, Timestamp};
use crate::store::Store;
use crate::theme::{Theme, Token};

/// What a view may look at.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// The cache.
    pub store: &'a Store,
    /// The clusters.
    pub world: &'a World,
    /// Styles.
    pub theme: &'a Theme,
    /// Now.
    pub now: Timestamp,
}

pub use crate::commands::Family;

/// A layer of the screen between header and hints.
pub trait View: std::fmt::Debug + Send {
    /// Returns the family.
    fn family(&self) -> Family;

    /// Returns how to open this view again: for crumbs, history and `--once`.
    fn open(&self) -> Open;

    /// Returns the short name for the crumbs: `pods`, `deploy payments/api`.
    fn crumb(&self) -> String;

    /// Returns the table's spec, if it is a table of a kind.
    fn spec(&self) -> Option<&TableSpec> {
        None
    }

    /// Adds the shards that this view needs to be watched.
    fn wants(&self, _out: &mut Vec<ShardKey>) {}

    /// Adds the shards whose rows this view counts without showing them.
    fn wants_counted(&self, _out: &mut Vec<ShardKey>) {}

    /// Adds the clusters whose metrics this view shows.
    fn wants_metrics(&self, _out: &mut Vec<ClusterId>) {}

    /// Takes what changed from the store. Called before a draw and after the bell. Returns whether the picture changed
    /// enough for a frame now; what else changed is drawn within half a second.
    fn refresh(&mut self, cx: &Cx<'_>) -> bool;

    /// Returns the steps to take right after opening: questions whose answers fill the view.
    fn opening(&self) -> Vec<Step> {
        Vec::new()
    }

    /// Returns in how many seconds the picture changes by itself: ages, fading highlights, running waits.
    fn next_tick(&self, _cx: &Cx<'_>) -> Option<i64> {
        None
    }

    /// Returns what the selected row belongs to, link by link from the top, and why it is not well.
    fn context(&self, _cx: &Cx<'_>) -> Vec<(String, Token)> {
        Vec::new()
    }

    /// Returns whether work is left that was put off for the sake of keys; each [`View::refresh`] does some of it.
    fn is_busy(&self) -> bool {
        false
    }

    /// Draws. Must not change anything; touches visible rows only.
    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>);

    /// Runs a command; `None` when it is not this view's.
    fn command(&mut self, invocation: Invocation, cx: &Cx<'_>) -> Option<Vec<Step>>;

    /// Tells why a command can't be run now (`None`: it can). Asked by hints, help and before running.
    fn refusal(&self, _cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        None
    }

    /// Takes a mouse event inside `area` of the last draw.
    fn mouse(&mut self, _mouse: Mouse, _area: Rect, _cx: &Cx<'_>) -> Vec<Step> {
        Vec::new()
    }

    /// Returns the filter or search text now in force.
    fn filter(&self) -> &str {
        ""
    }

    /// Sets the filter (tables) or search (texts).
    ///
    /// # Errors
    /// What is wrong with it; the last good one stays.
    fn set_filter(&mut self, _text: &str, _cx: &Cx<'_>) -> Result<(), Problem> {
        Ok(())
    }

    /// Sets the filter that an earlier table of the kind was left with, and keeps saying that it is one.
    ///
    /// # Errors
    /// What is wrong with it.
    fn recall(&mut self, text: &str, cx: &Cx<'_>) -> Result<(), Problem> {
        self.set_filter(text, cx)
    }

    /// Takes an answer to one of its questions.
    fn answer(&mut self, _answer: Answer, _cx: &Cx<'_>) -> Vec<Step> {
        Vec::new()
    }

    /// Returns the marked objects, else the selected one: frozen by the caller at key press.
    fn targets(&self) -> Vec<Target> {
        Vec::new()
    }

    /// Writes the whole view as plain text (for `--once`): same columns, filter and sort.
    fn print(&self, _cx: &Cx<'_>, _out: &mut String) {}

    /// Tells whether the first load is complete: `Ok(true)` complete, `Ok(false)` still loading.
    ///
    /// # Errors
    /// Why it can't be loaded.
    fn loaded(&self, _cx: &Cx<'_>) -> Result<bool, Problem> {
        Ok(true)
    }

    /// Says what is not in the view although it was asked for, for who prints it.
    fn shortfall(&self, _cx: &Cx<'_>) -> Vec<Problem> {
        Vec::new()
    }
}

/// Tells that a file was written: its name first, which is what a narrow screen must not cut.
fn saved(path: &std::path::Path) -> Flash {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let place = path.parent().map(|parent| format!(" in {}", parent.display())).unwrap_or_default();
    Flash::info(format!("saved {name}{place}"))
}

//! What is remembered across runs: changed at once in memory, written a moment later off the loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::deck::Inbound;
use super::seams::{Paths, State, remember};
use super::tasks::Tasks;
use crate::commands::flow::Remember;
use crate::commands::{Flash, Msg};
use crate::model::{ClusterId, Text};

/// How long pieces are gathered before they are written together.
const DEBOUNCE: Duration = Duration::from_millis(500);

/// Whether what happens is remembered on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// In the state file.
    #[default]
    Disk,
    /// Only until the end: a demo's contexts mean nothing tomorrow.
    Nothing,
}

/// The state and its way to the disk.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    paths: Paths,
    keep: Keep,
    unsaved: AtomicBool,
    /// A failure is told once, not with each command typed.
    told: AtomicBool,
}

impl Memory {
    /// Starts with what was read.
    pub fn new(state: State, paths: Paths, keep: Keep) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            paths,
            keep,
            unsaved: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }))
    }

    /// Returns the namespaces that were used or made a favourite on a context.
    pub fn namespaces(&self, id: &ClusterId) -> Vec<Text> {
        self.0.state.lock().namespaces(id)
    }

    /// Takes a piece and sees to it that it is written soon.
    pub fn remember(&self, piece: Remember, tasks: &mut Tasks, inbox: &mpsc::Sender<Inbound>) {
        remember(&mut self.0.state.lock(), piece);
        if self.0.keep == Keep::Nothing || self.0.unsaved.swap(true, Ordering::AcqRel) {
            return;
        }
        let (memory, inbox) = (self.clone(), inbox.clone());
        tasks.later("remember", async move {
            tokio::time::sleep(DEBOUNCE).await;
            let saver = memory.clone();
            let saved = tokio::task::spawn_blocking(move || saver.save()).await;
            if let Ok(Err(problem)) = saved
                && !memory.0.told.swap(true, Ordering::AcqRel)
            {
                let _ = inbox.send(Inbound::Msg(Msg::Flash(Flash::from(problem)))).await;
            }
        });
    }

    /// Writes what is not written yet, before the end.
    pub fn flush(&self) {
        if let Err(problem) = self.save() {
            tracing::warn!(%problem, "state not saved");
        }
    }

    fn save(&self) -> Result<(), crate::model::Problem> {
        if !self.0.unsaved.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        // A copy, so that the lock is not held while the disk is slow.
        let state = self.0.state.lock().clone();
        state.save(&self.0.paths)
    }
}

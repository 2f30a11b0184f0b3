//! Where everything meets the machine: terminal, input, clock, signals, files, tasks.
//!
//! Owns the loop, the effect runner and the clusters in use. Decides nothing that the user sees: that
//! is `app`'s; knows nothing of the wire: that is `cluster`'s.

mod beginning;
pub mod clipboard;
pub mod clock;
pub mod crds;
pub mod deck;
pub mod effects;
pub mod files;
pub mod follow;
pub mod handover;
pub mod input;
pub mod log;
mod machine;
pub mod memory;
pub mod once;
pub mod pace;
mod pen;
pub mod run;
pub mod screen;
pub mod screenshot;
pub mod session;
pub mod signals;
pub mod tasks;
pub mod terminal;

use std::future::Future;
use std::time::Duration;

use crate::model::{Problem, ProblemKind};

pub use deck::{Deck, Launch};

/// How long background work may take to end after the screen has gone.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a background thread's niceness grows by. The screen's thread works for a fraction of a millisecond at a time:
/// with this it gets a processor at once also while all of them are decoding and packing.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Lets the screen's thread, on which no background work runs, go before the calling one.
fn yield_to_screen() {
    // Elsewhere niceness is the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "background work is not nicer than the screen");
    }
}

/// Runs `work` on a new async runtime, then ends whatever it left behind.
///
/// # Errors
/// When `work` fails or no threads can be had.
pub fn block_on<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 4));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("kdeck")
        .on_thread_start(yield_to_screen)
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemKind::Io, format!("cannot start threads: {error}")))?;
    let result = runtime.block_on(work);
    // A name lookup that hangs in the system's resolver must not hold the shell up.
    runtime.shutdown_timeout(PATIENCE);
    result
}

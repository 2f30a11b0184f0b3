//! The one place of this room that starts tasks: each ends with its handle, and its panic is reported.

use std::future::Future;

use futures::FutureExt;

/// A running task. Dropping the handle stops it.
#[derive(Debug)]
pub(crate) struct Task {
    handle: tokio::task::JoinHandle<()>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl Task {
    /// Returns whether it has ended by itself.
    pub(crate) fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

/// Starts a task on the current runtime.
pub(crate) fn spawn(name: impl Into<String>, work: impl Future<Output = ()> + Send + 'static) -> Task {
    let name = name.into();
    let guarded = async move {
        if std::panic::AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(task = %name, "a background task failed; this is a defect of kdeck");
        }
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the one spawner of this room: it names, cancels and reports"
    )]
    let handle = tokio::spawn(guarded);
    Task { handle }
}

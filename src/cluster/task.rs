//! The supervised spawner: the one home of `tokio::spawn`, for this room and those above it.
//!
//! A task ends with its handle, so nothing outlives its question, and a panic reaches the log by name.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;

use futures::FutureExt;

/// A running task. Dropping it stops the task.
pub struct Task {
    name: Cow<'static, str>,
    handle: tokio::task::JoinHandle<()>,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({}{})", self.name, if self.is_finished() { ", finished" } else { "" })
    }
}

impl Task {
    /// Returns whether it has ended, by itself or by a panic.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

/// Runs `future` in the background until it ends or the [`Task`] is dropped; a panic is logged under `name`.
#[expect(clippy::disallowed_methods, reason = "the one supervised spawner that the ban points to")]
pub fn spawn(name: impl Into<Cow<'static, str>>, future: impl Future<Output = ()> + Send + 'static) -> Task {
    let name = name.into();
    let called = name.clone();
    let handle = tokio::spawn(async move {
        if let Err(panic) = std::panic::AssertUnwindSafe(future).catch_unwind().await {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            tracing::error!(task = %called, "task panicked: {text}");
        }
    });
    Task { name, handle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_task_stops_and_a_panic_stays_inside() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let task = spawn("waits for ever", async move {
            let _held = sender;
            futures::future::pending::<()>().await;
        });
        drop(task);
        assert!(receiver.await.is_err(), "the sender was dropped with the task");

        let task = spawn("panics", async { panic!("on purpose") });
        while !task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

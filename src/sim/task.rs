//! The one place of the simulation that starts tasks; a task ends with its [`Stopper`].

use std::future::Future;

use tokio::task::{AbortHandle, JoinHandle};

/// Ends a task when dropped.
pub(crate) struct Stopper(Vec<AbortHandle>);

impl Stopper {
    /// Takes charge of tasks.
    pub(crate) fn of(tasks: Vec<AbortHandle>) -> Self {
        Self(tasks)
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

/// Starts a task.
#[expect(clippy::disallowed_methods, reason = "the simulation's only spawn; it may use no room but model")]
pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

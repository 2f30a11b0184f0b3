//! Where the heavy work of answers is done: a few slots beside the threads that serve connections.
//!
//! Whoever has much to do takes a slot for one small piece and queues again for the next. So all who have much
//! take turns, and accepting, handshakes, watches and small answers never wait behind any of them.

use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// The slots of one simulated cluster.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Semaphore>);

impl Slots {
    /// Makes one slot fewer than there are processors, at least one.
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Semaphore::new(processors.saturating_sub(1).max(1))))
    }

    /// Does a piece of work when its turn has come. It must not wait for anything itself.
    ///
    /// # Errors
    /// When the work panics or the program is ending.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        // The semaphore is never closed, and serves in the order of asking.
        let _turn = self.0.acquire().await.map_err(io::Error::other)?;
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
    }
}

//! The effects under way: named, counted, and cancelled together when the deck is closed.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::cluster::task::{Task, spawn};

/// How many effects work at the same time; further ones wait their turn.
const AT_ONCE: usize = 16;

/// A set of tasks that ends with its owner.
#[derive(Debug)]
pub struct Tasks {
    running: Vec<Task>,
    turns: Arc<Semaphore>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { running: Vec::new(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Tasks {
    /// Starts a task. A panic in it is logged with its name and ends nothing else.
    pub fn spawn(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let turns = self.turns.clone();
        self.later(name, async move {
            // The semaphore is never closed, so this only waits.
            let _turn = turns.acquire_owned().await;
            work.await;
        });
    }

    /// Starts a task that mostly waits and so needs no turn.
    pub fn later(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.running.retain(|task| !task.is_finished());
        self.running.push(spawn(name, work));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn no_more_than_the_bound_work_at_once_and_all_get_their_turn() {
        let mut tasks = Tasks::default();
        let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (sender, mut done) = tokio::sync::mpsc::channel(4);
        for _ in 0..AT_ONCE * 3 {
            let (busy, most, sender) = (busy.clone(), most.clone(), sender.clone());
            tasks.spawn("test", async move {
                most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                busy.fetch_sub(1, Ordering::SeqCst);
                let _ = sender.send(()).await;
            });
        }
        for _ in 0..AT_ONCE * 3 {
            done.recv().await.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= AT_ONCE);
    }

    #[tokio::test]
    async fn dropping_the_set_cancels_what_is_under_way() {
        let (sender, mut gone) = tokio::sync::mpsc::channel::<()>(1);
        let mut tasks = Tasks::default();
        tasks.later("waits for ever", async move {
            std::future::pending::<()>().await;
            drop(sender);
        });
        drop(tasks);
        assert_eq!(gone.recv().await, None);
    }
}

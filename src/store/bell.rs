//! The one signal from data to screen: idempotent, so that a storm of events is one ring.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Wakes the loop when any shard, connection state or answer has changed.
#[derive(Debug, Default)]
pub struct Bell {
    rung: AtomicBool,
    notify: Notify,
}

impl Bell {
    /// Rings. Cheap, and the same as ringing once until somebody listens.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.notify.notify_one();
        }
    }

    /// Waits for a ring and silences the bell.
    pub async fn rung(&self) {
        loop {
            if self.take() {
                return;
            }
            self.notify.notified().await;
        }
    }

    /// Tells whether it has been rung, and leaves it so.
    pub fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }

    /// Silences the bell and returns whether it had been rung.
    pub fn take(&self) -> bool {
        self.rung.swap(false, Ordering::AcqRel)
    }
}

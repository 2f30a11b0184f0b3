//! How far the rows of a shard can be trusted.

use super::problem::Problem;
use super::time::Timestamp;

/// The state of the list+watch behind a shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Freshness {
    /// Nothing has been asked yet.
    #[default]
    Idle,
    /// The first list is on its way.
    Loading {
        /// When it was asked.
        since: Timestamp,
    },
    /// A watch is open: what is shown is what is.
    Live,
    /// The watch broke a moment ago and is being resumed.
    Reconnecting {
        /// When it broke.
        since: Timestamp,
        /// Why.
        problem: Problem,
    },
    /// Resuming has failed for a while; rows are as old as `since`.
    Stale {
        /// When the rows were last known to be true.
        since: Timestamp,
        /// The last failure.
        problem: Problem,
        /// When the next attempt is made.
        retry_at: Timestamp,
    },
    /// The user may not list or watch this.
    Forbidden(Problem),
    /// The server has no such kind (any more).
    Gone(Problem),
    /// Ended by kdeck itself, because the objects take too much memory: rows are those that came until then.
    Halted(Problem),
}

impl Freshness {
    /// Returns whether the shard has a complete, current picture.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }
}

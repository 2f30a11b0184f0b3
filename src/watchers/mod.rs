//! Tasks that keep shards true: the one generic list+watch engine, its supervisor, metrics.
//!
//! A [`Supervisor`] runs one task a wanted shard. The task lists by the strategy that suits the server (`strategy.rs`,
//! `list.rs`), decodes while the body arrives (`split.rs`, `sink.rs`), watches (`follow.rs`) and recovers
//! (`engine.rs`); where the whole cluster may not be read it goes namespace by namespace (`keep.rs`). Rows go straight
//! into the store, never through the message queue. Nothing here draws, writes to a cluster or asks the user.

use crate::model::{Freshness, ShardKey, Timestamp};

mod api;
mod engine;
mod follow;
mod keep;
mod lines;
mod link;
mod list;
mod mood;
mod poll;
mod rounds;
mod sink;
mod split;
mod status;
mod strategy;
mod supervisor;
mod timing;

#[cfg(test)]
mod tests;

pub use api::{Api, ServerFacts};
pub use supervisor::Supervisor;
pub use timing::Timing;

/// One watch, for `:info`.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchInfo {
    /// What is watched.
    pub key: ShardKey,
    /// How its list was got; empty before the first.
    pub strategy: &'static str,
    /// How far its rows can be trusted.
    pub state: Freshness,
    /// Whether a task is at work; a stopped shard only keeps its rows for a while.
    pub is_running: bool,
    /// Since when the task runs.
    pub since: Option<Timestamp>,
    /// Rows held.
    pub rows: usize,
    /// Bytes held (estimate).
    pub bytes: usize,
    /// Requests sent.
    pub requests: u64,
    /// Watch events received.
    pub events: u64,
}

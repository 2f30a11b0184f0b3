//! Plain data and parsers that every other room shares.
//!
//! Nothing here does I/O, knows the network, the terminal or the clock of the machine: time comes
//! in as a [`Timestamp`]. May name `serde` from outside, nothing else of weight.

pub mod cell;
pub mod discovered;
pub mod filter;
pub mod fresh;
pub mod key;
pub mod link;
pub mod nearest;
pub mod problem;
pub mod quantity;
pub mod row;
pub mod sanitize;
pub mod selector;
pub mod text;
pub mod time;
pub mod wildcard;

pub use cell::Cell;
pub use discovered::Discovered;
pub use fresh::Freshness;
pub use key::{ClusterId, Gvr, KindId, ObjKey, Scope, ShardKey, Uid, WatchScope};
pub use problem::{Problem, ProblemKind};
pub use row::{Facts, Health, Labels, Level, Row};
pub use text::{Interner, Text};
pub use time::Timestamp;

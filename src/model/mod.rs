//! Plain data and parsers that every other room shares.
//!
//! Nothing here does I/O, knows the network, the terminal or the clock of the machine: time comes
//! in as a [`Timestamp`]. From outside: `serde` and small pure crates for text (regex, widths, YAML).

pub mod cell;
pub mod discovered;
pub mod document;
pub mod filter;
pub mod fresh;
pub mod key;
pub mod link;
pub mod nearest;
pub mod problem;
pub mod quantity;
pub mod row;
pub mod rows;
pub mod sanitize;
pub mod selector;
pub mod text;
pub mod time;
pub mod wildcard;

pub use cell::Cell;
pub use discovered::Discovered;
pub use filter::Filter;
pub use fresh::Freshness;
pub use key::{ClusterId, Gvr, KindId, ObjKey, Scope, ShardKey, Uid, WatchScope};
pub use problem::{Problem, ProblemKind};
pub use quantity::Quantity;
pub use row::{Facts, Health, Labels, Level, Row};
pub use rows::Rows;
pub use selector::Selector;
pub use text::{Interner, Text};
pub use time::Timestamp;

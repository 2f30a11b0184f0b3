//! The one integration test binary: levels above a single room.
//!
//! Drives the built program as a user does: on a terminal (`screen`, `jobs`), in pipes (`command_line`),
//! beside an embedded cluster (`deck`), and reads its source as a reviewer does (`rooms`).

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects; code that tests share does so too"
)]

mod command_line;
mod deck;
mod jobs;
mod panics;
mod plugins;
mod proxy;
#[expect(dead_code, reason = "shared with the end-to-end tests, which need more of it")]
mod pty;
mod rooms;
mod screen;
mod server;
mod world;

//! Against a real cluster that somebody else runs: `KDECK_E2E_KUBECONFIG` names its kubeconfig.
//!
//! `cargo xtask cluster test` starts one and runs these in its network.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects; code that tests share does so too"
)]

mod custom;
mod hands;
mod huge;
mod objects;
#[path = "../oracle/mod.rs"]
mod oracle;
mod order;
mod peace;
mod place;
#[path = "../it/pty.rs"]
mod pty;
mod record;
mod room;
mod states;
mod tables;
mod truths;
mod watching;
#[path = "../it/world.rs"]
mod world;

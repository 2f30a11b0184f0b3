//! The simulated cluster from outside: over TLS, as any client sees it.

mod api;
mod client;
mod events;
mod fair;
mod faults;
mod hands;
mod lists;
mod logs;
mod rights;
mod store;
mod watches;
mod world;
mod writes;

use std::time::Duration;

use super::{Options, Scenario, Sim, start};

/// Longer than anything here takes on a busy machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A frozen cluster with two nodes and little else.
async fn bare() -> Sim {
    bare_with(Options::default()).await
}

async fn bare_with(options: Options) -> Sim {
    start(Options { scenario: Scenario::Bare, rate: 0.0, ..options }).await.unwrap()
}

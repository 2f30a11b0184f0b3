//! The edge to the embedded cluster, which is built beside this room: a thin stand-in with the agreed names.
//!
//! To be replaced at the merge by `pub use crate::sim::{Options as SimOptions, Sim, start as start_sim}`.

use std::net::{Ipv4Addr, SocketAddr};

use crate::model::{Problem, ProblemKind};

fn missing(what: &str) -> Problem {
    Problem::new(ProblemKind::Internal, format!("{what} is not connected yet"))
}

/// `sim::Options`, as far as the command line sets it.
#[derive(Clone, Copy, Debug)]
pub struct SimOptions {
    /// Number of pods to fill up to.
    pub pods: usize,
    /// Start of all random sequences.
    pub seed: u64,
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self { pods: 0, seed: 7, bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
    }
}

/// `sim::Sim`.
#[derive(Debug)]
pub struct Sim {}

/// `sim::start`.
///
/// # Errors
/// When the port is taken.
pub async fn start_sim(_options: SimOptions) -> Result<Sim, Problem> {
    Err(missing("the embedded cluster"))
}

impl Sim {
    /// Returns where it listens.
    pub fn url(&self) -> String {
        String::new()
    }
    /// Returns a user's kubeconfig.
    pub fn kubeconfig(&self, _user: &str) -> String {
        String::new()
    }
}

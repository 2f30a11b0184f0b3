//! What is measured: a table of scenarios, each a function from a [`Run`] to figures.
//!
//! A scenario starts its own program and leaves nothing behind: the link is shaped back by whoever runs it.

mod churn;
mod keys;
mod link;
mod soak;
mod start;

use std::time::Duration;

use anyhow::Result;

use crate::adapters::{Adapter, Complete};
use crate::record::Figures;
use crate::run::Run;

/// Something to measure.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name on the command line and in the results.
    pub name: &'static str,
    /// One line for the list.
    pub doc: &'static str,
    /// Which programs can be measured so.
    pub fits: fn(&Adapter) -> bool,
    /// Measures.
    pub run: fn(&Run<'_>) -> Result<Figures>,
    /// Whether it is part of the usual table.
    pub usual: bool,
    /// Whether programs reach the server by the machine's own address, not loopback: who is slow to reach is not near.
    pub far: bool,
}

/// All scenarios, in the order in which they run.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "start",
        doc: "first paint, first row, all rows; CPU, memory, requests and bytes until then",
        fits: |adapter| adapter.complete != Complete::Quiet,
        run: start::start,
        usual: true,
        far: false,
    },
    Scenario {
        name: "idle",
        doc: "CPU, wake-ups, bytes to the terminal and from the server while nothing happens",
        fits: |adapter| adapter.complete != Complete::End,
        run: start::idle,
        usual: true,
        far: false,
    },
    Scenario {
        name: "keys",
        doc: "key to screen: down, page down, end, sort, filter, down held at 30 Hz",
        fits: has_keys,
        run: keys::quiet,
        usual: true,
        far: false,
    },
    Scenario {
        name: "keys-loading",
        doc: "down to screen while the first load arrives",
        fits: has_keys,
        run: keys::loading,
        usual: true,
        far: false,
    },
    Scenario {
        name: "stale",
        doc: "the server's answer to a change to the visible cell",
        fits: |adapter| adapter.complete != Complete::End,
        run: churn::stale,
        usual: true,
        far: false,
    },
    Scenario {
        name: "churn-50",
        doc: "50 changes a second: CPU, bytes, staleness, keys",
        fits: |adapter| adapter.complete != Complete::End,
        run: |run| churn::churn(run, 50),
        usual: true,
        far: false,
    },
    Scenario {
        name: "churn-500",
        doc: "500 changes a second: the same",
        fits: |adapter| adapter.complete != Complete::End,
        run: |run| churn::churn(run, 500),
        usual: true,
        far: false,
    },
    Scenario {
        name: "link-100ms-10mbit",
        doc: "start over 100 ms and 10 Mbit/s",
        fits: |adapter| adapter.complete != Complete::Quiet,
        run: |run| link::slow(run, Duration::from_millis(100), 10_000_000),
        usual: true,
        far: true,
    },
    Scenario {
        name: "link-300ms-10mbit",
        doc: "start over 300 ms and 10 Mbit/s",
        fits: |adapter| adapter.complete != Complete::Quiet,
        run: |run| link::slow(run, Duration::from_millis(300), 10_000_000),
        usual: false,
        far: true,
    },
    Scenario {
        name: "link-100ms-1mbit",
        doc: "start over 100 ms and 1 Mbit/s",
        fits: |adapter| adapter.complete != Complete::Quiet,
        run: |run| link::slow(run, Duration::from_millis(100), 1_000_000),
        usual: false,
        far: true,
    },
    Scenario {
        name: "stall",
        doc: "a link that stands still for ten seconds: keys meanwhile, catching up afterwards",
        fits: has_keys,
        run: link::stall,
        usual: false,
        far: false,
    },
    Scenario {
        name: "soak",
        doc: "ten minutes of kinds, namespaces, contexts, filters and lost servers: memory after against before",
        fits: |adapter| adapter.keys.is_some_and(|keys| !keys.round.is_empty()),
        run: soak::soak,
        usual: false,
        far: false,
    },
];

fn has_keys(adapter: &Adapter) -> bool {
    adapter.keys.is_some()
}

impl Scenario {
    /// Finds one by name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_scenarios_are_unique_and_each_fits_kdeck() {
        for scenario in SCENARIOS {
            assert_eq!(SCENARIOS.iter().filter(|other| other.name == scenario.name).count(), 1);
            assert!((scenario.fits)(Adapter::named("kdeck").unwrap()), "{}", scenario.name);
        }
    }
}

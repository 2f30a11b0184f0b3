//! Measures terminal dashboards from outside: starts one on a pseudo-terminal, reads its screen as a person would, types
//! keys, looks at its processes, and stands between it and the API server.
//!
//! Low to high: `stats`, `replies`, `procfs`, `screen`, `terminal`, `program` know no dashboard and no cluster;
//! `kubeconfig`, `api`, `pods`, `store`, `load`, `churn`, `proxy`, `server` know no screen but the names in it; `adapters` knows the
//! dashboards; `run` and `scenarios` measure; `record`, `report` and `goals` keep and show. `fake` is for calibration.

pub mod adapters;
pub mod api;
pub mod churn;
pub mod fake;
pub mod goals;
pub mod kubeconfig;
pub mod load;
pub mod pods;
pub mod procfs;
pub mod program;
pub mod proxy;
pub mod record;
pub mod replies;
pub mod report;
pub mod run;
pub mod scenarios;
pub mod screen;
pub mod server;
pub mod session;
pub mod stats;
pub mod store;
pub mod terminal;

//! kdeck: a terminal dashboard for Kubernetes.
//!
//! `ARCHITECTURE.md` says what each room is for and which rooms it may use.

/// Code that unit tests share with `tests/` calls the library by its name.
#[cfg(test)]
extern crate self as kdeck;

pub mod app;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod kinds;
pub mod model;
pub mod runtime;
pub mod sim;
pub mod store;
pub mod theme;
pub mod triage;
pub mod views;
pub mod watchers;

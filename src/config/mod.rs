//! What was said becomes what is meant: where files live, the user's settings, what is remembered.
//!
//! Owns `config.yaml` (read only: the program never writes it) and the state kept between runs.
//! Every problem names file, line and column, and never stops the program. Must not know how
//! settings are shown or used.

mod fields;
pub mod files;
mod paths;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use self::fields::reference;
pub use self::paths::Paths;
pub use self::settings::{Config, ContextConfig, LogLevel};
pub use self::state::{ContextState, Remember, Sorted, State, TableState};

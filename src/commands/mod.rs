//! Commands as data, and the vocabulary between keys, views, app and runtime.
//!
//! Owns the command table (keys, words, documentation), the command line's language and its
//! completion. Knows nothing of the screen: it says what a key or a line means, never how it looks.

pub mod complete;
pub mod family;
pub mod flow;
pub mod key;
pub mod keymap;
pub mod line;
pub mod mouse;
pub mod reference;
pub mod table;
pub mod world;

pub use family::{Families, Family};
pub use flow::{Answer, Cmd, Effect, Flash, Msg, NamespaceSet, Open, Step, TableSpec, Target, Within};
pub use key::{Code, Key};
pub use reference::reference;
pub use world::{ClusterFacts, World};

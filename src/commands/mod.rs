//! Commands as data, and the vocabulary between keys, views, app and runtime.

pub mod flow;
pub mod key;
pub mod world;

pub use flow::{Answer, Cmd, Effect, Flash, Msg, NamespaceSet, Open, Step, TableSpec, Target, Within};
pub use key::{Code, Key};
pub use world::{ClusterFacts, World};

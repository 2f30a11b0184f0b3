//! What differs on purpose between the server's own tables and ours: a list, each with its reason.

use kdeck::kinds::{Column, KindDef, Source};

/// A cell that is not the server's.
pub struct Difference<'a> {
    pub def: &'a KindDef,
    pub column: &'a Column,
    pub ours: &'a str,
    /// What ours was a second before.
    pub earlier: &'a str,
    pub server: &'a str,
}

/// A difference on purpose: its reason, and whether a cell is one.
pub type Intended = (&'static str, fn(&Difference<'_>) -> bool);

/// All differences on purpose between the server's tables and ours.
pub const INTENDED: &[Intended] = &[
    ("names are identities: whether a class is the default one has a column of its own", |it| {
        it.column.source == Source::Name && it.server.strip_suffix(" (default)") == Some(it.ours)
    }),
    ("the clocks of two machines differ: what is less than a minute ahead is now", |it| {
        it.server == "<invalid>" && it.ours == "0s"
    }),
    ("times are kept to the second: the age of an event that has microseconds may be a second more", |it| {
        &*it.def.gvr.resource == "events" && it.server == it.earlier
    }),
];

//! The machine room: the built program on a terminal, against a real cluster that lives, breaks and comes back.
//!
//! Each scene waits for pictures, works in a namespace of its own and leaves the cluster as it was. What a cluster
//! does not offer (a script to break it, a node, the user with few rights) is said and left out.

mod identity;
mod kinds;
mod life;
mod once;
mod outage;
mod picture;
mod stage;
mod start;
mod terminal;

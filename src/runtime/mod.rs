//! runtime

pub mod screenshot;

//! All kinds of one cluster, by every name they go by.
use super::KindDef;
use crate::model::KindId;
use std::sync::Arc;

/// The kinds of one cluster.
#[derive(Clone, Debug, Default)]
pub struct Catalog {}

impl Catalog {
    /// Returns a kind by identity.
    pub fn get(&self, _id: &KindId) -> Option<Arc<KindDef>> {
        None
    }
}

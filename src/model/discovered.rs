//! A resource as the server's discovery describes it.

use super::key::{Gvr, KindId, Scope};
use super::text::Text;

/// One resource of one group version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Where it is served.
    pub gvr: Gvr,
    /// CamelCase kind, such as `Pod`.
    pub kind: Text,
    /// Singular name; empty when the server gives none.
    pub singular: Text,
    /// Short names, such as `po`.
    pub short_names: Vec<Text>,
    /// Categories, such as `all`.
    pub categories: Vec<Text>,
    /// Namespaced or not.
    pub scope: Scope,
    /// Verbs that the server offers (not what this user may do).
    pub verbs: Vec<Text>,
    /// Names of sub-resources, such as `scale`, `status`, `log`.
    pub subresources: Vec<Text>,
    /// Whether this is the group's preferred version.
    pub preferred: bool,
}

impl Discovered {
    /// Returns the version-less identity.
    pub fn id(&self) -> KindId {
        self.gvr.id()
    }
}

//! Which label selector goes to the server: the one of the command line, so that a part of a large kind can be asked for.
//!
//! A selector typed into a table asks the rows that are there: no server is to be asked with each key.

use super::TableView;
use super::source::Shards;
use crate::commands::NamespaceSet;
use crate::model::selector::Selector;
use crate::model::{Scope, WatchScope};
use crate::views::Cx;

impl TableView {
    /// Chooses when the table opens. Rows that are all there already serve any selector.
    pub(super) fn select_at_server(&mut self, cx: &Cx<'_>) {
        let labels = self.rules.filter.labels();
        if !labels.is_empty() && self.spec.within.is_none() && !self.is_all_here(cx) {
            self.select_by(labels);
        }
    }

    /// Asks for all rows when a new filter shows some that the server was told to leave out.
    pub(super) fn widen(&mut self) {
        let now = self.rules.filter.labels();
        if !self.labels.requirements().iter().all(|one| now.requirements().contains(one)) {
            self.select_by(Selector::default());
            self.forget_rows();
            self.settled = false;
        }
    }

    fn is_all_here(&self, cx: &Cx<'_>) -> bool {
        let is_whole = |cluster| {
            let mut shards = cx.store.all_of(cluster, &self.spec.kind);
            shards.any(|shard| shard.key().scope == WatchScope::All && shard.freshness().is_live())
        };
        self.spec.namespaces == NamespaceSet::All && self.spec.clusters.iter().all(is_whole)
    }

    fn select_by(&mut self, labels: Selector) {
        let scope = self.kind.as_ref().map_or(Scope::Namespaced, |kind| kind.scope);
        self.source = Box::new(Shards::new(&self.spec, scope, &labels));
        self.labels = labels;
    }
}

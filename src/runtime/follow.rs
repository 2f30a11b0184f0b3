//! Shards that the runtime itself reads: the names of namespaces and CRDs, kept by change.

use std::collections::BTreeSet;

use crate::model::{Freshness, Problem, ShardKey, Text};
use crate::store::{Delta, Rev, Store};

/// What a look at a followed shard brought.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The set of objects is complete, and differs from the last one told or one of them was changed.
    Changed,
    /// The shard can't be read.
    Refused(Problem),
}

/// A shard whose objects' names are followed.
#[derive(Debug)]
pub struct Follow {
    shard: ShardKey,
    seen: Option<Rev>,
    names: BTreeSet<Text>,
    /// Changes came that were not told yet.
    untold: bool,
    refused: bool,
}

impl Follow {
    /// Starts without having looked.
    pub fn new(shard: ShardKey) -> Self {
        Self { shard, seen: None, names: BTreeSet::new(), untold: true, refused: false }
    }

    /// Returns what is followed.
    pub fn shard(&self) -> &ShardKey {
        &self.shard
    }

    /// Returns the names known, in order.
    pub fn names(&self) -> Vec<Text> {
        self.names.iter().cloned().collect()
    }

    /// Returns whether all that is to be known was told: a complete list, or that there will be none.
    pub fn is_settled(&self) -> bool {
        self.refused || (self.seen.is_some() && !self.untold)
    }

    /// Looks at the shard; cheap when nothing changed.
    pub fn look(&mut self, store: &Store) -> Option<News> {
        let shard = store.find(&self.shard)?;
        let (rev, delta) = shard.read(self.seen);
        self.seen = Some(rev);
        self.take(delta, shard.status().freshness)
    }

    fn take(&mut self, delta: Delta, freshness: Freshness) -> Option<News> {
        match delta {
            Delta::Same => {}
            Delta::Full(rows) => {
                self.names = rows.iter().map(|row| row.key.name.clone()).collect();
                self.untold = true;
            }
            Delta::Changed { upserts, removed } => {
                self.untold |= !upserts.is_empty() || !removed.is_empty();
                for key in removed {
                    self.names.remove(&key.name);
                }
                self.names.extend(upserts.iter().map(|row| row.key.name.clone()));
            }
        }
        match freshness {
            Freshness::Live => {
                self.refused = false;
                std::mem::take(&mut self.untold).then_some(News::Changed)
            }
            Freshness::Forbidden(problem) | Freshness::Gone(problem) if !self.refused => {
                self.refused = true;
                // Told again in full should the right be given later.
                self.untold = true;
                Some(News::Refused(problem))
            }
            // A list under way is not the whole truth, an old one was told already.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        ClusterId, Facts, Health, KindId, ObjKey, ProblemKind, Row, Timestamp, Uid, WatchScope,
    };

    fn key(name: &str) -> ObjKey {
        ObjKey {
            cluster: ClusterId("c".into()),
            kind: KindId::new("", "namespaces"),
            namespace: "".into(),
            name: name.into(),
        }
    }

    fn row(name: &str) -> Arc<Row> {
        Arc::new(Row {
            key: key(name),
            uid: Uid::parse(name),
            created: None,
            deleting: None,
            cells: Box::default(),
            health: Health::default(),
            labels: Arc::new([]),
            owners: Box::default(),
            managers: Box::default(),
            facts: Facts::default(),
        })
    }

    fn follow() -> Follow {
        Follow::new(ShardKey {
            cluster: ClusterId("c".into()),
            kind: KindId::new("", "namespaces"),
            scope: WatchScope::All,
        })
    }

    #[test]
    fn a_list_is_told_once_complete_and_then_only_when_it_changes() {
        let mut follow = follow();
        let loading = Freshness::Loading { since: Timestamp(1) };
        assert_eq!(follow.take(Delta::Full(vec![row("shop")]), loading), None);
        assert_eq!(follow.take(Delta::Same, Freshness::Live), Some(News::Changed));
        assert_eq!(follow.take(Delta::Same, Freshness::Live), None);
        let more = Delta::Changed { upserts: vec![row("pay")], removed: vec![key("shop")] };
        assert_eq!(follow.take(more, Freshness::Live), Some(News::Changed));
        assert_eq!(follow.names(), [Text::from("pay")]);
    }

    #[test]
    fn an_empty_cluster_is_told_too() {
        assert_eq!(follow().take(Delta::Full(Vec::new()), Freshness::Live), Some(News::Changed));
    }

    #[test]
    fn a_refusal_is_told_once_and_a_right_gained_later_brings_the_names() {
        let mut follow = follow();
        let no = || Freshness::Forbidden(Problem::new(ProblemKind::Forbidden, "no"));
        assert!(matches!(follow.take(Delta::Same, no()), Some(News::Refused(_))));
        assert_eq!(follow.take(Delta::Same, no()), None);
        assert_eq!(follow.take(Delta::Full(vec![row("shop")]), Freshness::Live), Some(News::Changed));
    }
}

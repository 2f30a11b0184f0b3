//! How many objects are not well, per shard: kept by following changes, so that a frame never counts rows.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::model::{Freshness, Level, ObjKey, ShardKey, Text};
use crate::store::{Delta, Glance, Rev, Store};
use crate::views::header::Counts;

/// The sick rows of the shards on screen.
#[derive(Debug, Default)]
pub struct Tally {
    shards: HashMap<ShardKey, One>,
}

#[derive(Debug, Default)]
struct One {
    rev: Option<Rev>,
    // Rows that are well are not held: there are many of them.
    sick: HashMap<ObjKey, Level>,
    rows: usize,
    freshness: Freshness,
    /// The namespaces that stand in for the whole cluster, where that may not be watched.
    namespaces: Vec<Text>,
}

impl Tally {
    /// Takes what changed in these shards and forgets the others. Returns whether anything is different.
    pub fn follow(&mut self, store: &Store, keys: &[ShardKey]) -> bool {
        let before = self.shards.len();
        self.shards.retain(|key, _| keys.contains(key));
        let mut changed = before != self.shards.len();
        for key in keys {
            let Some(shard) = store.find(key) else {
                changed |= self.shards.remove(key).is_some();
                continue;
            };
            let one = self.shards.entry(key.clone()).or_default();
            let Some(Glance { rev, delta, status, .. }) = shard.glance(one.rev) else { continue };
            changed |= !matches!(delta, Delta::Same)
                || one.freshness != status.freshness
                || one.rows != status.rows
                || one.namespaces != status.namespaces;
            one.apply(delta);
            one.rev = Some(rev);
            one.rows = status.rows;
            one.freshness = status.freshness;
            one.namespaces = status.namespaces;
        }
        changed
    }

    /// Returns the counts of these shards together, of the objects that `is_meant`.
    pub fn counts(&self, keys: &[ShardKey], is_meant: impl Fn(&ObjKey) -> bool) -> Counts {
        let mut counts = Counts::default();
        let sick = keys.iter().filter_map(|key| self.shards.get(key)).flat_map(|one| &one.sick);
        for (_, level) in sick.filter(|(key, _)| is_meant(key)) {
            match level {
                Level::Broken => counts.broken += 1,
                _ => counts.attention += 1,
            }
        }
        counts
    }

    /// Returns the namespaces that are watched one by one because the whole cluster may not be.
    pub fn namespaces(&self, keys: &[ShardKey]) -> Vec<Text> {
        let known = keys.iter().filter_map(|key| self.shards.get(key));
        let names: BTreeSet<Text> = known.flat_map(|one| one.namespaces.iter().cloned()).collect();
        names.into_iter().collect()
    }

    /// Returns the rows of these shards together.
    pub fn rows(&self, keys: &[ShardKey]) -> usize {
        keys.iter().filter_map(|key| self.shards.get(key)).map(|one| one.rows).sum()
    }

    /// Returns the freshness that most deserves to be told.
    pub fn worst(&self, keys: &[ShardKey]) -> Freshness {
        let rank = |freshness: &Freshness| match freshness {
            Freshness::Idle => 0,
            Freshness::Live => 1,
            Freshness::Loading { .. } => 2,
            Freshness::Forbidden(_) => 3,
            Freshness::Gone(_) => 4,
            Freshness::Reconnecting { .. } => 5,
            Freshness::Stale { .. } => 6,
            Freshness::Halted(_) => 7,
        };
        let known = keys.iter().filter_map(|key| self.shards.get(key)).map(|one| &one.freshness);
        known.max_by_key(|freshness| rank(freshness)).cloned().unwrap_or_default()
    }
}

impl One {
    fn apply(&mut self, delta: Delta) {
        let (upserts, removed) = match delta {
            Delta::Same => return,
            Delta::Full(rows) => {
                self.sick.clear();
                (rows, Vec::new())
            }
            Delta::Changed { upserts, removed } => (upserts, removed),
        };
        for key in removed {
            self.sick.remove(&key);
        }
        for row in upserts {
            if row.health.is_fault() {
                self.sick.insert(row.key.clone(), row.health.level);
            } else {
                self.sick.remove(&row.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{ClusterId, Facts, Health, KindId, Row, Uid, WatchScope};

    fn row(name: &str, level: Level) -> Arc<Row> {
        Arc::new(Row {
            key: ObjKey {
                cluster: ClusterId("c".into()),
                kind: KindId("pods".into()),
                namespace: "n".into(),
                name: name.into(),
            },
            uid: Uid::parse(name),
            created: None,
            deleting: None,
            cells: Box::default(),
            health: Health { level, reason: None },
            labels: Arc::default(),
            owners: Box::default(),
            managers: Box::default(),
            facts: Facts::default(),
        })
    }

    #[test]
    fn counts_follow_changes_without_counting_rows() {
        let key =
            ShardKey { cluster: ClusterId("c".into()), kind: KindId("pods".into()), scope: WatchScope::All };
        let mut tally = Tally::default();
        let mut one = One::default();
        one.apply(Delta::Full(vec![
            row("a", Level::Broken),
            row("b", Level::Attention),
            row("c", Level::Ok),
        ]));
        one.apply(Delta::Changed {
            upserts: vec![row("a", Level::Ok), row("c", Level::Broken), row("d", Level::Broken)],
            removed: vec![row("b", Level::Ok).key.clone()],
        });
        tally.shards.insert(key.clone(), one);
        let only_a = tally.counts(std::slice::from_ref(&key), |key| &*key.name == "a");
        assert_eq!(only_a, Counts::default(), "a is well, the others are not meant");
        assert_eq!(tally.counts(std::slice::from_ref(&key), |_| true), Counts { broken: 2, attention: 0 });
        if let Some(one) = tally.shards.get_mut(&key) {
            one.apply(Delta::Full(vec![row("e", Level::Attention)]));
        }
        assert_eq!(tally.counts(&[key], |_| true), Counts { broken: 0, attention: 1 });
    }

    #[test]
    fn shards_that_left_the_screen_are_forgotten() {
        let store = Store::new(Arc::default());
        let key =
            ShardKey { cluster: ClusterId("c".into()), kind: KindId("pods".into()), scope: WatchScope::All };
        store.shard(&key);
        let mut tally = Tally::default();
        tally.follow(&store, std::slice::from_ref(&key));
        assert_eq!(tally.shards.len(), 1);
        assert!(tally.follow(&store, &[]));
        assert!(tally.shards.is_empty());
    }
}

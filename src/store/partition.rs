//! The parts of a shard that have a writer each: the whole cluster, or its namespaces one by one.

use std::collections::BTreeMap;

use crate::model::{Freshness, Text, Timestamp};

/// One writer's part.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    /// How far its rows can be trusted.
    pub(crate) freshness: Freshness,
    /// The number of the list under way.
    pub(crate) listing: Option<u32>,
}

/// All parts of one shard.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    parts: BTreeMap<Text, Partition>,
    /// The namespaces of the fallback; empty when one writer covers everything.
    pub(crate) namespaces: Vec<Text>,
    lists: u32,
}

impl Partitions {
    /// Returns a part, made if it does not exist yet.
    pub(crate) fn get(&mut self, partition: &Text) -> &mut Partition {
        self.parts.entry(partition.clone()).or_default()
    }

    /// Starts a list: rows that it brings are marked with the returned number.
    pub(crate) fn begin(&mut self, partition: &Text) -> u32 {
        self.lists = self.lists.wrapping_add(1).max(1);
        let number = self.lists;
        self.get(partition).listing = Some(number);
        number
    }

    /// Returns the number of the list under way.
    pub(crate) fn listing(&self, partition: &Text) -> Option<u32> {
        self.parts.get(partition)?.listing
    }

    /// Goes over to these namespaces, or (with none) to one part for all.
    pub(crate) fn replace(&mut self, namespaces: Vec<Text>) {
        if namespaces.is_empty() {
            self.parts.retain(|name, _| name.is_empty());
        } else {
            self.parts.retain(|name, _| namespaces.contains(name));
        }
        self.namespaces = namespaces;
    }

    /// Has all parts that had an answer wait for a new one.
    pub(crate) fn reload(&mut self, at: Timestamp) {
        for part in self.parts.values_mut().filter(|part| part.freshness.is_live()) {
            part.freshness = Freshness::Loading { since: at };
        }
    }

    /// Forgets all parts; the numbering of lists goes on.
    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.namespaces.clear();
    }

    /// Returns the namespaces of the fallback that may not be read.
    pub(crate) fn forbidden(&self) -> Vec<Text> {
        let forbidden = |name: &&Text| {
            matches!(self.parts.get(*name), Some(Partition { freshness: Freshness::Forbidden(_), .. }))
        };
        self.namespaces.iter().filter(forbidden).cloned().collect()
    }

    /// Returns one word for all parts: the worst of those that may be read; forbidden only when all are.
    pub(crate) fn freshness(&self) -> Freshness {
        let worst = self.parts.values().max_by_key(|part| rank(&part.freshness));
        worst.map(|part| part.freshness.clone()).unwrap_or_default()
    }
}

/// Higher speaks for the shard. A forbidden or missing part is no reason to distrust the others.
fn rank(freshness: &Freshness) -> u8 {
    match freshness {
        Freshness::Gone(_) => 0,
        Freshness::Forbidden(_) => 1,
        Freshness::Idle => 2,
        Freshness::Live => 3,
        Freshness::Loading { .. } => 4,
        Freshness::Reconnecting { .. } => 5,
        Freshness::Stale { .. } => 6,
        Freshness::Halted(_) => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Problem, ProblemKind};

    #[test]
    fn forbidden_parts_do_not_hide_live_ones() {
        let mut parts = Partitions::default();
        parts.replace(vec!["a".into(), "b".into()]);
        parts.get(&"a".into()).freshness = Freshness::Forbidden(Problem::new(ProblemKind::Forbidden, "no"));
        assert!(matches!(parts.freshness(), Freshness::Forbidden(_)));
        parts.get(&"b".into()).freshness = Freshness::Live;
        assert!(parts.freshness().is_live());
        assert_eq!(parts.forbidden(), [Text::from("a")]);
        parts.reload(Timestamp(7));
        assert_eq!(
            parts.freshness(),
            Freshness::Loading { since: Timestamp(7) },
            "the other stays forbidden"
        );
        parts.replace(Vec::new());
        assert_eq!(parts.freshness(), Freshness::Idle);
    }
}

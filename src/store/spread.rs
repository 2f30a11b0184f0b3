//! How many rows of a shard are on each node: kept by change, so that a table of nodes never counts pods.

use std::collections::HashMap;

use crate::model::Text;

/// Rows per node.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    per_node: HashMap<Text, usize>,
    rev: u64,
}

impl Spread {
    /// Takes a row from one node to another; no node before is a new row, none after a removed one.
    pub(crate) fn moved(&mut self, from: Option<&Text>, to: Option<&Text>) {
        if from == to {
            return;
        }
        self.rev += 1;
        if let Some(node) = from
            && let Some(count) = self.per_node.get_mut(node)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.per_node.remove(node);
            }
        }
        if let Some(node) = to {
            match self.per_node.get_mut(node) {
                Some(count) => *count += 1,
                None => drop(self.per_node.insert(node.clone(), 1)),
            }
        }
    }

    /// Returns how many rows are on a node.
    pub(crate) fn on(&self, node: &str) -> usize {
        self.per_node.get(node).copied().unwrap_or(0)
    }

    /// Returns a number that grows with every change of any count.
    pub(crate) fn rev(&self) -> u64 {
        self.rev
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_where_they_are_and_not_where_they_were() {
        let (a, b): (Text, Text) = ("a".into(), "b".into());
        let mut spread = Spread::default();
        spread.moved(None, None);
        spread.moved(None, Some(&a));
        spread.moved(None, Some(&a));
        let rev = spread.rev();
        spread.moved(Some(&a), Some(&a));
        assert_eq!((spread.on("a"), spread.rev()), (2, rev), "staying is no change");
        spread.moved(Some(&a), Some(&b));
        assert_eq!((spread.on("a"), spread.on("b")), (1, 1));
        spread.moved(Some(&a), None);
        spread.moved(Some(&b), None);
        assert_eq!((spread.on("a"), spread.on("b")), (0, 0));
        assert!(spread.per_node.is_empty(), "nodes that went leave nothing behind");
    }
}

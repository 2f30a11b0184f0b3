//! Shared strings: a cluster repeats the same few thousand names a million times.

use std::sync::Arc;

use foldhash::HashSet;

use super::row::Labels;

/// An immutable, cheaply cloned string.
pub type Text = Arc<str>;

/// Gives the same allocation for the same string.
///
/// One interner belongs to one writer (a watch task), so it needs no lock. It is dropped with its
/// shard; [`Interner::sweep`] forgets what nobody else holds any more.
#[derive(Debug, Default)]
pub struct Interner {
    strings: HashSet<Text>,
    labels: HashSet<Labels>,
}

impl Interner {
    /// Returns the shared copy of `s`.
    pub fn get(&mut self, s: &str) -> Text {
        if let Some(found) = self.strings.get(s) {
            return found.clone();
        }
        let text: Text = Arc::from(s);
        self.strings.insert(text.clone());
        text
    }

    /// Returns the shared copy of a label set.
    pub fn labels(&mut self, labels: Labels) -> Labels {
        if let Some(found) = self.labels.get(&labels) {
            return found.clone();
        }
        self.labels.insert(labels.clone());
        labels
    }

    /// Forgets strings that only this interner still holds, and returns how many it keeps.
    pub fn sweep(&mut self) -> usize {
        self.labels.retain(|labels| Arc::strong_count(labels) > 1);
        self.strings.retain(|text| Arc::strong_count(text) > 1);
        self.strings.len() + self.labels.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_one_allocation_until_nobody_needs_them() {
        let mut interner = Interner::default();
        let first = interner.get("node-1");
        assert!(Arc::ptr_eq(&first, &interner.get("node-1")));
        assert_eq!(interner.sweep(), 1);
        drop(first);
        assert_eq!(interner.sweep(), 0);
    }
}

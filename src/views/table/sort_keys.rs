//! Namespaces and names of all rows as bytes that compare as [`natural`] does, side by side in memory.
//!
//! Made for one sort of a table and dropped after it. Only speeds a sort up: what the keys leave equal, the
//! full comparison decides.
//!
//! [`natural`]: crate::model::cell::natural

use std::cmp::Ordering;

use crate::model::Row;

/// The keys of rows, by the place of each in the list they were made from.
#[derive(Debug, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// Where a row's name starts and where its key ends, which is where the next one's namespace starts.
    ends: Vec<(u32, u32)>,
}

impl Keys {
    /// Makes room for so many rows.
    pub fn with_room(rows: usize) -> Self {
        Self { bytes: Vec::with_capacity(rows.saturating_mul(48)), ends: Vec::with_capacity(rows) }
    }

    /// Adds the next row's key; `None` when a name is of a kind that keys can't hold: then all are worthless.
    pub fn add(&mut self, row: &Row) -> Option<()> {
        push(&row.key.namespace, &mut self.bytes)?;
        // Leading zeros must settle the namespace before the name is asked.
        self.bytes.extend_from_slice(row.key.namespace.as_bytes());
        self.bytes.push(0);
        let name = self.end()?;
        push(&row.key.name, &mut self.bytes)?;
        self.ends.push((name, self.end()?));
        Some(())
    }

    /// Orders two rows by name.
    pub fn name(&self, a: u32, b: u32) -> Ordering {
        let name = |at: u32| self.end_of(at).map_or(&[][..], |(name, end)| self.slice(name, end));
        name(a).cmp(name(b))
    }

    /// Orders two rows by namespace and name.
    pub fn tie(&self, a: u32, b: u32) -> Ordering {
        let both = |at: u32| {
            let start = at.checked_sub(1).and_then(|before| self.end_of(before)).map_or(0, |(_, end)| end);
            self.end_of(at).map_or(&[][..], |(_, end)| self.slice(start, end))
        };
        both(a).cmp(both(b))
    }

    fn end_of(&self, at: u32) -> Option<(u32, u32)> {
        self.ends.get(at as usize).copied()
    }

    fn slice(&self, from: u32, to: u32) -> &[u8] {
        self.bytes.get(from as usize..to as usize).unwrap_or_default()
    }

    fn end(&self) -> Option<u32> {
        u32::try_from(self.bytes.len()).ok()
    }
}

/// Appends a text, ended by a zero. A run of digits becomes `0`, its length without leading zeros, and the rest of it.
fn push(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == 0 {
            return None;
        }
        if !byte.is_ascii_digit() {
            out.push(byte);
            rest = tail;
            continue;
        }
        let run = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let zeros = rest.iter().take_while(|byte| **byte == b'0').count();
        out.push(b'0');
        out.push(u8::try_from(run - zeros).ok()?);
        out.extend_from_slice(rest.get(zeros..run)?);
        rest = rest.get(run..)?;
    }
    out.push(0);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::pod;
    use super::*;
    use crate::model::cell::natural;

    proptest! {
        #[test]
        fn keys_never_contradict_the_natural_order(
            names in proptest::collection::vec(("[a0-1]{0,3}", "[a-b0-2.-]{0,8}"), 2..6),
        ) {
            let rows: Vec<Row> = names.iter().map(|(namespace, name)| pod(namespace, name)).collect();
            let mut keys = Keys::default();
            prop_assert!(rows.iter().all(|row| keys.add(row).is_some()));
            for (a, x) in (0u32..).zip(&rows) {
                for (b, y) in (0u32..).zip(&rows) {
                    let name = natural(&x.key.name, &y.key.name);
                    let both = natural(&x.key.namespace, &y.key.namespace).then(name);
                    for (keyed, full) in [(keys.name(a, b), name), (keys.tie(a, b), both)] {
                        prop_assert!(keyed.is_eq() || keyed == full, "{:?} {:?}", x.key, y.key);
                    }
                }
            }
        }
    }

    #[test]
    fn a_name_that_keys_cannot_hold_is_refused() {
        let long = format!("a{}", "9".repeat(300));
        for name in ["a\u{0}b", &*long] {
            assert!(Keys::default().add(&pod("n", name)).is_none());
        }
    }
}

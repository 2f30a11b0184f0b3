//! Namespaces and names of all rows as bytes that compare as [`natural`] does, side by side in memory.
//!
//! Made for one sort of a large table and dropped after it. Only speeds a sort up: what the keys leave
//! equal, the full comparison decides.
//!
//! [`natural`]: crate::model::cell::natural

use std::cmp::Ordering;

use crate::model::Row;

/// The keys of rows, by the place of each in the list they were made from.
#[derive(Debug, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// Where a row's namespace starts and where its name does; one more at the end.
    starts: Vec<(u32, u32)>,
}

impl Keys {
    /// Makes the keys; `None` when a name is of a kind that they can't hold.
    pub fn of<'a>(rows: impl ExactSizeIterator<Item = &'a Row>) -> Option<Self> {
        let mut keys = Self::default();
        keys.starts.reserve(rows.len() + 1);
        keys.bytes.reserve(rows.len().saturating_mul(48));
        for row in rows {
            let start = keys.end()?;
            push(&row.key.namespace, &mut keys.bytes)?;
            // Leading zeros must settle the namespace before the name is asked.
            keys.bytes.extend_from_slice(row.key.namespace.as_bytes());
            keys.bytes.push(0);
            let name = keys.end()?;
            push(&row.key.name, &mut keys.bytes)?;
            keys.starts.push((start, name));
        }
        let end = keys.end()?;
        keys.starts.push((end, end));
        Some(keys)
    }

    /// Orders two rows by name.
    pub fn name(&self, a: u32, b: u32) -> Ordering {
        let name = |at: u32| self.slice(self.start(at).1, self.start(at + 1).0);
        name(a).cmp(name(b))
    }

    /// Orders two rows by namespace and name.
    pub fn tie(&self, a: u32, b: u32) -> Ordering {
        let both = |at: u32| self.slice(self.start(at).0, self.start(at + 1).0);
        both(a).cmp(both(b))
    }

    fn start(&self, at: u32) -> (u32, u32) {
        self.starts.get(at as usize).copied().unwrap_or_default()
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
            let keys = Keys::of(rows.iter()).unwrap();
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
            assert!(Keys::of([pod("n", name)].iter()).is_none());
        }
    }
}

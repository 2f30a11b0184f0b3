//! Rows found by their own key, with something kept beside each.
//!
//! Each row's hash is kept: a key lies in five places of the memory, and a table that grows at a hundred
//! thousand rows would read them all again, which makes whoever waits for it wait for tens of milliseconds.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::{ObjKey, Row};

/// A map from objects to rows and values.
#[derive(Debug)]
pub struct Rows<V> {
    table: HashTable<Slot<V>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Slot<V> {
    hash: u64,
    row: Arc<Row>,
    value: V,
}

impl<V> Default for Rows<V> {
    fn default() -> Self {
        Self { table: HashTable::new(), hasher: RandomState::default() }
    }
}

impl<V> Rows<V> {
    /// Bytes that a row takes here, without what it points to.
    pub const PER_ROW: usize = size_of::<Slot<V>>();

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Returns whether an object has a row.
    pub fn contains(&self, key: &ObjKey) -> bool {
        self.get(key).is_some()
    }

    /// Makes room for so many rows more.
    pub fn reserve(&mut self, rows: usize) {
        self.table.reserve(rows, |slot| slot.hash);
    }

    /// Returns an object's row and what is kept beside it.
    pub fn get(&self, key: &ObjKey) -> Option<(&Arc<Row>, &V)> {
        let slot = self.table.find(self.hasher.hash_one(key), |slot| slot.row.key == *key)?;
        Some((&slot.row, &slot.value))
    }

    /// Returns what is kept beside an object's row.
    pub fn value_mut(&mut self, key: &ObjKey) -> Option<&mut V> {
        let slot = self.table.find_mut(self.hasher.hash_one(key), |slot| slot.row.key == *key)?;
        Some(&mut slot.value)
    }

    /// Returns all that is kept beside rows, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.table.iter_mut().map(|slot| &mut slot.value)
    }

    /// Puts a row in the place of the object's last one, which is returned.
    pub fn insert(&mut self, row: Arc<Row>, value: V) -> Option<(Arc<Row>, V)> {
        let hash = self.hasher.hash_one(&row.key);
        let place = self.table.entry(hash, |slot| slot.row.key == row.key, |slot| slot.hash);
        match place {
            Entry::Occupied(mut place) => {
                let old = std::mem::replace(place.get_mut(), Slot { hash, row, value });
                Some((old.row, old.value))
            }
            Entry::Vacant(place) => {
                place.insert(Slot { hash, row, value });
                None
            }
        }
    }

    /// Takes an object's row out.
    pub fn remove(&mut self, key: &ObjKey) -> Option<(Arc<Row>, V)> {
        let found = self.table.find_entry(self.hasher.hash_one(key), |slot| slot.row.key == *key).ok()?;
        let slot = found.remove().0;
        Some((slot.row, slot.value))
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.table.clear();
    }

    /// Returns all rows with what is kept beside them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<Row>, &V)> {
        self.table.iter().map(|slot| (&slot.row, &slot.value))
    }
}

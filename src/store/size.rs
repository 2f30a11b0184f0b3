//! Estimates of what rows cost, for the memory figure and the budget.

use crate::model::row::{Condition, Container, Manager, Owner, Ref};
use crate::model::{Cell, Row, Text};

/// Two counters and the allocator's own words.
const SHARED: usize = 32;

/// Returns the bytes of a row (estimate): interned strings are the interner's and count once there,
/// so only what a row has for itself is added up.
pub(crate) fn row(row: &Row) -> usize {
    let cells: usize = row.cells.iter().map(cell).sum();
    let facts = &row.facts;
    let messages: usize = facts.conditions.iter().map(|condition| condition.message.len()).sum();
    let states: usize = facts
        .containers
        .iter()
        .filter_map(|container| container.last.as_ref())
        .map(|last| size_of_val(&**last) + last.message.len())
        .sum();
    SHARED
        + size_of::<Row>()
        + row.key.name.len()
        + SHARED
        + cells
        + row.owners.len() * size_of::<Owner>()
        + row.managers.len() * size_of::<Manager>()
        + facts.conditions.len() * size_of::<Condition>()
        + facts.containers.len() * size_of::<Container>()
        + facts.refs.len() * size_of::<Ref>()
        + facts.finalizers.len() * size_of::<Text>()
        + messages
        + states
}

fn cell(cell: &Cell) -> usize {
    size_of::<Cell>()
        + match cell {
            Cell::Quantity(quantity) => size_of_val(&**quantity) + quantity.0.len() + SHARED,
            _ => 0,
        }
}

//! What a shard gives up when memory is short, and how it tells the ledger what it holds.

use super::limit::Holding;
use super::pack::Packed;
use super::shard::{Shard, State};
use crate::model::{Freshness, Problem};

impl Shard {
    /// Gives up the texts of all objects; those to come are not kept either.
    pub fn shed_texts(&self) {
        let mut guard = self.state.write();
        let state = &mut *guard;
        if std::mem::replace(&mut state.is_bare, true) {
            return;
        }
        let take = |slot: &mut super::shard::Slot| std::mem::replace(&mut slot.text, Packed::Dropped);
        let texts: Vec<Packed> = state.slots.values_mut().map(take).collect();
        state.bytes = state.bytes.saturating_sub(std::mem::take(&mut state.text_bytes));
        state.unpacked_bytes = 0;
        let waiting = std::mem::take(&mut state.unpacked);
        self.enter(state);
        drop(guard);
        // Giving back a million pieces takes its time: nobody must wait for that.
        drop((texts, waiting));
        self.bell.ring();
    }

    /// Gives up all rows, whoever still holds the shard: its task is about to be stopped, its readers have all they read.
    pub fn shed_rows(&self) {
        let mut guard = self.state.write();
        let state = &mut *guard;
        let slots = std::mem::take(&mut state.slots);
        let waiting = std::mem::take(&mut state.unpacked);
        (state.bytes, state.text_bytes, state.unpacked_bytes) = (0, 0, 0);
        self.enter(state);
        drop(guard);
        drop((slots, waiting));
    }

    /// Takes in nothing more. The rows so far stay; how many there would be stays too, if the server said.
    pub fn halt(&self, problem: Problem) {
        self.state.write().halted = Some(problem);
        self.bell.ring();
    }

    /// Returns what it holds, to be weighed against the others.
    pub fn holding(&self, is_shown: bool) -> Holding {
        let state = self.state.read();
        Holding {
            key: self.key.clone(),
            is_shown,
            is_loading: matches!(state.parts.freshness(), Freshness::Loading { .. } | Freshness::Idle),
            is_halted: state.halted.is_some(),
            bytes: state.held(),
            texts: state.text_bytes,
        }
    }

    /// Tells the ledger what is held now.
    pub(crate) fn enter(&self, state: &mut State) {
        let now = state.held();
        self.ledger.enter(std::mem::replace(&mut state.entered, now), now);
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.ledger.enter(self.state.get_mut().entered, 0);
    }
}

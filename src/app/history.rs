//! What the command line opened, in order, to go back and forth.

use crate::commands::Open;

/// How many places are kept.
const KEPT: usize = 50;

/// Places visited, and where we are among them.
#[derive(Debug, Default)]
pub struct History {
    places: Vec<Open>,
    at: usize,
    last: Option<usize>,
}

impl History {
    /// Notes a new place; whatever lay ahead is forgotten.
    pub fn visit(&mut self, open: &Open) {
        if self.places.get(self.at) == Some(open) {
            return;
        }
        self.places.truncate(self.at + 1);
        self.places.push(open.clone());
        if self.places.len() > KEPT {
            self.places.remove(0);
        }
        let at = self.places.len() - 1;
        self.last = at.checked_sub(1);
        self.at = at;
    }

    /// Notes how the current place looks when it is left: its filter and namespaces.
    pub fn leave(&mut self, open: Open) {
        if let Some(place) = self.places.get_mut(self.at) {
            *place = open;
        }
    }

    fn go(&mut self, to: Option<usize>) -> Option<Open> {
        let place = self.places.get(to?)?.clone();
        self.last = Some(self.at);
        self.at = to?;
        Some(place)
    }

    /// Goes one place back.
    pub fn back(&mut self) -> Option<Open> {
        self.go(self.at.checked_sub(1))
    }

    /// Goes one place forward.
    pub fn forward(&mut self) -> Option<Open> {
        self.go(Some(self.at + 1))
    }

    /// Goes to the place where we were before this one.
    pub fn flip(&mut self) -> Option<Open> {
        self.go(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ClusterId;

    fn place(name: &str) -> Open {
        Open::Connection(ClusterId(name.into()))
    }

    #[test]
    fn back_and_forward_walk_and_a_new_place_cuts_the_way_ahead() {
        let mut history = History::default();
        assert_eq!(history.back(), None);
        for name in ["a", "b", "b", "c"] {
            history.visit(&place(name));
        }
        assert_eq!(history.back(), Some(place("b")));
        assert_eq!(history.back(), Some(place("a")));
        assert_eq!(history.back(), None);
        assert_eq!(history.forward(), Some(place("b")));
        history.visit(&place("d"));
        assert_eq!(history.forward(), None);
        assert_eq!(history.back(), Some(place("b")));
    }

    #[test]
    fn flipping_twice_comes_back() {
        let mut history = History::default();
        for name in ["a", "b", "c"] {
            history.visit(&place(name));
        }
        assert_eq!(history.flip(), Some(place("b")));
        assert_eq!(history.flip(), Some(place("c")));
        history.leave(place("c2"));
        history.flip();
        assert_eq!(history.flip(), Some(place("c2")), "left places come back as they were left");
    }

    #[test]
    fn the_oldest_places_are_forgotten() {
        let mut history = History::default();
        for n in 0..200 {
            history.visit(&place(&n.to_string()));
        }
        assert_eq!(history.places.len(), KEPT);
        assert_eq!(history.back(), Some(place("198")));
    }
}

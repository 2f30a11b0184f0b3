//! The stack of views. It is never empty, by type.

use crate::views::View;

/// Names a layer for the answers that are on their way to it; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerId(pub u64);

/// A view with its name.
#[derive(Debug)]
pub struct Layer {
    /// Its name.
    pub id: LayerId,
    /// The view.
    pub view: Box<dyn View>,
}

/// The views from the bottom to the top.
#[derive(Debug)]
pub struct Layers {
    under: Vec<Layer>,
    top: Layer,
    next: u64,
}

impl Layers {
    /// Starts with one view.
    pub fn new(view: Box<dyn View>) -> Self {
        Self { under: Vec::new(), top: Layer { id: LayerId(0), view }, next: 1 }
    }

    fn layer(&mut self, view: Box<dyn View>) -> Layer {
        let id = LayerId(self.next);
        self.next += 1;
        Layer { id, view }
    }

    /// Returns the view on top.
    pub fn top(&self) -> &Layer {
        &self.top
    }

    /// Returns the view on top, to be changed.
    pub fn top_mut(&mut self) -> &mut Layer {
        &mut self.top
    }

    /// Returns the view right under the top.
    pub fn below(&self) -> Option<&Layer> {
        self.under.last()
    }

    /// Returns the view at the bottom.
    pub fn root(&self) -> &Layer {
        self.under.first().unwrap_or(&self.top)
    }

    /// Returns the layer of that name, if it is still there.
    pub fn get_mut(&mut self, id: LayerId) -> Option<&mut Layer> {
        std::iter::once(&mut self.top).chain(&mut self.under).find(|layer| layer.id == id)
    }

    /// Returns all layers from the bottom to the top.
    pub fn iter(&self) -> impl Iterator<Item = &Layer> {
        self.under.iter().chain(std::iter::once(&self.top))
    }

    /// Returns how many layers there are: at least one.
    pub fn depth(&self) -> usize {
        self.under.len() + 1
    }

    /// Puts a view on top.
    pub fn push(&mut self, view: Box<dyn View>) -> LayerId {
        let layer = self.layer(view);
        let id = layer.id;
        self.under.push(std::mem::replace(&mut self.top, layer));
        id
    }

    /// Takes the top view away; the last one stays.
    pub fn pop(&mut self) -> bool {
        match self.under.pop() {
            Some(layer) => {
                self.top = layer;
                true
            }
            None => false,
        }
    }

    /// Puts a view in the place of the one on top.
    pub fn replace_top(&mut self, view: Box<dyn View>) -> LayerId {
        self.top = self.layer(view);
        self.top.id
    }

    /// Puts a view in the place of all.
    pub fn reset(&mut self, view: Box<dyn View>) -> LayerId {
        self.under.clear();
        self.replace_top(view)
    }
}

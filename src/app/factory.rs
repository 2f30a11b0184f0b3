//! From what is to be opened to the view that shows it: the one place that knows every view.

use super::options::{Remembered, TableMemory};
use crate::commands::{Cmd, Family, Open};
use crate::views::connection::ConnectionView;
use crate::views::contexts::ContextsView;
use crate::views::help::HelpView;
use crate::views::info::{About, InfoView};
use crate::views::kinds::KindsView;
use crate::views::{Cx, View};

/// What views are built from besides the cache and the world.
pub struct Parts<'a> {
    /// How tables were left.
    pub remembered: &'a Remembered,
    /// For the page of figures.
    pub about: &'a About,
    /// The view that help is about: its crumb, its family and what it refuses.
    pub here: (String, Family, &'a dyn Fn(Cmd) -> Option<String>),
}

impl Parts<'_> {
    /// Returns how the table of a kind was left.
    pub fn table(&self, open: &Open) -> TableMemory {
        match open {
            Open::Table(spec) => self.remembered.tables.get(&spec.kind).cloned().unwrap_or_default(),
            _ => TableMemory::default(),
        }
    }
}

/// Builds views; a function, so that tests can put their own in its place.
pub type Factory = fn(&Open, &Parts<'_>, &Cx<'_>) -> Box<dyn View>;

/// Builds the view that shows `open`.
pub fn build(open: &Open, parts: &Parts<'_>, cx: &Cx<'_>) -> Box<dyn View> {
    match open {
        Open::Contexts => Box::new(ContextsView::new(cx.world)),
        Open::Kinds => Box::new(KindsView::new(cx.world)),
        Open::Help => Box::new(HelpView::new(&parts.here.0, parts.here.1, parts.here.2)),
        Open::Connection(cluster) => Box::new(ConnectionView::new(cluster.clone())),
        Open::Info => Box::new(InfoView::new(parts.about.clone(), cx)),
        // TO BE CONNECTED when `views::table` and `views::text` are merged:
        //   Open::Table(spec)        => TableView::open(spec, memory.sort, memory.wide, cx)   (memory = parts.table(open))
        //   Open::Containers(target) => TableView::containers(target)
        //   Open::Yaml(target)       => TextView::yaml(target)
        //   Open::OwnLog             => TextView::own_log()
        Open::Table(_) | Open::Containers(_) | Open::Yaml(_) | Open::OwnLog => {
            Box::new(super::stand_in::StandIn::new(open, &parts.table(open)))
        }
    }
}

//! From what is to be opened to the view that shows it: the one place that knows every view.

use super::options::{Remembered, TableMemory};
use crate::commands::{Cmd, Family, Open};
use crate::views::choice::ChoiceView;
use crate::views::connection::ConnectionView;
use crate::views::contexts::ContextsView;
use crate::views::help::HelpView;
use crate::views::info::{About, InfoView};
use crate::views::kinds::KindsView;
use crate::views::table::TableView;
use crate::views::text::TextView;
use crate::views::{Cx, View};

/// What views are built from besides the cache and the world.
pub struct Parts<'a> {
    /// How tables were left.
    pub remembered: &'a Remembered,
    /// Tables start with all columns.
    pub wide: bool,
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
        Open::Kinds(category) => Box::new(KindsView::new(cx.world, category.clone())),
        Open::Choice(choice) => Box::new(ChoiceView::new(choice.clone())),
        Open::Help => Box::new(HelpView::new(&parts.here.0, parts.here.1, parts.here.2)),
        Open::Connection(cluster) => Box::new(ConnectionView::new(cluster.clone())),
        Open::Info => Box::new(InfoView::new(parts.about.clone(), cx)),
        Open::Table(spec) => {
            let TableMemory { sort, wide, .. } = parts.table(open);
            Box::new(TableView::open(spec.clone(), sort, wide || parts.wide, cx))
        }
        Open::Containers(target) => Box::new(TableView::containers(target.clone())),
        Open::Yaml(target) => Box::new(TextView::yaml(target.clone())),
        Open::OwnLog => Box::new(TextView::own_log()),
    }
}

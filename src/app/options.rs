//! What the app is started with, and what it remembers from earlier runs: plain data, read and kept by others.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::NamespaceSet;
use crate::commands::flow::Remember;
use crate::model::{ClusterId, KindId, Text};
use crate::views::info::About;

/// What the command line and the settings said. The kubeconfig's contexts come as a message.
#[derive(Clone, Debug, Default)]
pub struct AppOptions {
    /// No header at all.
    pub headless: bool,
    /// The row of views, on tall screens.
    pub crumbs: bool,
    /// The mouse is kdeck's.
    pub mouse: bool,
    /// Writes are refused everywhere.
    pub read_only: bool,
    /// Contexts where writes are refused.
    pub read_only_contexts: BTreeSet<ClusterId>,
    /// Contexts to be careful with.
    pub guarded: BTreeSet<ClusterId>,
    /// `-A`.
    pub all_namespaces: bool,
    /// `-o wide`: every table starts with all columns.
    pub wide: bool,
    /// `-n`; several may be separated by commas.
    pub namespace: Option<String>,
    /// The command line to begin with (`-c`, else the settings' start view).
    pub start: Option<String>,
    /// Words of the user's own for the command line.
    pub aliases: BTreeMap<String, String>,
    /// A table that is opened without a filter takes the one that its kind was left with: on a screen
    /// that can say so, not in what a script reads.
    pub recalls_filters: bool,
    /// From earlier runs.
    pub remembered: Remembered,
    /// Lines for the page of figures: version, paths.
    pub about: About,
}

impl AppOptions {
    /// Returns the namespaces that the command line asked for.
    pub fn namespaces(&self) -> Option<NamespaceSet> {
        if self.all_namespaces {
            return Some(NamespaceSet::All);
        }
        let names: Vec<Text> = self
            .namespace
            .iter()
            .flat_map(|list| list.split(','))
            .filter(|name| !name.is_empty())
            .map(Text::from)
            .collect();
        (!names.is_empty()).then_some(NamespaceSet::Only(names))
    }
}

/// How a kind's table was left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableMemory {
    /// Sort column and whether it descends.
    pub sort: Option<(Text, bool)>,
    /// All columns.
    pub wide: bool,
    /// The filter; empty for none.
    pub filter: String,
}

/// What earlier runs left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Command lines, oldest first.
    pub commands: Vec<String>,
    /// Filters, oldest first.
    pub filters: Vec<String>,
    /// The last view of each context, as a command line.
    pub views: BTreeMap<ClusterId, String>,
    /// Namespaces used on each context, newest first.
    pub namespaces: BTreeMap<ClusterId, Vec<Text>>,
    /// Favourite namespaces of each context, in the order of their keys.
    pub favourites: BTreeMap<ClusterId, Vec<Text>>,
    /// Tables by kind.
    pub tables: BTreeMap<KindId, TableMemory>,
}

/// How many lines of each history are kept while running.
const HISTORY: usize = 500;
/// How many namespaces of a context are kept.
const NAMESPACES: usize = 20;
/// How many favourites have a key.
const FAVOURITES: usize = 9;

impl Remembered {
    /// Applies what is also on its way to the disk, so that this run sees it at once.
    pub fn apply(&mut self, news: &Remember) {
        match news {
            Remember::Command(line) => push(&mut self.commands, line),
            Remember::Filter(line) => push(&mut self.filters, line),
            Remember::View(cluster, line) => {
                self.views.insert(cluster.clone(), line.clone());
            }
            Remember::Namespace(cluster, name) => {
                let names = self.namespaces.entry(cluster.clone()).or_default();
                names.retain(|known| known != name);
                names.insert(0, name.clone());
                names.truncate(NAMESPACES);
            }
            Remember::Favourite(cluster, name, on) => {
                let names = self.favourites.entry(cluster.clone()).or_default();
                names.retain(|known| known != name);
                if *on {
                    names.insert(0, name.clone());
                    names.truncate(FAVOURITES);
                }
            }
            Remember::Table(kind, sort, wide) => {
                let table = self.tables.entry(kind.clone()).or_default();
                (table.sort, table.wide) = (sort.clone(), *wide);
            }
            Remember::TableFilter(kind, filter) => {
                filter.clone_into(&mut self.tables.entry(kind.clone()).or_default().filter);
            }
        }
    }
}

/// Adds a line to a history; the oldest goes, and nothing is there twice in a row.
fn push(history: &mut Vec<String>, line: &str) {
    if history.last().is_none_or(|last| last != line) {
        history.push(line.to_owned());
    }
    if history.len() > HISTORY {
        history.remove(0);
    }
}

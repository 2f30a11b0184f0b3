//! What is remembered between runs: histories, last views, favourites, how tables were sorted.
//!
//! Kept apart from the user's settings. Several running kdecks share the file: each keeps its
//! changes as a list and applies them, on saving, to what the file says by then.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Paths, files};
use crate::model::{ClusterId, KindId, Problem, ProblemKind, Text};

/// Longest history.
const HISTORY: usize = 500;
/// Most namespaces remembered as used per context.
const NAMESPACES: usize = 20;
/// Most favourites per context: the keys 1 to 9.
const FAVOURITES: usize = 9;
/// Most changes kept while the file can't be written; after that the oldest are let go.
const PENDING: usize = 4096;

/// Something to remember.
#[derive(Clone, Debug, PartialEq)]
pub enum Remember {
    /// A command line was run.
    Command(String),
    /// A filter was used.
    Filter(String),
    /// A context shows this view, as a command line.
    View(ClusterId, String),
    /// A namespace was used on a context.
    Namespace(ClusterId, Text),
    /// A favourite was set (true) or cleared.
    Favourite(ClusterId, Text, bool),
    /// How a kind's table is sorted (column, true: descending) and whether it is wide.
    Table(KindId, Option<(Text, bool)>, bool),
    /// The filter that a kind's table was left with; empty when it was cleared.
    TableFilter(KindId, String),
}

/// What is remembered of a context.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContextState {
    /// The last view, as a command line.
    pub view: Option<String>,
    /// Namespaces used, newest first.
    pub namespaces: Vec<String>,
    /// Favourite namespaces, newest first.
    pub favourites: Vec<String>,
}

/// A sorted column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorted {
    /// Its title.
    pub column: String,
    /// Largest first.
    #[serde(default)]
    pub descending: bool,
}

/// What is remembered of a kind's table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableState {
    /// The sorted column.
    pub sort: Option<Sorted>,
    /// All columns shown.
    pub wide: bool,
    /// The filter.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
}

/// The file's contents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Memory {
    last_context: Option<String>,
    commands: Vec<String>,
    filters: Vec<String>,
    contexts: BTreeMap<String, ContextState>,
    tables: BTreeMap<String, TableState>,
}

/// What is remembered, with the changes not yet saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    memory: Memory,
    pending: Vec<Remember>,
}

impl State {
    /// Reads the file. A broken one is moved aside and said so; a missing one is fine.
    pub fn load(paths: &Paths) -> (Self, Vec<Problem>) {
        let (memory, problem) = match read(&paths.state) {
            Ok(found) => found,
            Err(problem) => (Memory::default(), Some(problem)),
        };
        (Self { memory, pending: Vec::new() }, problem.into_iter().collect())
    }

    /// Remembers something, in memory until [`State::save`].
    pub fn remember(&mut self, change: Remember) {
        self.memory.apply(&change);
        if self.pending.len() >= PENDING {
            self.pending.remove(0);
        }
        self.pending.push(change);
    }

    /// Returns whether there is something to save.
    pub fn is_changed(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what changed into the file, on top of what other kdecks wrote meanwhile. May wait for
    /// the disk: not for the thread that answers keys.
    ///
    /// # Errors
    /// [`ProblemKind::Io`] with the path; the changes are kept for the next attempt.
    pub fn save(&mut self, paths: &Paths) -> Result<(), Problem> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let path = &paths.state;
        if let Some(dir) = path.parent() {
            files::private_dir(dir)?;
        }
        let lock = lock(path);
        // A file that broke meanwhile is moved aside; what this run knows is the best there is.
        let (mut memory, broken) = read(path)?;
        match broken {
            Some(_) => memory = self.memory.clone(),
            None => self.pending.iter().for_each(|change| memory.apply(change)),
        }
        // Without folding: a history entry is one line, however long.
        let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
        let text = serde_saphyr::to_string_with_options(&memory, options).map_err(|error| {
            Problem::new(ProblemKind::Internal, format!("cannot write {} as YAML: {error}", path.display()))
        })?;
        files::replace(path, &text)?;
        drop(lock);
        self.memory = memory;
        self.pending.clear();
        Ok(())
    }

    /// Returns the command history, oldest first.
    pub fn commands(&self) -> &[String] {
        &self.memory.commands
    }

    /// Returns the filter history, oldest first.
    pub fn filters(&self) -> &[String] {
        &self.memory.filters
    }

    /// Returns the context of the last view.
    pub fn last_context(&self) -> Option<&str> {
        self.memory.last_context.as_deref()
    }

    /// Returns what is remembered of a context.
    pub fn context(&self, context: &ClusterId) -> Option<&ContextState> {
        self.memory.contexts.get(&*context.0)
    }

    /// Returns what is remembered of a kind's table.
    pub fn table(&self, kind: &KindId) -> Option<&TableState> {
        self.memory.tables.get(&*kind.0)
    }

    /// Returns all kinds with what is remembered of their tables.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &TableState)> {
        self.memory.tables.iter().map(|(kind, table)| (kind.as_str(), table))
    }
}

impl Memory {
    fn apply(&mut self, change: &Remember) {
        match change {
            Remember::Command(line) => append(&mut self.commands, line),
            Remember::Filter(filter) => append(&mut self.filters, filter),
            Remember::View(context, line) => {
                self.last_context = Some(context.to_string());
                self.context(context).view = Some(line.clone());
            }
            Remember::Namespace(context, namespace) => {
                to_front(&mut self.context(context).namespaces, namespace, NAMESPACES);
            }
            Remember::Favourite(context, namespace, true) => {
                to_front(&mut self.context(context).favourites, namespace, FAVOURITES);
            }
            Remember::Favourite(context, namespace, false) => {
                self.context(context).favourites.retain(|known| **known != **namespace);
            }
            Remember::Table(kind, sort, wide) => {
                let sort = sort.as_ref().map(|(column, descending)| Sorted {
                    column: column.to_string(),
                    descending: *descending,
                });
                let table = self.tables.entry(kind.to_string()).or_default();
                (table.sort, table.wide) = (sort, *wide);
            }
            Remember::TableFilter(kind, filter) => {
                filter.clone_into(&mut self.tables.entry(kind.to_string()).or_default().filter);
            }
        }
    }

    fn context(&mut self, context: &ClusterId) -> &mut ContextState {
        self.contexts.entry(context.to_string()).or_default()
    }
}

/// Adds to a history: no blanks, no repetition of the last entry, the oldest go first.
fn append(history: &mut Vec<String>, entry: &str) {
    let entry = entry.trim();
    if entry.is_empty() || history.last().is_some_and(|last| last == entry) {
        return;
    }
    history.push(entry.to_owned());
    let surplus = history.len().saturating_sub(HISTORY);
    history.drain(..surplus);
}

fn to_front(list: &mut Vec<String>, entry: &str, most: usize) {
    list.retain(|known| known != entry);
    list.insert(0, entry.to_owned());
    list.truncate(most);
}

/// Reads the file; a broken one is moved aside, which is told beside an empty memory.
fn read(path: &Path) -> Result<(Memory, Option<Problem>), Problem> {
    let text = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Memory::default(), None)),
        Err(error) => return Err(files::problem("read", path, &error)),
    };
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok((Memory::default(), None));
    }
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let error = match serde_saphyr::from_slice_with_options::<Memory>(&text, options) {
        Ok(memory) => return Ok((memory, None)),
        Err(error) => error,
    };
    let aside = free_name(path);
    fs::rename(path, &aside).map_err(|error| files::problem("move aside", path, &error))?;
    let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column())).unwrap_or_default();
    let problem = Problem::new(
        ProblemKind::Config,
        format!("{}{place} is broken: it was moved aside, histories start anew", path.display()),
    );
    Ok((Memory::default(), Some(problem.hint(format!("the old one is {}", aside.display())))))
}

/// Returns `state.yaml.broken`, or the first numbered name that is free.
fn free_name(path: &Path) -> PathBuf {
    let name = |suffix: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(".broken");
        name.push(suffix);
        PathBuf::from(name)
    };
    let numbered = (1..100).map(|number| name(format!(".{number}")));
    std::iter::once(name(String::new()))
        .chain(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| name(String::new()))
}

/// Waits for other kdecks that save right now. Where files can't be locked (some network mounts) the
/// write itself is still whole, only a simultaneous save of another kdeck may be lost.
fn lock(path: &Path) -> Option<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let file = files::create_private(&path).or_else(|_| File::options().write(true).open(&path)).ok()?;
    file.lock().ok()?;
    Some(file)
}

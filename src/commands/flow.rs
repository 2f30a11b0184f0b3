//! Messages in, steps between layers, effects out. Plain data: a test can compare it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::key::Key;
pub use super::mouse::{Mouse, MouseWhat};
pub use crate::config::Remember;
use crate::kinds::catalog::Catalog;
use crate::model::link::{ContextInfo, LinkState};
use crate::model::{ClusterId, KindId, Labels, ObjKey, Problem, ShardKey, Text, Timestamp, Uid};

/// What comes in.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// The mouse, in cells from the top left.
    Mouse(Mouse),
    /// The terminal has a new size.
    Resize(u16, u16),
    /// A shard changed: views may look.
    Bell,
    /// Time went by (only sent when something on screen ticks).
    Tick,
    /// A cluster's link changed.
    Link(ClusterId, Box<LinkState>),
    /// A cluster's kinds became known.
    Catalog(ClusterId, Arc<Catalog>),
    /// A cluster's namespaces became known; `Err` when they may not be listed.
    Namespaces(ClusterId, Result<Vec<Text>, Problem>),
    /// The kubeconfig was read.
    Contexts(Vec<ContextInfo>),
    /// An answer to an effect that carried a ticket.
    Answer(Ticket, Box<Answer>),
    /// News from the runtime.
    Flash(Flash),
}

/// Ties an answer to its question: a stale one is dropped by comparing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// What comes back from an effect.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A text was made ready: an object's YAML, the log file, a report.
    Text(Result<String, Problem>),
    /// A file was written.
    Saved(Result<PathBuf, Problem>),
    /// The kinds that this user may not list were found out.
    Denied(Result<BTreeSet<KindId>, Problem>),
}

/// What goes out, run by the runtime.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// End the program.
    Quit,
    /// Give the terminal back to the shell until `fg`.
    Suspend,
    /// Clear and draw everything.
    Redraw,
    /// These shards, and only these, are wanted now.
    Watch(Vec<ShardKey>),
    /// List these again now, keeping what is shown until the answer is complete.
    Relist(Vec<ShardKey>),
    /// Let kdeck have the mouse (true), or the terminal (false).
    Mouse(bool),
    /// Metrics of these clusters are wanted now.
    Metrics(Vec<ClusterId>),
    /// Read the kubeconfig files again.
    ReadContexts,
    /// Connect (or try again at once).
    Connect(ClusterId),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Write a new file in the dump directory and answer with its path.
    Save {
        /// Ticket for [`Answer::Saved`].
        ticket: Ticket,
        /// File name without directory.
        name: String,
        /// Contents.
        contents: String,
    },
    /// Fetch one object (from the server; from the store when that fails) and answer with its YAML.
    Yaml {
        /// Ticket for [`Answer::Text`].
        ticket: Ticket,
        /// Which object.
        target: Target,
    },
    /// Answer with the tail of kdeck's own log.
    OwnLog(Ticket),
    /// Answer with a connection report of a cluster.
    Report(Ticket, ClusterId),
    /// Answer with the kinds that this user may not list in a namespace.
    Rights {
        /// Ticket for [`Answer::Denied`].
        ticket: Ticket,
        /// Where.
        cluster: ClusterId,
        /// In which namespace; kinds of the whole cluster are asked with it.
        namespace: Text,
    },
    /// Remember something across runs.
    Remember(Remember),
    /// Ask which namespaces exist.
    ListNamespaces(ClusterId),
}

/// An object frozen at key press: identity and incarnation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Which.
    pub key: ObjKey,
    /// Which incarnation.
    pub uid: Uid,
}

/// Which namespaces a table shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NamespaceSet {
    /// All.
    #[default]
    All,
    /// These, each with a watch of its own.
    Only(Vec<Text>),
    /// All but those that match one of these patterns (`*` is a wildcard); one watch, filtered here.
    Except(Vec<Text>),
}

/// A drill-down's condition on rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// Owned by this object, directly or through owned replica sets (pods of a deployment use the selector).
    OwnedBy(Target),
    /// Labels that must all match.
    Selected(Labels, Text),
    /// Pods on a node.
    OnNode(Text),
    /// Exactly one object.
    Just(ObjKey),
}

/// All that a table view is opened with; also what a command line means.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSpec {
    /// Clusters, at least one.
    pub clusters: Vec<ClusterId>,
    /// The kind, by identity.
    pub kind: KindId,
    /// Namespaces.
    pub namespaces: NamespaceSet,
    /// Filter as typed.
    pub filter: String,
    /// Drill-down condition, with the words for the crumb: `deploy payments/api`.
    pub within: Option<(Within, Text)>,
}

/// Several tables to which one key could lead.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What is chosen: `owners of po shop/cart`.
    pub title: String,
    /// Words and table of each.
    pub options: Vec<(String, TableSpec)>,
}

/// Which view to open.
#[derive(Clone, Debug, PartialEq)]
pub enum Open {
    /// A table of a kind.
    Table(TableSpec),
    /// The containers of a pod.
    Containers(Target),
    /// An object's YAML.
    Yaml(Target),
    /// One of several tables.
    Choice(Choice),
    /// The kubeconfig's contexts.
    Contexts,
    /// Kinds and their names; those of a category when one is named: `all`.
    Kinds(Option<Text>),
    /// Keys that work here.
    Help,
    /// The connection page of a cluster.
    Connection(ClusterId),
    /// Figures of kdeck itself.
    Info,
    /// kdeck's own log.
    OwnLog,
}

/// News for the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Flash {
    /// How grave.
    pub level: FlashLevel,
    /// What, in one sentence.
    pub text: String,
    /// Next step.
    pub hint: Option<String>,
}

/// How grave news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashLevel {
    /// Just so you know.
    Info,
    /// Look out.
    Warn,
    /// It did not work.
    Error,
}

impl Flash {
    /// News.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: FlashLevel::Info, text: text.into(), hint: None }
    }

    /// A warning.
    pub fn warn(text: impl Into<String>) -> Self {
        Self { level: FlashLevel::Warn, text: text.into(), hint: None }
    }
}

impl From<Problem> for Flash {
    fn from(problem: Problem) -> Self {
        Self { level: FlashLevel::Error, text: problem.what, hint: problem.hint }
    }
}

/// What a view or a command asks of the app.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Open a view on top.
    Open(Open),
    /// Take a step, then filter the view that it led to.
    Filtered(Box<Step>, String),
    /// Go back to the view below.
    Back,
    /// Show news.
    Flash(Flash),
    /// Run an effect as it is.
    Effect(Effect),
    /// Ask the runtime for an [`Answer`]: the app fills in the ticket and routes the answer to the asking view.
    Ask(Ask),
    /// Make a context current and open its last view there.
    UseContext(ClusterId),
    /// Use these namespaces for the current and following tables.
    UseNamespaces(NamespaceSet),
    /// Open the prompt with this text: `:`, `/`, or a view's own search.
    Prompt(PromptKind, String),
    /// Run a command line as if typed after `:`.
    Line(String),
    /// Run a command as if its key had been pressed.
    Run(Cmd),
    /// Quit.
    Quit,
}

/// A question of a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// An object's YAML.
    Yaml(Target),
    /// Write a file.
    Save(String, String),
    /// kdeck's own log.
    OwnLog,
    /// A connection report.
    Report(ClusterId),
    /// The kinds that this user may not list in a namespace.
    Rights(ClusterId, Text),
}

/// What the prompt line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// `:` a command line.
    Command,
    /// `/` the filter of a table, applied while typing.
    Filter,
    /// `/` the search of a text, applied while typing.
    Search,
}

/// Every command by name. The table in `commands::table` gives keys, words and guards; this enum is what code matches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is documented by its record in commands::table")]
pub enum Cmd {
    // Everywhere.
    Help,
    CommandLine,
    Kinds,
    Contexts,
    Back,
    Quit,
    QuitNow,
    Suspend,
    Redraw,
    Reload,
    HistoryBack,
    HistoryForward,
    LastView,
    ToggleHeader,
    ToggleCrumbs,
    OwnLog,
    Info,
    Connection,
    ToggleMouse,
    Pods,
    Namespaces,
    // Movement, in tables and texts.
    Up,
    Down,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    Top,
    Bottom,
    Left,
    Right,
    // Filter and search.
    Filter,
    ClearFilter,
    NextMatch,
    PreviousMatch,
    // Tables.
    Enter,
    Yaml,
    Owner,
    Warp,
    Node,
    Wide,
    Faults,
    Mark,
    MarkRange,
    ClearMarks,
    MarkAll,
    CopyName,
    CopyNamespace,
    CopyCell,
    CopyRow,
    SaveCsv,
    SortName,
    SortAge,
    SortStatus,
    SortNamespace,
    SortPrevious,
    SortNext,
    SortFlip,
    AllNamespaces,
    Favourite1,
    Favourite2,
    Favourite3,
    Favourite4,
    Favourite5,
    Favourite6,
    Favourite7,
    Favourite8,
    Favourite9,
    ToggleFavourite,
    UseNamespace,
    // Texts.
    Wrap,
    CopyAll,
    SaveText,
    Refresh,
    // Connection page.
    TryNow,
    CopyReport,
}

/// A moment and a count that come with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Which command.
    pub cmd: Cmd,
    /// The number typed before it (`5j`).
    pub count: Option<u32>,
    /// When.
    pub at: Timestamp,
}

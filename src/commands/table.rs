//! The command table: one record for every command. Keymap, help, hints, command line and the key
//! documentation are loops over it; nothing else lists keys.
//!
//! Keys are k9s's where k9s has them. Where two habits collide the choice is written in the record's
//! neighbour comment.

use super::{Cmd, Families};

/// A part of the help page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Works on rows.
    Rows,
    /// Sorting and columns.
    Columns,
    /// Namespaces.
    Namespaces,
    /// Texts.
    Text,
    /// The connection page.
    Connection,
    /// Filter and search.
    Filter,
    /// Moving around in a view.
    Movement,
    /// Everywhere.
    Everywhere,
}

impl Section {
    /// Returns the heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Rows => "Rows",
            Self::Columns => "Columns and sorting",
            Self::Namespaces => "Namespaces",
            Self::Text => "Text",
            Self::Connection => "Connection",
            Self::Filter => "Filter and search",
            Self::Movement => "Movement",
            Self::Everywhere => "Everywhere",
        }
    }
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// What code matches on.
    pub cmd: Cmd,
    /// Its name in documentation and settings.
    pub name: &'static str,
    /// Keys and the families where each of them means this command; the first is the one shown.
    pub keys: &'static [(&'static str, Families)],
    /// Words of the command line that run it.
    pub words: &'static [&'static str],
    /// Where it works at all.
    pub families: Families,
    /// What it does, as a sentence without a full stop.
    pub doc: &'static str,
    /// Its word in the hint row; `None` keeps it out.
    pub hint: Option<&'static str>,
    /// Its part of the help page.
    pub section: Section,
    /// Whether a number typed before it says how often.
    pub counted: bool,
}

const ALL: Families = Families::ALL;
const TABLE: Families = Families::TABLE;
const TEXT: Families = Families::TEXT;
const HELP: Families = Families::HELP;
const CONN: Families = Families::CONNECTION;
const ROLLS: Families = Families::ROLLS;

const fn record(
    cmd: Cmd,
    name: &'static str,
    section: Section,
    families: Families,
    keys: &'static [(&'static str, Families)],
    doc: &'static str,
) -> Command {
    Command { cmd, name, keys, words: &[], families, doc, hint: None, section, counted: false }
}

impl Command {
    const fn hint(mut self, word: &'static str) -> Self {
        self.hint = Some(word);
        self
    }

    const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    const fn counted(mut self) -> Self {
        self.counted = true;
        self
    }
}

use Section::{Columns, Connection, Everywhere, Filter, Movement, Namespaces, Rows, Text};

/// Every command, in the order of the hint row: what is most useful here comes first.
pub const COMMANDS: &[Command] = &[
    record(Cmd::TryNow, "try-now", Connection, CONN, &[("r", CONN), ("Enter", CONN)], "Try to connect now")
        .hint("try now"),
    record(
        Cmd::CopyReport,
        "copy-report",
        Connection,
        CONN,
        &[("y", CONN)],
        "Copy a report of the connection, without secrets",
    )
    .hint("copy report"),
    record(
        Cmd::Enter,
        "enter",
        Rows,
        TABLE.and(HELP),
        &[("Enter", TABLE.and(HELP))],
        "Open what belongs to the row: pods, containers, text; in help, run the command",
    )
    .hint("open"),
    record(Cmd::Yaml, "yaml", Rows, TABLE, &[("y", TABLE)], "Show the object as YAML").hint("yaml"),
    record(Cmd::Owner, "owner", Rows, TABLE, &[("Shift-J", TABLE)], "Go to the object that owns this one")
        .hint("owner"),
    record(Cmd::Node, "node", Rows, TABLE, &[("o", TABLE)], "Go to the node of the pod").hint("node"),
    record(Cmd::Warp, "warp", Rows, TABLE, &[("w", TABLE)], "Show the same kind in the namespace of the row"),
    // The namespaces table: k9s's `u`.
    record(
        Cmd::UseNamespace,
        "use-namespace",
        Namespaces,
        TABLE,
        &[("u", TABLE)],
        "Use the selected namespace",
    )
    .hint("use"),
    record(
        Cmd::ToggleFavourite,
        "toggle-favourite",
        Namespaces,
        TABLE,
        &[("f", TABLE)],
        "Make the namespace a favourite, or no longer",
    )
    .hint("favourite"),
    record(Cmd::NextMatch, "next-match", Filter, TEXT, &[("n", TEXT)], "Go to the next match")
        .counted()
        .hint("next"),
    record(
        Cmd::PreviousMatch,
        "previous-match",
        Filter,
        TEXT,
        &[("Shift-N", TEXT)],
        "Go to the match before",
    )
    .counted(),
    record(Cmd::Wrap, "wrap", Text, TEXT, &[("w", TEXT)], "Wrap long lines, or cut them").hint("wrap"),
    record(Cmd::CopyAll, "copy-all", Text, TEXT, &[("c", TEXT)], "Copy the whole text").hint("copy"),
    record(Cmd::SaveText, "save-text", Text, TEXT, &[("Ctrl-S", TEXT)], "Save the text in a new file")
        .hint("save"),
    record(Cmd::Refresh, "refresh", Text, TEXT, &[("r", TEXT), ("F5", TEXT)], "Fetch the text again")
        .hint("refresh"),
    record(
        Cmd::Filter,
        "filter",
        Filter,
        ROLLS,
        &[("/", ROLLS)],
        "Filter the rows, or search the text, while typing",
    )
    .hint("filter"),
    record(
        Cmd::CommandLine,
        "command-line",
        Everywhere,
        ALL,
        &[(":", ALL)],
        "Type a kind, a namespace, a context or a command",
    )
    .hint("command"),
    // k9s has no key for contexts; its `c` copies names in tables, so the page has it alone.
    record(Cmd::Contexts, "contexts", Everywhere, ALL, &[("c", CONN)], "Show the contexts of the kubeconfig")
        .hint("contexts"),
    record(Cmd::Faults, "faults", Rows, TABLE, &[("Ctrl-Z", TABLE)], "Show only what needs a look")
        .hint("faults"),
    record(Cmd::Wide, "wide", Columns, TABLE, &[("Ctrl-W", TABLE)], "Show all columns, or the usual ones")
        .hint("wide"),
    record(
        Cmd::SortName,
        "sort-by-name",
        Columns,
        TABLE,
        &[("Shift-N", TABLE)],
        "Sort by name; again turns the order round",
    ),
    record(
        Cmd::SortAge,
        "sort-by-age",
        Columns,
        TABLE,
        &[("Shift-A", TABLE)],
        "Sort by age; again turns the order round",
    ),
    record(
        Cmd::SortStatus,
        "sort-by-status",
        Columns,
        TABLE,
        &[("Shift-S", TABLE)],
        "Sort by status; again turns the order round",
    ),
    record(
        Cmd::SortNamespace,
        "sort-by-namespace",
        Columns,
        TABLE,
        &[("Shift-P", TABLE)],
        "Sort by namespace; again turns the order round",
    ),
    record(
        Cmd::SortPrevious,
        "sort-previous",
        Columns,
        TABLE,
        &[("Shift-Left", TABLE)],
        "Sort by the column to the left",
    ),
    record(
        Cmd::SortNext,
        "sort-next",
        Columns,
        TABLE,
        &[("Shift-Right", TABLE)],
        "Sort by the column to the right",
    ),
    record(Cmd::SortFlip, "sort-flip", Columns, TABLE, &[("Shift-O", TABLE)], "Turn the order round"),
    record(Cmd::Mark, "mark", Rows, TABLE, &[("Space", TABLE)], "Mark the row, or unmark it")
        .counted()
        .hint("mark"),
    record(
        Cmd::MarkRange,
        "mark-range",
        Rows,
        TABLE,
        &[("Ctrl-Space", TABLE)],
        "Mark from the nearest mark to the row",
    ),
    record(Cmd::MarkAll, "mark-all", Rows, TABLE, &[("Alt-a", TABLE)], "Mark all rows that the filter shows"),
    record(Cmd::ClearMarks, "clear-marks", Rows, TABLE, &[("Ctrl-\\", TABLE)], "Forget the marks"),
    record(
        Cmd::CopyName,
        "copy-name",
        Rows,
        TABLE,
        &[("c", TABLE)],
        "Copy the names of the marked rows, else of the selected one",
    )
    .hint("copy"),
    record(Cmd::CopyNamespace, "copy-namespace", Rows, TABLE, &[("n", TABLE)], "Copy their namespaces"),
    record(
        Cmd::CopyCell,
        "copy-cell",
        Rows,
        TABLE,
        &[("Shift-C", TABLE)],
        "Copy the cell in the sorted column",
    ),
    record(
        Cmd::CopyRow,
        "copy-row",
        Rows,
        TABLE,
        &[("Alt-c", TABLE)],
        "Copy the whole row, cells separated by tabs",
    ),
    record(
        Cmd::SaveCsv,
        "save-csv",
        Rows,
        TABLE,
        &[("Ctrl-S", TABLE)],
        "Save the filtered rows with all columns as CSV in a new file",
    ),
    record(Cmd::AllNamespaces, "all-namespaces", Namespaces, TABLE, &[("0", TABLE)], "Show all namespaces")
        .hint("all"),
    record(Cmd::Favourite1, "favourite-1", Namespaces, TABLE, &[("1", TABLE)], "Show favourite namespace 1"),
    record(Cmd::Favourite2, "favourite-2", Namespaces, TABLE, &[("2", TABLE)], "Show favourite namespace 2"),
    record(Cmd::Favourite3, "favourite-3", Namespaces, TABLE, &[("3", TABLE)], "Show favourite namespace 3"),
    record(Cmd::Favourite4, "favourite-4", Namespaces, TABLE, &[("4", TABLE)], "Show favourite namespace 4"),
    record(Cmd::Favourite5, "favourite-5", Namespaces, TABLE, &[("5", TABLE)], "Show favourite namespace 5"),
    record(Cmd::Favourite6, "favourite-6", Namespaces, TABLE, &[("6", TABLE)], "Show favourite namespace 6"),
    record(Cmd::Favourite7, "favourite-7", Namespaces, TABLE, &[("7", TABLE)], "Show favourite namespace 7"),
    record(Cmd::Favourite8, "favourite-8", Namespaces, TABLE, &[("8", TABLE)], "Show favourite namespace 8"),
    record(Cmd::Favourite9, "favourite-9", Namespaces, TABLE, &[("9", TABLE)], "Show favourite namespace 9"),
    record(
        Cmd::ClearFilter,
        "clear-filter",
        Filter,
        ROLLS,
        &[("Ctrl-U", ROLLS), ("Ctrl-Q", ROLLS)],
        "Clear the filter",
    ),
    record(Cmd::Up, "up", Movement, ROLLS, &[("Up", ROLLS), ("k", ROLLS)], "Move up").counted(),
    record(Cmd::Down, "down", Movement, ROLLS, &[("Down", ROLLS), ("j", ROLLS)], "Move down").counted(),
    record(Cmd::Left, "left", Movement, ROLLS, &[("Left", ROLLS), ("h", ROLLS)], "Scroll left").counted(),
    record(Cmd::Right, "right", Movement, ROLLS, &[("Right", ROLLS), ("l", ROLLS)], "Scroll right").counted(),
    record(
        Cmd::PageUp,
        "page-up",
        Movement,
        ROLLS,
        &[("PageUp", ROLLS), ("Ctrl-B", ROLLS)],
        "Move a page up",
    )
    .counted(),
    record(
        Cmd::PageDown,
        "page-down",
        Movement,
        ROLLS,
        &[("PageDown", ROLLS), ("Ctrl-F", ROLLS)],
        "Move a page down",
    )
    .counted(),
    // Half pages can't be Ctrl-D and Ctrl-U: k9s deletes with one and clears the filter with the other.
    record(
        Cmd::HalfUp,
        "half-page-up",
        Movement,
        ROLLS,
        &[("Ctrl-Up", ROLLS), ("{", ROLLS)],
        "Move half a page up",
    )
    .counted(),
    record(
        Cmd::HalfDown,
        "half-page-down",
        Movement,
        ROLLS,
        &[("Ctrl-Down", ROLLS), ("}", ROLLS)],
        "Move half a page down",
    )
    .counted(),
    record(
        Cmd::Top,
        "top",
        Movement,
        ROLLS,
        &[("Home", ROLLS), ("g", ROLLS)],
        "Go to the top; with a number, to that row",
    )
    .counted(),
    record(
        Cmd::Bottom,
        "bottom",
        Movement,
        ROLLS,
        &[("End", ROLLS), ("Shift-G", ROLLS)],
        "Go to the bottom; with a number, to that row",
    )
    .counted(),
    record(Cmd::Pods, "pods", Everywhere, ALL, &[("Alt-p", ALL)], "Show the pods"),
    record(Cmd::Namespaces, "namespaces", Everywhere, ALL, &[("Alt-n", ALL)], "Show the namespaces"),
    record(
        Cmd::Kinds,
        "kinds",
        Everywhere,
        ALL,
        &[("Ctrl-A", ALL)],
        "Show all kinds and their names, or go back",
    )
    .words(&["a", "alias", "aliases", "kinds"]),
    record(
        Cmd::HistoryBack,
        "history-back",
        Everywhere,
        ALL,
        &[("[", ALL)],
        "Show what the command line opened before",
    ),
    record(
        Cmd::HistoryForward,
        "history-forward",
        Everywhere,
        ALL,
        &[("]", ALL)],
        "Show what the command line opened after",
    ),
    record(Cmd::LastView, "last-view", Everywhere, ALL, &[("-", ALL)], "Change between the last two of them"),
    record(
        Cmd::Reload,
        "reload",
        Everywhere,
        ALL,
        &[("Ctrl-R", ALL), ("F5", TABLE)],
        "List again what is shown, and draw the screen anew",
    )
    .words(&["reload"]),
    record(
        Cmd::Redraw,
        "redraw",
        Everywhere,
        ALL,
        &[("Ctrl-L", TEXT.and(HELP).and(CONN))],
        "Draw the screen anew",
    )
    .words(&["redraw"]),
    record(
        Cmd::ToggleHeader,
        "toggle-header",
        Everywhere,
        ALL,
        &[("Ctrl-E", ALL)],
        "Show or hide the header",
    ),
    record(
        Cmd::ToggleCrumbs,
        "toggle-crumbs",
        Everywhere,
        ALL,
        &[("Ctrl-G", ALL)],
        "Show or hide the row of views",
    ),
    record(
        Cmd::ToggleMouse,
        "toggle-mouse",
        Everywhere,
        ALL,
        &[("Alt-m", ALL)],
        "Leave the mouse to the terminal (to select text), or take it back",
    )
    .words(&["mouse"]),
    record(Cmd::OwnLog, "own-log", Everywhere, ALL, &[("Shift-L", ALL)], "Show kdeck's own log")
        .words(&["log", "logs", "kdecklog"]),
    record(
        Cmd::Connection,
        "connection",
        Everywhere,
        ALL,
        &[],
        "Show how the connection was made, step by step",
    )
    .words(&["conn", "connection"]),
    record(Cmd::Info, "info", Everywhere, ALL, &[], "Show kdeck's version, files and memory")
        .words(&["info"]),
    // Ctrl-Z is k9s's key for faults.
    record(Cmd::Suspend, "suspend", Everywhere, ALL, &[("Alt-z", ALL)], "Go back to the shell until `fg`")
        .words(&["suspend"]),
    record(
        Cmd::Back,
        "back",
        Everywhere,
        ALL,
        &[("Esc", ALL), ("q", ROLLS)],
        "Clear the filter, else go back; never quits",
    ),
    record(Cmd::Quit, "quit", Everywhere, ALL, &[("q", CONN)], "Quit")
        .words(&["q", "quit", "q!", "qa", "exit"]),
    record(
        Cmd::QuitNow,
        "quit-now",
        Everywhere,
        ALL,
        &[("Ctrl-C", ALL)],
        "Quit at once; in the prompt, close the prompt",
    ),
    record(Cmd::Help, "help", Everywhere, ALL, &[("?", ALL)], "Show the keys that work here, or go back")
        .words(&["?", "h", "help"])
        .hint("keys"),
];

/// The commands that switch to favourite namespaces, first to ninth.
pub const FAVOURITES: [Cmd; 9] = [
    Cmd::Favourite1,
    Cmd::Favourite2,
    Cmd::Favourite3,
    Cmd::Favourite4,
    Cmd::Favourite5,
    Cmd::Favourite6,
    Cmd::Favourite7,
    Cmd::Favourite8,
    Cmd::Favourite9,
];

/// Returns the record of a command.
pub fn of(cmd: Cmd) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.cmd == cmd)
}

/// Returns the command that a word of the command line runs.
pub fn by_word(word: &str) -> Option<Cmd> {
    COMMANDS
        .iter()
        .find(|command| command.words.iter().any(|known| known.eq_ignore_ascii_case(word)))
        .map(|c| c.cmd)
}

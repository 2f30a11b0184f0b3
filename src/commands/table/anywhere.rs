//! Moving around, and what works everywhere.

use super::Section::{Everywhere, Movement};
use super::{Command, record};
use crate::commands::{Cmd, Families};

const ALL: Families = Families::ALL;
const TABLE: Families = Families::TABLE;
const TEXT: Families = Families::TEXT;
const HELP: Families = Families::HELP;
const CONN: Families = Families::CONNECTION;
const ROLLS: Families = Families::ROLLS;

/// In the order of the hint row: what is most useful comes first.
pub(super) const COMMANDS: &[Command] = &[
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
        "Show less or all of the header",
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
        &[("Esc", ALL), ("q", ALL)],
        "Clear the filter, else go back; never quits",
    ),
    record(Cmd::Quit, "quit", Everywhere, ALL, &[], "Quit").words(&["q", "quit", "q!", "qa", "exit"]),
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

//! What the views do: tables, texts, the connection page.

use super::Section::{Columns, Connection, Filter, Namespaces, Rows, Text};
use super::{Command, record};
use crate::commands::{Cmd, Families};

const TABLE: Families = Families::TABLE;
const TEXT: Families = Families::TEXT;
const HELP: Families = Families::HELP;
const CONN: Families = Families::CONNECTION;
const ROLLS: Families = Families::ROLLS;

/// In the order of the hint row: what is most useful comes first.
pub(super) const COMMANDS: &[Command] = &[
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
        "Open what belongs to the row",
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
    .hint("filter")
    .hint_in(TEXT, "search"),
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
];

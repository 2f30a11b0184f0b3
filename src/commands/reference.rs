//! The key documentation, written from the command table.

use std::fmt::Write;

use super::table::{self, Section};
use super::{Families, Family};

const SECTIONS: [Section; 8] = [
    Section::Everywhere,
    Section::Movement,
    Section::Filter,
    Section::Rows,
    Section::Columns,
    Section::Namespaces,
    Section::Text,
    Section::Connection,
];

const NOTES: &str = "\
# Keys and commands

This page is generated from the command table.

A number typed before a command that moves says how often: `5j` moves five rows down. In tables the digits are also the
keys of favourite namespaces: a digit that has a favourite waits 0.4 seconds for a command that moves; when none comes, it
switches to the favourite. `0` alone shows all namespaces at once.

`Ctrl-Z` shows faults only, as in k9s; to suspend kdeck use `Alt-z` or `:suspend`. `Ctrl-D` is kept for deleting, so half
pages are `Ctrl-Up`/`Ctrl-Down` or `{`/`}`.

In the prompt: `Ctrl-A`/`Ctrl-E` start and end, `Alt-b`/`Alt-f` by words, `Ctrl-W`/`Alt-d` cut a word, `Ctrl-U`/`Ctrl-K` cut to
the start or end, `Ctrl-Y` puts it back, `Tab` and `Down` choose a completion, `Right` takes the suggestion, `Up` and `Down`
go through the history of lines that begin with what was typed, `Esc` or `Ctrl-C` closes.
";

/// Returns the reference of keys and command words as Markdown.
pub fn reference() -> String {
    let mut out = String::from(NOTES);
    for section in SECTIONS {
        // Writing to a String cannot fail.
        let _ =
            write!(out, "\n## {}\n\n| Key | Command line | What it does |\n|---|---|---|\n", section.title());
        for command in table::all().filter(|command| command.section == section) {
            let keys: Vec<String> = command
                .keys
                .iter()
                .map(|(key, families)| key_cell(key, *families, command.families))
                .collect();
            let words: Vec<String> = command.words.iter().map(|word| format!("`:{word}`")).collect();
            let _ = writeln!(out, "| {} | {} | {} |", keys.join(" "), words.join(" "), command.doc);
        }
    }
    out
}

fn key_cell(key: &str, families: Families, all: Families) -> String {
    let key = key.replace('|', "\\|");
    if families == all {
        return format!("`{key}`");
    }
    let places: Vec<&str> =
        Family::ALL.into_iter().filter(|(family, _)| families.has(*family)).map(|(_, name)| name).collect();
    format!("`{key}` ({})", places.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_names_every_command_once() {
        let text = reference();
        for command in table::all() {
            assert_eq!(text.matches(&format!("| {} |", command.doc)).count(), 1, "{}", command.name);
        }
        assert!(text.contains("| `r` (texts) `F5` (texts)") || text.contains("| `r` `F5` |"), "{text}");
        assert!(text.contains("|  | `:q` `:quit` `:q!`"), "{text}");
    }
}

//! The command table: one record for every command. Keymap, help, hints, command line and the key
//! documentation are loops over it; nothing else lists keys.
//!
//! Keys are k9s's where k9s has them. Where two habits collide the choice is written in the record's
//! neighbour comment.

use super::{Cmd, Families, Family};

mod anywhere;
mod views;

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
    /// Families where another word says better what it does.
    pub elsewhere: Option<(Families, &'static str)>,
    /// Its part of the help page.
    pub section: Section,
    /// Whether a number typed before it says how often.
    pub counted: bool,
}

const fn record(
    cmd: Cmd,
    name: &'static str,
    section: Section,
    families: Families,
    keys: &'static [(&'static str, Families)],
    doc: &'static str,
) -> Command {
    Command {
        cmd,
        name,
        keys,
        words: &[],
        families,
        doc,
        hint: None,
        elsewhere: None,
        section,
        counted: false,
    }
}

impl Command {
    const fn hint(mut self, word: &'static str) -> Self {
        self.hint = Some(word);
        self
    }

    const fn hint_in(mut self, families: Families, word: &'static str) -> Self {
        self.elsewhere = Some((families, word));
        self
    }

    /// Returns its word in the hint row of a family.
    pub fn hint_for(&self, family: Family) -> Option<&'static str> {
        match self.elsewhere {
            Some((families, word)) if families.has(family) => Some(word),
            _ => self.hint,
        }
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

/// Returns every command, in the order of the hint row.
pub fn all() -> impl Iterator<Item = &'static Command> {
    views::COMMANDS.iter().chain(anywhere::COMMANDS)
}

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
    all().find(|command| command.cmd == cmd)
}

/// Returns the command that a word of the command line runs.
pub fn by_word(word: &str) -> Option<Cmd> {
    all().find(|command| command.words.iter().any(|known| known.eq_ignore_ascii_case(word))).map(|c| c.cmd)
}

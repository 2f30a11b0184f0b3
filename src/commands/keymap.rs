//! From a key to a command, by the family of the view; built once from the command table.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::table::{self, Command};
use super::{Cmd, Family, Key};

static KEYMAP: LazyLock<HashMap<(Family, Key), Cmd>> = LazyLock::new(|| {
    table::all()
        .flat_map(|command| command.keys.iter().map(move |(name, families)| (command.cmd, name, families)))
        .filter_map(|(cmd, name, families)| Some((cmd, Key::parse(name)?, families)))
        .flat_map(|(cmd, key, families)| {
            Family::ALL
                .into_iter()
                .filter(|(family, _)| families.has(*family))
                .map(move |(family, _)| ((family, key), cmd))
        })
        .collect()
});

/// Returns what a key means in a view of that family.
pub fn lookup(family: Family, key: Key) -> Option<Cmd> {
    KEYMAP.get(&(family, key)).copied()
}

/// Returns the keys of a command in that family; the first is the one to show.
pub fn keys(command: &Command, family: Family) -> impl Iterator<Item = Key> {
    command
        .keys
        .iter()
        .filter(move |(_, families)| families.has(family))
        .filter_map(|(name, _)| Key::parse(name))
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::commands::Families;

    #[test]
    fn a_key_means_one_thing_in_each_family() {
        let mut taken: HashMap<(Family, Key), &str> = HashMap::new();
        for command in table::all() {
            for (name, families) in command.keys {
                let key = Key::parse(name).unwrap_or_else(|| panic!("{name} is no key"));
                assert_eq!(key.to_string(), *name, "keys are written as they print");
                assert!(
                    command.families.covers(*families),
                    "{}: {name} where it does not work",
                    command.name
                );
                for (family, where_) in Family::ALL {
                    if families.has(family) {
                        let other = taken.insert((family, key), command.name);
                        assert_eq!(other, None, "{name} in {where_} is also {}", command.name);
                    }
                }
            }
        }
    }

    #[test]
    fn every_command_has_one_record_with_a_name_and_a_sentence_of_its_own() {
        let (mut names, mut words) = (HashSet::new(), HashSet::new());
        for command in table::all() {
            assert!(names.insert(command.name), "{} twice", command.name);
            assert!(command.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            assert!(
                !command.doc.ends_with('.') && command.doc.starts_with(char::is_uppercase),
                "{}",
                command.doc
            );
            assert!(
                !command.keys.is_empty() || !command.words.is_empty(),
                "{} can't be reached",
                command.name
            );
            assert_eq!(table::all().filter(|other| other.cmd == command.cmd).count(), 1, "{}", command.name);
            for word in command.words {
                assert!(words.insert(*word), ":{word} twice");
                assert_eq!(table::by_word(word), Some(command.cmd));
            }
        }
    }

    #[test]
    fn every_variant_of_cmd_has_its_record() {
        // `Cmd` ends with `CopyReport`; its variants are numbered without gaps.
        let recorded: HashSet<u8> = table::all().map(|command| command.cmd as u8).collect();
        let missing: Vec<u8> =
            (0..=Cmd::CopyReport as u8).filter(|number| !recorded.contains(number)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(recorded.len(), Cmd::CopyReport as usize + 1);
    }

    #[test]
    fn k9s_fingers_find_their_keys() {
        for (key, cmd) in [
            ("?", Cmd::Help),
            (":", Cmd::CommandLine),
            ("/", Cmd::Filter),
            ("Ctrl-A", Cmd::Kinds),
            ("[", Cmd::HistoryBack),
            ("-", Cmd::LastView),
            ("Ctrl-Z", Cmd::Faults),
            ("Shift-J", Cmd::Owner),
            ("Ctrl-\\", Cmd::ClearMarks),
            ("c", Cmd::CopyName),
            ("0", Cmd::AllNamespaces),
        ] {
            assert_eq!(lookup(Family::Table, Key::parse(key).unwrap()), Some(cmd), "{key}");
        }
        assert_eq!(lookup(Family::Table, Key::ctrl('d')), None, "Ctrl-D is kept for delete");
        assert_eq!(lookup(Family::Table, Key::char('!')), None, "! is kept for triage");
        assert!(Families::ALL.has(Family::Connection));
    }
}

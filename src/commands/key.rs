//! A key press, independent of the terminal library, and its name: `Ctrl-A`, `Shift-Left`, `F5`.

use std::fmt;

/// Keys that have a name of their own.
const NAMES: &[(&str, Code)] = &[
    ("Space", Code::Char(' ')),
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("BackTab", Code::BackTab),
    ("Backspace", Code::Backspace),
    ("Delete", Code::Delete),
    ("Insert", Code::Insert),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PageUp", Code::PageUp),
    ("PageDown", Code::PageDown),
];

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A character as typed: shift is already in it.
    Char(char),
    /// A function key.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// A key with its modifiers. For characters `shift` is false: it is in the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Control held.
    pub ctrl: bool,
    /// Alt held.
    pub alt: bool,
    /// Shift held (never for characters).
    pub shift: bool,
}

impl Key {
    /// A bare key.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A typed character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A control character.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false, shift: false }
    }
}

impl Key {
    /// Reads a key's name as the command table and the documentation write it.
    ///
    /// Returns `None` for anything that no key is called.
    pub fn parse(name: &str) -> Option<Self> {
        let mut key = Self::plain(Code::Esc);
        let mut rest = name;
        loop {
            let held = [("Ctrl-", &mut key.ctrl), ("Alt-", &mut key.alt), ("Shift-", &mut key.shift)]
                .into_iter()
                .find_map(|(prefix, held)| Some((rest.strip_prefix(prefix)?, held)));
            match held {
                Some((after, held)) if !after.is_empty() => {
                    *held = true;
                    rest = after;
                }
                _ => break,
            }
        }
        let mut chars = rest.chars();
        key.code = match (chars.next()?, chars.next()) {
            (c, None) => Code::Char(c),
            ('F', Some(_)) => Code::F(rest.get(1..)?.parse().ok().filter(|n| (1..=24).contains(n))?),
            _ => NAMES.iter().find(|(known, _)| *known == rest)?.1,
        };
        if let Code::Char(c) = key.code {
            // Shift is in the character; control characters have no case.
            key.code = Code::Char(match (key.shift, key.ctrl) {
                (true, _) if !c.is_alphabetic() => return None,
                (true, false) => c.to_uppercase().next()?,
                (_, true) => c.to_lowercase().next()?,
                (false, false) => c,
            });
            key.shift = false;
        }
        Some(key)
    }

    /// Returns the name for the hint row, where every cell counts: `^s`, `enter`, `J`.
    pub fn short(self) -> String {
        let name = match self.code {
            Code::Char(c) if c != ' ' => c.to_string(),
            code => Self::plain(code).to_string().to_lowercase(),
        };
        let (ctrl, alt, shift) = (
            if self.ctrl { "^" } else { "" },
            if self.alt { "alt-" } else { "" },
            if self.shift { "shift-" } else { "" },
        );
        format!("{ctrl}{alt}{shift}{name}")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, prefix) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            if held {
                f.write_str(prefix)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            Code::Char(c) if self.ctrl => write!(f, "{}", c.to_uppercase()),
            Code::Char(c) if c.is_uppercase() => write!(f, "Shift-{c}"),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(number) => write!(f, "F{number}"),
            // All other codes are in the table above.
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_and_write_back_the_same() {
        for name in [
            "Ctrl-A",
            "Shift-A",
            "a",
            "Shift-Left",
            "F5",
            "Ctrl-Space",
            "Ctrl-\\",
            "Alt-z",
            "-",
            "?",
            "Space",
            "Esc",
        ] {
            assert_eq!(Key::parse(name).map(|key| key.to_string()).as_deref(), Some(name));
        }
        assert_eq!(Key::parse("Ctrl-A"), Some(Key::ctrl('a')));
        assert_eq!(Key::parse("Shift-A"), Some(Key::char('A')));
        for wrong in ["", "Ctrl-", "Shift-?", "F0", "F99", "Hyper-A", "Escape"] {
            assert_eq!(Key::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_hint_row_writes_keys_short() {
        for (name, short) in [
            ("Ctrl-S", "^s"),
            ("Enter", "enter"),
            ("Shift-J", "J"),
            ("Ctrl-Space", "^space"),
            ("Alt-z", "alt-z"),
        ] {
            assert_eq!(Key::parse(name).map(Key::short).as_deref(), Some(short));
        }
    }
}

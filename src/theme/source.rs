//! Theme files: reading, inheritance, palette; wrong entries become warnings.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

use super::token::Token;
use crate::model::document::{self, Entry, Node};
use crate::model::nearest::{hint, nearest};
use crate::model::{Problem, ProblemKind};

/// The themes inside the program.
pub(super) const BUILT_IN: [(&str, &str); 3] = [
    ("dark", include_str!("../../themes/dark.yaml")),
    ("light", include_str!("../../themes/light.yaml")),
    ("high-contrast", include_str!("../../themes/high-contrast.yaml")),
];

/// How many files may inherit from each other.
const LONGEST_CHAIN: usize = 8;

/// The switches of a style.
const SWITCHES: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// Keys of a theme file beside the tokens.
const KEYS: [&str; 3] = ["inherits", "background", "palette"];

/// What the theme expects behind its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// A dark terminal.
    #[default]
    Dark,
    /// A light one.
    Light,
}

/// A colour as written, with the file for messages.
type Written = (Entry, String);

/// One token's style before the palette is known.
#[derive(Clone, Debug, Default)]
struct Draft {
    fg: Option<Written>,
    bg: Option<Written>,
    switches: BTreeMap<&'static str, bool>,
}

/// What a chain of files says, from its root to the chosen file.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) background: Background,
    palette: BTreeMap<String, Color>,
    drafts: Vec<Draft>,
    problems: Vec<Problem>,
}

/// Reads a theme and all it inherits from.
pub(super) fn load(name: &str, user_dir: Option<&Path>) -> (Sheet, Vec<Problem>) {
    let mut sheet = Sheet {
        background: Background::default(),
        palette: BTreeMap::new(),
        drafts: vec![Draft::default(); Token::ALL.len()],
        problems: Vec::new(),
    };
    let mut chain: Vec<(String, Entry)> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next.take() {
        // A user's `dark.yaml` that inherits from `dark` means the one inside the program; any other
        // second visit is a circle.
        let seen =
            chain.iter().any(|(file, _)| Path::new(file).file_stem().is_some_and(|stem| *stem == *name));
        let is_built_in = BUILT_IN.iter().any(|(known, _)| *known == name);
        if (seen && !is_built_in) || chain.len() >= LONGEST_CHAIN {
            let what = format!("theme {name:?} inherits from itself");
            sheet.problems.push(Problem::new(ProblemKind::Config, what));
        } else if let Some((file, entry)) = open(&name, user_dir.filter(|_| !seen), &mut sheet.problems) {
            if let Some((_, parent)) = entry.entries().iter().find(|(key, _)| key == "inherits") {
                match parent.text() {
                    Some(parent) => next = Some(parent.to_owned()),
                    None => sheet.problems.push(parent.problem(&file, "inherits needs the name of a theme")),
                }
            }
            chain.push((file, entry));
            continue;
        }
        // What is missing at the root is the dark theme's. It is built in and a test reads it.
        chain.extend(open("dark", None, &mut sheet.problems));
    }
    for (file, entry) in chain.iter().rev() {
        sheet.add(file, entry);
    }
    let problems = std::mem::take(&mut sheet.problems);
    (sheet, problems)
}

/// Finds a theme in the user's directory, else inside the program.
fn open(name: &str, user_dir: Option<&Path>, problems: &mut Vec<Problem>) -> Option<(String, Entry)> {
    let before = problems.len();
    let is_plain = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
    if let Some(path) = user_dir.filter(|_| is_plain).map(|dir| dir.join(format!("{name}.yaml"))) {
        let file = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => match document::read(&file, &text) {
                Ok(entry) => return Some((file, entry)),
                Err(problem) => problems.push(problem),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let what = format!("cannot read theme {file}: {error}");
                problems.push(Problem::new(ProblemKind::Io, what));
            }
        }
    }
    let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
        if problems.len() == before {
            problems.push(unknown(name, user_dir));
        }
        return None;
    };
    let file = format!("{name}.yaml");
    match document::read(&file, text) {
        Ok(entry) => Some((file, entry)),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn unknown(name: &str, user_dir: Option<&Path>) -> Problem {
    let names = super::names(user_dir);
    let hint = hint(&nearest(name, names.iter().map(String::as_str)))
        .unwrap_or_else(|| format!("there are {}", names.join(", ")));
    Problem::new(ProblemKind::Config, format!("there is no theme {name:?}; the dark one is used")).hint(hint)
}

impl Sheet {
    /// Returns the style of a token.
    pub(super) fn style(&self, index: usize, problems: &mut Vec<Problem>) -> Style {
        let Some(draft) = self.drafts.get(index) else { return Style::default() };
        let mut style = Style::default();
        let mut color = |written: &Option<Written>| {
            let (entry, file) = written.as_ref()?;
            self.color(entry).map_err(|what| problems.push(entry.problem(file, what))).ok()
        };
        style.fg = color(&draft.fg);
        style.bg = color(&draft.bg);
        for (_, modifier) in SWITCHES.iter().filter(|(name, _)| draft.switches.get(name) == Some(&true)) {
            style = style.add_modifier(*modifier);
        }
        style
    }

    fn add(&mut self, file: &str, root: &Entry) {
        for (key, entry) in root.entries() {
            match key.as_str() {
                "inherits" => {}
                "background" => match entry.text() {
                    Some("dark") => self.background = Background::Dark,
                    Some("light") => self.background = Background::Light,
                    _ => self.problems.push(entry.problem(file, "background is dark or light")),
                },
                "palette" => self.add_palette(file, entry),
                name => match Token::ALL.iter().position(|(_, known)| *known == name) {
                    Some(index) => self.add_style(file, index, entry),
                    None => {
                        let known = Token::ALL.iter().map(|(_, name)| *name).chain(KEYS);
                        let problem = entry.problem(file, format!("there is no style {name:?}"));
                        self.problems.push(with_nearest(problem, name, known));
                    }
                },
            }
        }
    }

    fn add_palette(&mut self, file: &str, entry: &Entry) {
        if !matches!(entry.node, Node::Map(_) | Node::Null) {
            self.problems.push(entry.problem(file, "palette needs names with colours"));
        }
        for (name, value) in entry.entries() {
            match literal(value) {
                Ok(color) => {
                    self.palette.insert(name.clone(), color);
                }
                Err(what) => self.problems.push(value.problem(file, format!("{name}: {what}"))),
            }
        }
    }

    fn add_style(&mut self, file: &str, index: usize, entry: &Entry) {
        let Some(draft) = self.drafts.get_mut(index) else { return };
        if !matches!(entry.node, Node::Map(_)) {
            draft.fg = Some((entry.clone(), file.to_owned()));
            return;
        }
        for (name, value) in entry.entries() {
            let switch = SWITCHES.iter().find(|(known, _)| known == name);
            match (name.as_str(), switch, &value.node) {
                ("fg", ..) => draft.fg = Some((value.clone(), file.to_owned())),
                ("bg", ..) => draft.bg = Some((value.clone(), file.to_owned())),
                (_, Some((known, _)), Node::Bool(on)) => {
                    draft.switches.insert(known, *on);
                }
                (_, Some(_), other) => {
                    let what = format!("{name} is true or false, not {}", other.kind());
                    self.problems.push(value.problem(file, what));
                }
                (_, None, _) => {
                    let known = ["fg", "bg"].into_iter().chain(SWITCHES.iter().map(|(name, _)| *name));
                    let problem = value.problem(file, format!("a style has no {name:?}"));
                    self.problems.push(with_nearest(problem, name, known));
                }
            }
        }
    }

    fn color(&self, entry: &Entry) -> Result<Color, String> {
        match entry.text().and_then(|name| self.palette.get(name)) {
            Some(color) => Ok(*color),
            None => literal(entry),
        }
    }
}

fn with_nearest<'a>(problem: Problem, word: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    match hint(&nearest(word, known)) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Reads a colour: a name of the terminal's sixteen, `#rgb`, `#rrggbb`, an index, or `default`.
fn literal(entry: &Entry) -> Result<Color, String> {
    let text = match &entry.node {
        Node::Int(index) => {
            return u8::try_from(*index)
                .map(Color::Indexed)
                .map_err(|_| format!("{index} is not from 0 to 255"));
        }
        Node::Null => {
            return Err("no colour here: write one that begins with # in quotes, \"#ff8800\"".to_owned());
        }
        Node::Text(text) => text.as_str(),
        other => return Err(format!("expected a colour, found {}", other.kind())),
    };
    if text == "default" {
        return Ok(Color::Reset);
    }
    if let [b'#', r, g, b] = text.as_bytes() {
        let double =
            |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value * 17).ok());
        if let (Some(r), Some(g), Some(b)) = (double(*r), double(*g), double(*b)) {
            return Ok(Color::Rgb(r, g, b));
        }
    }
    Color::from_str(text)
        .map_err(|_| format!("{text:?} is no colour: a name such as red, \"#ff8800\", 0 to 255, or default"))
}

//! Tokens to styles: what a thing means decides how it looks, in one place.
//!
//! Owns theme files, inheritance and the fall-back to fewer colours; looking up a style is an
//! array index. Must not know any view. A wrong theme file never stops the program: what can't be
//! read is reported and the rest counts.

mod depth;
mod source;
#[cfg(test)]
mod tests;
mod token;

use std::path::Path;

use ratatui::style::{Modifier, Style};

pub use self::depth::{Depth, is_utf8, number_of};
pub use self::source::Background;
pub use self::token::Token;
use crate::model::{Level, Problem};

/// How many tokens there are.
const COUNT: usize = Token::ALL.len();

/// What carries meaning where there is no colour.
const MONO: [(Token, Modifier); 22] = [
    (Token::HeaderGuarded, Modifier::REVERSED),
    (Token::HeaderStrong, Modifier::BOLD),
    (Token::Title, Modifier::BOLD),
    (Token::Columns, Modifier::BOLD),
    (Token::ColumnsSorted, Modifier::BOLD.union(Modifier::UNDERLINED)),
    (Token::Selected, Modifier::REVERSED),
    (Token::Marked, Modifier::BOLD.union(Modifier::UNDERLINED)),
    (Token::Match, Modifier::UNDERLINED),
    (Token::New, Modifier::BOLD),
    (Token::Changed, Modifier::BOLD),
    (Token::Dim, Modifier::DIM),
    (Token::Done, Modifier::DIM),
    (Token::Ghost, Modifier::DIM),
    (Token::Attention, Modifier::BOLD),
    (Token::Broken, Modifier::BOLD),
    (Token::Key, Modifier::BOLD),
    (Token::FlashWarn, Modifier::BOLD),
    (Token::FlashError, Modifier::REVERSED),
    (Token::CrumbActive, Modifier::BOLD),
    (Token::Focus, Modifier::REVERSED),
    (Token::Found, Modifier::UNDERLINED),
    (Token::FoundCurrent, Modifier::REVERSED),
];

/// A loaded theme at the terminal's colour depth.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Whether signs may use more than ASCII.
    pub unicode: bool,
    /// How many colours there are.
    pub depth: Depth,
    /// What the theme expects behind its text.
    pub background: Background,
    pub(crate) styles: [Style; COUNT],
}

impl Default for Theme {
    /// A theme without any style, in ASCII.
    fn default() -> Self {
        Self {
            unicode: false,
            depth: Depth::Mono,
            background: Background::default(),
            styles: [Style::default(); COUNT],
        }
    }
}

impl Theme {
    /// Loads a theme: from `NAME.yaml` in the user's directory, else a built-in one; `None` means `dark`.
    ///
    /// Always gives a usable theme; what was wrong comes beside it.
    pub fn load(
        name: Option<&str>,
        user_dir: Option<&Path>,
        depth: Depth,
        unicode: bool,
    ) -> (Self, Vec<Problem>) {
        let (sheet, mut problems) = source::load(name.unwrap_or("dark"), user_dir);
        let mut theme = Self { unicode, depth, background: sheet.background, ..Self::default() };
        for (index, style) in theme.styles.iter_mut().enumerate() {
            *style = sheet.style(index, &mut problems);
            if depth != Depth::Mono {
                *style = depth.convert(*style);
            }
        }
        if depth == Depth::Mono {
            theme.styles = [Style::default(); COUNT];
            for (token, modifier) in MONO {
                if let Some(style) = theme.styles.get_mut(token as usize) {
                    *style = style.add_modifier(modifier);
                }
            }
        }
        (theme, problems)
    }

    /// Returns the style of a token.
    pub fn style(&self, token: Token) -> Style {
        self.styles.get(token as usize).copied().unwrap_or_default()
    }

    /// Returns the token of a level.
    pub fn level(level: Level) -> Token {
        match level {
            Level::Ok => Token::Text,
            Level::Done => Token::Done,
            Level::Busy => Token::Busy,
            Level::Attention => Token::Attention,
            Level::Broken => Token::Broken,
        }
    }

    /// Returns the sign of a level, so that colour is never the only word.
    pub fn sign(&self, level: Level) -> &'static str {
        match (level, self.unicode) {
            (Level::Ok, _) => " ",
            (Level::Done, true) => "·",
            (Level::Done, false) => ".",
            (Level::Busy, true) => "◌",
            (Level::Busy, false) => "o",
            (Level::Attention, true) => "▲",
            (Level::Attention, false) => "!",
            (Level::Broken, true) => "✖",
            (Level::Broken, false) => "x",
        }
    }
}

/// Returns the built-in theme for the other background than the one that a theme expects.
pub fn opposite(name: &str, user_dir: Option<&Path>) -> &'static str {
    match source::load(name, user_dir).0.background {
        Background::Dark => "light",
        Background::Light => "dark",
    }
}

/// Returns the names of all themes: the built-in ones, then the user's.
pub fn names(user_dir: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = source::BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let files = user_dir.and_then(|dir| std::fs::read_dir(dir).ok()).into_iter().flatten().flatten();
    let mut own: Vec<String> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !names.contains(name))
        .collect();
    own.sort();
    names.extend(own);
    names
}

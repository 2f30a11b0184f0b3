//! Tokens to styles: what a thing means decides how it looks, in one place.

use ratatui::style::Style;

use crate::model::Level;

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// Plain text.
    Text,
    /// Less important text: units, separators, done things.
    Dim,
    /// The header rows.
    Header,
    /// The header rows of a guarded context.
    HeaderGuarded,
    /// Emphasis in the header: the context's name.
    HeaderStrong,
    /// A view's frame line.
    Border,
    /// A view's title in the frame line.
    Title,
    /// Secondary text in the title: counts, filter, sort.
    TitleDim,
    /// Column titles.
    Columns,
    /// The title of the sorted column.
    ColumnsSorted,
    /// The row under the cursor.
    Selected,
    /// A marked row.
    Marked,
    /// The part of a cell that the filter matched.
    Match,
    /// A row that appeared a moment ago.
    New,
    /// A cell that changed a moment ago.
    Changed,
    /// Level `Done`.
    Done,
    /// Level `Busy`.
    Busy,
    /// Level `Attention`.
    Attention,
    /// Level `Broken`.
    Broken,
    /// Good news: connected, live.
    Good,
    /// A key in hints and help.
    Key,
    /// The text beside a key.
    Hint,
    /// Text being typed.
    Prompt,
    /// The suggestion after it.
    Ghost,
    /// Flash of news.
    FlashInfo,
    /// Flash of a warning.
    FlashWarn,
    /// Flash of a failure.
    FlashError,
    /// A crumb.
    Crumb,
    /// The crumb of the view on top.
    CrumbActive,
    /// A dialog's frame.
    Dialog,
    /// The focused choice.
    Focus,
    /// YAML key.
    YamlKey,
    /// YAML string.
    YamlString,
    /// YAML number, bool, null.
    YamlNumber,
    /// YAML punctuation.
    YamlPunct,
    /// A found piece of text.
    Found,
    /// The found piece under the cursor.
    FoundCurrent,
}

/// A loaded theme at the terminal's colour depth.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    /// Whether signs may use more than ASCII.
    pub unicode: bool,
}

impl Theme {
    /// Returns the style of a token.
    pub fn style(&self, _token: Token) -> Style {
        Style::default()
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

//! The tokens of the screen and their names in theme files.

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

impl Token {
    /// Returns how a share (in per cent) of what there is at most looks: from 80 on it is time to look, from 95 on late.
    pub fn of_share(percent: u32) -> Option<Self> {
        match percent {
            0..80 => None,
            80..95 => Some(Self::Attention),
            _ => Some(Self::Broken),
        }
    }

    /// Every token with its name in theme files, in the order of the enum.
    pub const ALL: [(Self, &'static str); 37] = [
        (Self::Text, "text"),
        (Self::Dim, "dim"),
        (Self::Header, "header"),
        (Self::HeaderGuarded, "header-guarded"),
        (Self::HeaderStrong, "header-strong"),
        (Self::Border, "border"),
        (Self::Title, "title"),
        (Self::TitleDim, "title-dim"),
        (Self::Columns, "columns"),
        (Self::ColumnsSorted, "columns-sorted"),
        (Self::Selected, "selected"),
        (Self::Marked, "marked"),
        (Self::Match, "match"),
        (Self::New, "new"),
        (Self::Changed, "changed"),
        (Self::Done, "done"),
        (Self::Busy, "busy"),
        (Self::Attention, "attention"),
        (Self::Broken, "broken"),
        (Self::Good, "good"),
        (Self::Key, "key"),
        (Self::Hint, "hint"),
        (Self::Prompt, "prompt"),
        (Self::Ghost, "ghost"),
        (Self::FlashInfo, "flash-info"),
        (Self::FlashWarn, "flash-warn"),
        (Self::FlashError, "flash-error"),
        (Self::Crumb, "crumb"),
        (Self::CrumbActive, "crumb-active"),
        (Self::Dialog, "dialog"),
        (Self::Focus, "focus"),
        (Self::YamlKey, "yaml-key"),
        (Self::YamlString, "yaml-string"),
        (Self::YamlNumber, "yaml-number"),
        (Self::YamlPunct, "yaml-punct"),
        (Self::Found, "found"),
        (Self::FoundCurrent, "found-current"),
    ];

    /// Returns the name in theme files.
    pub fn name(self) -> &'static str {
        Self::ALL.get(self as usize).map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_tokens_is_complete_and_in_order() {
        for (index, (token, name)) in Token::ALL.iter().enumerate() {
            assert_eq!(*token as usize, index, "{name}");
            let kebab: String = format!("{token:?}")
                .char_indices()
                .map(|(at, c)| if at > 0 && c.is_uppercase() { format!("-{c}") } else { c.to_string() })
                .collect();
            assert_eq!(kebab.to_lowercase(), *name);
        }
        assert_eq!(Token::ALL.len(), Token::FoundCurrent as usize + 1);
    }
}

//! The words of a command line: where one ends, and what it is by its look alone. Knows no world.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::usage;
use crate::model::Problem;

/// Puts what an alias stands for in the place of the first word, each alias once: one may be called like
/// the kind that it opens.
pub(super) fn expand<'a>(line: &'a str, aliases: &BTreeMap<String, String>) -> Cow<'a, str> {
    let mut line = Cow::Borrowed(line);
    let mut used: Vec<String> = Vec::new();
    loop {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        let Some(meaning) = aliases.get(word).filter(|_| used.iter().all(|known| known != word)) else {
            return line;
        };
        used.push(word.to_owned());
        line = Cow::Owned(format!("{} {}", meaning.trim().trim_start_matches(':'), rest).trim().to_owned());
    }
}

/// Takes one argument: a quoted one, or up to the next blank outside parentheses.
pub(super) fn token(rest: &str) -> Result<(String, &str), Problem> {
    let rest = rest.trim_start();
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let inner = rest.get(1..).unwrap_or_default();
        let end =
            inner.find(quote).ok_or_else(|| usage(format!("the quote before {inner:?} is not closed")))?;
        let (value, after) = inner.split_at(end);
        return Ok((value.to_owned(), after.get(1..).unwrap_or_default().trim_start()));
    }
    let mut depth = 0_u32;
    let end = rest.find(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_whitespace()
    });
    let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
    Ok((token.to_owned(), after.trim_start()))
}

/// Whether a word is a label selector.
pub(super) fn is_selector(text: &str) -> bool {
    text.contains('=') || text.contains(" in (") || text.contains(" notin (")
}

/// Puts quotes around what a filter would take apart.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text.to_owned() }
}

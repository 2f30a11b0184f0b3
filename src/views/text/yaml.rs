//! Colours for YAML, line by line. Not a parser: it knows the style in which objects are printed.

use std::ops::Range;

use super::lines::Lines;
use crate::theme::Token;

/// Returns for each line whether it lies inside a block text (`|` or `>`), where nothing is a key.
pub(super) fn blocks(lines: &Lines) -> Vec<bool> {
    let mut parent: Option<usize> = None;
    lines
        .iter()
        .map(|line| {
            let indent = indent_of(line);
            if parent.is_some_and(|parent| line.trim().is_empty() || indent > parent) {
                return true;
            }
            parent = opens_block(line);
            false
        })
        .collect()
}

fn indent_of(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

/// Returns the indent that the lines of a block opened here must exceed.
fn opens_block(line: &str) -> Option<usize> {
    let (head, last) = line.trim_end().rsplit_once(' ')?;
    let is_mark = matches!(last, "|" | "|-" | "|+" | ">" | ">-" | ">+");
    if !is_mark {
        return None;
    }
    let dashes = line.get(indent_of(line)..)?.bytes().take_while(|byte| matches!(byte, b'-' | b' ')).count();
    // `- key: |`: the key's column; `- |`: the dash's.
    Some(if head.ends_with(':') { indent_of(line) + dashes } else { indent_of(line) })
}

/// Calls `paint` with the coloured pieces of a line, in order.
pub(super) fn pieces(line: &str, in_block: bool, mut paint: impl FnMut(Range<usize>, Token)) {
    if in_block {
        paint(0..line.len(), Token::YamlString);
        return;
    }
    let mut at = indent_of(line);
    while line.get(at..).is_some_and(|rest| rest.starts_with("- ") || rest == "-") {
        paint(at..at + 1, Token::YamlPunct);
        at = (at + 2).min(line.len());
    }
    let Some(rest) = line.get(at..) else { return };
    if rest.starts_with('#') {
        paint(at..line.len(), Token::Dim);
        return;
    }
    if let Some(colon) = key_end(rest) {
        paint(at..at + colon, Token::YamlKey);
        paint(at + colon..at + colon + 1, Token::YamlPunct);
        at = (at + colon + 2).min(line.len());
    }
    if let Some(value) = line.get(at..).filter(|value| !value.is_empty()) {
        paint(at..line.len(), value_token(value));
    }
}

/// Returns where the colon after a key is.
fn key_end(rest: &str) -> Option<usize> {
    if rest.starts_with('"') || rest.starts_with('\'') {
        let quote = rest.get(..1)?;
        let close = rest.get(1..)?.find(quote)? + 2;
        let is_key = rest.get(close..).is_some_and(|after| after == ":" || after.starts_with(": "));
        return is_key.then_some(close);
    }
    rest.find(": ").or_else(|| rest.strip_suffix(':').map(str::len))
}

fn value_token(value: &str) -> Token {
    match value {
        "true" | "false" | "null" | "~" => Token::YamlNumber,
        "{}" | "[]" | "|" | "|-" | "|+" | ">" | ">-" | ">+" => Token::YamlPunct,
        _ if value.parse::<f64>().is_ok() && value.bytes().any(|byte| byte.is_ascii_digit()) => {
            Token::YamlNumber
        }
        _ => Token::YamlString,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<(&str, Token)> {
        let mut out = Vec::new();
        pieces(line, false, |range, token| out.push((&line[range], token)));
        out
    }

    #[test]
    fn keys_values_and_punctuation_are_told_apart() {
        use Token::{YamlKey as K, YamlNumber as N, YamlPunct as P, YamlString as S};
        assert_eq!(words("  replicas: 3"), [("replicas", K), (":", P), ("3", N)]);
        assert_eq!(words("- name: http://x"), [("-", P), ("name", K), (":", P), ("http://x", S)]);
        assert_eq!(words("- - a"), [("-", P), ("-", P), ("a", S)]);
        assert_eq!(words("\"a: b\": \"7\""), [("\"a: b\"", K), (":", P), ("\"7\"", S)]);
        assert_eq!(words("spec:"), [("spec", K), (":", P)]);
        assert_eq!(words("x: null"), [("x", K), (":", P), ("null", N)]);
        assert_eq!(words(""), []);
    }

    #[test]
    fn lines_of_a_block_text_are_no_keys_until_it_ends() {
        let text = "data:\n  a: |\n    key: no\n\n    more\n  b: 1\nlist:\n- run: |-\n    x: y\n  next: 2\n- |\n  z: 3\nend: 1";
        let flags = blocks(&Lines::new(text.into()));
        let blocky: Vec<usize> = (0..flags.len()).filter(|at| flags[*at]).collect();
        assert_eq!(blocky, [2, 3, 4, 8, 11]);
    }
}

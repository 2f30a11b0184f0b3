//! Reads kubectl's dialect of JSONPath into steps. Lenient where the server refuses at registration:
//! a path that reaches kdeck has been accepted by the server.

use serde_json::Value;

use super::jsonpath::{Comparison, Filter, Operand, Path, Slice, Step};

/// Longer ones before their heads.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// Reads the next step; a quoted name with dots in it gives several.
pub(super) fn parse_steps(text: &str) -> Option<(Vec<Step>, &str)> {
    if let Some(rest) = text.strip_prefix("..") {
        // `..name` is a recursion and then a field.
        return Some((vec![Step::Recursive], if rest.starts_with('[') { rest } else { text.get(1..)? }));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let end = closing(rest)?;
        return Some((parse_bracket(rest.get(..end)?)?, rest.get(end + 1..)?));
    }
    let rest = text.strip_prefix('.').unwrap_or(text);
    if rest.starts_with('[') {
        return parse_steps(rest);
    }
    let (name, tail) = parse_name(rest);
    match name.as_str() {
        "" => None,
        "*" => Some((vec![Step::Wildcard], tail)),
        _ => Some((vec![Step::Field(name)], tail)),
    }
}

/// Reads a field name up to an unescaped dot or bracket.
fn parse_name(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, text.get(at..).unwrap_or_default()),
            _ => name.push(c),
        }
    }
    (name, "")
}

/// Finds the bracket that closes; brackets in quotes and nested ones do not.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn parse_bracket(body: &str) -> Option<Vec<Step>> {
    let body = body.trim();
    if body == "*" {
        return Some(vec![Step::Wildcard]);
    }
    if let Some(filter) = body.strip_prefix("?(").and_then(|b| b.strip_suffix(')')) {
        return Some(vec![Step::Filter(Box::new(parse_filter(filter)?))]);
    }
    let parts = split_outside_quotes(body);
    if parts.len() > 1 {
        let paths = parts.into_iter().map(|part| parse_bracket(part).map(Path)).collect::<Option<_>>()?;
        return Some(vec![Step::Union(paths)]);
    }
    // The server reads a quoted name as a path: dots that belong to the name must be escaped.
    if let Some(name) = unquote(body) {
        return Path::parse(&format!(".{name}")).map(|path| path.0);
    }
    parse_slice(body).map(|slice| vec![Step::Slice(slice)])
}

fn split_outside_quotes(body: &str) -> Vec<&str> {
    let (mut quote, mut parts, mut from) = (None, Vec::new(), 0);
    for (at, c) in body.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ',') => {
                parts.extend(body.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(body.get(from..));
    parts
}

fn unquote(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(inner.replace(&format!("\\{quote}"), &quote.to_string()))
}

fn parse_slice(body: &str) -> Option<Slice> {
    let number = |s: &str| match s.trim() {
        "" => Some(None),
        s => s.parse().ok().map(Some),
    };
    let parts: Vec<Option<i64>> = body.split(':').map(number).collect::<Option<_>>()?;
    match parts.as_slice() {
        // One index is the range up to the next one; the last index has no next one.
        [Some(index)] => {
            Some(Slice { start: Some(*index), end: Some(index + 1).filter(|e| *e != 0), step: None })
        }
        [start, end] => Some(Slice { start: *start, end: *end, step: None }),
        [start, end, step] => Some(Slice { start: *start, end: *end, step: *step }),
        _ => None,
    }
}

fn parse_filter(text: &str) -> Option<Filter> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, _) => {
                let rest = text.get(at..)?;
                if let Some((sign, comparison)) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign))
                {
                    let left = parse_operand(text.get(..at)?)?;
                    let right = parse_operand(rest.get(sign.len()..)?)?;
                    return Some(Filter { left, test: Some((*comparison, right)) });
                }
            }
        }
    }
    Some(Filter { left: parse_operand(text)?, test: None })
}

fn parse_operand(text: &str) -> Option<Operand> {
    let text = text.trim();
    if let Some(literal) = unquote(text) {
        return Some(Operand::Literal(Value::String(literal)));
    }
    if text.starts_with(['@', '.', '$', '[']) {
        return Path::parse(text).map(Operand::Path);
    }
    serde_json::from_str(text).ok().map(Operand::Literal)
}

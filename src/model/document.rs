//! A YAML file of the user's as a tree in which everything knows its line and column.
//!
//! Settings and themes are read through it, so that a wrong entry is a warning that names its
//! place and the entries around it still count. Must not know any setting.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::problem::{Problem, ProblemKind};

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `~`, `null`, or nothing.
    Null,
    /// `true` or `false`, never `yes` or `on`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Entry>),
    /// Keys with values, in the order written.
    Map(Vec<(String, Entry)>),
}

impl Node {
    /// Returns what it is, for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a group of keys",
        }
    }
}

/// A value and where it stands (for a value under a key: where the key stands).
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value.
    pub node: Node,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl Entry {
    /// Returns the keys and values of a group; none for anything else.
    pub fn entries(&self) -> &[(String, Self)] {
        match &self.node {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Builds a [`ProblemKind::Config`] at this place.
    pub fn problem(&self, file: &str, what: impl fmt::Display) -> Problem {
        Problem::new(ProblemKind::Config, format!("{file}:{}:{}: {what}", self.line, self.column))
    }
}

/// Reads a file's text. An empty file is an empty group.
///
/// # Errors
/// [`ProblemKind::Config`] with file, line and column when it is not YAML or not a group of keys.
pub fn read(file: &str, text: &str) -> Result<Entry, Problem> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let root = serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column()));
        let message = error.to_string();
        let first = message.lines().next().unwrap_or("not YAML");
        let what = first.split(" at line ").next().unwrap_or(first).trim_end_matches([':', ',']);
        Problem::new(ProblemKind::Config, format!("{file}{}: {what}", place.unwrap_or_default()))
            .hint("the whole file is left out until this is mended")
    })?;
    let entry = Entry::from(root);
    match entry.node {
        Node::Map(_) => Ok(entry),
        Node::Null => Ok(Entry { node: Node::Map(Vec::new()), line: 1, column: 1 }),
        ref other => Err(entry.problem(file, format!("expected a group of keys, found {}", other.kind()))),
    }
}

impl From<Spanned<Node>> for Entry {
    fn from(spanned: Spanned<Node>) -> Self {
        Self { line: spanned.referenced.line(), column: spanned.referenced.column(), node: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Node>>()? {
            list.push(item.into());
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Node>()? {
            let (line, column) = (key.referenced.line(), key.referenced.column());
            entries.push((key.value, Entry { node: value, line, column }));
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_knows_its_place() {
        let root = read("f.yaml", "a: 1\nb:\n  c: [x, true]\n  \"d\": \"1\"\ne: yes\n").unwrap();
        let [(_, a), (_, b), (_, e)] = root.entries() else { panic!("{root:?}") };
        assert_eq!((&a.node, a.line, a.column), (&Node::Int(1), 1, 1));
        let [(_, c), (_, d)] = b.entries() else { panic!("{b:?}") };
        assert_eq!((c.line, c.column, d.text()), (3, 3, Some("1")));
        let Node::List(list) = &c.node else { panic!("{c:?}") };
        assert_eq!((list[1].node.clone(), list[1].line, list[1].column), (Node::Bool(true), 3, 10));
        assert_eq!(e.text(), Some("yes"));
    }

    #[test]
    fn broken_files_say_where() {
        for (text, part) in [
            ("a: [1\nb: 2", "f.yaml:"),
            ("a: 1\na: 2", "f.yaml:2:1: duplicate"),
            ("- a", "f.yaml:1:1: expected a group of keys, found a list"),
            ("a: 'x", "f.yaml:"),
        ] {
            let problem = read("f.yaml", text).unwrap_err();
            assert!(problem.what.starts_with(part) && !problem.what.contains('\n'), "{text}: {problem}");
        }
        for text in ["", "# only a comment\n", "~"] {
            assert_eq!(read("f.yaml", text).unwrap().entries(), []);
        }
    }
}

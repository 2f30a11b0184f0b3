//! The shapes of the built-in objects: every message's fields with their numbers, JSON names and types.
//!
//! Owns `messages.txt` and its reader; both the decoder of protobuf bodies and the published schemas loop
//! over it. One line a message: its name, then `NAME=NUMBER:TYPE` for each field. A type is `text`, `bytes`,
//! `int`, `bool`, `Quantity`, `Time`, `MicroTime`, `IntOrString`, `any` or another message; `[]` before it
//! is a list, `{}` a map, `?` after it a value whose zero says something. A field named `-` is a message whose
//! fields stand in JSON where it stands.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Bytes,
    Number,
    Bool,
    Quantity,
    Time,
    MicroTime,
    IntOrString,
    /// JSON of any form.
    Any,
    /// A message of the table.
    Message(&'static str),
    /// A map from text to one of the above.
    Map(Box<Type>),
    /// A list of one of the above.
    List(Box<Type>),
}

/// One field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) number: u64,
    /// Its name in JSON; `-` for a message whose fields stand in its place.
    pub(crate) name: &'static str,
    pub(crate) of: Type,
    /// Whether a zero or an empty text is a statement and not the absence of one.
    pub(crate) keeps_zero: bool,
}

static TABLE: LazyLock<HashMap<&'static str, Vec<Field>>> =
    LazyLock::new(|| include_str!("messages.txt").lines().filter_map(message).collect());

/// Returns the fields of a message; a kind is a message of its own name.
pub(crate) fn fields(message: &str) -> Option<&'static [Field]> {
    TABLE.get(message).map(Vec::as_slice)
}

/// Returns all names.
#[cfg(test)]
fn names() -> impl Iterator<Item = &'static str> {
    TABLE.keys().copied()
}

fn message(line: &'static str) -> Option<(&'static str, Vec<Field>)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    Some((name, words.filter_map(field).collect()))
}

fn field(word: &'static str) -> Option<Field> {
    let (name, rest) = word.split_once('=')?;
    let (number, of) = rest.split_once(':')?;
    let plain = of.strip_suffix('?');
    Some(Field {
        number: number.parse().ok()?,
        name,
        of: type_of(plain.unwrap_or(of)),
        keeps_zero: plain.is_some(),
    })
}

fn type_of(text: &'static str) -> Type {
    if let Some(item) = text.strip_prefix("[]") {
        return Type::List(Box::new(type_of(item)));
    }
    if let Some(item) = text.strip_prefix("{}") {
        return Type::Map(Box::new(type_of(item)));
    }
    match text {
        "text" => Type::Text,
        "bytes" => Type::Bytes,
        "int" => Type::Number,
        "bool" => Type::Bool,
        "Quantity" => Type::Quantity,
        "Time" => Type::Time,
        "MicroTime" => Type::MicroTime,
        "IntOrString" => Type::IntOrString,
        "any" => Type::Any,
        name => Type::Message(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(of: &Type) -> &Type {
        match of {
            Type::Map(of) | Type::List(of) => inner(of),
            of => of,
        }
    }

    #[test]
    fn every_message_is_whole_and_every_name_in_it_known() {
        assert_eq!(names().count(), include_str!("messages.txt").lines().count(), "no name twice");
        for line in include_str!("messages.txt").lines() {
            let words = line.split(' ').count() - 1;
            let name = line.split(' ').next().unwrap();
            let found = fields(name).unwrap();
            assert_eq!(found.len(), words, "{line}");
            for field in found {
                if let Type::Message(other) = inner(&field.of) {
                    assert!(fields(other).is_some(), "{other} in {name}");
                }
                let same = found.iter().filter(|other| other.number == field.number).count();
                assert_eq!(same, 1, "{} of {name}", field.number);
            }
        }
    }
}

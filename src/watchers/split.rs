//! Cuts the body of a list into its items while it arrives: one item is buffered at a time.
//!
//! Members may come in any order and unknown ones are skipped. Nothing is decoded but the list's own
//! metadata; the text of the items goes to the projector as it is.

use serde::Deserialize;

use crate::kinds::scan::Scan;
use crate::model::{Problem, ProblemKind};

/// A single value larger than this is no API object.
const VALUE_BYTES: usize = 64 * 1024 * 1024;
/// Longer member names are none that matter here.
const NAME_BYTES: usize = 64;

/// The list's own metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ListMeta {
    /// Where a watch goes on.
    pub(crate) resource_version: Option<String>,
    /// The token of the next page.
    #[serde(rename = "continue")]
    pub(crate) next: Option<String>,
    /// How many items follow this page.
    pub(crate) remaining_item_count: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the opening brace.
    Start,
    /// Between members.
    Between,
    /// In a member's name.
    Name,
    /// Before the colon and the value.
    Colon,
    /// In a member's value.
    Value,
    /// Between items.
    Items,
    /// In an item.
    Item,
    /// After the closing brace.
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Member {
    Metadata,
    Items,
    #[default]
    Other,
}

/// Cuts one list body.
#[derive(Debug)]
pub(crate) struct Splitter {
    place: Place,
    member: Member,
    scan: Scan,
    /// The value under way, as far as earlier pieces brought it.
    held: Vec<u8>,
    meta: Option<ListMeta>,
    items: usize,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            place: Place::Start,
            member: Member::Other,
            scan: Scan::default(),
            held: Vec::new(),
            meta: None,
            items: 0,
        }
    }
}

impl Splitter {
    /// Returns the list's metadata, once it has been seen.
    pub(crate) fn meta(&self) -> Option<&ListMeta> {
        self.meta.as_ref()
    }

    /// Returns whether the body came to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// Returns how many items have been handed out.
    pub(crate) fn items(&self) -> usize {
        self.items
    }

    /// Takes the next piece of the body and hands out each item that it completes.
    ///
    /// # Errors
    /// [`ProblemKind::Malformed`] when this is not a JSON object or a value is too large.
    pub(crate) fn feed(&mut self, bytes: &[u8], item: &mut dyn FnMut(&[u8])) -> Result<(), Problem> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.place {
                Place::Value | Place::Item => self.value(rest, item)?,
                Place::Name => self.name(rest),
                Place::Done => rest.len(),
                Place::Start | Place::Between | Place::Colon | Place::Items => self.punctuation(rest)?,
            };
        }
        Ok(())
    }

    /// Takes one byte between values.
    fn punctuation(&mut self, bytes: &[u8]) -> Result<usize, Problem> {
        let Some(&byte) = bytes.first() else { return Ok(0) };
        if byte.is_ascii_whitespace() {
            return Ok(1);
        }
        let (place, taken) = match (self.place, byte) {
            (Place::Start, b'{') => (Place::Between, 1),
            (Place::Between, b'"') => (Place::Name, 1),
            (Place::Between, b',') => (Place::Between, 1),
            (Place::Between, b'}') => (Place::Done, 1),
            (Place::Colon, b':') => (Place::Colon, 1),
            (Place::Colon, b'[') if self.member == Member::Items => (Place::Items, 1),
            (Place::Colon, b'}' | b']' | b',') => return Err(broken("a member without a value")),
            (Place::Colon, _) => (Place::Value, 0),
            (Place::Items, b',') => (Place::Items, 1),
            (Place::Items, b']') => (Place::Between, 1),
            (Place::Items, b'}' | b':') => return Err(broken("a broken list of items")),
            (Place::Items, _) => (Place::Item, 0),
            (Place::Start, b'<') => return Err(broken("a web page")),
            _ => return Err(broken("no JSON object")),
        };
        if matches!(place, Place::Value | Place::Item | Place::Name) {
            self.scan = Scan::default();
            self.held.clear();
        }
        self.place = place;
        Ok(taken)
    }

    fn name(&mut self, bytes: &[u8]) -> usize {
        let end = memchr::memchr(b'"', bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let room = NAME_BYTES.saturating_sub(self.held.len()).min(part.len());
        self.held.extend_from_slice(part.get(..room).unwrap_or_default());
        let Some(end) = end else { return bytes.len() };
        self.member = match &*self.held {
            b"metadata" => Member::Metadata,
            b"items" => Member::Items,
            _ => Member::Other,
        };
        self.place = Place::Colon;
        end + 1
    }

    fn value(&mut self, bytes: &[u8], item: &mut dyn FnMut(&[u8])) -> Result<usize, Problem> {
        let end = self.scan.feed(bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let is_kept = self.place == Place::Item || self.member == Member::Metadata;
        if end.is_none() {
            if is_kept {
                self.held.extend_from_slice(part);
            }
            if self.held.len() > VALUE_BYTES {
                return Err(broken("an object larger than 64 MiB"));
            }
            return Ok(bytes.len());
        }
        // A value that came in one piece is not copied.
        let whole = if self.held.is_empty() {
            part
        } else {
            self.held.extend_from_slice(part);
            &self.held
        };
        if self.place == Place::Item {
            self.items += 1;
            self.place = Place::Items;
            item(whole);
        } else {
            self.place = Place::Between;
            if self.member == Member::Metadata {
                self.meta = serde_json::from_slice(whole).ok();
            }
        }
        Ok(part.len())
    }
}

fn broken(what: &str) -> Problem {
    Problem::new(ProblemKind::Malformed, format!("the answer to a list is {what}"))
        .hint("is this the address of an API server?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, piece: usize) -> Result<(Vec<String>, Splitter), Problem> {
        let (mut splitter, mut items) = (Splitter::default(), Vec::new());
        for bytes in text.as_bytes().chunks(piece) {
            splitter.feed(bytes, &mut |item| items.push(String::from_utf8_lossy(item).into_owned()))?;
        }
        Ok((items, splitter))
    }

    #[test]
    fn items_come_out_whole_however_the_body_is_cut() {
        let text = r#"{"kind":"PodList","unknown":[{"items":[1]},"]}"],"metadata":{"resourceVersion":"42","continue":"a\"b","remainingItemCount":7},
            "items" : [ {"a":"}\\\"{"} , {"b":[{"items":[]}]},null, 7 ], "extra":{"x":[]}} "#;
        for piece in 1..text.len() {
            let (items, splitter) = split(text, piece).unwrap();
            assert_eq!(
                items,
                [r#"{"a":"}\\\"{"}"#, r#"{"b":[{"items":[]}]}"#, "null", "7"],
                "pieces of {piece}"
            );
            let meta = splitter.meta().unwrap();
            assert_eq!(meta.resource_version.as_deref(), Some("42"));
            assert_eq!((meta.next.as_deref(), meta.remaining_item_count), (Some("a\"b"), Some(7)));
            assert!(splitter.is_done() && splitter.items() == 4);
        }
    }

    #[test]
    fn members_may_come_in_any_order_and_items_may_be_missing() {
        for (text, count) in [
            (r#"{"items":[{}],"metadata":{"resourceVersion":"1"},"apiVersion":"v1"}"#, 1),
            (r#"{"items":null,"metadata":{"resourceVersion":"1"}}"#, 0),
            (r#"{"metadata":{"resourceVersion":"1","continue":null},"items":[]}"#, 0),
            (r#"{"metadata":{"resourceVersion":"1"}}"#, 0),
        ] {
            let (items, splitter) = split(text, 3).unwrap();
            assert_eq!((items.len(), splitter.is_done()), (count, true), "{text}");
            assert_eq!(splitter.meta().unwrap().resource_version.as_deref(), Some("1"), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_and_what_is_cut_is_not_done() {
        for text in ["<html></html>", "[1]", r#"{"a":}"#, r#"{"items":[}"#, "hello"] {
            assert_eq!(split(text, 4).unwrap_err().kind, ProblemKind::Malformed, "{text}");
        }
        let (items, splitter) = split(r#"{"items":[{"a":1},{"b":"#, 5).unwrap();
        assert_eq!((items.len(), splitter.is_done()), (1, false));
    }
}

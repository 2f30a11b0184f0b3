//! Cuts a watch stream into lines and looks into their envelope without decoding the object.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Problem, ProblemKind};

/// A longer line is no watch event.
const LINE_BYTES: usize = 32 * 1024 * 1024;

/// What a watch event says of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// New, or one of the initial objects.
    Added,
    /// Different.
    Modified,
    /// Gone.
    Deleted,
    /// Only the resourceVersion has moved.
    Bookmark,
    /// A `Status` in place of an object.
    Error,
}

const KINDS: &[(&str, EventKind)] = &[
    ("ADDED", EventKind::Added),
    ("MODIFIED", EventKind::Modified),
    ("DELETED", EventKind::Deleted),
    ("BOOKMARK", EventKind::Bookmark),
    ("ERROR", EventKind::Error),
];

impl EventKind {
    fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Takes the next piece and hands out each line that it completes, without its end.
    ///
    /// # Errors
    /// [`ProblemKind::Malformed`] when a line is too long, or what `line` answers.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        line: &mut dyn FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default());
            rest = tail;
            if self.held.is_empty() {
                line(head)?;
            } else {
                self.held.extend_from_slice(head);
                let whole = std::mem::take(&mut self.held);
                line(&whole)?;
            }
        }
        if self.held.len() + rest.len() > LINE_BYTES {
            return Err(Problem::new(ProblemKind::Malformed, "a watch event is longer than 32 MiB"));
        }
        self.held.extend_from_slice(rest);
        Ok(())
    }

    /// Returns whether a line has begun and not ended: the connection was cut in the middle.
    pub(crate) fn is_open(&self) -> bool {
        !self.held.is_empty()
    }
}

/// Returns the event's kind and the text of its object, looking at the envelope only.
///
/// Servers write `{"type":"…","object":{…}}`. Whatever looks different is given to [`envelope`].
pub(crate) fn peek(line: &[u8]) -> Option<(EventKind, &[u8])> {
    let rest = line.trim_ascii().strip_prefix(br#"{"type":""#)?;
    let end = memchr::memchr(b'"', rest.get(..16.min(rest.len()))?)?;
    let kind = EventKind::named(std::str::from_utf8(rest.get(..end)?).ok()?)?;
    let object = rest.get(end..)?.strip_prefix(br#"","object":"#)?.strip_suffix(b"}")?;
    (object.first() == Some(&b'{') && object.last() == Some(&b'}')).then_some((kind, object))
}

/// Returns the same by decoding the envelope: slower, and right for any order of members.
pub(crate) fn envelope(line: &[u8]) -> Option<(EventKind, &[u8])> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        object: &'a RawValue,
    }
    let envelope: Envelope<'_> = serde_json::from_slice(line).ok()?;
    Some((EventKind::named(&envelope.kind)?, envelope.object.get().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_however_the_stream_is_cut() {
        let text = b"one\ntwo\n\nthree\nhalf";
        for piece in 1..text.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for bytes in text.chunks(piece) {
                let mut keep = |line: &[u8]| {
                    found.push(String::from_utf8_lossy(line).into_owned());
                    Ok(())
                };
                lines.feed(bytes, &mut keep).unwrap();
            }
            assert_eq!(found, ["one", "two", "", "three"], "pieces of {piece}");
            assert!(lines.is_open());
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let (mut lines, piece) = (Lines::default(), vec![b'x'; 1024 * 1024]);
        let fed = (0..40).try_for_each(|_| lines.feed(&piece, &mut |_| Ok(())));
        assert_eq!(fed.unwrap_err().kind, ProblemKind::Malformed);
    }

    #[test]
    fn the_envelope_is_read_in_the_usual_and_in_any_other_order() {
        let usual = br#"{"type":"ADDED","object":{"a":{"b":1}}}"#;
        assert_eq!(peek(usual), Some((EventKind::Added, &br#"{"a":{"b":1}}"#[..])));
        assert_eq!(peek(usual), envelope(usual));
        let odd = br#" {"object": {"a":1}, "x":2, "type": "MODIFIED"}"#;
        assert_eq!(peek(odd), None);
        assert_eq!(envelope(odd), Some((EventKind::Modified, &br#"{"a":1}"#[..])));
        for bad in [&b""[..], b"{}", br#"{"type":"NEW","object":{}}"#, br#"{"type":"ADDED"}"#] {
            assert_eq!(peek(bad).or_else(|| envelope(bad)), None);
        }
    }
}

//! Goes through a JSON text value by value, without decoding.

use std::ops::Range;

use super::scan::Scan;

/// Stands before or behind a value of a JSON text. Ends early, with `None`, where the text is broken.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// Stands before the text's value.
    pub(super) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0 }
    }

    /// Returns where the walk stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes into the value that begins with `open`.
    pub(super) fn enter(&mut self, open: u8) -> Option<()> {
        (self.peek()? == open).then(|| self.at += 1)
    }

    /// Goes to the next item or member and returns whether there is one; otherwise leaves the array or object.
    pub(super) fn item(&mut self) -> Option<bool> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        let is_end = matches!(self.peek()?, b']' | b'}');
        self.at += usize::from(is_end);
        Some(!is_end)
    }

    /// Goes over a member's name and returns it as it is written.
    pub(super) fn name(&mut self) -> Option<&'a [u8]> {
        let name = self.skip()?;
        self.enter(b':')?;
        name.strip_prefix(b"\"")?.strip_suffix(b"\"")
    }

    /// Goes behind the next value and returns it.
    pub(super) fn skip(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let start = self.at;
        self.at += Scan::default().feed(self.json.get(start..)?)?;
        self.json.get(start..self.at)
    }

    /// Returns the next byte that means something.
    fn peek(&mut self) -> Option<u8> {
        let blank = self.json.get(self.at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.at += blank;
        self.json.get(self.at).copied()
    }
}

/// Returns the range with a comma, so that the members around it can do without it: the one behind, else the one before.
pub(super) fn with_comma(json: &[u8], range: Range<usize>) -> Range<usize> {
    let means = |byte: &u8| !byte.is_ascii_whitespace();
    let (before, behind) = (json.get(..range.start), json.get(range.end..));
    let behind = behind.and_then(|rest| rest.iter().position(means)).map(|blank| range.end + blank);
    if let Some(comma) = behind.filter(|&at| json.get(at) == Some(&b',')) {
        return range.start..comma + 1;
    }
    let before = before.and_then(|start| start.iter().rposition(means));
    before.filter(|&at| json.get(at) == Some(&b',')).map_or(range.clone(), |comma| comma..range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_from_member_to_member_and_into_arrays() {
        let mut walk = Walk::new(br#" {"a" : {"x":[1,2]},"b":[ {"c":"\"}"} , 5 ],"d":null} "#);
        let member = |walk: &mut Walk<'static>| walk.item()?.then(|| walk.name())?;
        walk.enter(b'{').unwrap();
        assert_eq!((member(&mut walk), walk.skip()), (Some(&b"a"[..]), Some(&br#"{"x":[1,2]}"#[..])));
        assert_eq!(member(&mut walk), Some(&b"b"[..]));
        walk.enter(b'[').unwrap();
        assert_eq!((walk.item(), walk.skip()), (Some(true), Some(&br#"{"c":"\"}"}"#[..])));
        assert_eq!((walk.item(), walk.skip()), (Some(true), Some(&b"5"[..])));
        assert_eq!(walk.item(), Some(false));
        assert_eq!((member(&mut walk), walk.skip()), (Some(&b"d"[..]), Some(&b"null"[..])));
        assert_eq!(walk.item(), Some(false));
    }

    #[test]
    fn a_walk_through_a_broken_text_ends() {
        for text in
            ["", "{", "[", r#"{"a"#, r#"{"a""#, r#"{"a":"#, r#"{"a":{"b":1}"#, "{1:2", "}", "null", "{{{"]
        {
            let mut walk = Walk::new(text.as_bytes());
            let steps = || walk.enter(b'{').or_else(|| walk.item()?.then(|| walk.name())?.map(drop));
            assert!(std::iter::from_fn(steps).take(20).count() < 20, "{text}");
        }
    }
}

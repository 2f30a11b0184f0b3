//! Finds the end of one JSON value in bytes that arrive in pieces, and walks through members, without decoding.

use std::ops::Range;

/// What a byte means outside of strings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Quote,
    Open,
    Close,
    End,
}

static CLASSES: [Class; 256] = {
    let mut table = [Class::Plain; 256];
    table[b'"' as usize] = Class::Quote;
    table[b'{' as usize] = Class::Open;
    table[b'[' as usize] = Class::Open;
    table[b'}' as usize] = Class::Close;
    table[b']' as usize] = Class::Close;
    table[b',' as usize] = Class::End;
    table[b' ' as usize] = Class::End;
    table[b'\n' as usize] = Class::End;
    table[b'\r' as usize] = Class::End;
    table[b'\t' as usize] = Class::End;
    table
};

/// Where the scan of one value stands.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Goes on with `bytes`; returns where the value ends (exclusive) when it ends in them.
    ///
    /// A bare word or number ends before the byte that follows it.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.in_string {
                at = self.string(bytes, at)?;
                if self.depth == 0 {
                    return Some(at);
                }
            }
            // The classes are looked up byte by byte: between two strings there are only a few.
            let (offset, class) =
                bytes.get(at..)?.iter().enumerate().find_map(|(offset, byte)| {
                    match CLASSES[usize::from(*byte)] {
                        Class::Plain => None,
                        Class::End if self.depth > 0 => None,
                        class => Some((offset, class)),
                    }
                })?;
            at += offset;
            match class {
                Class::Quote => self.in_string = true,
                Class::Open => self.depth += 1,
                Class::Close if self.depth == 0 => return Some(at),
                Class::Close => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                Class::End | Class::Plain => return Some(at),
            }
            at += 1;
        }
    }

    /// Skips to behind the closing quote.
    fn string(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        if self.escaped && at < bytes.len() {
            self.escaped = false;
            at += 1;
        }
        loop {
            at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes.get(at) == Some(&b'"') {
                self.in_string = false;
                return Some(at + 1);
            }
            if at + 1 >= bytes.len() {
                self.escaped = true;
                return None;
            }
            at += 2;
        }
    }
}

/// Goes through a JSON text value by value. Ends early, with `None`, where the text is broken.
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
    fn a_value_ends_where_it_ends_however_it_is_cut() {
        for (text, value) in [
            (r#"{"a":[1,{"b":"}]\"\\"}],"c":{}} ,"#, r#"{"a":[1,{"b":"}]\"\\"}],"c":{}}"#),
            (r#"["x",[]]}"#, r#"["x",[]]"#),
            (r#""a\"b\\",1"#, r#""a\"b\\""#),
            ("null,", "null"),
            ("12.5e3}", "12.5e3"),
            ("true\n", "true"),
        ] {
            for cut in 0..text.len() {
                let mut scan = Scan::default();
                let (head, tail) = text.as_bytes().split_at(cut);
                let end = scan.feed(head).or_else(|| scan.feed(tail).map(|end| cut + end));
                assert_eq!(end, Some(value.len()), "{text} cut at {cut}");
            }
        }
        assert_eq!(Scan::default().feed(br#"{"a":"#), None);
    }

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

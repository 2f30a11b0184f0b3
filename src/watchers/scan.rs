//! Finds the end of one JSON value in bytes that arrive in pieces, without decoding it.

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
}

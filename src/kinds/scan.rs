//! Finds the end of one JSON value in bytes that arrive in pieces, without decoding it.
//!
//! Every byte of a list passes through here. Arrays and objects are looked at in blocks of 64 bytes as bits, one
//! for each byte: which are in strings is a running exclusive or of the quotes, and a block with fewer closing
//! brackets than are open can't be the last. The method is simdjson's (Langdale and Lemire, "Parsing gigabytes of
//! JSON per second", 2019).

use wide::u8x16;

/// Bytes of a block.
const BLOCK: usize = 64;

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
        if self.depth > 0 {
            return self.nested(bytes, 0);
        }
        if self.in_string {
            return self.string(bytes, 0);
        }
        let at = bytes.iter().position(|byte| b"\"{[}], \t\r\n".contains(byte))?;
        match bytes.get(at)? {
            b'"' => {
                self.in_string = true;
                self.string(bytes, at + 1)
            }
            b'{' | b'[' => self.nested(bytes, at),
            _ => Some(at),
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

    /// Goes on from `at`, at the opening bracket or in what it opened, to behind the closing one.
    fn nested(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (blocks, rest) = bytes.get(at..)?.as_chunks::<BLOCK>();
        for (i, block) in blocks.iter().enumerate() {
            if let Some(end) = self.block(block, BLOCK) {
                return Some(at + i * BLOCK + end);
            }
        }
        // An empty block would forget a backslash at the end of the one before.
        if rest.is_empty() {
            return None;
        }
        let mut last = [0; BLOCK];
        last.get_mut(..rest.len())?.copy_from_slice(rest);
        self.block(&last, rest.len()).map(|end| at + blocks.len() * BLOCK + end)
    }

    /// Takes a block, of which the first `len` bytes count.
    fn block(&mut self, bytes: &[u8; BLOCK], len: usize) -> Option<usize> {
        let found = Found::new(bytes);
        let quotes = found.quotes & !self.escaped(found.backslashes, len);
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        if self.in_string {
            inside = !inside;
        }
        // The bytes that don't count are no quotes: the last bit tells how the others end.
        self.in_string = inside >> (BLOCK - 1) == 1;
        let (open, close) = (found.open & !inside, found.close & !inside);
        if close.count_ones() < self.depth {
            self.depth = self.depth + open.count_ones() - close.count_ones();
            return None;
        }
        let mut brackets = open | close;
        while brackets != 0 {
            let at = brackets.trailing_zeros();
            brackets &= brackets - 1;
            if open >> at & 1 == 1 {
                self.depth += 1;
                continue;
            }
            self.depth = self.depth.saturating_sub(1);
            if self.depth == 0 {
                return Some(at as usize + 1);
            }
        }
        None
    }

    /// Returns the bytes that a backslash goes before, and notes whether one is left for the next block.
    fn escaped(&mut self, mut backslashes: u64, len: usize) -> u64 {
        let mut escaped = u64::from(std::mem::take(&mut self.escaped));
        backslashes &= !escaped;
        while backslashes != 0 {
            let at = backslashes.trailing_zeros();
            self.escaped = at as usize + 1 == len;
            escaped |= 1u64.checked_shl(at + 1).unwrap_or(0);
            backslashes &= !(escaped | 1 << at);
        }
        escaped
    }
}

/// The bytes that matter in a block, as bits.
#[derive(Default)]
struct Found {
    quotes: u64,
    backslashes: u64,
    open: u64,
    close: u64,
}

impl Found {
    fn new(bytes: &[u8; BLOCK]) -> Self {
        let mut found = Self::default();
        for (i, part) in bytes.as_chunks::<16>().0.iter().enumerate() {
            let part = u8x16::new(*part);
            // One bit makes braces of brackets, and of nothing else.
            let braces = part | u8x16::splat(0x20);
            let equal =
                |part: u8x16, byte| u64::from(part.simd_eq(u8x16::splat(byte)).to_bitmask()) << (16 * i);
            found.quotes |= equal(part, b'"');
            found.backslashes |= equal(part, b'\\');
            found.open |= equal(braces, b'{');
            found.close |= equal(braces, b'}');
        }
        found
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

    #[test]
    fn long_values_of_any_shape_end_where_they_end() {
        // Filled up to all positions in a block, with what could be taken for something else there.
        for fill in ["x", "\\\\", "\\\"", "]}", "[{"] {
            for times in 0..140 {
                let string = fill.repeat(times);
                for value in [format!(r#"{{"{string}":["{string}",{{}}]}}"#), format!(r#"[[],"{string}"]"#)] {
                    let text = format!("{value},[1]");
                    assert_eq!(Scan::default().feed(text.as_bytes()), Some(value.len()), "{text}");
                    let (head, tail) = text.split_at(text.len() / 3);
                    let mut scan = Scan::default();
                    let end =
                        scan.feed(head.as_bytes()).or_else(|| Some(head.len() + scan.feed(tail.as_bytes())?));
                    assert_eq!(end, Some(value.len()), "{text}");
                }
            }
        }
    }
}

//! Text patterns of a filter: a literal where possible, a regex where asked for, a fuzzy needle.
//!
//! A filter runs over a hundred thousand rows for every key typed, so a pattern is compiled once
//! and most of what people type never reaches the regex engine.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nucleo_matcher::{Config, Matcher, Utf32Str, Utf32String};
use regex::{Regex, RegexBuilder};

/// Bytes of names and states from the most frequent on: the search looks for the rarest of a needle.
const FREQUENT: &[u8] = b" -e0anrto1ilsdcpumg2b5f8437k96vhywxjzq/.";

/// A compiled, case-insensitive pattern.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// ASCII text, kept in lower case, with the place of its rarest byte.
    Literal(Box<str>, usize),
    /// Anything else.
    Regex(Regex),
}

impl Pattern {
    /// Compiles what was typed as a regex.
    pub(super) fn regex(text: &str) -> Result<Self, String> {
        if text.chars().all(|c| c.is_ascii() && !"\\.+*?()|[]{}^$".contains(c)) {
            return Ok(Self::literal(text));
        }
        RegexBuilder::new(text)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .nest_limit(64)
            .build()
            .map(Self::Regex)
            .map_err(|error| reason(&error))
    }

    /// Compiles text to be found as it stands.
    pub(super) fn literal(text: &str) -> Self {
        if text.is_ascii() {
            let lower = text.to_ascii_lowercase();
            let rank = |byte: u8| FREQUENT.iter().position(|&b| b == byte).unwrap_or(FREQUENT.len());
            let rarest =
                lower.bytes().enumerate().max_by_key(|&(_, byte)| rank(byte)).map_or(0, |(at, _)| at);
            return Self::Literal(lower.into(), rarest);
        }
        // An escaped literal always compiles; were it too big, nothing would match.
        let escaped = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build();
        escaped.map_or_else(|_| Self::Literal("\u{0}".into(), 0), Self::Regex)
    }

    /// Returns whether it occurs in the text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Literal(needle, rarest) => find(text.as_bytes(), needle.as_bytes(), *rarest, 0).is_some(),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Returns whether the text starts with it.
    pub(super) fn starts(&self, text: &str) -> bool {
        match self {
            Self::Literal(needle, _) => text
                .as_bytes()
                .get(..needle.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(needle.as_bytes())),
            Self::Regex(regex) => regex.find(text).is_some_and(|found| found.start() == 0),
        }
    }

    /// Adds the places where it occurs.
    pub(super) fn places(&self, text: &str, out: &mut Vec<Range<usize>>) {
        match self {
            Self::Literal(needle, rarest) => {
                let mut from = 0;
                while let Some(at) = find(text.as_bytes(), needle.as_bytes(), *rarest, from) {
                    from = at + needle.len().max(1);
                    out.push(at..at + needle.len());
                }
            }
            Self::Regex(regex) => out.extend(regex.find_iter(text).map(|found| found.range())),
        }
    }

    /// Returns whether every text that has this pattern has the other one, too.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(long, _), Self::Literal(short, _)) => long.contains(&**short),
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            _ => false,
        }
    }
}

/// Returns where the lower-case needle occurs at or after `from`, in any case.
fn find(text: &[u8], needle: &[u8], rarest: usize, from: usize) -> Option<usize> {
    let Some(&byte) = needle.get(rarest) else {
        return (from <= text.len()).then_some(from);
    };
    // The rarest byte of the first possible match lies `rarest` bytes further on.
    let mut at = from + rarest;
    loop {
        let rest = text.get(at..)?;
        at += memchr::memchr2(byte, byte.to_ascii_uppercase(), rest)?;
        let start = at - rarest;
        match text.get(start..start + needle.len()) {
            Some(window) if window.eq_ignore_ascii_case(needle) => return Some(start),
            Some(_) => at += 1,
            None => return None,
        }
    }
}

/// Returns the last line of the regex crate's report: the reason without its drawing.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too big".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or("not a regular expression");
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    }
}

/// A fuzzy needle for `namespace/name`.
#[derive(Clone, Debug)]
pub(super) struct Fuzzy {
    // The matcher keeps its working memory and so wants `&mut`; a filter is used by one thread at a
    // time, so the lock is never waited for.
    matcher: Arc<Mutex<Matcher>>,
    lowest: u16,
    needle: Utf32String,
}

impl Fuzzy {
    /// What a matched character earns before bonuses and gaps: the matcher's own, which it keeps to itself.
    const MATCH: u16 = 16;

    /// Compiles a needle.
    pub(super) fn new(needle: &str) -> Self {
        // The matcher ignores the case of names, and takes the needle's to be lower.
        let needle = Utf32String::from(needle.to_lowercase());
        // The letters in order are not enough: scattered over a long name they find everything. On
        // average each must earn a plain match after gaps are paid for: abbreviations (`apigw`) do.
        let length = u16::try_from(needle.len()).unwrap_or(u16::MAX);
        let lowest = length.saturating_mul(Self::MATCH);
        let mut config = Config::DEFAULT;
        config.normalize = false;
        Self { matcher: Arc::new(Mutex::new(Matcher::new(config))), lowest, needle }
    }

    /// Returns whether a name is near enough.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut wide = Vec::new();
        let score = self.matcher().fuzzy_match(Utf32Str::new(text, &mut wide), self.needle.slice(..));
        score.is_some_and(|score| score >= self.lowest)
    }

    /// Adds the places of the matched characters.
    pub(super) fn places(&self, text: &str, out: &mut Vec<Range<usize>>) {
        let (mut wide, mut found) = (Vec::new(), Vec::new());
        let wide = Utf32Str::new(text, &mut wide);
        let score = self.matcher().fuzzy_indices(wide, self.needle.slice(..), &mut found);
        if score.is_none_or(|score| score < self.lowest) {
            return;
        }
        let mut found = found.into_iter().peekable();
        for (count, (at, c)) in (0..).zip(text.char_indices()) {
            if found.next_if_eq(&count).is_some() {
                out.push(at..at + c.len_utf8());
            }
        }
    }

    fn matcher(&self) -> MutexGuard<'_, Matcher> {
        self.matcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_literal_path_finds_what_the_regex_finds(needle in "[a-cA-C -]{1,4}", text in "[a-cA-C -]{0,30}") {
            let regex = RegexBuilder::new(&regex::escape(&needle)).case_insensitive(true).build().unwrap();
            let literal = Pattern::literal(&needle);
            prop_assert_eq!(literal.is_in(&text), regex.is_match(&text));
            let mut places = Vec::new();
            literal.places(&text, &mut places);
            prop_assert_eq!(places, regex.find_iter(&text).map(|m| m.range()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn fuzzy_accepts_abbreviations_and_refuses_scattered_letters() {
        let near = Fuzzy::new("apigw");
        assert!(near.is_in("shop/api-gateway-7d9f8"));
        assert!(Fuzzy::new("shcart").is_in("shop/cart-0"));
        assert!(!near.is_in("shop/cart-0"));
        assert!(!Fuzzy::new("zqxj").is_in("shop/cart-0"));
        let long = "some-namespace-that/contains-plenty-of-many-letters-and-numbers";
        assert!(!Fuzzy::new("eeaon").is_in(long));
        assert!(Fuzzy::new("contlett").is_in(long));
    }
}

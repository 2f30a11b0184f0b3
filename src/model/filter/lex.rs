//! Cuts a filter into words: blanks separate, quotes keep blanks, `|` between words means or.

use crate::model::problem::{Problem, ProblemKind};

/// How a typed term compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    Differs,
    Above,
    AtLeast,
    Below,
    AtMost,
    Like,
    Unlike,
    Has,
}

/// Signs of the operators, longer ones first so that `>=` is not read as `>`.
const OPS: &[(&str, Op)] = &[
    ("!=", Op::Differs),
    ("!~", Op::Unlike),
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    ("==", Op::Equal),
    ("=", Op::Equal),
    (">", Op::Above),
    ("<", Op::Below),
    ("~", Op::Like),
    (":", Op::Has),
];

/// What a word says, before its parts are compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Text to look for.
    Text(String),
    /// `name<op>value`, and the whole word as typed.
    Typed { name: String, op: Op, value: String, whole: String },
    /// `-l selector`
    Labels(String),
    /// `-f needle`
    Fuzzy(String),
}

/// One word with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `|`
    Or { at: usize },
    /// A term. `at` counts characters from 1; `source` is the term as typed.
    Term { at: usize, negated: bool, said: Said, source: String },
}

/// Cuts the input into tokens.
pub(super) fn tokens(input: &str) -> Result<Vec<Token>, Problem> {
    let mut lexer = Lexer { input, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.blanks();
        let at = lexer.column();
        if lexer.peek().is_none() {
            return Ok(tokens);
        }
        if lexer.take("|") {
            tokens.push(Token::Or { at });
            continue;
        }
        let start = lexer.at;
        let mut negated = false;
        while lexer.take("!") {
            negated = !negated;
        }
        let (said, or) = lexer.term()?;
        let source = input.get(start..lexer.at - usize::from(or)).unwrap_or_default().trim().to_owned();
        tokens.push(Token::Term { at, negated, said, source });
        if or {
            tokens.push(Token::Or { at: lexer.column() - 1 });
        }
    }
}

/// A [`ProblemKind::Usage`] about a filter.
pub(super) fn usage(what: impl Into<String>, hint: &str) -> Problem {
    Problem::new(ProblemKind::Usage, format!("filter: {}", what.into())).hint(hint)
}

struct Lexer<'a> {
    input: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn column(&self) -> usize {
        self.input.get(..self.at).unwrap_or(self.input).chars().count() + 1
    }

    /// Reads one term; the flag tells that a `|` stood right behind it.
    fn term(&mut self) -> Result<(Said, bool), Problem> {
        let at = self.column();
        if let Some(flag) = self.flag() {
            self.blanks();
            return match flag {
                'l' => Ok((Said::Labels(self.selector(at)?), false)),
                _ => Ok((Said::Fuzzy(self.needle(at)?), false)),
            };
        }
        let (head, quoted) = match self.peek() {
            Some(quote @ ('"' | '\'')) => (self.quoted(quote)?, true),
            _ => (String::new(), false),
        };
        let rest = self.bare_end();
        if let Some((name, op, sign)) = typed(&head, quoted, rest) {
            let start = self.at;
            self.at += sign;
            let (value, or) = match self.peek() {
                Some(quote @ ('"' | '\'')) => (self.quoted(quote)?, false),
                _ => self.bare(),
            };
            let tail = self.input.get(start..self.at - usize::from(or)).unwrap_or_default();
            return Ok((Said::Typed { name, op, value, whole: format!("{head}{tail}") }, or));
        }
        let (tail, or) = self.bare();
        let text = head + &tail;
        if text.is_empty() && !quoted {
            return Err(usage(format!("nothing after ! at {at}"), "write what to leave out, as in !Running"));
        }
        Ok((Said::Text(text), or))
    }

    /// Reads `-l` or `-f` standing alone.
    fn flag(&mut self) -> Option<char> {
        let mut chars = self.rest().strip_prefix('-')?.chars();
        let flag = chars.next().filter(|c| matches!(c, 'l' | 'f'))?;
        chars.next().is_none_or(char::is_whitespace).then(|| self.at += 2)?;
        Some(flag)
    }

    /// Reads from a quote to the same quote; `\` before it keeps it.
    fn quoted(&mut self, quote: char) -> Result<String, Problem> {
        let at = self.column();
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            if c == quote {
                self.at += index + 1;
                return Ok(out);
            }
            match chars.peek() {
                Some(&(_, next)) if c == '\\' && next == quote => {
                    out.push(next);
                    chars.next();
                }
                // An escaped backslash does not escape the quote behind it; the pattern needs both.
                Some(&(_, '\\')) if c == '\\' => {
                    out.push_str("\\\\");
                    chars.next();
                }
                _ => out.push(c),
            }
        }
        Err(usage(
            format!("unclosed quote at {at}"),
            &format!("close it with {quote}, or write \\x22 for the sign itself"),
        ))
    }

    fn bare_end(&self) -> &'a str {
        let rest = self.rest();
        rest.get(..rest.find(char::is_whitespace).unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Reads to the next blank. A `|` at the very end means or, as between blanks.
    fn bare(&mut self) -> (String, bool) {
        let word = self.bare_end();
        self.at += word.len();
        match word.strip_suffix('|') {
            // `\|` is the sign itself, `a||` is left to the pattern.
            Some(text) if !text.ends_with(['\\', '|']) => (text.to_owned(), true),
            _ => (word.to_owned(), false),
        }
    }

    /// Reads a label selector: to the next blank that is not part of `key in (a, b)` or of a list.
    fn selector(&mut self, at: usize) -> Result<String, Problem> {
        let hint = "as in -l app=web,env in (dev,test)";
        let text = match self.peek() {
            None => return Err(usage(format!("-l at {at} needs a label selector"), hint)),
            Some(quote @ ('"' | '\'')) => return self.quoted(quote),
            Some(_) => self.rest(),
        };
        let (mut depth, mut end) = (0usize, text.len());
        for (index, c) in text.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                c if c.is_whitespace() && depth == 0 => {
                    let before = text.get(..index).unwrap_or_default().trim_end();
                    let after = text.get(index..).unwrap_or_default().trim_start();
                    let set = ["in", "notin"].iter().any(|word| {
                        let follows =
                            after.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('('));
                        let precedes =
                            before.strip_suffix(word).is_some_and(|rest| rest.ends_with(char::is_whitespace));
                        follows || (precedes && after.starts_with('('))
                    });
                    if !set && !before.ends_with(',') {
                        end = index;
                        break;
                    }
                }
                _ => {}
            }
        }
        self.at += end;
        Ok(text.get(..end).unwrap_or_default().to_owned())
    }

    fn needle(&mut self, at: usize) -> Result<String, Problem> {
        let text = match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => {
                let word = self.bare_end();
                self.at += word.len();
                word.to_owned()
            }
        };
        if text.trim().is_empty() {
            return Err(usage(format!("-f at {at} needs some letters"), "as in -f apigw"));
        }
        Ok(text)
    }
}

/// Finds `name<op>` at the start: in `rest`, or with a quoted `head` as the name. Returns the name,
/// the operator and how many bytes of `rest` both take.
fn typed(head: &str, quoted: bool, rest: &str) -> Option<(String, Op, usize)> {
    let end = if quoted {
        0
    } else {
        let named = |c: char| c.is_ascii_alphanumeric() || "-_%/.".contains(c);
        rest.find(|c| !named(c))?
    };
    let name = if quoted { head } else { rest.get(..end)? };
    let first = name.chars().next()?;
    if !quoted && !first.is_ascii_alphabetic() && first != '%' {
        return None;
    }
    let tail = rest.get(end..)?;
    OPS.iter()
        .find(|(sign, _)| tail.starts_with(sign))
        .map(|(sign, op)| (name.to_owned(), *op, end + sign.len()))
}

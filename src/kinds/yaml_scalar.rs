//! How one string or number is written in YAML the way kubectl writes it: which quoting style, which
//! escapes, where long lines fold. The rules are those of the YAML 1.1 emitter that kubectl uses, so
//! that text copied from kdeck and from kubectl is the same to the byte.

/// Column after which blanks fold.
const WIDTH: usize = 80;

/// Output with the current column, counted in characters.
#[derive(Debug, Default)]
pub struct Out {
    /// The text so far.
    pub text: String,
    column: usize,
}

impl Out {
    /// Appends text without line breaks.
    pub fn push(&mut self, s: &str) {
        self.text.push_str(s);
        self.column += s.chars().count();
    }

    fn put(&mut self, c: char) {
        self.text.push(c);
        self.column = if is_break(c) { 0 } else { self.column + 1 };
    }

    /// Starts a line at `indent`, unless one has just been started by a block of text.
    pub fn line(&mut self, indent: usize) {
        if self.column > 0 {
            self.put('\n');
        }
        self.pad(indent);
    }

    fn fold(&mut self, indent: usize) {
        self.put('\n');
        self.pad(indent);
    }

    fn pad(&mut self, indent: usize) {
        while self.column < indent {
            self.put(' ');
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Where a string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A key on one line: nothing folds.
    Key,
    /// A value: lines that go on are indented so far.
    Value(usize),
}

/// Writes a string.
pub fn string(out: &mut Out, s: &str, place: Place) {
    let indent = match place {
        Place::Key => 0,
        Place::Value(indent) => indent,
    };
    let folds = place != Place::Key;
    match style(s, place) {
        Style::Plain => plain(out, s, indent, folds),
        Style::Single => single(out, s, indent, folds),
        Style::Double => double(out, s, indent, folds),
        Style::Literal => literal(out, s, indent),
    }
}

/// Writes a number that is not a whole one as Go's `%g` does; whole ones as integers.
pub fn float(value: f64) -> String {
    // What fits a 64-bit integer is read back as one.
    if value.fract() == 0.0 && (-9.223_372_036_854_775e18..1.844_674_407_370_955e19).contains(&value) {
        return format!("{value}");
    }
    let short = format!("{value:e}");
    let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn style(s: &str, place: Place) -> Style {
    if s.is_empty() {
        return Style::Double;
    }
    let facts = Facts::of(s);
    let wanted = if s.contains('\n') {
        Style::Literal
    } else if super::yaml_resolve::is_string(s) {
        Style::Plain
    } else {
        Style::Double
    };
    match wanted {
        Style::Literal if facts.literal && place != Place::Key => Style::Literal,
        Style::Plain if facts.plain => Style::Plain,
        Style::Plain if facts.single && !(place == Place::Key && facts.multiline) => Style::Single,
        _ => Style::Double,
    }
}

/// Which styles can carry a string.
#[derive(Clone, Copy, Debug)]
struct Facts {
    plain: bool,
    single: bool,
    literal: bool,
    multiline: bool,
}

impl Facts {
    fn of(s: &str) -> Self {
        let mut indicator = s.starts_with("---") || s.starts_with("...");
        let (mut special, mut breaks) = (false, false);
        let (mut space_break, mut break_space) = (false, false);
        let mut previous = None;
        let mut characters = s.chars().peekable();
        while let Some(c) = characters.next() {
            let blank_follows = characters.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            indicator |= match (previous, c) {
                (
                    None,
                    ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
                ) => true,
                (None, '#') => true,
                (None, '?' | '-') | (_, ':') => blank_follows,
                (Some(before), '#') => matches!(before, ' ' | '\t' | '\0') || is_break(before),
                _ => false,
            };
            special |= !is_printable(c);
            breaks |= is_break(c);
            break_space |= c == ' ' && previous.is_some_and(is_break);
            space_break |= is_break(c) && previous == Some(' ');
            previous = Some(c);
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let edges = edge(s.chars().next()) || edge(previous);
        let hard = space_break || special;
        Self {
            plain: !(edges || break_space || hard || breaks || indicator),
            single: !(break_space || hard),
            literal: !(hard || previous == Some(' ')),
            multiline: breaks,
        }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Printable as the emitter sees it: nothing beyond the basic plane, no byte order mark, no tab.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn plain(out: &mut Out, s: &str, indent: usize, folds: bool) {
    let mut after_space = false;
    let mut characters = s.chars().peekable();
    while let Some(c) = characters.next() {
        let next_is_space = characters.peek() == Some(&' ');
        if c == ' ' && folds && !after_space && out.column > WIDTH && !next_is_space {
            out.fold(indent);
        } else {
            out.put(c);
        }
        after_space = c == ' ';
    }
}

fn single(out: &mut Out, s: &str, indent: usize, folds: bool) {
    out.put('\'');
    let (mut after_space, mut after_break, mut first) = (false, false, true);
    let mut characters = s.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        let inner = !first && next.is_some();
        if c == ' ' {
            if folds && !after_space && out.column > WIDTH && inner && next != Some(' ') {
                out.fold(indent);
            } else {
                out.put(c);
            }
        } else {
            if after_break && !is_break(c) {
                out.pad(indent);
            }
            if c == '\'' {
                out.put(c);
            }
            out.put(c);
            after_break = is_break(c);
        }
        after_space = c == ' ';
        first = false;
    }
    out.put('\'');
}

fn double(out: &mut Out, s: &str, indent: usize, folds: bool) {
    // The emitter escapes every character of a text that begins with a byte order mark.
    let escape_all = s.starts_with('\u{feff}');
    out.put('"');
    let (mut after_space, mut first) = (false, true);
    let mut characters = s.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
            escape(out, c);
            after_space = false;
        } else if c == ' ' {
            if folds && !after_space && out.column > WIDTH && !first && next.is_some() {
                out.fold(indent);
                if next == Some(' ') {
                    out.put('\\');
                }
            } else {
                out.put(c);
            }
            after_space = true;
        } else {
            out.put(c);
            after_space = false;
        }
        first = false;
    }
    out.put('"');
}

fn escape(out: &mut Out, c: char) {
    const NAMED: &[(char, char)] = &[
        ('\0', '0'),
        ('\u{7}', 'a'),
        ('\u{8}', 'b'),
        ('\t', 't'),
        ('\n', 'n'),
        ('\u{b}', 'v'),
        ('\u{c}', 'f'),
        ('\r', 'r'),
        ('\u{1b}', 'e'),
        ('"', '"'),
        ('\\', '\\'),
        ('\u{85}', 'N'),
        ('\u{a0}', '_'),
        ('\u{2028}', 'L'),
        ('\u{2029}', 'P'),
    ];
    out.put('\\');
    let code = u32::from(c);
    match NAMED.iter().find(|(named, _)| *named == c) {
        Some((_, letter)) => out.put(*letter),
        None if code <= 0xff => out.push(&format!("x{code:02X}")),
        None if code <= 0xffff => out.push(&format!("u{code:04X}")),
        None => out.push(&format!("U{code:08X}")),
    }
}

fn literal(out: &mut Out, s: &str, indent: usize) {
    out.put('|');
    if s.starts_with(|c: char| c == ' ' || is_break(c)) {
        out.put('2');
    }
    let mut from_end = s.chars().rev();
    match (from_end.next(), from_end.next()) {
        (Some(last), _) if !is_break(last) => out.put('-'),
        (_, None) => out.put('+'),
        (_, Some(before)) if is_break(before) => out.put('+'),
        _ => {}
    }
    out.put('\n');
    let mut at_start = true;
    for c in s.chars() {
        if is_break(c) {
            out.put(c);
            at_start = true;
        } else {
            if at_start {
                out.pad(indent);
            }
            out.put(c);
            at_start = false;
        }
    }
}

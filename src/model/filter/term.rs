//! One condition of a filter: compiled from a word, asked of a row.

use std::cmp::Ordering;
use std::ops::Range;

use super::Fields;
use super::lex::{Op, Said, usage};
use super::operand::Operand;
use super::pattern::{Fuzzy, Pattern};
use crate::model::selector::Selector;
use crate::model::{Cell, Problem, Row};

/// Buffers that live as long as the caller likes, so that a row costs no allocation.
#[derive(Debug, Default)]
pub struct Scratch {
    line: String,
    line_is_ready: bool,
    cell: String,
}

impl Scratch {
    /// Forgets the row before.
    pub(super) fn begin(&mut self) {
        self.line_is_ready = false;
    }

    fn line(&mut self, fields: &dyn Fields) -> &str {
        if !self.line_is_ready {
            self.line.clear();
            fields.line(&mut self.line);
            self.line_is_ready = true;
        }
        &self.line
    }
}

/// A condition.
#[derive(Clone, Debug)]
pub(super) struct Term {
    negated: bool,
    test: Test,
    /// The term as typed, to see whether two filters share it.
    source: String,
}

#[derive(Clone, Debug)]
enum Test {
    Line(Pattern),
    Fuzzy(Fuzzy),
    Labels(Selector),
    Field(Box<Field>),
}

/// `name<op>value`
#[derive(Clone, Debug)]
struct Field {
    name: String,
    /// The name with blanks for `-` and `_`: `nominated-node` means `NOMINATED NODE`.
    spaced: Option<String>,
    source: Source,
    /// `!=` and `!~`: the opposite, but only where there is a cell to ask.
    inverse: bool,
    ask: Ask,
    /// What the word means when the table has no such column.
    otherwise: Otherwise,
}

/// Where the value comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The table's column, else this fact of the row.
    Column(Option<fn(&Row) -> Option<Cell>>),
    /// A fact of the row that every table shows under this name.
    Row(fn(&Row) -> Option<Cell>),
}

#[derive(Clone, Debug)]
enum Ask {
    Equal(String, Option<Operand>),
    Order(&'static [Ordering], Operand),
    Matches(Pattern),
    Contains(Pattern),
    Starts(Pattern),
}

#[derive(Clone, Debug)]
enum Otherwise {
    Nothing,
    Labels(Selector),
    Line(Pattern),
}

/// Names that work in every table.
const NAMES: &[(&str, Source)] = &[
    ("name", Source::Row(|row| Some(Cell::Text(row.key.name.clone())))),
    ("ns", Source::Row(namespace)),
    ("namespace", Source::Row(namespace)),
    ("context", Source::Column(Some(cluster))),
    ("cluster", Source::Column(Some(cluster))),
    ("node", Source::Column(Some(|row| row.facts.node.clone().map(Cell::Text)))),
    ("owner", Source::Column(Some(|row| row.owner().map(|owner| Cell::Text(owner.name.clone()))))),
    ("age", Source::Column(Some(|row| row.created.map(Cell::Age)))),
];

/// Short forms of column titles.
const SYNONYMS: &[(&str, &str)] = &[("mem", "MEMORY"), ("memory", "MEM"), ("cpu", "CPU")];

fn namespace(row: &Row) -> Option<Cell> {
    Some(Cell::text(row.key.namespace.clone()))
}

fn cluster(row: &Row) -> Option<Cell> {
    Some(Cell::Text(row.key.cluster.0.clone()))
}

impl Term {
    /// Compiles a word.
    pub(super) fn compile(at: usize, negated: bool, said: Said, source: String) -> Result<Self, Problem> {
        let test = match said {
            Said::Text(text) => Test::Line(pattern(&text, at)?),
            Said::Fuzzy(needle) => Test::Fuzzy(Fuzzy::new(&needle)),
            Said::Labels(text) => Test::Labels(Selector::parse(&text)?),
            Said::Typed { name, op, value, .. } if name.eq_ignore_ascii_case("label") => {
                let selector = Selector::parse(&value)?;
                let inverse = match op {
                    Op::Equal | Op::Has => false,
                    Op::Differs => true,
                    _ => {
                        return Err(usage(
                            format!("label at {at} takes : or ="),
                            "as in label:app=web or label:canary",
                        ));
                    }
                };
                return Ok(Self { negated: negated != inverse, test: Test::Labels(selector), source });
            }
            Said::Typed { name, op, value, whole } => {
                Test::Field(Box::new(Field::compile(at, name, op, value, &whole)?))
            }
        };
        Ok(Self { negated, test, source })
    }

    /// Returns whether the row meets the condition.
    pub(super) fn holds(&self, fields: &dyn Fields, scratch: &mut Scratch) -> bool {
        let found = match &self.test {
            Test::Line(pattern) => pattern.is_in(scratch.line(fields)),
            Test::Labels(selector) => selector.matches(&fields.row().labels),
            Test::Fuzzy(fuzzy) => {
                let key = &fields.row().key;
                scratch.cell.clear();
                if !key.namespace.is_empty() {
                    scratch.cell.push_str(&key.namespace);
                    scratch.cell.push('/');
                }
                scratch.cell.push_str(&key.name);
                fuzzy.is_in(&scratch.cell)
            }
            Test::Field(field) => field.holds(fields, scratch),
        };
        found != self.negated
    }

    /// Returns the column that the condition needs and that is not known, with the whole condition; none
    /// where a missing one only makes it ask for a label or a text.
    pub(super) fn lacks(&self, is_known: &dyn Fn(&str) -> bool) -> Option<(&str, &str)> {
        let Test::Field(field) = &self.test else { return None };
        let can_miss =
            matches!(field.otherwise, Otherwise::Nothing) && matches!(field.source, Source::Column(None));
        let synonyms = SYNONYMS.iter().filter(|(name, _)| field.name.eq_ignore_ascii_case(name));
        let is_there = is_known(&field.name)
            || field.spaced.as_deref().is_some_and(is_known)
            || synonyms.into_iter().any(|(_, title)| is_known(title));
        (can_miss && !is_there).then_some((&*field.name, &*self.source))
    }

    /// Adds the places of a text in the column `title` that the condition found; conditions on other
    /// columns say nothing.
    pub(super) fn places(&self, title: &str, text: &str, out: &mut Vec<Range<usize>>) {
        if self.negated {
            return;
        }
        match &self.test {
            Test::Line(pattern) => pattern.places(text, out),
            Test::Fuzzy(_) if !title.eq_ignore_ascii_case("name") => {}
            Test::Fuzzy(fuzzy) => fuzzy.places(text, out),
            Test::Labels(_) => {}
            Test::Field(field) if field.inverse || !field.is_about(title) => {}
            Test::Field(field) => match &field.ask {
                Ask::Equal(value, _) if text.eq_ignore_ascii_case(value) => out.push(0..text.len()),
                Ask::Matches(pattern) | Ask::Contains(pattern) => pattern.places(text, out),
                Ask::Starts(pattern) if pattern.starts(text) => {
                    let from = out.len();
                    pattern.places(text, out);
                    out.truncate(from + 1);
                }
                _ => {}
            },
        }
    }

    /// Returns whether every row that meets this condition meets the other one, too.
    pub(super) fn implies(&self, other: &Self) -> bool {
        let literal = match (&self.test, &other.test) {
            (Test::Line(a), Test::Line(b)) => !self.negated && !other.negated && a.implies(b),
            _ => false,
        };
        literal || self.source == other.source
    }
}

impl Field {
    fn compile(at: usize, name: String, op: Op, value: String, whole: &str) -> Result<Self, Problem> {
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        let source = known.map_or(Source::Column(None), |(_, source)| *source);
        let is_namespace = matches!(name.to_ascii_lowercase().as_str(), "ns" | "namespace");
        let number = || {
            Operand::parse(&value).ok_or_else(|| {
                let hint =
                    "numbers may have units: 3, 90%, 10m or 1h30m for ages, 500m for CPU, 1Gi for memory";
                usage(format!("{whole:?} at {at}: {value:?} is not a number"), hint)
            })
        };
        const LESS: &[Ordering] = &[Ordering::Less];
        const AT_MOST: &[Ordering] = &[Ordering::Less, Ordering::Equal];
        const MORE: &[Ordering] = &[Ordering::Greater];
        const AT_LEAST: &[Ordering] = &[Ordering::Greater, Ordering::Equal];
        let ask = match op {
            Op::Below => Ask::Order(LESS, number()?),
            Op::AtMost => Ask::Order(AT_MOST, number()?),
            Op::Above => Ask::Order(MORE, number()?),
            Op::AtLeast => Ask::Order(AT_LEAST, number()?),
            Op::Like | Op::Unlike => Ask::Matches(pattern(&value, at)?),
            Op::Has if is_namespace => Ask::Starts(Pattern::literal(&value)),
            Op::Has => Ask::Contains(Pattern::literal(&value)),
            Op::Equal | Op::Differs => Ask::Equal(value.clone(), Operand::parse(&value)),
        };
        let otherwise = match op {
            Op::Has => Otherwise::Line(Pattern::literal(whole)),
            Op::Equal | Op::Differs => {
                let sign = if op == Op::Equal { "=" } else { "!=" };
                Selector::parse(&format!("{name}{sign}{value}")).map_or(Otherwise::Nothing, Otherwise::Labels)
            }
            _ => Otherwise::Nothing,
        };
        let spaced = name.contains(['-', '_']).then(|| name.replace(['-', '_'], " "));
        let inverse = matches!(op, Op::Differs | Op::Unlike);
        Ok(Self { name, spaced, source, inverse, ask, otherwise })
    }

    fn is_about(&self, title: &str) -> bool {
        let same = |name: &str| name.eq_ignore_ascii_case(title);
        same(&self.name)
            || self.spaced.as_deref().is_some_and(same)
            || (self.name.eq_ignore_ascii_case("ns") && same("namespace"))
            || SYNONYMS.iter().any(|(name, full)| self.name.eq_ignore_ascii_case(name) && same(full))
    }

    fn cell(&self, fields: &dyn Fields) -> Option<Cell> {
        let fact = match self.source {
            Source::Row(fact) => return fact(fields.row()),
            Source::Column(fact) => fact,
        };
        fields
            .cell(&self.name)
            .or_else(|| fields.cell(self.spaced.as_deref()?))
            .or_else(|| {
                let synonym = SYNONYMS.iter().find(|(name, _)| self.name.eq_ignore_ascii_case(name));
                fields.cell(synonym?.1)
            })
            .or_else(|| fact?(fields.row()))
    }

    fn holds(&self, fields: &dyn Fields, scratch: &mut Scratch) -> bool {
        let Some(cell) = self.cell(fields) else {
            return match &self.otherwise {
                Otherwise::Nothing => false,
                Otherwise::Labels(selector) => selector.matches(&fields.row().labels),
                Otherwise::Line(pattern) => pattern.is_in(scratch.line(fields)),
            };
        };
        if let Ask::Order(wanted, operand) = &self.ask {
            return operand.order(&cell, fields.now()).is_some_and(|order| wanted.contains(&order));
        }
        let text = match &cell {
            Cell::Text(text) => &**text,
            other => {
                scratch.cell.clear();
                other.write(fields.now(), &mut scratch.cell);
                &scratch.cell
            }
        };
        let found = match &self.ask {
            Ask::Equal(value, operand) => {
                let same = text.eq_ignore_ascii_case(value) || (value.is_empty() && text == "<none>");
                let number = |operand: &Operand| {
                    !matches!(cell, Cell::Text(_) | Cell::Age(_))
                        && operand.order(&cell, fields.now()) == Some(Ordering::Equal)
                };
                same || operand.as_ref().is_some_and(number)
            }
            Ask::Matches(pattern) | Ask::Contains(pattern) => pattern.is_in(text),
            Ask::Starts(pattern) => pattern.starts(text),
            Ask::Order(..) => false,
        };
        found != self.inverse
    }
}

fn pattern(text: &str, at: usize) -> Result<Pattern, Problem> {
    Pattern::regex(text).map_err(|reason| {
        usage(
            format!("{text:?} at {at} is no pattern: {reason}"),
            "put \\ before a sign that is meant as it stands",
        )
    })
}

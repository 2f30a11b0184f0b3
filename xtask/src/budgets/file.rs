//! `budgets.toml`, read and written by line: tables of `key = value`, so that comments stay.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};

use super::count::Counted;

const FILE: &str = "budgets.toml";

/// What one piece of work may cost.
#[derive(Debug, Default)]
pub struct Budget {
    /// Its name in the file.
    pub name: String,
    /// The figure of the bench.
    pub figure: String,
    /// Instructions, in those of the yardstick.
    pub parses: Option<f64>,
    /// Calls of the allocator.
    pub allocations: Option<f64>,
}

/// The file.
#[derive(Debug)]
pub struct Budgets {
    /// In its order.
    pub list: Vec<Budget>,
    limits: BTreeMap<String, f64>,
    text: String,
}

/// A line of the file that says something.
enum Line<'a> {
    Table(&'a str),
    Value(&'a str, &'a str),
}

fn parse(line: &str) -> Option<Line<'_>> {
    let line = line.split('#').next()?.trim();
    if let Some(name) = line.strip_prefix('[') {
        return Some(Line::Table(name.trim_end_matches(']')));
    }
    let (key, value) = line.split_once('=')?;
    Some(Line::Value(key.trim(), value.trim().trim_matches('"')))
}

impl Budgets {
    /// Reads the file of the working directory.
    pub fn read() -> Result<Self> {
        let text = std::fs::read_to_string(FILE).with_context(|| format!("cannot read {FILE}"))?;
        Self::of(text)
    }

    fn of(text: String) -> Result<Self> {
        let (mut list, mut limits) = (Vec::new(), BTreeMap::new());
        let mut is_limits = false;
        for line in text.lines().filter_map(parse) {
            match line {
                Line::Table(name) => {
                    is_limits = name == "limits";
                    if !is_limits {
                        list.push(Budget { name: name.to_owned(), ..Budget::default() });
                    }
                }
                Line::Value("figure", figure) => {
                    list.last_mut().context("a figure outside of a table")?.figure = figure.to_owned();
                }
                Line::Value(key, value) => {
                    let value: f64 = value.parse().with_context(|| format!("{key} = {value}: no number"))?;
                    match (is_limits, key, list.last_mut()) {
                        (true, ..) => drop(limits.insert(key.to_owned(), value)),
                        (_, "parses", Some(budget)) => budget.parses = Some(value),
                        (_, "allocations", Some(budget)) => budget.allocations = Some(value),
                        _ => anyhow::bail!("{FILE}: nobody knows {key:?}"),
                    }
                }
            }
        }
        Ok(Self { list, limits, text })
    }

    /// Returns a limit.
    pub fn limit(&self, name: &str) -> Result<f64> {
        self.limits.get(name).copied().with_context(|| format!("{FILE} has no limit {name}"))
    }

    /// Puts what was counted in place of what was budgeted.
    pub fn write(&mut self, counted: &BTreeMap<String, Counted>) -> Result<()> {
        let text = self.with(counted);
        std::fs::write(FILE, text).with_context(|| format!("cannot write {FILE}"))?;
        println!("wrote {FILE}");
        Ok(())
    }

    fn with(&self, counted: &BTreeMap<String, Counted>) -> String {
        let (mut out, mut now) = (String::new(), None);
        for line in self.text.lines() {
            // Writing to a String cannot fail.
            let _ = match (parse(line), now) {
                (Some(Line::Value("parses", _)), Some(Counted { parses, .. })) => {
                    writeln!(out, "parses = {parses:.4}")
                }
                (Some(Line::Value("allocations", _)), Some(Counted { allocations, .. })) => {
                    writeln!(out, "allocations = {allocations:.2}")
                }
                (found, _) => {
                    match found {
                        Some(Line::Value("figure", figure)) => now = counted.get(figure).copied(),
                        Some(Line::Table(_)) => now = None,
                        _ => {}
                    }
                    writeln!(out, "{line}")
                }
            };
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# why\n[a-frame]\nfigure = \"frame.1\"\nparses = 2.0 # little\nallocations = 1\n\n[limits]\nmegabytes = 16\n";

    #[test]
    fn what_was_counted_replaces_what_was_budgeted_and_nothing_else() {
        let budgets = Budgets::of(TEXT.to_owned()).unwrap();
        assert_eq!(budgets.list[0].parses, Some(2.0));
        assert_eq!(budgets.limit("megabytes").unwrap(), 16.0);
        let counted = [("frame.1".to_owned(), Counted { parses: 1.5, allocations: 0.0 })].into();
        let text = budgets.with(&counted);
        assert!(text.contains("parses = 1.5000\nallocations = 0.00\n"), "{text}");
        assert!(
            text.starts_with("# why\n[a-frame]") && text.ends_with("[limits]\nmegabytes = 16\n"),
            "{text}"
        );
    }

    #[test]
    fn a_word_that_nobody_knows_is_no_budget() {
        assert!(Budgets::of("[a]\nseconds = 1\n".to_owned()).is_err());
    }
}

//! `budgets.toml`, read and rewritten with its comments kept.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use toml_edit::{DocumentMut, Item, Table};

use super::count::Counted;

const FILE: &str = "budgets.toml";
/// The table whose numbers are limits and no budgets.
const LIMITS: &str = "limits";

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
    document: DocumentMut,
}

impl Budgets {
    /// Reads the file of the working directory.
    pub fn read() -> Result<Self> {
        let text = std::fs::read_to_string(FILE).with_context(|| format!("cannot read {FILE}"))?;
        Self::of(&text).with_context(|| format!("in {FILE}"))
    }

    fn of(text: &str) -> Result<Self> {
        let document: DocumentMut = text.parse()?;
        let tables = document.iter().filter(|(name, _)| *name != LIMITS);
        let list = tables
            .map(|(name, item)| {
                let table = item.as_table().with_context(|| format!("{name} is no table"))?;
                budget(name, table).with_context(|| format!("[{name}]"))
            })
            .collect::<Result<_>>()?;
        Ok(Self { list, document })
    }

    /// Returns a limit.
    pub fn limit(&self, name: &str) -> Result<f64> {
        let limit = self.document.get(LIMITS).and_then(|limits| number(limits.get(name)?));
        limit.with_context(|| format!("{FILE} has no limit {name}"))
    }

    /// Puts what was counted in place of what was budgeted.
    pub fn write(&mut self, counted: &BTreeMap<String, Counted>) -> Result<()> {
        self.take(counted);
        std::fs::write(FILE, self.document.to_string()).with_context(|| format!("cannot write {FILE}"))?;
        println!("wrote {FILE}");
        Ok(())
    }

    fn take(&mut self, counted: &BTreeMap<String, Counted>) {
        for budget in &self.list {
            let Some(is) = counted.get(&budget.figure) else { continue };
            let table = &mut self.document[&budget.name];
            // Ten thousandths of a parse are some instructions, hundredths of an allocation one in five batches.
            let figures = [("parses", is.parses, 1e4), ("allocations", is.allocations, 1e2)];
            for (key, figure, digits) in figures {
                if let Some(Item::Value(old)) = table.get_mut(key) {
                    let decor = old.decor().clone();
                    *old = (f64::round(figure * digits) / digits).into();
                    *old.decor_mut() = decor;
                }
            }
        }
    }
}

fn budget(name: &str, table: &Table) -> Result<Budget> {
    let mut budget = Budget { name: name.to_owned(), ..Budget::default() };
    for (key, item) in table {
        match key {
            "figure" => item.as_str().context("figure is no text")?.clone_into(&mut budget.figure),
            "parses" => budget.parses = Some(number(item).context("parses is no number")?),
            "allocations" => budget.allocations = Some(number(item).context("allocations is no number")?),
            _ => bail!("nobody knows {key:?}"),
        }
    }
    Ok(budget)
}

fn number(item: &Item) -> Option<f64> {
    item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# why\n[a-frame]\nfigure = \"frame.1\"\nparses = 2.0 # little\nallocations = 1\n\n[limits]\nmegabytes = 16\n";

    #[test]
    fn what_was_counted_replaces_what_was_budgeted_and_nothing_else() {
        let mut budgets = Budgets::of(TEXT).unwrap();
        assert_eq!(budgets.list[0].parses, Some(2.0));
        assert_eq!(budgets.limit("megabytes").unwrap(), 16.0);
        budgets.take(&[("frame.1".to_owned(), Counted { parses: 1.50004, allocations: 0.0 })].into());
        let expected = TEXT.replace("= 2.0", "= 1.5").replace("= 1\n", "= 0.0\n");
        assert_eq!(budgets.document.to_string(), expected);
    }

    #[test]
    fn a_word_that_nobody_knows_is_no_budget() {
        let wrong = Budgets::of("[a]\nseconds = 1\n").unwrap_err();
        assert_eq!(format!("{wrong:#}"), "[a]: nobody knows \"seconds\"");
        assert!(Budgets::of("[a]\nparses = \"few\"\n").is_err());
    }
}

//! Holds the program to `budgets.toml`: instructions and allocations under callgrind, wake-ups, size.
//!
//! Nothing here is a wall clock: a busy machine gets the same figures as an idle one.

mod count;
mod file;
mod idle;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};

use count::Counted;
use file::{Budget, Budgets};

/// How far a figure may be from its budget.
const SLACK: f64 = 0.05;

/// The bench's runs: each is one process under callgrind.
const RUNS: &[&[&str]] = &[&["wire"], &["start"], &["table", "10000"], &["table", "100000"]];

/// Counts, prints a table and fails where a budget is exceeded or out of date. `--dist` weighs the program
/// of `cargo xtask dist`; `--bench FILE` takes one that is built, `--write` puts what was counted into the file.
pub fn run(args: &[String]) -> Result<()> {
    let mut budgets = Budgets::read()?;
    let dist = args.iter().any(|arg| arg == "--dist").then(crate::dist::built).transpose()?;
    let mut wrong = limits(&budgets, dist)?;
    if count::ensure_valgrind()? {
        let bench = args.iter().skip_while(|arg| *arg != "--bench").nth(1).map(PathBuf::from);
        let counted = count::all(RUNS, bench)?;
        if args.iter().any(|arg| arg == "--write") {
            return budgets.write(&counted);
        }
        wrong.extend(compare(&budgets, &counted)?);
    } else {
        println!(
            "   valgrind is not there and can't be installed: instructions and allocations are not counted"
        );
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{}", wrong.join("\n   "))
}

/// Wake-ups of an idle program and the size of the one that people install.
fn limits(budgets: &Budgets, dist: Option<PathBuf>) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut limit = |name: &str, is: f64, may: f64| {
        println!("   {name:<40} {is:>12.2} of {may:.2}");
        if is > may {
            wrong.push(format!("{name}: {is:.2}, the limit is {may:.2}"));
        }
    };
    if let Some(wakeups) = idle::wakeups_per_second()? {
        limit("wake-ups a second, idle", wakeups, budgets.limit("wakeups-per-second")?);
    }
    if let Some(dist) = dist {
        let bytes = std::fs::metadata(&dist)?.len();
        limit("megabytes of the dist program", bytes as f64 / 1e6, budgets.limit("dist-megabytes")?);
    }
    Ok(wrong)
}

fn compare(budgets: &Budgets, counted: &BTreeMap<String, Counted>) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    println!("   {:<40} {:>12} {:>12} {:>8}", "budget", "counted", "budgeted", "");
    for Budget { name, figure, parses, allocations } in &budgets.list {
        let Some(is) = counted.get(figure) else { bail!("{name}: the bench counted no {figure:?}") };
        let mut judge = |unit: &str, is: f64, may: Option<f64>| {
            let Some(may) = may else { return };
            println!("   {:<40} {is:>12.4} {may:>12.4} {unit}", name);
            wrong.extend(verdict(name, unit, is, may));
        };
        judge("parses", is.parses, *parses);
        judge("allocations", is.allocations, *allocations);
    }
    Ok(wrong)
}

/// Says what is wrong with a figure, if anything is.
fn verdict(name: &str, unit: &str, is: f64, may: f64) -> Option<String> {
    let by = if may > 0.0 { (is / may - 1.0) * 100.0 } else { f64::INFINITY };
    if is > may * (1.0 + SLACK) {
        return Some(format!("{name}: {is:.4} {unit}, {by:+.1} % over its budget of {may:.4}"));
    }
    // A budget far above the truth would hide the next change for the worse.
    (is < may * (1.0 - SLACK))
        .then(|| format!("{name}: {is:.4} {unit}, {by:+.1} %: well done; lower its budget of {may:.4}"))
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_figure_may_be_five_per_cent_off_either_way_and_no_more() {
        assert_eq!(verdict("frame", "parses", 1.049, 1.0), None);
        assert_eq!(verdict("frame", "parses", 0.951, 1.0), None);
        assert!(verdict("frame", "parses", 1.06, 1.0).unwrap().contains("+6.0 % over"));
        assert!(verdict("frame", "parses", 0.94, 1.0).unwrap().contains("lower its budget"));
    }

    #[test]
    fn a_budget_of_nothing_is_exceeded_by_anything() {
        assert_eq!(verdict("frame", "allocations", 0.0, 0.0), None);
        assert!(verdict("frame", "allocations", 0.05, 0.0).is_some());
    }
}

//! The one recipe that a change must pass, here and in CI.

use anyhow::{Result, bail};

use crate::tools::{self, cargo};

/// One step of the check: its name and what runs it.
struct Step {
    name: &'static str,
    run: fn() -> Result<()>,
}

const TESTS: Step = Step { name: "tests", run: || cargo(&["test", "--workspace"]) };

const STEPS: &[Step] = &[
    Step { name: "format", run: || cargo(&["fmt", "--all", "--check"]) },
    Step {
        name: "lints",
        run: || cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
    },
    TESTS,
    Step { name: "dependency policy", run: dependencies },
    Step { name: "spelling", run: spelling },
    Step { name: "generated docs", run: || crate::docs::run(&["--check".into()]) },
];

/// Runs all steps and reports every failure, not only the first.
pub fn run(args: &[String]) -> Result<()> {
    let without_tests = args.iter().any(|arg| arg == "--without-tests");
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| !(without_tests && step.name == TESTS.name)) {
        println!("-- {}", step.name);
        if let Err(error) = (step.run)() {
            println!("   {error:#}");
            failed.push(step.name);
        }
    }
    if failed.is_empty() {
        println!("-- all good");
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

/// Licences, duplicate versions and sources. Advisories need a database from a code host, which a
/// closed network does not reach, so they are left to whoever has one: `cargo deny check advisories`.
fn dependencies() -> Result<()> {
    tools::ensure("cargo-deny", "0.20.2")?;
    cargo(&["deny", "check", "bans", "licenses", "sources"])
}

fn spelling() -> Result<()> {
    tools::ensure("typos-cli", "1.52.0")?;
    tools::program("typos", &[])
}

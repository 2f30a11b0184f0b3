//! The project's chores: `cargo xtask` lists them. A contributor needs cargo and nothing else;
//! what a chore needs beyond that, it installs.

mod budgets;
mod check;
mod cluster;
mod dist;
mod docs;
mod meter;
mod tools;

use anyhow::{Result, bail};

/// A chore: name, one line for the list, and what runs it.
struct Chore {
    name: &'static str,
    doc: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "budgets",
        doc: "hold instructions, allocations, wake-ups to budgets.toml (--dist weighs the built program too, --write renews the file)",
        run: budgets::run,
    },
    Chore {
        name: "check",
        doc: "format, lints, tests, dependency policy, spelling, generated docs (--without-tests leaves the tests out)",
        run: check::run,
    },
    Chore {
        name: "dist",
        doc: "build the program that people install: one static file (--host: with this machine's C library)",
        run: dist::run,
    },
    Chore {
        name: "docs",
        doc: "write the generated references in docs/ (--check only compares, --picture renews the screenshot)",
        run: docs::run,
    },
    Chore {
        name: "cluster",
        doc: "a real Kubernetes for the end-to-end tests: build, up, down, status, exec, test, record, crowd",
        run: cluster::run,
    },
    Chore {
        name: "meter",
        doc: "measure kdeck and its peers from outside (meter help; meter fetch builds the peers, meter goals renews docs/performance.md)",
        run: meter::run,
    },
];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    if let Some(chore) = CHORES.iter().find(|chore| chore.name == name) {
        return (chore.run)(&rest);
    }
    let list: Vec<String> =
        CHORES.iter().map(|chore| format!("  cargo xtask {:<8} {}", chore.name, chore.doc)).collect();
    if name.is_empty() {
        println!("{}", list.join("\n"));
        return Ok(());
    }
    bail!("there is no chore {name:?}; these exist:\n{}", list.join("\n"))
}

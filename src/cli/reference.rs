//! The pages of `docs/` that come from the program's own tables, and the README's screenshot.
//! `cargo xtask docs` writes them; the check fails when they are stale.

use std::fmt::Write;
use std::time::Duration;

use clap::ValueEnum;

use super::{Overrides, demo};
use crate::commands;
use crate::config;
use crate::kinds::catalog::Catalog;
use crate::kinds::{KindDef, Shown};
use crate::model::Problem;

/// What can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// Keys and commands.
    Keys,
    /// Settings.
    Config,
    /// Built-in kinds.
    Kinds,
    /// A frame of the demo as SVG.
    Screenshot,
}

/// How long the screenshot's cluster may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns a page's text.
///
/// # Errors
/// When the screenshot's cluster can't be started.
pub(super) fn page(page: Page) -> Result<String, Problem> {
    match page {
        Page::Keys => Ok(commands::reference()),
        Page::Config => Ok(config::reference()),
        Page::Kinds => Ok(kinds()),
        Page::Screenshot => demo::screenshot(&Overrides::default(), PATIENCE),
    }
}

fn kinds() -> String {
    let mut out = String::from(
        "# Kinds\n\nThis page is generated from the records in `src/kinds/`. Columns are kubectl's, in kubectl's order; those in \
         italics are kdeck's own additions. Every other kind that a cluster serves, custom resources included, opens with its \
         printer columns, else with NAME, READY and AGE.\n\n| Kind | Names | Columns | Wide |\n|---|---|---|---|\n",
    );
    for kind in Catalog::builtin().all() {
        let names: Vec<String> = std::iter::once(&kind.gvr.resource)
            .chain(&kind.short_names)
            .map(|name| format!("`{name}`"))
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            kind.kind,
            names.join(" "),
            columns(kind, Shown::Always, Shown::Extra),
            columns(kind, Shown::Wide, Shown::ExtraWide)
        );
    }
    out
}

/// Titles of the columns that are shown so; additions in italics.
fn columns(kind: &KindDef, kubectls: Shown, ours: Shown) -> String {
    let titles: Vec<String> = kind
        .columns
        .iter()
        .filter(|column| column.shown == kubectls || column.shown == ours)
        .map(
            |column| {
                if column.shown == ours { format!("*{}*", column.title) } else { column.title.to_string() }
            },
        )
        .collect();
    titles.join(", ")
}

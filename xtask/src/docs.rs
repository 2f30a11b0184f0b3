//! References that the program itself prints, kept in `docs/`; stale ones fail the check.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// File in `docs/` and the argument of kdeck's hidden `reference` subcommand that prints it.
const PAGES: &[(&str, &str)] =
    &[("docs/keys.md", "keys"), ("docs/config.md", "config"), ("docs/kinds.md", "kinds")];

/// The README's picture: a frame of the demo, which differs from run to run, so it is never compared.
const PICTURE: (&str, &str) = ("docs/screenshot.svg", "screenshot");

/// Writes the pages, or with `--check` only compares them; with `--picture` renews the screenshot too.
pub fn run(args: &[String]) -> Result<()> {
    let check = args.iter().any(|arg| arg == "--check");
    if args.iter().any(|arg| arg == "--picture") {
        std::fs::write(PICTURE.0, print(PICTURE.1)?)
            .with_context(|| format!("cannot write {}", PICTURE.0))?;
        println!("wrote {}", PICTURE.0);
    }
    let mut stale = Vec::new();
    for (path, page) in PAGES {
        let text = print(page)?;
        if std::fs::read_to_string(path).unwrap_or_default() == text {
            continue;
        }
        if check {
            stale.push(*path);
        } else {
            std::fs::create_dir_all(Path::new(path).parent().unwrap_or(Path::new(".")))?;
            std::fs::write(path, text).with_context(|| format!("cannot write {path}"))?;
            println!("wrote {path}");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("stale: {}; run `cargo xtask docs`", stale.join(", "))
}

fn print(page: &str) -> Result<String> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["run", "--quiet", "--package", "kdeck", "--bin", "kdeck", "--", "reference", page])
        .output()
        .context("cannot run kdeck")?;
    ensure!(output.status.success(), "kdeck reference {page}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

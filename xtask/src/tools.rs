//! Running cargo and the tools that checks need, installed on first use.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs cargo in the workspace.
pub fn cargo(args: &[&str]) -> Result<()> {
    program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), args)
}

/// Runs a program and fails when it does.
pub fn program(name: &str, args: &[&str]) -> Result<()> {
    let status = Command::new(name).args(args).status().with_context(|| format!("cannot start {name}"))?;
    ensure!(status.success(), "{name} {} ended with {status}", args.join(" "));
    Ok(())
}

/// Installs a crate's program at this version unless it is there; cargo itself knows.
pub fn ensure(krate: &str, version: &str) -> Result<()> {
    cargo(&["install", "--quiet", "--locked", krate, "--version", version])
        .with_context(|| format!("cannot install {krate} {version}"))
}

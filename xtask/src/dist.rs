//! Builds the program that people install: small, slow to build and, on Linux, one static file.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::tools::{self, cargo};

/// Builds it and says where it is and how large. `--host` leaves out the static linking.
pub fn run(args: &[String]) -> Result<()> {
    let target = if args.iter().any(|arg| arg == "--host") { None } else { musl() };
    build(target).map(drop)
}

/// Builds it, static if the machine can, and returns where it is.
pub fn build_usual() -> Result<PathBuf> {
    build(musl())
}

fn build(target: Option<String>) -> Result<PathBuf> {
    let mut build = vec!["build", "--profile", "dist", "--package", "kdeck", "--bin", "kdeck"];
    build.extend(target.iter().flat_map(|target| ["--target", target]));
    cargo(&build)?;
    let program = path(target.as_deref());
    let bytes = std::fs::metadata(&program)?.len();
    println!("{}: {:.1} MB", program.display(), bytes as f64 / 1e6);
    Ok(program)
}

/// Returns a program that is there, the static one rather than the other.
pub fn built() -> Result<PathBuf> {
    let programs = [target().map(|target| path(Some(&target))), Some(path(None))];
    let Some(program) = programs.into_iter().flatten().find(|program| program.exists()) else {
        bail!("nothing is built: run `cargo xtask dist`");
    };
    Ok(program)
}

fn path(target: Option<&str>) -> PathBuf {
    Path::new("target").join(target.unwrap_or_default()).join("dist/kdeck")
}

/// The target whose programs need nothing of the machine they run on, not even its C library.
fn target() -> Option<String> {
    cfg!(target_os = "linux").then(|| format!("{}-unknown-linux-musl", std::env::consts::ARCH))
}

/// Returns that target once its parts are there: Rust's library from rustup, musl's C compiler from Debian.
fn musl() -> Option<String> {
    let target = target()?;
    if tools::program("rustup", &["target", "add", &target]).is_err() {
        println!("no Rust library for {target}: the program will need this machine's C library");
        return None;
    }
    let has_compiler = || {
        let run =
            Command::new("musl-gcc").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    if !has_compiler() {
        // Without root this fails, which the next look at the compiler tells.
        let _ = tools::program("apt-get", &["install", "-qq", "-y", "musl-tools"]);
    }
    if !has_compiler() {
        println!("no musl-gcc (Debian: musl-tools): the program will need this machine's C library");
        return None;
    }
    Some(target)
}

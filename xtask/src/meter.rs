//! `cargo xtask meter`: builds the meter and kdeck and runs the one on the other; fetches what kdeck is compared with.
//!
//! Thin on purpose: how things are measured is the business of the workspace's `meter`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::cluster::{self, Place};
use crate::dist;
use crate::tools::{cargo, program};

const METER: &str = "target/release/meter";

/// A program to compare with: its version, and how it is built into a directory.
struct Peer {
    name: &'static str,
    version: &'static str,
    build: fn(&Peer, &Path) -> Result<()>,
}

/// The versions must be those of the meter's adapters, which name the table's columns.
const PEERS: &[Peer] = &[
    Peer { name: "k9s", version: "0.50.18", build: k9s },
    Peer { name: "kdash", version: "2.1.1", build: krate },
    Peer { name: "kubetui", version: "1.14.0", build: krate },
];

/// Subcommands of the meter; anything else is what `run` takes.
const WORDS: [&str; 5] = ["run", "report", "table", "load", "help"];

/// The cluster of `--real` if `KDECK_CLUSTER` names no other: the last, so that it is nobody else's.
const CLUSTER: &str = "9";

/// Where the table of goals stands.
const DOCUMENT: &str = "docs/performance.md";

/// Fetches peers, or builds the meter and runs it: on an API server of its own with `--real`.
pub fn run(args: &[String]) -> Result<()> {
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.first() {
        Some(&"fetch") => return fetch(&args[1..]),
        // Everything that the table needs, and the table; as most clusters are far away. Of kdeck what people install.
        Some(&"goals") => {
            let installed =
                if is_given(&args) { None } else { Some(dist::build_usual()?.display().to_string()) };
            args.splice(..1, ["--real", "--goals", "--far"]);
            args.extend(installed.iter().flat_map(|file| ["--kdeck", file]));
            let mut report = vec!["report", "--write", DOCUMENT];
            report.extend(args.windows(2).find(|pair| pair[0] == "--results").into_iter().flatten());
            measure(args)?;
            return program(METER, &report);
        }
        _ => {}
    }
    measure(args)
}

/// Returns whether the program to measure is named.
fn is_given(args: &[&str]) -> bool {
    args.iter().any(|arg| arg.starts_with("--kdeck"))
}

/// Runs the meter with these words.
fn measure(mut args: Vec<&str>) -> Result<()> {
    let real = args.contains(&"--real");
    args.retain(|arg| *arg != "--real");
    let word = args.first().copied().unwrap_or_default();
    if !WORDS.contains(&word) {
        args.insert(0, "run");
    }
    let mut build = vec!["build", "--release", "--package", "meter"];
    // The report needs no kdeck, and a run with another one not ours.
    if args.first() == Some(&"run") && !is_given(&args) {
        build.extend(["--package", "kdeck"]);
    }
    cargo(&build)?;
    if real { on_real(&args) } else { program(METER, &args) }
}

/// Runs the meter on an API server that is brought up for it, and taken down again unless it was up before.
fn on_real(args: &[&str]) -> Result<()> {
    let place = Place::find_or(CLUSTER)?;
    let before = cluster::api_server(&place)?;
    let ran = meter_on(&place, args);
    if before {
        println!("the cluster was up before, and stays up");
        return ran;
    }
    ran.and(place.script(None, ["down"]))
}

fn meter_on(place: &Place, args: &[&str]) -> Result<()> {
    // The kubectl of the server's version is measured, not the machine's.
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(place.bin.clone()).chain(std::env::split_paths(&usual));
    let status = Command::new(METER)
        .args(args)
        .arg("--kubeconfig")
        .arg(place.outside())
        .arg("--audit-log")
        .arg(place.audit_log())
        .args(["--etcd", &place.etcd()?])
        .env("PATH", std::env::join_paths(dirs)?)
        .status()
        .context("cannot start the meter")?;
    ensure!(status.success(), "the meter ended with {status}");
    Ok(())
}

fn fetch(names: &[&str]) -> Result<()> {
    let known: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        bail!("there is no peer {unknown:?}; these can be fetched: {}", known.join(", "));
    }
    for peer in PEERS.iter().filter(|peer| names.is_empty() || names.contains(&peer.name)) {
        let dir = peers()?.join(peer.name);
        let stamp = dir.join("version");
        if fs::read_to_string(&stamp).is_ok_and(|built| built == peer.version) {
            println!("{} {} is there: {}", peer.name, peer.version, dir.display());
            continue;
        }
        println!("building {} {} in {}: this takes minutes", peer.name, peer.version, dir.display());
        fs::create_dir_all(dir.join("bin"))?;
        (peer.build)(peer, &dir)?;
        // Last, so that a build that was broken off is not taken for done.
        fs::write(&stamp, peer.version)?;
    }
    Ok(())
}

/// Outside of the checkout, which comes and goes; the meter looks in the same place.
fn peers() -> Result<PathBuf> {
    let cache = std::env::var_os("KDECK_CACHE").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/kdeck"));
    Ok(cache.or_else(home).context("neither KDECK_CACHE nor HOME is set")?.join("peers"))
}

/// k9s's module can't be installed by name, because it replaces modules; as a tool of another module it can be built.
fn k9s(peer: &Peer, dir: &Path) -> Result<()> {
    let module = "github.com/derailed/k9s";
    let text = format!(
        "module kdeck.dev/peers/k9s\n\ngo 1.25.0\n\nrequire {module} v{}\n\ntool {module}\n",
        peer.version
    );
    fs::write(dir.join("go.mod"), text)?;
    let go = |args: &[&str]| -> Result<()> {
        let status =
            Command::new("go").args(args).current_dir(dir).status().context("building k9s needs Go")?;
        ensure!(status.success(), "go {} ended with {status}", args.join(" "));
        Ok(())
    };
    go(&["mod", "tidy"])?;
    let flags = format!("-s -w -X {module}/cmd.version=v{}", peer.version);
    go(&["build", "-trimpath", "-ldflags", &flags, "-o", "bin/k9s", module])
}

fn krate(peer: &Peer, dir: &Path) -> Result<()> {
    let root = dir.to_string_lossy();
    cargo(&["install", "--locked", "--root", &root, peer.name, "--version", peer.version])
}

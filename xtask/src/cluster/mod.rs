//! `cargo xtask cluster`: a real Kubernetes for the end-to-end tests, kept in `tests/realcluster/`.
//!
//! This side chooses the tier, installs and builds what is missing, and runs the tests; the script
//! `tests/realcluster/cluster` starts, stops and disturbs the cluster itself. Nothing here knows how.

mod lane;
mod place;
mod programs;
mod tier;

use std::ffi::OsStr;

use anyhow::{Result, bail, ensure};

pub use place::Place;
pub use tier::Tier;

/// A subcommand: name, arguments and one line for the list, and what runs it.
struct Sub {
    name: &'static str,
    doc: &'static str,
    run: fn(&Args) -> Result<()>,
}

const SUBS: &[Sub] = &[
    Sub { name: "build", doc: "[--tier T]  build the programs that are missing", run: build },
    Sub { name: "up", doc: "[--tier T]  build, start, wait until it is ready", run: up },
    Sub { name: "down", doc: "kill it and remove every trace", run: down },
    Sub { name: "test", doc: "[--tier T] [-- FILTER]  up, the end-to-end tests, down", run: lane::test },
    Sub { name: "record", doc: "up, renew tests/fixtures/kinds from its answers, down", run: lane::record },
    Sub { name: "crowd", doc: "NODES PODS  add fake nodes and pods to a node that is up", run: crowd },
];

/// Subcommands of the script, handed through; its own help describes them.
const HANDED: &[&str] =
    &["status", "logs", "env", "exec", "kill", "start", "ready", "compact", "rotate-certs", "token"];

/// What follows the subcommand's name.
struct Args {
    /// The tier asked for, if any.
    tier: Option<Tier>,
    /// Everything else, without the first `--`.
    rest: Vec<String>,
}

impl Args {
    /// Reads `--tier T`, which must come first, so that what is handed on stays whole.
    fn parse(args: &[String]) -> Result<Self> {
        let (tier, rest) = match args {
            [flag, tier, rest @ ..] if flag == "--tier" => (Some(tier.parse()?), rest),
            [flag] if flag == "--tier" => bail!("--tier wants api or node"),
            _ => (None, args),
        };
        let rest = if rest.first().is_some_and(|first| first == "--") { &rest[1..] } else { rest };
        Ok(Self { tier, rest: rest.to_vec() })
    }
}

/// Runs the subcommand that the first argument names.
pub fn run(args: &[String]) -> Result<()> {
    let (name, rest) = args.split_first().map_or(("", args), |(name, rest)| (name.as_str(), rest));
    if let Some(sub) = SUBS.iter().find(|sub| sub.name == name) {
        return (sub.run)(&Args::parse(rest)?);
    }
    if HANDED.contains(&name) {
        return hand(name, rest);
    }
    let list: Vec<String> = SUBS.iter().map(|sub| format!("  {:<7} {}", sub.name, sub.doc)).collect();
    let list = format!(
        "{}\n  {}  (see tests/realcluster/cluster)\nTiers: api (etcd and the API server), node (real containers; \
         needs root). KDECK_CLUSTER=0..9 chooses one of several clusters.",
        list.join("\n"),
        HANDED.join(", ")
    );
    ensure!(name.is_empty(), "there is no subcommand {name:?}; these exist:\n{list}");
    println!("{list}");
    Ok(())
}

/// Brings up etcd and the API server of this place, with a log of all requests, and returns whether they were up before.
///
/// # Errors
/// When there is a whole node in this place, or it can't be brought up.
pub fn api_server(place: &Place) -> Result<bool> {
    let before = place.tier();
    ensure!(before != Some(Tier::Node), "a node is up there; choose another KDECK_CLUSTER");
    let tier = tier::choose(Some(Tier::Api))?;
    programs::build(place, tier.parts())?;
    let mut command = place.command(["up"]);
    let status = command.env("TIER", tier.to_string()).env("AUDIT", "1").status()?;
    ensure!(status.success(), "the cluster's script ended with {status}");
    Ok(before.is_some())
}

fn build(args: &Args) -> Result<()> {
    let place = Place::find()?;
    let tier = tier::choose(args.tier)?;
    programs::build(&place, tier.parts())
}

fn up(args: &Args) -> Result<()> {
    let place = Place::find()?;
    let tier = tier::choose(args.tier)?;
    programs::build(&place, tier.parts())?;
    place.script(Some(tier), ["up"])?;
    println!("tier {tier} is up; for kubectl and kdeck: eval \"$(cargo xtask cluster env)\"");
    println!("what tests may do to it: {}", place.control().display());
    Ok(())
}

fn down(_: &Args) -> Result<()> {
    Place::find()?.script(None, ["down"])
}

fn crowd(args: &Args) -> Result<()> {
    let place = Place::find()?;
    ensure!(place.tier() == Some(Tier::Node), "a crowd needs a node: cargo xtask cluster up --tier node");
    ensure!(args.rest.len() == 2, "how many? cargo xtask cluster crowd NODES PODS");
    programs::build(&place, &["crowd"])?;
    hand("crowd", &args.rest)
}

fn hand(name: &str, rest: &[String]) -> Result<()> {
    let words = std::iter::once(OsStr::new(name)).chain(rest.iter().map(OsStr::new));
    Place::find()?.script(None, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args> {
        Args::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_tier_comes_first_and_the_rest_is_handed_on_whole() -> Result<()> {
        let args = parse(&["--tier", "api", "--", "tables", "--", "--ignored"])?;
        assert_eq!(args.tier, Some(Tier::Api));
        assert_eq!(args.rest, ["tables", "--", "--ignored"]);
        Ok(())
    }

    #[test]
    fn an_unknown_tier_is_refused() {
        assert!(parse(&["--tier", "moon"]).is_err());
        assert!(parse(&["--tier"]).is_err());
    }
}

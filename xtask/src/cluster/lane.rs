//! The end-to-end lane: a cluster, the tests in its network, what they said and how long each step took.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::place::Place;
use super::tier::{self, Tier};
use super::{Args, programs};
use crate::tools;

/// The tests in the order of their running: those in the machine room kill servers under the others' feet.
const ROUNDS: &[&[&str]] = &[&["--skip", "room::"], &["room::"]];
/// Lines of the suite that are said again at the end begin with one of these.
const SUMMARY: &[&str] = &["test result:", "summary:", "left out:"];
/// Variables that would send requests to the cluster elsewhere.
const PROXIES: &[&str] =
    &["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// Runs the end-to-end tests; what follows `--` chooses some.
pub fn test(args: &Args) -> Result<()> {
    let chosen: Vec<&str> = args.rest.iter().map(String::as_str).collect();
    if chosen.is_empty() { run(args.tier, &[], ROUNDS) } else { run(args.tier, &[], &[&chosen]) }
}

/// Renews the fixtures of all kinds from the cluster's answers. Nobody but the recorder may write a status, so
/// there are no controllers.
pub fn record(args: &Args) -> Result<()> {
    run(
        args.tier.or(Some(Tier::Api)),
        &[("KDECK_E2E_RECORD", "tests/fixtures/kinds")],
        &[&["record", "--ignored"]],
    )
}

/// Takes the steps one by one, and the cluster down again if it was not up before.
fn run(asked: Option<Tier>, variables: &[(&str, &str)], rounds: &[&[&str]]) -> Result<()> {
    let mut steps = Steps::default();
    let place = Place::find()?;
    let before = place.tier().filter(|tier| asked.is_none_or(|asked| asked == *tier));
    let tier = before.map_or_else(|| tier::choose(asked), Ok)?;
    steps.time("the cluster's programs", || programs::build(&place, tier.parts()))?;
    steps.time("kdeck and its tests", || tools::cargo(&["test", "--test", "e2e", "--no-run"]))?;
    let up = steps.time("the cluster, up", || place.script(Some(tier), ["up"]));
    let suite = up.and_then(|()| {
        // Every round runs, also after one that failed.
        let results: Vec<_> =
            rounds.iter().map(|words| round(&place, tier, variables, words, &mut steps)).collect();
        results.into_iter().collect::<Result<()>>()
    });
    if suite.is_err() {
        // What failed is said already; the logs help to see why.
        place.script(Some(tier), ["logs"]).unwrap_or_else(|error| println!("no logs: {error:#}"));
    }
    let down = match before {
        Some(_) => Ok(()),
        None => steps.time("the cluster, down", || place.script(None, ["down"])),
    };
    println!("{steps}tier {tier}");
    suite.and(down)
}

/// Some of the tests, in the cluster's network, with everything that they are told through the environment.
fn round(
    place: &Place,
    tier: Tier,
    variables: &[(&str, &str)],
    words: &[&str],
    steps: &mut Steps,
) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command =
        place.command(["exec", &cargo, "test", "--test", "e2e", "--", "--nocapture"].iter().chain(words));
    PROXIES.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
        .current_dir(workspace(place)?)
        .env("CARGO_NET_OFFLINE", "true")
        .env("KDECK_E2E_KUBECONFIG", place.kubeconfig("admin"))
        .env("KDECK_E2E_DEV_KUBECONFIG", place.kubeconfig("dev"))
        .env("KDECK_E2E_CONTROL", place.control())
        .env("KDECK_E2E_TIER", tier.to_string())
        .envs(variables.iter().copied());
    let mut said = Vec::new();
    let result = steps.time(&format!("the tests {}", words.join(" ")), || {
        stream(command, |line| {
            if SUMMARY.iter().any(|start| line.starts_with(start)) {
                said.push(line.to_owned());
            }
        })
    });
    steps.said.append(&mut said);
    result
}

fn workspace(place: &Place) -> Result<&Path> {
    place.recipe.ancestors().nth(2).context("the recipe is in no workspace")
}

/// Runs a command whose output is shown as it comes, and also handed on line by line.
fn stream(mut command: Command, mut line: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let output = child.stdout.take().context("the tests have no output")?;
    for bytes in BufReader::new(output).split(b'\n') {
        let bytes = bytes.context("cannot read what the tests say")?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        line(&text);
    }
    let status = child.wait().context("cannot wait for the tests")?;
    ensure!(status.success(), "the end-to-end tests ended with {status}");
    Ok(())
}

/// How long each step took, and what is worth saying again at the end.
#[derive(Default)]
struct Steps {
    times: Vec<(String, Duration)>,
    said: Vec<String>,
}

impl Steps {
    fn time<T>(&mut self, name: &str, step: impl FnOnce() -> T) -> T {
        println!("-- {name}");
        let start = Instant::now();
        let result = step();
        self.times.push((name.to_owned(), start.elapsed()));
        result
    }
}

impl std::fmt::Display for Steps {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "-- in short")?;
        self.said.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        self.times.iter().try_for_each(|(name, time)| writeln!(out, "{:>7.1} s  {name}", time.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_repeats_what_was_said_and_tells_each_steps_time() {
        let steps = Steps {
            times: vec![
                ("up".into(), Duration::from_millis(7_250)),
                ("tests".into(), Duration::from_secs(90)),
            ],
            said: vec!["test result: ok".into()],
        };
        assert_eq!(steps.to_string(), "-- in short\ntest result: ok\n    7.2 s  up\n   90.0 s  tests\n");
    }

    #[test]
    fn a_command_that_fails_is_an_error_and_its_lines_are_heard() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two; exit 3"]);
        let mut heard = Vec::new();
        let result = stream(command, |line| heard.push(line.to_owned()));
        assert!(result.is_err());
        assert_eq!(heard, ["one", "two"]);
    }
}

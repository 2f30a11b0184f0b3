//! The programs that are measured: a record each, with its command, its keys and how it says that it is complete.
//!
//! Owns the table and finding the programs. A new peer is a new record, and one in the table of what can be fetched
//! (`cargo xtask meter fetch`).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use regex::Regex;

/// Arrows and friends as a terminal sends them.
const DOWN: &str = "\x1b[B";
const PAGE_DOWN: &str = "\x1b[6~";
const ESC: &str = "\x1b";

/// Where a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// This workspace.
    Own,
    /// Fetched at this version.
    Peer(&'static str),
    /// Whatever the machine has.
    Machine,
}

/// How a program says that it shows everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complete {
    /// By its own counter: a pattern with `{n}`, or `{n,}` for a number with thousands separators.
    Counter(&'static str),
    /// By ending.
    End,
    /// By writing nothing more for a while.
    Quiet,
}

/// What is typed for what.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// To the next row.
    pub down: &'static str,
    /// To the next page.
    pub page_down: &'static str,
    /// To the first row.
    pub home: &'static str,
    /// To the last row.
    pub end: &'static str,
    /// Sorts by name, and the other way round the next time.
    pub sort: Option<&'static str>,
    /// Opens the filter.
    pub filter: &'static str,
    /// Makes what was typed count, where that does not happen while typing.
    pub filter_submit: &'static str,
    /// Shows all rows again, typed one after the other.
    pub filter_clear: &'static [&'static str],
    /// A round of switches for the soak, typed one after the other; ends where it began.
    pub round: &'static [&'static str],
}

/// A program that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Adapter {
    /// Its name in tables and on the command line.
    pub name: &'static str,
    /// The file to run.
    pub program: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// Arguments; `{kubeconfig}` stands for the file's path.
    pub args: &'static [&'static str],
    /// Environment beyond the usual; `{home}` stands for its home directory.
    pub env: &'static [(&'static str, &'static str)],
    /// Files in its home directory.
    pub files: &'static [(&'static str, &'static str)],
    /// How it says that it is complete.
    pub complete: Complete,
    /// Its keys; nothing for one that takes none.
    pub keys: Option<Keys>,
}

/// All of them, in the order of the table's columns.
pub const ADAPTERS: &[Adapter] = &[
    Adapter {
        name: "kdeck",
        program: "kdeck",
        source: Source::Own,
        args: &["--kubeconfig", "{kubeconfig}", "-A", "-c", "pods"],
        env: &[("KDECK_CONFIG_DIR", "{home}/kdeck")],
        files: &[],
        complete: Complete::Counter(r"─ Pods ─.*─ {n,} ─"),
        keys: Some(Keys {
            down: DOWN,
            page_down: PAGE_DOWN,
            home: "g",
            end: "G",
            sort: Some("N"),
            filter: "/",
            filter_submit: "",
            filter_clear: &[ESC],
            round: &[
                ":deploy\r",
                ":svc\r",
                ":events\r",
                ":pods team-03\r",
                "0",
                "/svc-1",
                ESC,
                ":pods @meter-other\r",
                ":pods @meter\r",
                "0",
                "\x12",
            ],
        }),
    },
    Adapter {
        name: "k9s",
        program: "k9s",
        source: Source::Peer("0.50.18"),
        args: &["--kubeconfig", "{kubeconfig}", "--all-namespaces", "--command", "pods"],
        env: &[("K9S_CONFIG_DIR", "{home}/k9s")],
        files: &[("k9s/config.yaml", "k9s:\n  skipLatestRevCheck: true\n")],
        complete: Complete::Counter(r"(?i)pods\(all\)\[({n}|{n,})\]"),
        keys: Some(Keys {
            down: DOWN,
            page_down: PAGE_DOWN,
            home: "g",
            end: "G",
            sort: Some("N"),
            filter: "/",
            filter_submit: "",
            filter_clear: &[ESC, ESC],
            round: &[
                ":deploy\r",
                ":svc\r",
                ":events\r",
                ":pods team-03\r",
                "0",
                "/svc-1\r",
                ESC,
                ":ctx meter-other\r",
                ":pods\r",
                ":ctx meter\r",
                ":pods\r",
                "0",
            ],
        }),
    },
    Adapter {
        name: "kdash",
        program: "kdash",
        source: Source::Peer("2.1.1"),
        args: &[],
        env: &[],
        files: &[],
        complete: Complete::Counter(r"Pods \(ns: all\) \[{n}\]"),
        keys: Some(Keys {
            down: DOWN,
            page_down: PAGE_DOWN,
            home: "\x1b[H",
            end: "\x1b[F",
            sort: None,
            filter: "/",
            filter_submit: "",
            filter_clear: &[ESC, ESC, ESC],
            round: &[],
        }),
    },
    Adapter {
        name: "kubetui",
        program: "kubetui",
        source: Source::Peer("1.14.0"),
        args: &["--all-namespaces"],
        env: &[],
        files: &[],
        complete: Complete::Counter(r"\[\d+/{n}\]"),
        keys: Some(Keys {
            down: DOWN,
            page_down: PAGE_DOWN,
            home: "g",
            end: "G",
            sort: None,
            filter: "/",
            filter_submit: "\r",
            filter_clear: &[ESC],
            round: &[],
        }),
    },
    Adapter {
        name: "kubectl-get",
        program: "kubectl",
        source: Source::Machine,
        args: &["get", "pods", "-A"],
        env: &[],
        files: &[],
        complete: Complete::End,
        keys: None,
    },
    Adapter {
        name: "kubectl-watch",
        program: "kubectl",
        source: Source::Machine,
        args: &["get", "pods", "-A", "-w"],
        env: &[],
        files: &[],
        complete: Complete::Quiet,
        keys: None,
    },
];

impl Adapter {
    /// Finds one by name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ADAPTERS.iter().find(|adapter| adapter.name == name)
    }

    /// Finds the program's file, if this machine has it.
    pub fn find(&self, kdeck: &Path) -> Option<PathBuf> {
        let file = match self.source {
            Source::Own => kdeck.to_path_buf(),
            Source::Peer(_) => peers()?.join(self.name).join("bin").join(self.program),
            Source::Machine => {
                let path = env::var_os("PATH")?;
                env::split_paths(&path).map(|dir| dir.join(self.program)).find(|file| file.is_file())?
            }
        };
        file.is_file().then_some(file)
    }

    /// Returns the version of the program in this file.
    pub fn version(&self, file: &Path) -> String {
        let args: &[&str] = match self.source {
            Source::Peer(version) => return version.to_owned(),
            Source::Own => &["version", "--short"],
            Source::Machine => &["version", "--client"],
        };
        let output = Command::new(file).args(args).output();
        let text =
            output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let number = Regex::new(r"\d+\.\d+\.\d+").ok();
        let found = number.and_then(|number| number.find(&text).map(|found| found.as_str().to_owned()));
        found.unwrap_or_else(|| "?".to_owned())
    }

    /// Puts the command together, with a home directory and environment that are the same on every machine.
    ///
    /// # Errors
    /// When the home directory can't be written.
    pub fn command(&self, file: &Path, kubeconfig: &Path, home: &Path) -> Result<Command> {
        for (name, text) in self.files {
            let path = home.join(name);
            fs::create_dir_all(path.parent().unwrap_or(home))?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let (kubeconfig, home) = (kubeconfig.to_string_lossy(), home.to_string_lossy());
        let mut command = Command::new(file);
        command.args(self.args.iter().map(|arg| arg.replace("{kubeconfig}", &kubeconfig)));
        let path = env::var("PATH").unwrap_or_default();
        let usual = [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("PATH", &path),
            ("HOME", &home),
            ("KUBECONFIG", &kubeconfig),
        ];
        command.envs(usual);
        command.envs(self.env.iter().map(|(key, value)| (key, value.replace("{home}", &home))));
        Ok(command)
    }

    /// Returns the pattern of the program's counter at so many pods.
    ///
    /// # Errors
    /// When the table's pattern is none.
    pub fn counter(&self, pods: usize) -> Result<Option<Regex>> {
        let Complete::Counter(pattern) = self.complete else { return Ok(None) };
        let pattern = pattern.replace("{n,}", &thousands(pods)).replace("{n}", &pods.to_string());
        Ok(Some(Regex::new(&pattern)?))
    }
}

/// Where fetched programs are kept: not in the checkout, so that they outlive it.
pub fn peers() -> Option<PathBuf> {
    let cache = env::var_os("KDECK_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache/kdeck")))?;
    Some(cache.join("peers"))
}

/// Writes a number with thousands separators.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_a_pattern_and_finds_the_program_s_title() {
        let titles = [
            ("kdeck", "─ Pods ─────────── 10,000 ─"),
            ("k9s", "─── Pods(all)[10000] ───"),
            ("kdash", "│Pods (ns: all) [10000] "),
            ("kubetui", "╭ Pod [1/10000] ──"),
        ];
        for (name, title) in titles {
            let counter = Adapter::named(name).unwrap().counter(10_000).unwrap().unwrap();
            assert!(counter.is_match(title), "{name}");
            assert!(!counter.is_match(&title.replace("10", "9")), "{name}");
        }
    }

    #[test]
    fn a_program_gets_the_kubeconfig_and_nothing_of_the_caller_s_home() {
        let home = tempfile::tempdir().unwrap();
        let k9s = Adapter::named("k9s").unwrap();
        let command = k9s.command(Path::new("k9s"), Path::new("/k"), home.path()).unwrap();
        assert!(command.get_args().any(|arg| arg == "/k"));
        let value = command.get_envs().find(|(key, _)| *key == "HOME").unwrap().1.unwrap();
        assert_eq!(value, home.path());
        assert!(home.path().join("k9s/config.yaml").is_file());
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([7, 1_000, 100_000].map(thousands), ["7", "1,000", "100,000"]);
    }
}

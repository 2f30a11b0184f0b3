//! Counts instructions and calls of the allocator with callgrind, a dump for each figure of the bench.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The function of the bench inside of which is counted, as its mangled name contains it.
const COUNTED: &[u8] = b"6budget8measured";
/// Functions whose calls are allocations.
const ALLOCATORS: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

/// What a figure costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counted {
    /// Instructions, in those of the yardstick.
    pub parses: f64,
    /// Calls of the allocator.
    pub allocations: f64,
}

/// Tells whether valgrind can be used; installs it where that needs no password.
pub fn ensure_valgrind() -> Result<bool> {
    let works = || {
        let status = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if works() {
        return Ok(true);
    }
    for args in [["update", "-qq"].as_slice(), &["install", "-qq", "-y", "valgrind"]] {
        let status = Command::new("apt-get").args(args).stdout(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            return Ok(false);
        }
    }
    Ok(works())
}

/// Runs the bench and returns its figures by name. `bench` is one that is built already.
pub fn all(runs: &[&[&str]], bench: Option<PathBuf>) -> Result<BTreeMap<String, Counted>> {
    let bench = bench.map_or_else(build, Ok)?;
    let function = symbol(&std::fs::read(&bench)?)?;
    let folder = std::env::temp_dir().join(format!("kdeck-budgets-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut raw = BTreeMap::new();
    for run in runs {
        println!("   counting {}", run.join(" "));
        raw.extend(figures(&bench, run, &function, &folder)?);
    }
    std::fs::remove_dir_all(&folder)?;
    let yardstick = raw.get("yardstick").context("the bench gave no yardstick")?.0;
    let counted =
        |(instructions, allocations): (f64, f64)| Counted { parses: instructions / yardstick, allocations };
    println!("   the yardstick: {yardstick:.0} instructions");
    Ok(raw.into_iter().map(|(name, figure)| (name, counted(figure))).collect())
}

/// How the bench is built. kdeck is compiled in one piece: where the compiler cuts it into several, a line added
/// anywhere moves the cuts, and with them what is inlined elsewhere (7 % of opening a table, once).
const BUILD: [&str; 10] = [
    "build",
    "--release",
    "--package",
    "kdeck",
    "--bench",
    "budget",
    "--message-format",
    "json",
    "--config",
    "profile.release.package.kdeck.codegen-units=1",
];

/// Builds the bench and returns where it is.
fn build() -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output =
        Command::new(cargo).args(BUILD).stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "the bench does not build");
    let text = String::from_utf8(output.stdout)?;
    // One line names the bench and its file; a parser of JSON for that would be the larger evil.
    let line =
        text.lines().find(|line| line.contains("\"name\":\"budget\"") && line.contains("\"executable\":\""));
    let path = line.and_then(|line| line.split("\"executable\":\"").nth(1)?.split('"').next());
    Ok(PathBuf::from(path.context("cargo did not say where the bench is")?))
}

/// Returns the full name of the function: callgrind takes patterns for some of its options only.
fn symbol(program: &[u8]) -> Result<String> {
    let names = program.split(|&byte| byte == 0);
    let name = names.filter(|name| name.starts_with(b"_")).find(|name| contains(name, COUNTED));
    Ok(String::from_utf8(name.context("the bench has no symbols")?.to_vec())?)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Returns instructions and allocations of each figure of a run, per unit of work.
fn figures(bench: &Path, run: &[&str], function: &str, folder: &Path) -> Result<Vec<(String, (f64, f64))>> {
    let out = folder.join("callgrind");
    let output = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--demangle=no", "--compress-strings=no", "--compress-pos=no"])
        // Calls are counted outside of it too, which the zeros take away.
        .args(["toggle-collect", "zero-before", "dump-after"].map(|option| format!("--{option}={function}")))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(bench)
        .args(run)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start valgrind")?;
    ensure!(output.status.success(), "{} ended with {}", run.join(" "), output.status);
    let text = String::from_utf8(output.stdout)?;
    let mut figures = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((name, units)) = line.split_once(' ') else { bail!("the bench said {line:?}") };
        let units: f64 = units.parse()?;
        let dump = format!("{}.{number}", out.display());
        let dump = std::fs::read_to_string(&dump).with_context(|| format!("no dump {dump} for {name}"))?;
        let (instructions, allocations) = read(&dump).with_context(|| format!("the dump of {name}"))?;
        figures.push((name.to_owned(), (instructions / units, allocations / units)));
    }
    for number in 0..=figures.len() + 1 {
        let _ = std::fs::remove_file(format!("{}.{number}", out.display()));
    }
    Ok(figures)
}

/// Reads a dump: the sum of instructions, and how often an allocator was called from outside of one.
fn read(dump: &str) -> Result<(f64, f64)> {
    let allocators: BTreeSet<&str> = ALLOCATORS.into();
    let total =
        |line: &str| line.strip_prefix("totals: ").or(line.strip_prefix("summary: "))?.trim().parse().ok();
    let instructions: f64 = dump.lines().find_map(total).context("has no sum")?;
    let (mut caller, mut callee, mut allocations) = ("", "", 0.0);
    for line in dump.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            caller = name;
        } else if let Some(name) = line.strip_prefix("cfn=") {
            callee = name;
        } else if let Some(calls) = line.strip_prefix("calls=")
            && allocators.contains(callee)
            && !allocators.contains(caller)
        {
            let calls = calls.split(' ').next().unwrap_or_default();
            allocations += calls.parse::<f64>().context("calls")?;
        }
    }
    Ok((instructions, allocations))
}

#[cfg(test)]
mod tests {
    use super::{read, symbol};

    #[test]
    fn the_function_is_found_among_the_programs_symbols() {
        let program = b"\x7fELF\0 6budget8measured\0_ZN6budget7measureE\0_ZN6budget8measured17h1E\0\xff";
        assert_eq!(symbol(program).unwrap(), "_ZN6budget8measured17h1E");
        assert!(symbol(b"\x7fELF\0stripped\0").is_err());
    }

    #[test]
    fn a_dump_gives_its_sum_and_the_allocators_calls() {
        let dump = "\
events: Ir

fn=_ZN6kdeck4work
1 20
cfn=malloc
calls=3 0
1 300
cfn=memcpy
calls=9 0
1 90
fn=calloc
1 5
cfn=malloc
calls=2 0
1 40
totals: 455
";
        assert_eq!(read(dump).unwrap(), (455.0, 3.0));
        assert!(read("events: Ir\n").is_err());
    }
}

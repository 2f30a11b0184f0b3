//! The command line of the meter: `cargo xtask meter` builds and runs it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use meter::adapters::{ADAPTERS, Adapter, Source};
use meter::api::Api;
use meter::kubeconfig::Kubeconfig;
use meter::run::Amount;
use meter::scenarios::{SCENARIOS, Scenario};
use meter::server::Choice;
use meter::session::{Session, Task};
use meter::store::Store;
use meter::{fake, goals, load, record, report};
use tokio::runtime::Runtime;

/// Measures terminal dashboards from outside.
#[derive(Parser)]
#[command(name = "meter", after_help = scenarios_help())]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Measure, keeping results as they come; what is kept already is not measured again
    Run(Box<RunArgs>),
    /// Print the results as Markdown, or write them into a document
    #[command(visible_alias = "table")]
    Report {
        /// Where results are kept
        #[arg(long, value_name = "FILE", default_value = RESULTS)]
        results: PathBuf,
        /// Document whose table is to be replaced
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
    /// Fill an API server with so many pods
    Load {
        /// How to reach it
        #[arg(long, value_name = "FILE")]
        kubeconfig: PathBuf,
        /// Its etcd, if it is nobody else's server: much faster
        #[arg(long, value_name = "URL")]
        etcd: Option<String>,
        /// How many; more than that are deleted
        #[arg(long, value_name = "N")]
        pods: usize,
    },
    /// A program with a known delay, to calibrate with
    #[command(hide = true)]
    Fake {
        /// Milliseconds
        #[arg(long, default_value_t = 0)]
        delay: u64,
    },
}

/// Not in the repository: figures belong to a machine and a day.
const RESULTS: &str = "target/meter/results.jsonl";

/// Numbers of pods that are measured with if none is named.
const PODS: [usize; 2] = [1_000, 10_000];

#[derive(Args)]
struct RunArgs {
    /// Real API server to measure against; it will hold the meter's pods. The embedded one if not given
    #[arg(long, value_name = "FILE", env = "KDECK_METER_KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
    /// Use this server: bench needs --kubeconfig
    #[arg(long, value_name = "NAME", value_parser = ["bench", "embedded"])]
    server: Option<String>,
    /// The real server's audit log, to count requests from
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
    /// The real server's etcd, if it is nobody else's: pods come faster, and are old enough not to change by themselves
    #[arg(long, value_name = "URL")]
    etcd: Option<String>,
    /// kdeck's program
    #[arg(long, value_name = "FILE", default_value = "target/release/kdeck")]
    kdeck: PathBuf,
    /// Programs besides kdeck: names separated by commas, all, or none
    #[arg(long, value_name = "NAMES", default_value = "all")]
    peers: String,
    /// Leave kdeck out
    #[arg(long)]
    without_kdeck: bool,
    /// Numbers of pods, separated by commas
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pods: Vec<usize>,
    /// What the table of goals is made of, and nothing else; --pods chooses sizes of it
    #[arg(long, conflicts_with = "scenarios")]
    goals: bool,
    /// A measurement that is left out, such as kubetui:keys; can be repeated
    #[arg(long, value_name = "PROGRAM:SCENARIO")]
    skip: Vec<String>,
    /// Fewer and shorter measurements, for a look
    #[arg(long)]
    quick: bool,
    /// Let programs reach the server by this machine's own address, not loopback, as one that is far away; slow links always
    /// are
    #[arg(long)]
    far: bool,
    /// Seconds of idleness that are looked at
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Seconds of the soak
    #[arg(long, value_name = "SECONDS")]
    soak: Option<u64>,
    /// Forget the kept results first
    #[arg(long)]
    fresh: bool,
    /// Where results are kept
    #[arg(long, value_name = "FILE", default_value = RESULTS)]
    results: PathBuf,
    /// What to measure; the usual ones if none is named, or all
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().what) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("meter: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(what: What) -> Result<()> {
    match what {
        What::Run(args) => run(&args),
        What::Report { results, write } => {
            let tables = report::markdown(&record::read(&results)?);
            match write {
                Some(document) => report::write(&document, &tables),
                None => {
                    print!("{tables}");
                    Ok(())
                }
            }
        }
        What::Load { kubeconfig, etcd, pods } => {
            let api = Api::new(&Kubeconfig::read(&kubeconfig)?)?;
            let tell = |text: &str| eprintln!("{text}");
            let runtime = Runtime::new()?;
            match etcd.as_deref().map(Store::new).transpose()? {
                Some(store) => runtime.block_on(load::fill_store(&api, &store, pods, tell)).map(drop),
                None => runtime.block_on(load::fill(&api, pods, tell)),
            }
        }
        What::Fake { delay } => fake::run(Duration::from_millis(delay)),
    }
}

fn run(args: &RunArgs) -> Result<()> {
    if args.fresh && args.results.exists() {
        std::fs::remove_file(&args.results)?;
    }
    let session =
        Session { server: choice(args)?, tasks: tasks(args)?, far: args.far, results: args.results.clone() };
    session.measure(&Runtime::new()?)?;
    eprintln!("results are in {}; cargo xtask meter report shows them", session.results.display());
    Ok(())
}

fn choice(args: &RunArgs) -> Result<Choice> {
    Ok(match (args.server.as_deref(), args.kubeconfig.clone()) {
        (Some("embedded"), _) | (None, None) => Choice::Embedded,
        (_, Some(kubeconfig)) => Choice::Bench {
            kubeconfig,
            audit: args.audit_log.clone(),
            store: args.etcd.as_deref().map(Store::new).transpose()?,
        },
        (_, None) => bail!("--server bench needs --kubeconfig"),
    })
}

fn amount(args: &RunArgs) -> Amount {
    let mut amount = if args.quick { Amount::QUICK } else { Amount::WHOLE };
    if let Some(seconds) = args.idle {
        amount.idle = Duration::from_secs(seconds);
    }
    if let Some(seconds) = args.soak {
        amount.soak = Duration::from_secs(seconds);
    }
    amount
}

/// What is to be measured: for each number of pods, each program with each scenario.
fn tasks(args: &RunArgs) -> Result<Vec<Task>> {
    let programs = programs(&args.peers, &args.kdeck, args.without_kdeck)?;
    let scenarios = if args.goals { scenarios(&["all".into()])? } else { scenarios(&args.scenarios)? };
    let skip = skipped(&args.skip)?;
    let mut sizes = match args.pods.as_slice() {
        [] if args.goals => goals::sizes(),
        [] => PODS.to_vec(),
        some => some.to_vec(),
    };
    sizes.sort_unstable();
    let mut tasks = Vec::new();
    for pods in sizes {
        for (adapter, file) in &programs {
            for scenario in &scenarios {
                let wanted =
                    if args.goals { goals::needs(adapter, pods, scenario) } else { (scenario.fits)(adapter) };
                if wanted && !skip.contains(&(adapter.name, scenario.name)) {
                    let amount = goals::amount(pods, amount(args));
                    tasks.push(Task { pods, adapter, file: file.clone(), scenario, amount });
                }
            }
        }
    }
    Ok(tasks)
}

/// Reads which measurements are left out.
fn skipped(words: &[String]) -> Result<Vec<(&'static str, &'static str)>> {
    let read = |word: &String| {
        let (program, scenario) = word.split_once(':')?;
        Some((Adapter::named(program)?.name, Scenario::named(scenario)?.name))
    };
    let known = |word| read(word).ok_or_else(|| anyhow!("{word:?} is no PROGRAM:SCENARIO"));
    words.iter().map(known).collect()
}

/// Finds the programs; a peer that this machine does not have is said to be missing and left out.
fn programs(peers: &str, kdeck: &Path, without: bool) -> Result<Vec<(&'static Adapter, PathBuf)>> {
    let named: Vec<&str> = peers.split(',').filter(|name| !name.is_empty()).collect();
    let known = |name: &&str| matches!(*name, "all" | "none") || Adapter::named(name).is_some();
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        let names: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.name).collect();
        bail!("there is no program {unknown:?}; these are known: {}", names.join(", "));
    }
    let wanted = |adapter: &&Adapter| match adapter.source {
        Source::Own => !without,
        _ => named.contains(&"all") || named.contains(&adapter.name),
    };
    let mut found = Vec::new();
    for adapter in ADAPTERS.iter().filter(wanted) {
        match adapter.find(kdeck) {
            Some(file) => found.push((adapter, std::path::absolute(file)?)),
            None if adapter.source == Source::Own => bail!("there is no kdeck at {}", kdeck.display()),
            None => eprintln!(
                "{} is not on this machine and left out (cargo xtask meter fetch {})",
                adapter.name, adapter.name
            ),
        }
    }
    Ok(found)
}

fn scenarios(names: &[String]) -> Result<Vec<&'static Scenario>> {
    if names.is_empty() {
        return Ok(SCENARIOS.iter().filter(|scenario| scenario.usual).collect());
    }
    if names.iter().any(|name| name == "all") {
        return Ok(SCENARIOS.iter().collect());
    }
    let find = |name: &String| {
        Scenario::named(name)
            .ok_or_else(|| anyhow!("there is no scenario {name:?}; meter run --help lists them"))
    };
    names.iter().map(find).collect()
}

fn scenarios_help() -> String {
    let line = |scenario: &Scenario| {
        let usual = if scenario.usual { "" } else { " (only when named)" };
        format!("  {:<18} {}{usual}", scenario.name, scenario.doc)
    };
    format!("Scenarios:\n{}", SCENARIOS.iter().map(line).collect::<Vec<_>>().join("\n"))
}

//! A whole run: every program with every scenario on every size of cluster, kept as it goes and resumed where it broke.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::adapters::{Adapter, Complete};
use crate::procfs;
use crate::proxy::Shape;
use crate::record::{self, Figures, Record};
use crate::run::{Amount, Run, first_row};
use crate::scenarios::Scenario;
use crate::server::{Choice, Server};

/// One measurement that is to be taken.
pub struct Task {
    /// With so many pods.
    pub pods: usize,
    /// Of this program.
    pub adapter: &'static Adapter,
    /// Its file.
    pub file: PathBuf,
    /// What of it.
    pub scenario: &'static Scenario,
    /// How much.
    pub amount: Amount,
}

/// What is to be measured.
pub struct Session {
    /// On which server.
    pub server: Choice,
    /// What, in the order of the numbers of pods, small ones first: filling is cheaper than emptying.
    pub tasks: Vec<Task>,
    /// Whether programs reach the server by the machine's own address in all of it.
    pub far: bool,
    /// Where results are kept.
    pub results: PathBuf,
}

impl Session {
    /// Measures what the results file does not have yet. A measurement that fails is recorded with its reason, and the
    /// next one is taken.
    ///
    /// # Errors
    /// When the server can't be used or results can't be kept.
    pub fn measure(&self, runtime: &Runtime) -> Result<()> {
        let kept = record::read(&self.results)?;
        let (begin, mut at) = (Instant::now(), 0);
        for tasks in self.tasks.chunk_by(|one, other| one.pods == other.pods) {
            let Some(pods) = tasks.first().map(|task| task.pods) else { continue };
            eprintln!("-- {pods} pods");
            let server = Server::start(runtime, &self.server, pods, |text| eprintln!("   {text}"))?;
            let mut warm = Vec::new();
            for Task { adapter, file, scenario, amount, .. } in tasks {
                at += 1;
                let far = self.far || scenario.far;
                let run =
                    Run { adapter, file: file.clone(), server: &server, runtime, pods, amount: *amount, far };
                let blank = self.blank(&run, scenario);
                let (minutes, total) = (begin.elapsed().as_secs() / 60, self.tasks.len());
                eprint!("[{at:3}/{total}, {minutes:2} min] {:<13} {:<18} ", adapter.name, scenario.name);
                if kept.iter().any(|record| record.answers(&blank)) {
                    eprintln!("there already");
                    continue;
                }
                // What a program keeps of a server goes by the server's address.
                if !warm.contains(&(adapter.name, far)) {
                    warm.push((adapter.name, far));
                    warm_up(&run);
                }
                let record = take(&run, scenario, blank);
                tell(&record);
                record::append(&self.results, &record)?;
            }
        }
        Ok(())
    }

    /// A record of a measurement, without figures.
    fn blank(&self, run: &Run<'_>, scenario: &Scenario) -> Record {
        let far = if self.far { ", by the machine's own address" } else { "" };
        Record {
            at: now(),
            machine: machine(),
            server: run.server.label.clone() + far,
            pods: run.pods,
            program: run.adapter.name.to_owned(),
            version: run.adapter.version(&run.file),
            scenario: scenario.name.to_owned(),
            load: (0.0, 0.0),
            busy: 0.0,
            took: 0.0,
            figures: Figures::new(),
            trouble: None,
        }
    }
}

/// Time in which every program has asked the server what kinds it has.
const WARM: Duration = Duration::from_secs(10);

/// Starts the program once unmeasured: its file gets into the page cache, and discovery into its own.
fn warm_up(run: &Run<'_>) {
    let Ok(mut program) = run.launch() else { return };
    // Whether it fails shows in the measurement.
    if run.adapter.complete == Complete::End {
        let _ = program.until_end(WARM);
    } else {
        let _ = program.until("row", WARM, first_row);
        program.run(run.amount.settle);
    }
    program.stop();
    let _ = run.server.keep_home(run.adapter.name);
}

fn take(run: &Run<'_>, scenario: &Scenario, mut record: Record) -> Record {
    let (load, busy, begin) = (procfs::load_average(), procfs::machine_busy(), Instant::now());
    let figures = (scenario.run)(run);
    run.server.proxy.shape(Shape::default());
    record.took = begin.elapsed().as_secs_f64();
    record.busy = procfs::machine_busy().saturating_sub(busy).as_secs_f64() / record.took;
    record.load = (load, procfs::load_average());
    match figures {
        Ok(figures) => record.figures = figures,
        Err(error) => record.trouble = Some(format!("{error:#}")),
    }
    record
}

fn tell(record: &Record) {
    match &record.trouble {
        Some(trouble) => eprintln!("{:5.0} s  failed: {}", record.took, trouble.replace('\n', "\n      ")),
        None => {
            let figure = |(name, value): (&String, &f64)| format!("{name}={value:.3}");
            let figures: Vec<String> = record.figures.iter().map(figure).collect();
            eprintln!("{:5.0} s  {}", record.took, figures.join(" "));
        }
    }
}

/// The date and time in UTC, to the minute, as every system's `date` gives it.
fn now() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d %H:%M"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The machine in a few words: cores, processor, memory, kernel.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("", |(_, value)| value).trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = field(&read("/proc/cpuinfo"), "model name");
    let kilobytes: u64 = field(&read("/proc/meminfo"), "MemTotal")
        .split(' ')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    let release = kernel.trim().split('-').next().unwrap_or_default();
    format!("{cores} cores of {processor}, {} GB, Linux {release}", kilobytes * 1024 / 1_000_000_000)
}

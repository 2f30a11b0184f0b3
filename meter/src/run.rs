//! What a scenario works with: one program on one server, with help for what all scenarios do.
//!
//! Owns starting programs and waiting for them to be complete. Must not know any scenario.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::runtime::Runtime;

use crate::adapters::{Adapter, Complete, Keys};
use crate::program::Program;
use crate::record::Figures;
use crate::screen::{Names, Screen};
use crate::server::Server;
use crate::stats::Spread;

/// Columns and rows of the terminal.
pub const SIZE: (u16, u16) = (200, 50);

/// How much of everything is measured.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Starts of which the median counts.
    pub starts: usize,
    /// How long nothing is done.
    pub idle: Duration,
    /// How long changes are looked at.
    pub churn: Duration,
    /// Presses of a key.
    pub presses: usize,
    /// Changes whose way to the screen is timed.
    pub changes: usize,
    /// How long the soak takes.
    pub soak: Duration,
    /// How long a complete program may use to come to rest before it is looked at.
    pub settle: Duration,
}

impl Amount {
    /// What the table is made from.
    pub const WHOLE: Self = Self {
        starts: 3,
        idle: Duration::from_secs(30),
        churn: Duration::from_secs(10),
        presses: 100,
        changes: 6,
        soak: Duration::from_secs(600),
        settle: Duration::from_secs(5),
    };
    /// A look.
    pub const QUICK: Self = Self {
        starts: 1,
        idle: Duration::from_secs(10),
        churn: Duration::from_secs(5),
        presses: 30,
        changes: 3,
        soak: Duration::from_secs(60),
        settle: Duration::from_secs(2),
    };
}

/// One program on one server.
pub struct Run<'a> {
    /// The program's record.
    pub adapter: &'a Adapter,
    /// Its file.
    pub file: PathBuf,
    /// The server.
    pub server: &'a Server,
    /// Where the server's connections live.
    pub runtime: &'a Runtime,
    /// How many pods there are.
    pub pods: usize,
    /// How much is measured.
    pub amount: Amount,
    /// Whether the server is reached by the machine's own address, as if it were far away.
    pub far: bool,
}

impl<'a> Run<'a> {
    /// Starts the program.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn launch(&self) -> Result<Program<'a>> {
        let home = self.server.home(self.adapter.name)?;
        let command = self.adapter.command(&self.file, &self.server.kubeconfig(self.far), &home)?;
        Program::start(&command, SIZE, &self.server.names)
    }

    /// Starts the program and waits until it is complete and its memory has settled.
    ///
    /// # Errors
    /// When it does not get there.
    pub fn launch_complete(&self) -> Result<Program<'a>> {
        let mut program = self.launch()?;
        self.complete(&mut program)?;
        program.run(self.amount.settle);
        Ok(program)
    }

    /// Longest time that a program gets to show everything: the slowest known peer needs a third of it.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(60 + self.pods as u64 / 300)
    }

    /// Waits until the program shows everything, and returns when it did.
    ///
    /// # Errors
    /// When it does not get there in time.
    pub fn complete(&self, program: &mut Program<'_>) -> Result<Instant> {
        self.complete_within(program, self.patience())
    }

    /// Waits until the program shows everything, at most for `limit`.
    ///
    /// # Errors
    /// When it does not get there in time.
    pub fn complete_within(&self, program: &mut Program<'_>, limit: Duration) -> Result<Instant> {
        match self.adapter.complete {
            Complete::Counter(_) => {
                let Some(counter) = self.adapter.counter(self.server.keys.len())? else {
                    bail!("no pattern for the counter")
                };
                program.until("counter that tells of all pods", limit, |screen, names| {
                    counter.is_match(&screen.text()) && first_row(screen, names)
                })
            }
            Complete::End => {
                if !program.until_end(limit)? {
                    bail!("the program failed:\n{}", program.screen().text().trim());
                }
                Ok(Instant::now())
            }
            Complete::Quiet => {
                program.until("row", limit, first_row)?;
                program.settle(QUIET, limit);
                Ok(Instant::now() - QUIET)
            }
        }
    }

    /// The program's keys.
    ///
    /// # Errors
    /// When it takes none.
    pub fn keys(&self) -> Result<Keys> {
        let Some(keys) = self.adapter.keys else { bail!("{} takes no keys", self.adapter.name) };
        Ok(keys)
    }
}

/// Silence after which a stream has printed what there was.
const QUIET: Duration = Duration::from_secs(2);

/// Tells whether any object is seen.
pub fn first_row(screen: &Screen, names: &Names) -> bool {
    !screen.rows(names).rows.is_empty()
}

/// Adds a spread in milliseconds under a name.
pub fn put_spread(figures: &mut Figures, name: &str, sample: &[f64]) {
    let Some(spread) = Spread::of(sample) else { return };
    for (part, value) in [("p50", spread.median), ("p99", spread.p99), ("worst", spread.worst)] {
        figures.insert(format!("{name}_{part}_ms"), value);
    }
    figures.insert(format!("{name}_count"), spread.count as f64);
}

/// Seconds and milliseconds as figures.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

//! A long day in ten minutes: does memory come back to where it was?

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::proxy::Shape;
use crate::record::Figures;
use crate::run::{Run, first_row};

/// Rounds of switches between two losses of the server.
const ROUNDS_PER_LOSS: usize = 3;

/// Time that each switch gets.
const STEP: Duration = Duration::from_millis(1_500);

/// How long the server is gone.
const GONE: Duration = Duration::from_secs(3);

/// Goes round and round, and compares memory at the end with memory after the first round.
pub(super) fn soak(run: &Run<'_>) -> Result<Figures> {
    let keys = run.keys()?;
    let mut program = run.launch_complete()?;
    let (mut rounds, mut lost, mut first) = (0, 0, None);
    let begin = Instant::now();
    while begin.elapsed() < run.amount.soak || rounds < 2 {
        for step in keys.round {
            program.type_keys(step)?;
            program.run(STEP);
        }
        rounds += 1;
        if program.is_over() {
            bail!("the program ended in round {rounds}");
        }
        if rounds % ROUNDS_PER_LOSS == 0 {
            lost += 1;
            run.server.proxy.shape(Shape { refusing: true, ..Shape::default() });
            run.server.proxy.cut();
            program.run(GONE);
            run.server.proxy.shape(Shape::default());
            program.run(GONE * 2);
        }
        if first.is_none() {
            program.run(run.amount.settle);
            first = Some(program.usage());
        }
    }
    // Each round ends where it began: all pods must be there again.
    program.type_keys(keys.home)?;
    program.until("row after the last round", run.patience(), first_row)?;
    program.run(run.amount.settle * 2);
    let (first, last) = (first.unwrap_or_default(), program.usage());
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(Figures::from(
        [
            ("rounds_count", rounds as f64),
            ("losses_count", f64::from(lost)),
            ("start_mb", megabytes(first.resident)),
            ("end_mb", megabytes(last.resident)),
            ("peak_mb", megabytes(last.peak)),
            ("growth_pct", 100.0 * (last.resident as f64 / first.resident.max(1) as f64 - 1.0)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    ))
}

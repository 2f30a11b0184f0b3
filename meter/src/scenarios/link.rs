//! A link that is slow, or stands still.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::churn::visible;
use super::keys::presses_of;
use crate::load;
use crate::proxy::Shape;
use crate::record::Figures;
use crate::run::{Run, first_row, millis};

/// The slowest known peer needs 105 s for 10,000 pods over ten megabits.
const LIMIT: Duration = Duration::from_secs(180);

/// How long a link stands still.
const STALL: Duration = Duration::from_secs(10);

/// Measures a start over a link of so many bits a second.
pub(super) fn slow(run: &Run<'_>, round_trip: Duration, bits: u64) -> Result<Figures> {
    let proxy = &run.server.proxy;
    proxy.shape(Shape { round_trip, rate: Some(bits / 8), ..Shape::default() });
    let before = proxy.counts();
    let mut program = run.launch()?;
    let started = program.started();
    let row = program.until("row", LIMIT, first_row)?;
    let mut figures = Figures::new();
    figures.insert("first_row_s".into(), row.saturating_duration_since(started).as_secs_f64());
    let all = run.complete_within(&mut program, LIMIT)?;
    figures.insert("all_s".into(), all.saturating_duration_since(started).as_secs_f64());
    figures.insert("server_mb".into(), proxy.counts().since(before).down as f64 / 1e6);
    Ok(figures)
}

/// Measures keys while nothing passes, and the time until a change made meanwhile is seen once it passes again.
pub(super) fn stall(run: &Run<'_>) -> Result<Figures> {
    let keys = run.keys()?;
    let mut program = run.launch_complete()?;
    let mut figures = Figures::new();
    let key = visible(run, &program, 0)?;
    let begin = Instant::now();
    run.server.proxy.shape(Shape { stalled: true, ..Shape::default() });
    let mut connection = run.runtime.block_on(run.server.api.connect())?;
    let reason = format!("Stall{:05}", run.pods + begin.elapsed().subsec_micros() as usize % 10_000);
    run.runtime.block_on(load::mark(&mut connection, &key, &reason))?;
    presses_of(&mut program, &mut figures, "down", &[keys.down], 20, keys)?;
    program.type_keys(keys.home)?;
    program.run(STALL.saturating_sub(begin.elapsed()));
    let back = Instant::now();
    run.server.proxy.shape(Shape::default());
    let seen =
        program.until("change made during the stall", LIMIT, |screen, _| screen.text().contains(&reason))?;
    figures.insert("catch_up_ms".into(), millis(seen.saturating_duration_since(back)));
    Ok(figures)
}

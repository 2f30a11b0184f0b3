//! Changes at the server and their way to the screen.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::keys::presses_of;
use super::start::percent;
use crate::adapters::Complete;
use crate::api::{Connection, PodKey};
use crate::churn::Churn;
use crate::load;
use crate::program::Program;
use crate::record::Figures;
use crate::run::{Run, millis, put_spread};

/// A change that is not seen after this is lost.
const LIMIT: Duration = Duration::from_secs(20);

/// Changes that are lost before no more are made.
const HOPELESS: i32 = 2;

/// Rows that are tried for a change.
const TRIES: usize = 12;

/// How long changes flow before they are looked at.
const WARM: Duration = Duration::from_secs(3);

/// Measures how long single changes take to the screen.
pub(super) fn stale(run: &Run<'_>) -> Result<Figures> {
    let mut program = run.launch_complete()?;
    let mut figures = Figures::new();
    changes(run, &mut program, &mut figures, None)?;
    Ok(figures)
}

/// Measures a complete program under so many changes a second.
pub(super) fn churn(run: &Run<'_>, per_second: usize) -> Result<Figures> {
    let mut program = run.launch_complete()?;
    let (way, keys) = (run.server.way.clone(), run.server.keys.clone());
    let changing = Churn::start(run.runtime.handle(), way, keys, per_second);
    program.run(WARM);
    let passed = run.server.proxy.counts();
    let (usage, drawn, begin) = (program.usage(), program.screen().bytes(), Instant::now());
    let made = changing.done();
    program.run(run.amount.churn);
    let time = begin.elapsed();
    let made = changing.done() - made;
    let after = program.usage();
    let passed = run.server.proxy.counts().since(passed);
    let mut figures = Figures::from(
        [
            ("cpu_pct", percent(after.cpu.saturating_sub(usage.cpu), time)),
            ("terminal_b_per_s", (program.screen().bytes() - drawn) as f64 / time.as_secs_f64()),
            ("server_kb_per_s", passed.down as f64 / 1e3 / time.as_secs_f64()),
            ("resident_mb", after.resident as f64 / 1e6),
            // What the server in fact made of those that were asked for.
            ("changes_per_s", made as f64 / time.as_secs_f64()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    changes(run, &mut program, &mut figures, Some(&changing))?;
    if let Some(keys) = run.adapter.keys {
        presses_of(&mut program, &mut figures, "down", &[keys.down], run.amount.presses, keys)?;
        presses_of(
            &mut program,
            &mut figures,
            "page_down",
            &[keys.page_down],
            run.amount.presses / 10,
            keys,
        )?;
    }
    figures.insert("changes_failed_count".into(), changing.failed() as f64);
    Ok(figures)
}

/// Changes visible pods one by one and puts the spread of their ways to the screen.
fn changes(
    run: &Run<'_>,
    program: &mut Program<'_>,
    figures: &mut Figures,
    beside: Option<&Churn>,
) -> Result<()> {
    if let Some(keys) = run.adapter.keys {
        program.type_keys(keys.home)?;
        program.run(Duration::from_secs(1));
    }
    let mut connection = run.runtime.block_on(run.server.api.connect())?;
    let (mut sample, mut lost) = (Vec::new(), 0);
    for index in 0..run.amount.changes {
        // Never twice the same, so that an old text is not taken for the new one.
        let reason = format!("Meter{:05}", stamp() + index as u64);
        let (key, answered) = change_visible(run, program, &mut connection, &reason, index)?;
        // A whole pod that is put over it would undo the change.
        beside.iter().for_each(|churn| churn.spare(Some(key.clone())));
        let found = program.until("changed cell", LIMIT, |screen, _| screen.text().contains(&reason));
        match found {
            Ok(at) => sample.push(millis(at.saturating_duration_since(answered))),
            // As long as it was waited for, so that a program does not gain by what it never shows.
            Err(_) => {
                lost += 1;
                sample.push(millis(LIMIT));
            }
        }
        program.run(Duration::from_millis(200 + (index as u64 * 137) % 400));
        run.runtime.block_on(load::restore(&mut connection, &key))?;
        beside.iter().for_each(|churn| churn.spare(None));
        if lost == HOPELESS {
            break;
        }
    }
    put_spread(figures, "stale", &sample);
    if lost > 0 {
        figures.insert("stale_lost_count".into(), f64::from(lost));
    }
    Ok(())
}

/// Changes a pod that is seen, and returns which and when the server answered. One that never ran has nothing to
/// change: the next one is taken.
pub(super) fn change_visible(
    run: &Run<'_>,
    program: &Program<'_>,
    connection: &mut Connection,
    reason: &str,
    index: usize,
) -> Result<(PodKey, Instant)> {
    let mut last = None;
    for attempt in 0..TRIES {
        let key = visible(run, program, index + attempt * 5)?;
        match run.runtime.block_on(load::mark(connection, &key, reason)) {
            Ok(at) => return Ok((key, at)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| anyhow!("no pod can be changed")))
}

/// Picks a pod that is seen, or any for a stream, which prints each change.
fn visible(run: &Run<'_>, program: &Program<'_>, index: usize) -> Result<PodKey> {
    let keys = &run.server.keys;
    if run.adapter.complete == Complete::Quiet {
        return keys.get(index * 31 % keys.len().max(1)).cloned().context("there are no pods");
    }
    let rows = program.rows().rows;
    // Not the last ones, which a change of another row could push away.
    let upper = (rows.len() * 3 / 4).max(1);
    let Some(row) = rows.get(index % upper) else { bail!("no pod is seen") };
    let found = keys.iter().find(|(namespace, name)| **name == row.name && **namespace == row.namespace);
    found
        .or_else(|| keys.iter().find(|(_, name)| **name == row.name))
        .cloned()
        .context("an unknown pod is seen")
}

/// A number that grows from run to run.
fn stamp() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.as_secs() % 100_000
}

//! From the start to all rows, and then nothing.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::adapters::Complete;
use crate::procfs;
use crate::record::Figures;
use crate::run::{Run, first_row};
use crate::stats::median;

const MEGABYTE: f64 = 1e6;

/// Measures several starts and returns the median of each figure.
pub(super) fn start(run: &Run<'_>) -> Result<Figures> {
    let mut samples: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..run.amount.starts {
        for (name, value) in once(run)? {
            samples.entry(name).or_default().push(value);
        }
    }
    Ok(samples.into_iter().filter_map(|(name, sample)| Some((name, median(&sample)?))).collect())
}

fn once(run: &Run<'_>) -> Result<Figures> {
    let (mark, before, ended) = (run.server.mark(), run.server.proxy.counts(), procfs::ended_children());
    let mut program = run.launch()?;
    let started = program.started();
    let since = |at: Instant| at.saturating_duration_since(started).as_secs_f64();
    let patience = run.patience();
    let paint = program
        .until("first paint", patience, |screen, _| screen.text().contains(|c: char| !c.is_whitespace()))?;
    let row = program.until("row", patience, first_row)?;
    let all = run.complete(&mut program)?;
    let usage = program.usage();
    let passed = run.server.proxy.counts().since(before);
    // A program that has ended told the kernel its CPU time; one that runs is asked.
    let cpu = match run.adapter.complete {
        Complete::End => procfs::ended_children().saturating_sub(ended),
        _ => usage.cpu,
    };
    let mut figures = Figures::from(
        [
            ("paint_s", since(paint)),
            ("first_row_s", since(row)),
            ("all_s", since(all)),
            ("cpu_s", cpu.as_secs_f64()),
            ("peak_mb", usage.peak as f64 / MEGABYTE),
            // What comes after it, below, is part of the peak of those that go on.
            ("peak_settled_mb", usage.peak as f64 / MEGABYTE),
            ("binary_mb", fs::metadata(&run.file)?.len() as f64 / MEGABYTE),
            ("server_mb", passed.down as f64 / MEGABYTE),
            ("connections_count", passed.connections as f64),
            ("terminal_kb", program.screen().bytes() as f64 / 1e3),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if run.adapter.complete != Complete::End {
        program.run(run.amount.settle);
        let usage = program.usage();
        figures.insert("settled_mb".into(), usage.resident as f64 / MEGABYTE);
        figures.insert("settled_pss_mb".into(), program.proportional() as f64 / MEGABYTE);
        figures.insert("peak_settled_mb".into(), usage.peak as f64 / MEGABYTE);
    }
    if let Some(requests) = run.server.requests_since(mark) {
        figures.insert("requests_count".into(), requests as f64);
    }
    Ok(figures)
}

/// Measures what a complete program does when nothing happens, per minute.
pub(super) fn idle(run: &Run<'_>) -> Result<Figures> {
    let mut program = run.launch_complete()?;
    program.run(run.amount.settle);
    let (mark, passed) = (run.server.mark(), run.server.proxy.counts());
    let (usage, drawn, begin) = (program.usage(), program.screen().bytes(), Instant::now());
    program.run(run.amount.idle);
    let time = begin.elapsed();
    let after = program.usage();
    let passed = run.server.proxy.counts().since(passed);
    let per_minute = |count: f64| count * 60.0 / time.as_secs_f64();
    let mut figures = Figures::from(
        [
            ("cpu_pct", percent(after.cpu.saturating_sub(usage.cpu), time)),
            ("wakeups_per_s", after.wakeups.saturating_sub(usage.wakeups) as f64 / time.as_secs_f64()),
            ("terminal_b_per_min", per_minute((program.screen().bytes() - drawn) as f64)),
            ("server_kb_per_min", per_minute(passed.down as f64 / 1e3)),
            ("to_server_kb_per_min", per_minute(passed.up as f64 / 1e3)),
            ("resident_mb", after.resident as f64 / MEGABYTE),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(requests) = run.server.requests_since(mark) {
        figures.insert("requests_per_min".into(), per_minute(requests as f64));
    }
    Ok(figures)
}

/// CPU time as hundredths of a core.
pub(super) fn percent(cpu: Duration, time: Duration) -> f64 {
    100.0 * cpu.as_secs_f64() / time.as_secs_f64()
}

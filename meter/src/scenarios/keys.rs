//! From a key to the changed screen.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::adapters::Keys;
use crate::program::Program;
use crate::record::Figures;
use crate::run::{Run, first_row, millis, put_spread};

/// A key that has shown nothing after this never will.
const LIMIT: Duration = Duration::from_secs(5);

/// Silence before a key is pressed, and how long it is waited for.
const QUIET: (Duration, Duration) = (Duration::from_millis(30), Duration::from_millis(300));

/// Keys in a row without effect after which a program is given up.
const DEAF: usize = 4;

/// The time between two repeats of a held key.
const REPEAT: Duration = Duration::from_millis(33);

/// How long a key is held.
const HELD: u32 = 90;

/// Measures all keys of a program that nothing else happens to.
pub(super) fn quiet(run: &Run<'_>) -> Result<Figures> {
    let keys = run.keys()?;
    let mut program = run.launch_complete()?;
    let mut figures = Figures::new();
    let presses = run.amount.presses;
    presses_of(&mut program, &mut figures, "down", &[keys.down], presses, keys)?;
    presses_of(&mut program, &mut figures, "page_down", &[keys.page_down], presses / 2, keys)?;
    presses_of(&mut program, &mut figures, "end", &[keys.end, keys.home], presses / 5, keys)?;
    figures.insert("held_lag_ms".into(), held(&mut program, keys)?);
    if let Some(sort) = keys.sort {
        presses_of(&mut program, &mut figures, "sort", &[sort], presses / 10, keys)?;
    }
    filter(run, &mut program, &mut figures, keys)?;
    Ok(figures)
}

/// Measures a key while the first load arrives; no figures when all rows come at once.
pub(super) fn loading(run: &Run<'_>) -> Result<Figures> {
    let keys = run.keys()?;
    let mut figures = Figures::new();
    let mut program = run.launch()?;
    program.until("row", run.patience(), first_row)?;
    let Some(counter) = run.adapter.counter(run.server.keys.len())? else { return Ok(figures) };
    let (mut sample, mut missed) = (Vec::new(), 0);
    let deadline = Instant::now() + run.patience();
    while !counter.is_match(&program.screen().text()) && Instant::now() < deadline {
        match program.response(keys.down, LIMIT)? {
            Some(time) => sample.push(millis(time)),
            None => missed += 1,
        }
        program.run(pause(sample.len()));
    }
    figures.insert("down_missed_count".into(), f64::from(missed));
    put_spread(&mut figures, "down", &sample);
    Ok(figures)
}

/// Presses keys in turn and puts their spread under a name.
pub(super) fn presses_of(
    program: &mut Program<'_>,
    figures: &mut Figures,
    name: &str,
    sequence: &[&str],
    count: usize,
    keys: Keys,
) -> Result<()> {
    let (mut sample, mut deaf, mut missed) = (Vec::new(), 0, 0);
    program.type_keys(keys.home)?;
    program.run(Duration::from_millis(500));
    for (index, key) in sequence.iter().cycle().take(count.max(2)).enumerate() {
        program.settle(QUIET.0, QUIET.1);
        match program.response(key, LIMIT)? {
            Some(time) => {
                sample.push(millis(time));
                deaf = 0;
            }
            None => {
                missed += 1;
                deaf += 1;
                // The last row, perhaps: on from the first.
                program.type_keys(keys.home)?;
                program.run(Duration::from_millis(500));
            }
        }
        if deaf == DEAF {
            break;
        }
        program.run(pause(index));
    }
    put_spread(figures, name, &sample);
    if missed > 0 {
        figures.insert(format!("{name}_missed_count"), f64::from(missed));
    }
    Ok(())
}

/// A pause between keys that is never in step with a program's own clock: 30 to 120 ms.
fn pause(index: usize) -> Duration {
    Duration::from_millis(30 + (index as u64 * 37) % 91)
}

/// Holds a key and returns how long the picture still moves after it was let go.
fn held(program: &mut Program<'_>, keys: Keys) -> Result<f64> {
    program.type_keys(keys.home)?;
    program.run(Duration::from_millis(500));
    let mut last = Instant::now();
    for repeat in 0..HELD {
        last = program.type_keys(keys.down)?;
        if repeat + 1 < HELD {
            program.run(REPEAT.saturating_sub(last.elapsed()));
        }
    }
    let (mut moved, mut rows) = (last, program.rows());
    // Until it has stood still for a second.
    while let Some(at) = program.next_change(&mut rows, Duration::from_secs(1)) {
        moved = at;
        if last.elapsed() > LIMIT * 4 {
            bail!("a held key still moves after {} s", last.elapsed().as_secs());
        }
    }
    Ok(millis(moved.saturating_duration_since(last)))
}

/// Types a filter whose last letter leaves few rows, and measures from there to the rows.
fn filter(run: &Run<'_>, program: &mut Program<'_>, figures: &mut Figures, keys: Keys) -> Result<()> {
    let names: Vec<&str> = run.server.keys.iter().map(|(_, name)| &**name).collect();
    let (mut sample, mut missed) = (Vec::new(), 0);
    let count = (run.amount.presses / 20).max(3);
    for (before, last) in needles(&names, count) {
        let whole = format!("{before}{last}");
        program.type_keys(keys.home)?;
        program.run(Duration::from_millis(300));
        program.type_keys(keys.filter)?;
        program.run(Duration::from_millis(300));
        program.type_keys(before)?;
        program.run(Duration::from_millis(1_500));
        if program.rows().all_have(&whole) {
            missed += 1;
        } else {
            let typed = format!("{last}{}", keys.filter_submit);
            let seen = program
                .response_until(&typed, LIMIT * 2, |screen, names| screen.rows(names).all_have(&whole))?;
            match seen {
                Some(time) => sample.push(millis(time)),
                None => missed += 1,
            }
        }
        for key in keys.filter_clear {
            program.run(Duration::from_millis(700));
            program.type_keys(key)?;
        }
        program.run(Duration::from_secs(1));
    }
    put_spread(figures, "filter", &sample);
    if missed > 0 {
        figures.insert("filter_missed_count".into(), f64::from(missed));
    }
    Ok(())
}

/// Finds up to so many different needles, all over the names.
fn needles<'a>(names: &[&'a str], count: usize) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for at in (0..TRIES).map(|index| names.len() * index / TRIES + index) {
        let needle = names.get(at).and_then(|name| needle(name, names));
        found.extend(needle.filter(|needle| !found.contains(needle)));
        if found.len() == count {
            break;
        }
    }
    found
}

/// Names that are looked at for needles.
const TRIES: usize = 60;

/// Splits the start of a name so that its last letter makes the difference: few names are left, and none of those
/// that came first or last before it.
fn needle<'a>(name: &'a str, names: &[&str]) -> Option<(&'a str, &'a str)> {
    let ends = name.char_indices().skip(1).map(|(at, letter)| (at, at + letter.len_utf8()));
    for (at, end) in ends {
        let (before, whole) = (name.get(..at)?, name.get(..end)?);
        let left = names.iter().filter(|name| name.contains(whole)).count();
        if left * 20 <= names.len() {
            let had = || names.iter().filter(|name| name.contains(before));
            let clear = |edge: Option<&&str>| edge.is_some_and(|name| !name.contains(whole));
            let needle = (before, name.get(at..end)?);
            return (clear(had().min()) && clear(had().max())).then_some(needle);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pods;

    #[test]
    fn the_needle_s_last_letter_leaves_few_of_many_rows() {
        let names: Vec<String> = (0..10_000).map(pods::name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(needle(names[5_000], &names), Some(("svc-1", "2")));
        assert_eq!(needle(names[0], &names), None, "rows of svc-00 are the first of svc-0 as well");
        assert_eq!(needle("x", &["x", "x"]), None);
        assert_eq!(needles(&names, 5).len(), 5);
    }

    #[test]
    fn pauses_differ_and_stay_between_their_bounds() {
        let pauses: Vec<Duration> = (0..50).map(pause).collect();
        assert!(pauses.iter().all(|pause| (30..=120).contains(&pause.as_millis())));
        assert!(pauses.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

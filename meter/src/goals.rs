//! What kdeck is to reach beside its peers: a table of rows with a bound for each figure.
//!
//! Owns the rows, what must be measured to fill them, and how they are shown. Must not measure.

use std::fmt::Write;

use crate::adapters::{ADAPTERS, Adapter, Complete, Source, thousands};
use crate::record::Record;
use crate::report::{heads, number, value};
use crate::run::Amount;
use crate::scenarios::Scenario;

/// What a figure of kdeck is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    /// At most one part in so many of the best peer's figure.
    Part(f64),
    /// At most this.
    Most(f64),
    /// Shown only.
    Free,
}

use Bound::{Free, Most, Part};

/// A row: what it says, where its figures come from, and what they are held to.
struct Goal {
    text: &'static str,
    pods: usize,
    scenario: &'static str,
    figures: &'static [(&'static str, Bound)],
    /// Whether peers are measured too.
    peers: bool,
}

const fn beside(
    pods: usize,
    scenario: &'static str,
    text: &'static str,
    figures: &'static [(&'static str, Bound)],
) -> Goal {
    Goal { text, pods, scenario, figures, peers: true }
}

const fn alone(
    pods: usize,
    scenario: &'static str,
    text: &'static str,
    figures: &'static [(&'static str, Bound)],
) -> Goal {
    Goal { text, pods, scenario, figures, peers: false }
}

const GOALS: &[Goal] = &[
    beside(1_000, "start", "first row / all rows, s", &[("first_row_s", Part(5.0)), ("all_s", Part(5.0))]),
    beside(10_000, "start", "first row, s", &[("first_row_s", Part(15.0))]),
    beside(10_000, "start", "all rows, s", &[("all_s", Part(2.0))]),
    beside(
        50_000,
        "start",
        "first row, s / all rows, s / peak memory, MB",
        &[("first_row_s", Most(0.3)), ("all_s", Most(6.5)), ("peak_settled_mb", Most(220.0))],
    ),
    beside(10_000, "start", "CPU until complete, s", &[("cpu_s", Part(3.0))]),
    beside(1_000, "start", "peak memory, MB", &[("peak_settled_mb", Most(25.0))]),
    beside(10_000, "start", "peak memory, MB", &[("peak_settled_mb", Most(70.0))]),
    beside(10_000, "start", "from the server until complete, MB", &[("server_mb", Most(10.0))]),
    beside(1_000, "idle", "idle: CPU of a core, %", &[("cpu_pct", Most(0.1))]),
    beside(10_000, "idle", "idle: CPU of a core, %", &[("cpu_pct", Most(0.3))]),
    beside(10_000, "idle", "idle: KB from the server a minute", &[("server_kb_per_min", Most(2.0))]),
    beside(10_000, "idle", "idle: bytes to the terminal a minute", &[("terminal_b_per_min", Most(0.0))]),
    beside(
        10_000,
        "keys",
        "Down → screen, p50 / p99 / worst, ms",
        &[("down_p50_ms", Most(1.5)), ("down_p99_ms", Most(5.0)), ("down_worst_ms", Most(16.0))],
    ),
    beside(10_000, "keys", "Down held at 30 Hz: lag after release, ms", &[("held_lag_ms", Most(5.0))]),
    beside(
        10_000,
        "keys",
        "filter typed → rows, median / worst, ms",
        &[("filter_p50_ms", Most(8.0)), ("filter_worst_ms", Most(16.0))],
    ),
    beside(
        10_000,
        "stale",
        "change at the server → screen, median / worst, ms",
        &[("stale_p50_ms", Most(100.0)), ("stale_worst_ms", Most(250.0))],
    ),
    beside(
        10_000,
        "churn-50",
        "50 changes/s (made in fact): CPU of a core, %",
        &[("cpu_pct", Most(2.0)), ("changes_per_s", Free)],
    ),
    beside(
        10_000,
        "link-100ms-10mbit",
        "100 ms, 10 Mbit/s: first row / all rows, s",
        &[("first_row_s", Most(0.6)), ("all_s", Most(8.5))],
    ),
    alone(10_000, "start", "first frame, s", &[("paint_s", Most(0.02))]),
    alone(10_000, "start", "the program's file, MB", &[("binary_mb", Most(16.0))]),
    alone(100_000, "start", "first row, s", &[("first_row_s", Most(0.5))]),
    alone(100_000, "start", "all rows, s / CPU until then, s", &[("all_s", Free), ("cpu_s", Free)]),
    alone(100_000, "start", "peak memory, MB", &[("peak_settled_mb", Most(400.0))]),
    alone(100_000, "idle", "idle: CPU of a core, %", &[("cpu_pct", Most(0.5))]),
    alone(
        100_000,
        "keys",
        "Down → screen, p50 / p99 / worst, ms",
        &[("down_p50_ms", Free), ("down_p99_ms", Most(16.0)), ("down_worst_ms", Free)],
    ),
    alone(
        100_000,
        "keys-loading",
        "Down → screen during the first load, p50 / p99 / worst, ms",
        &[("down_p50_ms", Free), ("down_p99_ms", Most(16.0)), ("down_worst_ms", Free)],
    ),
    alone(
        100_000,
        "churn-500",
        "500 changes/s (made in fact): CPU of a core, %",
        &[("cpu_pct", Free), ("changes_per_s", Free)],
    ),
    alone(
        100_000,
        "churn-500",
        "500 changes/s: Down → screen, p50 / p99 / worst, ms",
        &[("down_p50_ms", Free), ("down_p99_ms", Most(16.0)), ("down_worst_ms", Free)],
    ),
];

/// From so many pods on a program is started once: the figures are of many seconds.
const MANY: usize = 50_000;

/// Returns how much is measured of so many pods.
pub fn amount(pods: usize, of: Amount) -> Amount {
    if pods >= MANY { Amount { starts: 1, ..of } } else { of }
}

/// Tells whether a row needs this measurement.
pub fn needs(adapter: &Adapter, pods: usize, scenario: &Scenario) -> bool {
    shown(adapter)
        && (scenario.fits)(adapter)
        && GOALS.iter().any(|goal| {
            goal.pods == pods
                && goal.scenario == scenario.name
                && (goal.peers || adapter.source == Source::Own)
        })
}

/// Returns the numbers of pods that rows need.
pub fn sizes() -> Vec<usize> {
    let mut sizes: Vec<usize> = GOALS.iter().map(|goal| goal.pods).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// A stream of rows has no column of its own: no row asks for one.
fn shown(adapter: &Adapter) -> bool {
    adapter.complete != Complete::Quiet
}

/// Writes the table of what was measured on one server; nothing if that is of no row.
pub fn table(records: &[&Record]) -> String {
    let measured =
        |adapter: &&Adapter| shown(adapter) && records.iter().any(|record| record.program == adapter.name);
    let mut programs: Vec<&Adapter> = ADAPTERS.iter().filter(measured).collect();
    // Peers first, then kdeck beside its goals.
    programs.sort_by_key(|adapter| adapter.source == Source::Own);
    let rows: Vec<String> = GOALS.iter().filter_map(|goal| row(records, &programs, goal)).collect();
    if rows.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = programs.iter().map(|adapter| adapter.name).collect();
    let mut text = format!(
        "| pods | | {} | kdeck's goal | met | best peer : kdeck |\n|---:|---|{}---|---|---|\n",
        heads(records, &names).join(" | "),
        "---|".repeat(programs.len())
    );
    rows.iter().for_each(|row| text.push_str(row));
    text
}

fn row(records: &[&Record], programs: &[&Adapter], goal: &Goal) -> Option<String> {
    let mut text = format!("| {} | {} |", thousands(goal.pods), goal.text);
    let figures = |program: &Adapter| -> Vec<Option<f64>> {
        let of = |(figure, _): &(&str, Bound)| value(records, program.name, goal.pods, goal.scenario, figure);
        goal.figures.iter().map(of).collect()
    };
    let mut any = false;
    for program in programs {
        let values = figures(program);
        let cell = if values.iter().any(Option::is_some) {
            any = true;
            join(values.iter().map(|value| value.map_or_else(|| "–".to_owned(), number)))
        } else {
            trouble(records, program, goal).to_owned()
        };
        let _ = write!(text, " {cell} |");
    }
    let own = ADAPTERS.iter().find(|adapter| adapter.source == Source::Own).map(figures).unwrap_or_default();
    let peers: Vec<Vec<Option<f64>>> = programs
        .iter()
        .filter(|program| goal.peers && program.source != Source::Own)
        .map(|program| figures(program))
        .collect();
    let best = |index: usize| peers.iter().filter_map(|values| *values.get(index)?).min_by(f64::total_cmp);
    let bounds = || goal.figures.iter().enumerate().map(|(index, (_, bound))| (index, *bound));
    let met: Vec<Option<bool>> =
        bounds().map(|(index, bound)| met(*own.get(index)?, best(index), bound)).collect();
    let ratios = bounds()
        .filter(|(_, bound)| *bound != Free)
        .map(|(index, _)| ratio(own.get(index).copied().flatten(), best(index)));
    let verdict = match met.iter().flatten().collect::<Vec<_>>().as_slice() {
        [] => "–",
        some if some.iter().all(|met| **met) => "yes",
        some if some.iter().any(|met| **met) => "in part",
        _ => "no",
    };
    let _ = writeln!(
        text,
        " {} | {verdict} | {} |",
        join(bounds().map(|(_, bound)| wanted(bound))),
        join(ratios)
    );
    any.then_some(text)
}

/// Why a program has no figures: it failed, or nobody asked.
fn trouble(records: &[&Record], program: &Adapter, goal: &Goal) -> &'static str {
    let failed = records.iter().any(|record| {
        record.program == program.name
            && record.pods == goal.pods
            && record.scenario == goal.scenario
            && record.trouble.is_some()
    });
    if failed { "failed" } else { "–" }
}

fn met(own: Option<f64>, best: Option<f64>, bound: Bound) -> Option<bool> {
    match bound {
        Part(parts) => Some(own? * parts <= best?),
        Most(most) => Some(own? <= most),
        Free => None,
    }
}

fn ratio(own: Option<f64>, best: Option<f64>) -> String {
    match (own, best) {
        (Some(0.0), Some(best)) => if best == 0.0 { "1" } else { "∞" }.to_owned(),
        (Some(own), Some(best)) => number(best / own),
        _ => "–".to_owned(),
    }
}

fn wanted(bound: Bound) -> String {
    match bound {
        Part(parts) => format!("1/{parts} of the best"),
        Most(most) => format!("≤ {most}"),
        Free => "–".to_owned(),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    #[test]
    fn every_goal_is_of_a_scenario_that_kdeck_can_be_measured_with() {
        for goal in GOALS {
            let scenario = Scenario::named(goal.scenario).unwrap();
            assert!(needs(Adapter::named("kdeck").unwrap(), goal.pods, scenario), "{}", goal.text);
        }
        let churn = Scenario::named("churn-500").unwrap();
        assert!(!needs(Adapter::named("k9s").unwrap(), 100_000, churn));
        assert!(!needs(Adapter::named("kdeck").unwrap(), 1_000, churn));
        assert_eq!(sizes(), [1_000, 10_000, 50_000, 100_000]);
    }

    #[test]
    fn a_row_names_the_goal_tells_whether_it_is_met_and_the_ratio_to_the_best_peer() {
        let records = [
            record("kdeck", "start", &[("first_row_s", 0.1), ("all_s", 2.0), ("peak_settled_mb", 71.0)]),
            record("k9s", "start", &[("first_row_s", 9.0), ("all_s", 9.0), ("peak_settled_mb", 1_752.0)]),
            record("kubetui", "start", &[("first_row_s", 2.0), ("all_s", 2.0)]),
            record("kdeck", "idle", &[("terminal_b_per_min", 0.0)]),
            record("k9s", "idle", &[("terminal_b_per_min", 400.0)]),
        ];
        let text = table(&records.iter().collect::<Vec<_>>());
        let lines = [
            "| pods | | k9s 1.0.0 | kubetui 1.0.0 | kdeck 1.0.0 | kdeck's goal | met | best peer : kdeck |",
            "| 10,000 | first row, s | 9.00 | 2.00 | 0.10 | 1/15 of the best | yes | 20.0 |",
            "| 10,000 | all rows, s | 9.00 | 2.00 | 2.00 | 1/2 of the best | no | 1.00 |",
            "| 10,000 | peak memory, MB | 1,752 | – | 71.0 | ≤ 70 | no | 24.7 |",
            "| 10,000 | idle: bytes to the terminal a minute | 400 | – | 0 | ≤ 0 | yes | ∞ |",
        ];
        for line in lines {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("1,000 |"), "a row that nobody was measured for is left out: {text}");
    }

    #[test]
    fn nothing_measured_makes_no_table() {
        assert_eq!(table(&[]), "");
    }
}

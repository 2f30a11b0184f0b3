//! Measurements as a Markdown table: a line per figure, a column per program.
//!
//! Owns which figures are shown and how; a figure that no line names stays in the results file.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::adapters::{ADAPTERS, thousands};
use crate::goals;
use crate::record::Record;
use crate::stats::median;

/// Where the table stands in a document.
const BEGIN: &str = "<!-- meter: begin (written by `cargo xtask meter report`) -->";
const END: &str = "<!-- meter: end -->";

/// A line of the table: what it says, and the figures of a scenario that fill its cells.
struct Line {
    text: &'static str,
    scenario: &'static str,
    figures: &'static [&'static str],
}

const fn line(text: &'static str, scenario: &'static str, figures: &'static [&'static str]) -> Line {
    Line { text, scenario, figures }
}

const LINES: &[Line] = &[
    line("first paint, s", "start", &["paint_s"]),
    line("first row / all rows, s", "start", &["first_row_s", "all_s"]),
    line("CPU until complete, s", "start", &["cpu_s"]),
    line("resident memory, peak until complete / settled, MB", "start", &["peak_mb", "settled_mb"]),
    line("peak including the first seconds after it, MB", "start", &["peak_settled_mb"]),
    line("from the server until complete, MB", "start", &["server_mb"]),
    line("requests / connections of a start", "start", &["requests_count", "connections_count"]),
    line("idle: CPU of a core, %", "idle", &["cpu_pct"]),
    line("idle: wake-ups a second", "idle", &["wakeups_per_s"]),
    line("idle: bytes to the terminal a minute", "idle", &["terminal_b_per_min"]),
    line(
        "idle: KB from / to the server / requests a minute",
        "idle",
        &["server_kb_per_min", "to_server_kb_per_min", "requests_per_min"],
    ),
    line("down → screen, p50 / p99 / worst, ms", "keys", &["down_p50_ms", "down_p99_ms", "down_worst_ms"]),
    line("page down → screen, ms", "keys", &["page_down_p50_ms", "page_down_p99_ms", "page_down_worst_ms"]),
    line("end and home → screen, ms", "keys", &["end_p50_ms", "end_p99_ms", "end_worst_ms"]),
    line("sort → screen, ms", "keys", &["sort_p50_ms", "sort_p99_ms", "sort_worst_ms"]),
    line("filter, last letter → rows, ms", "keys", &["filter_p50_ms", "filter_p99_ms", "filter_worst_ms"]),
    line("down held at 30 Hz: lag after release, ms", "keys", &["held_lag_ms"]),
    line(
        "down → screen during the first load, ms",
        "keys-loading",
        &["down_p50_ms", "down_p99_ms", "down_worst_ms"],
    ),
    line("change → screen, ms", "stale", &["stale_p50_ms", "stale_p99_ms", "stale_worst_ms"]),
    line("50 changes/s: CPU of a core, %", "churn-50", &["cpu_pct"]),
    line(
        "50 changes/s: bytes to the terminal / KB from the server a second",
        "churn-50",
        &["terminal_b_per_s", "server_kb_per_s"],
    ),
    line(
        "50 changes/s: change → screen, ms",
        "churn-50",
        &["stale_p50_ms", "stale_p99_ms", "stale_worst_ms"],
    ),
    line("50 changes/s: down → screen, ms", "churn-50", &["down_p50_ms", "down_p99_ms", "down_worst_ms"]),
    line("500 changes/s (made in fact): CPU of a core, %", "churn-500", &["cpu_pct", "changes_per_s"]),
    line(
        "500 changes/s: bytes to the terminal / KB from the server a second",
        "churn-500",
        &["terminal_b_per_s", "server_kb_per_s"],
    ),
    line(
        "500 changes/s: change → screen, ms",
        "churn-500",
        &["stale_p50_ms", "stale_p99_ms", "stale_worst_ms"],
    ),
    line("500 changes/s: down → screen, ms", "churn-500", &["down_p50_ms", "down_p99_ms", "down_worst_ms"]),
    line("100 ms, 10 Mbit/s: first row / all rows, s", "link-100ms-10mbit", &["first_row_s", "all_s"]),
    line("300 ms, 10 Mbit/s: first row / all rows, s", "link-300ms-10mbit", &["first_row_s", "all_s"]),
    line("100 ms, 1 Mbit/s: first row / all rows, s", "link-100ms-1mbit", &["first_row_s", "all_s"]),
    line("link stalled 10 s: down → screen, ms", "stall", &["down_p50_ms", "down_p99_ms", "down_worst_ms"]),
    line("link stalled 10 s: catches up after, ms", "stall", &["catch_up_ms"]),
    line("soak: memory after the first round / at the end, MB", "soak", &["start_mb", "end_mb"]),
];

/// Writes all tables.
pub fn markdown(records: &[Record]) -> String {
    let mut text = String::new();
    let machines: BTreeSet<&str> = records.iter().map(|record| record.machine.as_str()).collect();
    for machine in machines {
        let _ = writeln!(text, "Measured on {machine}, on a terminal of 200 by 50.");
    }
    let servers: BTreeSet<&str> = records.iter().map(|record| record.server.as_str()).collect();
    for server in servers {
        let of_server: Vec<&Record> = records.iter().filter(|record| record.server == server).collect();
        let goals = goals::table(&of_server);
        if !goals.is_empty() {
            let _ = write!(text, "\n### Goals, {server}\n\n{goals}{}", conditions(&of_server));
        }
    }
    let groups: BTreeSet<(usize, &str)> =
        records.iter().map(|record| (record.pods, record.server.as_str())).collect();
    for (pods, server) in groups {
        let of_group: Vec<&Record> =
            records.iter().filter(|record| record.pods == pods && record.server == server).collect();
        let _ = write!(text, "\n### {} pods, {server}\n\n{}", thousands(pods), table(&of_group));
        text.push_str(&conditions(&of_group));
    }
    text
}

fn table(records: &[&Record]) -> String {
    let measured = |name: &&str| records.iter().any(|record| record.program == *name);
    let programs: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.name).filter(measured).collect();
    let mut text =
        format!("| | {} |\n|---|{}\n", heads(records, &programs).join(" | "), "---|".repeat(programs.len()));
    for line in LINES {
        let cells: Vec<String> = programs.iter().map(|program| cell(records, program, line)).collect();
        if cells.iter().any(|cell| cell != "–") {
            let _ = writeln!(text, "| {} | {} |", line.text, cells.join(" | "));
        }
    }
    text
}

/// Names of programs with their versions.
pub(crate) fn heads(records: &[&Record], programs: &[&str]) -> Vec<String> {
    let head = |program: &&str| {
        let version = records.iter().rev().find(|record| record.program == *program);
        format!("{program} {}", version.map_or("", |record| &record.version))
    };
    programs.iter().map(head).collect()
}

/// The median of a figure over all measurements of a program with so many pods.
pub(crate) fn value(
    records: &[&Record],
    program: &str,
    pods: usize,
    scenario: &str,
    figure: &str,
) -> Option<f64> {
    let of =
        |record: &&&Record| record.program == program && record.pods == pods && record.scenario == scenario;
    let values: Vec<f64> =
        records.iter().filter(of).filter_map(|record| record.figures.get(figure).copied()).collect();
    median(&values)
}

/// A line's figures of a program.
fn cell(records: &[&Record], program: &str, line: &Line) -> String {
    let of_line = |record: &&&Record| record.program == program && record.scenario == line.scenario;
    let pods = records.first().map_or(0, |record| record.pods);
    let figure = |name: &&str| value(records, program, pods, line.scenario, name).map(number);
    let parts: Vec<String> = line.figures.iter().filter_map(figure).collect();
    if parts.is_empty() {
        let failed = records.iter().filter(of_line).any(|record| record.trouble.is_some());
        return if failed { "failed".to_owned() } else { "–".to_owned() };
    }
    parts.join(" / ")
}

/// Three digits that matter, no more.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.1 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => thousands(value.round().max(0.0) as usize),
    }
}

/// When and beside what a table was taken.
fn conditions(records: &[&Record]) -> String {
    let dates: BTreeSet<&str> = records.iter().filter_map(|record| record.at.split(' ').next()).collect();
    let loads: Vec<f64> = records.iter().map(|record| record.load.0).collect();
    let busy: Vec<f64> = records.iter().map(|record| record.busy).collect();
    let most = loads.iter().copied().fold(0.0, f64::max);
    let dates: Vec<&str> = dates.into_iter().collect();
    format!(
        "\nTaken {}. Load average before each measurement: median {}, most {}; cores busy with everything, server included: \
         median {}.\n",
        dates.join(" and "),
        number(median(&loads).unwrap_or_default()),
        number(most),
        number(median(&busy).unwrap_or_default()),
    )
}

/// Puts the tables between the marks of a document.
///
/// # Errors
/// When the document has no marks or can't be written.
pub fn write(path: &Path, tables: &str) -> Result<()> {
    let before = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let after = between(&before, tables)
        .with_context(|| format!("{} has no lines {BEGIN:?} and {END:?}", path.display()))?;
    fs::write(path, after).with_context(|| format!("cannot write {}", path.display()))
}

fn between(document: &str, tables: &str) -> Option<String> {
    let (head, rest) = document.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n\n{}\n\n{END}{tail}", tables.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    fn records() -> Vec<Record> {
        let mut records = vec![
            record("k9s", "start", &[("first_row_s", 9.51), ("all_s", 9.5)]),
            record("kdeck", "start", &[("first_row_s", 0.053), ("all_s", 1.0)]),
            record("kdeck", "start", &[("first_row_s", 0.055), ("all_s", 3.0)]),
            record("kdash", "start", &[]),
        ];
        records[3].trouble = Some("no row".into());
        records
    }

    #[test]
    fn programs_are_columns_and_repeated_measurements_their_median() {
        let text = markdown(&records());
        assert!(text.contains("### 10,000 pods, kube-apiserver v1.37.2"), "{text}");
        assert!(text.contains("| | kdeck 1.0.0 | k9s 1.0.0 | kdash 1.0.0 |\n"), "{text}");
        assert!(
            text.contains("| first row / all rows, s | 0.054 / 2.00 | 9.51 / 9.50 | failed |\n"),
            "{text}"
        );
        assert!(!text.contains("idle"), "a line without figures is left out");
        assert!(
            text.contains("Taken 2026-11-24. Load average before each measurement: median 0.10"),
            "{text}"
        );
    }

    #[test]
    fn every_line_names_a_scenario_that_exists() {
        for line in LINES {
            assert!(crate::scenarios::Scenario::named(line.scenario).is_some(), "{}", line.scenario);
        }
    }

    #[test]
    fn the_tables_replace_what_stood_between_the_marks_and_nothing_else() {
        let document = format!("# Before\n\n{BEGIN}\nold\n{END}\n\nafter\n");
        let once = between(&document, "new\n").unwrap();
        assert_eq!(once, format!("# Before\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n"));
        assert_eq!(between(&once, "new").unwrap(), once);
        assert_eq!(between("no marks", "new"), None);
    }

    #[test]
    fn figures_have_three_digits_that_matter() {
        let texts = [0.0, 0.0531, 1.2345, 45.67, 1_234.5].map(number);
        assert_eq!(texts, ["0", "0.053", "1.23", "45.7", "1,235"]);
    }
}

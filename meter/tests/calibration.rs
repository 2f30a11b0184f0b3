//! The meter against programs whose figures are known: a fake with a set delay, and kdeck on its embedded cluster.

#![cfg(test)]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use meter::adapters::Adapter;
use meter::fake::ROWS;
use meter::program::Program;
use meter::run::{Amount, Run, first_row, millis};
use meter::scenarios::Scenario;
use meter::screen::Names;
use meter::server::{Choice, Server};
use meter::stats::Spread;
use tokio::runtime::Runtime;

const PATIENCE: Duration = Duration::from_secs(20);

fn fake(delay: u64) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meter"));
    command.args(["fake", "--delay", &delay.to_string()]).env("PATH", "/usr/bin:/bin");
    command
}

fn names() -> Names {
    ROWS.map(Into::into).into()
}

#[test]
fn the_time_from_key_to_screen_is_the_delay_that_the_program_has() {
    let names = names();
    for delay in [0, 5, 20] {
        let mut program = Program::start(&fake(delay), (80, 10), &names).unwrap();
        program.until("rows", PATIENCE, first_row).unwrap();
        let mut sample = Vec::new();
        for _ in 0..20 {
            program.settle(Duration::from_millis(5), PATIENCE);
            sample.push(millis(program.response("j", PATIENCE).unwrap().unwrap()));
        }
        let median = Spread::of(&sample).unwrap().median;
        // Never less than the truth; how much more depends on who else uses the machine.
        let truth = delay as f64;
        assert!(median >= truth && median < truth + 40.0, "{delay} ms measured as {median:.2} ms");
    }
}

#[test]
fn a_filter_is_seen_when_only_its_rows_are_left_and_nothing_is_waited_for_in_vain() {
    let names = names();
    let mut program = Program::start(&fake(0), (80, 10), &names).unwrap();
    program.until("rows", PATIENCE, first_row).unwrap();
    program.response("/", Duration::from_millis(100)).unwrap();
    let seen = program.response_until("d", PATIENCE, |screen, names| screen.rows(names).all_have("db-1"));
    assert!(seen.unwrap().is_some());
    assert_eq!(program.rows().rows.len(), 1);
    let nothing = program.response("b", Duration::from_millis(200)).unwrap();
    assert_eq!(nothing, None, "the same rows are no answer");
    let late = program.until("impossible", Duration::from_millis(50), |_, _| false).unwrap_err().to_string();
    assert!(late.contains("no impossible") && late.contains("db-1"), "{late}");
}

#[test]
fn a_program_that_ends_is_noticed_and_its_memory_and_cpu_were_seen() {
    let names = names();
    let mut program = Program::start(&fake(100), (80, 10), &names).unwrap();
    program.until("rows", PATIENCE, first_row).unwrap();
    for _ in 0..4 {
        program.response("j", PATIENCE).unwrap();
    }
    let usage = program.usage();
    assert!(usage.processes == 1 && usage.resident > 1 << 20 && usage.peak > 1 << 20, "{usage:?}");
    // It spins for 400 ms, and gets at least a twentieth of a core even beside many others.
    assert!(usage.cpu >= Duration::from_millis(20), "{usage:?}");
    program.type_keys("q").unwrap();
    assert!(program.until_end(PATIENCE).unwrap());
    assert!(program.is_over());
}

/// kdeck as built with these tests.
fn kdeck() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/kdeck")
}

#[test]
fn kdeck_is_measured_on_its_embedded_cluster_from_start_to_change() {
    let runtime = Runtime::new().unwrap();
    let server = Server::start(&runtime, &Choice::Embedded, 300, |_| {}).unwrap();
    let amount = Amount {
        starts: 1,
        idle: Duration::from_secs(1),
        changes: 2,
        settle: Duration::from_millis(500),
        ..Amount::QUICK
    };
    let adapter = Adapter::named("kdeck").unwrap();
    let run =
        Run { adapter, file: kdeck(), server: &server, runtime: &runtime, pods: 300, amount, far: false };
    let measure = |name: &str| (Scenario::named(name).unwrap().run)(&run).unwrap();

    let start = measure("start");
    assert!(start["paint_s"] <= start["first_row_s"] && start["first_row_s"] <= start["all_s"], "{start:?}");
    assert!(start["peak_mb"] > 5.0 && start["server_mb"] > 0.01, "{start:?}");
    assert!(start["requests_count"] >= 1.0 && start["connections_count"] >= 1.0, "{start:?}");

    let idle = measure("idle");
    assert!(idle["cpu_pct"] < 100.0 && idle["resident_mb"] > 5.0, "{idle:?}");

    let stale = measure("stale");
    assert_eq!(stale["stale_count"], 2.0, "{stale:?}");
}

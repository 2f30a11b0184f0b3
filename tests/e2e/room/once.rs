//! What is printed into a pipe is what kubectl prints.

use std::process::Output;

use super::stage::{Place, Stage, has_nodes, kubectl, try_kubectl};
use crate::peace::peace;

/// Between two columns stand at least so many blanks, in kubectl's output as in ours.
const GAP: usize = 3;

#[test]
fn pods_deployments_and_nodes_are_printed_cell_by_cell_as_kubectl_prints_them() {
    let _peace = peace();
    if !has_nodes() {
        return;
    }
    let place = Place::new("once");
    place.pod("fine", "sleep 86400");
    place.pod("done", "exit 0");
    place.kubectl(&[
        "create",
        "deployment",
        "web",
        "--image=localhost/kdeck-no-such-image:1",
        "--replicas=2",
    ]);
    place.kubectl(&["wait", "--for=condition=Ready", "pod/fine", "--timeout=60s"]);
    for kind in ["pods", "deployments", "nodes"] {
        for wide in [&[][..], &["-o", "wide"]] {
            let scope: &[&str] = if kind == "nodes" { &[] } else { &["-n", &place.name] };
            equal(kind, &[scope, wide].concat());
        }
    }
}

/// Compares once more when something changed between the two looks.
fn equal(kind: &str, args: &[&str]) {
    let stage = Stage::admin();
    let mut differences = String::new();
    for _ in 0..5 {
        let ours = text(&stage.once(&[args, &["-c", kind]].concat()));
        let theirs = kubectl(&[&["get", kind], args].concat());
        differences = compare(&table(&theirs), &table(&ours));
        if differences.is_empty() {
            return;
        }
    }
    panic!("{kind} {args:?}:\n{differences}");
}

/// Every cell of kubectl's stands in the column of the same title; kdeck may have more columns.
fn compare(theirs: &[Vec<String>], ours: &[Vec<String>]) -> String {
    let mut out = String::new();
    if theirs.len() != ours.len() || theirs.len() < 2 {
        return format!("{} rows and {}\n{theirs:?}\n{ours:?}", theirs.len(), ours.len());
    }
    for (at, title) in theirs[0].iter().enumerate() {
        let Some(place) = ours[0].iter().position(|ours| ours == title) else {
            out.push_str(&format!("no column {title} in {:?}\n", ours[0]));
            continue;
        };
        for (theirs, ours) in theirs.iter().zip(ours) {
            let (here, there) = (settled(&ours[place]), settled(&theirs[at]));
            if here != there && title != "AGE" {
                out.push_str(&format!("{title} of {}: {:?}, not {:?}\n", theirs[0], ours[place], theirs[at]));
            }
        }
    }
    out
}

/// Without the "(3s ago)" that is different at every look.
fn settled(cell: &str) -> &str {
    cell.split(" (").next().unwrap_or_default()
}

/// Cuts a printed table into cells: where all lines are blank, a column ends.
fn table(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let width = lines.iter().map(Vec::len).max().unwrap_or_default();
    let is_blank = |at: usize| lines.iter().all(|line| line.get(at).is_none_or(|c| *c == ' '));
    let mut columns: Vec<(usize, usize)> = Vec::new();
    let mut blanks = GAP;
    for at in 0..width {
        if is_blank(at) {
            blanks += 1;
            continue;
        }
        match columns.last_mut() {
            Some(last) if blanks < GAP => last.1 = at + 1,
            _ => columns.push((at, at + 1)),
        }
        blanks = 0;
    }
    let cut = |line: &Vec<char>| {
        let cell = |&(from, to): &(usize, usize)| {
            line.iter().take(to).skip(from).collect::<String>().trim().to_owned()
        };
        columns.iter().map(cell).collect()
    };
    lines.iter().map(cut).collect()
}

#[test]
fn exit_codes_and_reasons_tell_nothing_found_from_not_allowed() {
    let _peace = peace();
    let place = Place::new("codes");
    let admin = Stage::admin();
    let empty = admin.once(&["-n", &place.name, "-c", "limitranges"]);
    assert_eq!(empty.status.code(), Some(0), "{}", errors(&empty));
    assert!(text(&empty).contains("There are no"), "{}", text(&empty));
    let unknown = admin.once(&["-c", "nosuchkind"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(errors(&unknown).contains("nosuchkind") && text(&unknown).is_empty(), "{}", errors(&unknown));
    assert!(!try_kubectl(&["get", "nosuchkind"]).status.success());
    if let Some(dev) = Stage::dev() {
        let forbidden = dev.once(&["-c", "nodes"]);
        assert_eq!(forbidden.status.code(), Some(1));
        assert!(errors(&forbidden).contains("needs verb \"list\" on nodes"), "{}", errors(&forbidden));
        assert!(dev.once(&["-A", "-c", "services"]).status.success(), "what may be listed is printed");
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

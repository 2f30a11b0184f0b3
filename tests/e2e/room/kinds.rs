//! Every kind that the server serves opens by its name.

use std::collections::BTreeMap;

use vt100::Screen;

use super::picture::{line, title};
use super::stage::{Stage, kubectl};
use crate::peace::{metrics_peace, peace};
use crate::pty::Pty;

/// Words of a table that could not be had.
const TROUBLE: [&str; 7] =
    ["forbidden", "no longer served", "not known", "reconnecting", "stale", "malformed", "no kind is called"];

#[test]
fn every_kind_of_the_servers_discovery_opens_with_its_rows_or_truly_empty() {
    let (_peace, _metrics) = (peace(), metrics_peace());
    let kinds = kubectl(&["api-resources", "--verbs=list", "-o", "name"]);
    let mut kinds: Vec<&str> = kinds.lines().filter(|kind| is_built_in(kind)).collect();
    kinds.sort_unstable();
    assert!(kinds.len() >= 40, "{kinds:?}");
    let counts = counts(&kinds);
    let stage = Stage::admin();
    let half = kinds.len().div_ceil(2);
    std::thread::scope(|scope| {
        for part in kinds.chunks(half) {
            let (stage, counts) = (&stage, &counts);
            scope.spawn(move || {
                let deck = stage.deck_of((160, 24), &["-A"]);
                for kind in part {
                    opens(&deck, kind, counts.get(*kind).copied().unwrap_or_default());
                }
            });
        }
    });
}

/// Kinds of other scenes come and go meanwhile.
fn is_built_in(kind: &str) -> bool {
    kind.split_once('.').is_none_or(|(_, group)| !group.contains('.') || group.ends_with(".k8s.io"))
}

fn opens(deck: &Pty, kind: &str, mut count: usize) {
    line(deck, kind);
    // Objects come and go as well: where we differ, the server is asked again.
    for _ in 0..5 {
        let picture = deck.wait_until(&format!("{kind}, open"), |screen| {
            is_open(screen, kind) && (has_trouble(screen) || shown(screen).is_some())
        });
        assert!(!deck.see(has_trouble), "{kind}:\n{picture}");
        let rows = deck.see(shown).unwrap_or_default();
        if (rows == 0) == (count == 0) {
            assert!(count > 0 || picture.contains("There are no"), "{kind}:\n{picture}");
            return;
        }
        count = kubectl(&["get", kind, "-A", "-o", "name", "--ignore-not-found"]).lines().count();
    }
    panic!("{kind}: the server has {count}, the deck shows:\n{}", deck.see(vt100::Screen::contents));
}

/// Tells whether this kind is shown and the title says that the answer is in. The crumb names the kind; where the
/// selected row's chain stands in its place, the title does, which is short of the group.
fn is_open(screen: &Screen, kind: &str) -> bool {
    let text = screen.contents();
    let line = text.lines().rev().nth(1).unwrap_or_default().trim();
    let title = title(screen);
    let is_named = if line.contains(" → ") {
        let plural = kind.split_once('.').map_or(kind, |(plural, _)| plural);
        title.split_whitespace().nth(1).is_some_and(|word| word.to_lowercase() == plural)
    } else {
        line.rsplit(" › ").next() == Some(kind)
    };
    is_named && !title.contains("loading") && !title.contains("waiting")
}

/// Objects may speak of trouble too: only the header, the title, the news and what stands for rows count.
fn has_trouble(screen: &Screen) -> bool {
    let text = screen.contents();
    let has_rows = shown(screen).is_some_and(|rows| rows > 0);
    let outside =
        |line: &str| line.starts_with([' ', '─']) && !line.starts_with("   ") && !line.starts_with(" ▲ ");
    text.lines()
        .filter(|line| !has_rows || outside(line))
        .any(|line| TROUBLE.iter().any(|word| line.contains(word)))
}

/// The number of rows, as the title says it.
fn shown(screen: &Screen) -> Option<usize> {
    let title = title(screen).replace(['─', ',', '\u{202f}', '\u{a0}'], " ");
    title.split_whitespace().rev().find_map(|word| word.parse().ok())
}

/// What the server has of each kind. Objects come and go while we look, so only none and some are told apart.
fn counts(kinds: &[&str]) -> BTreeMap<String, usize> {
    let list = kubectl(&[
        "get",
        &kinds.join(","),
        "-A",
        "--ignore-not-found",
        "-o",
        "go-template={{range .items}}{{.apiVersion}} {{.kind}}\n{{end}}",
    ]);
    let wide = kubectl(&["api-resources", "--verbs=list", "--no-headers", "-o", "wide"]);
    let mut names = BTreeMap::new();
    for line in wide.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| *word == "true" || *word == "false") else { continue };
        let (version, kind, plural) = (words[at - 1], words[at + 1], words[0]);
        let group = version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
        names.insert(format!("{version} {kind}"), format!("{plural}{group}"));
    }
    let mut counts = BTreeMap::new();
    for object in list.lines() {
        if let Some(name) = names.get(object) {
            *counts.entry(name.clone()).or_default() += 1;
        }
    }
    assert!(counts.len() >= 15, "{counts:?}");
    counts
}

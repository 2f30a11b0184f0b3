//! The room table of `ARCHITECTURE.md`, as data: which room may use which, and what from outside.
//!
//! Reads the source as text. Good enough because the house has one style: rooms are named `crate::room`,
//! outside crates by their name before `::`. Code for tests only is left out: it may use what it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Crates that any room may use: small ones without I/O or a world view.
const ANYWHERE: &[&str] = &[
    "std",
    "core",
    "alloc",
    "foldhash",
    "serde",
    "tracing",
    "memchr",
    "unicode_segmentation",
    "unicode_width",
];

struct Room {
    name: &'static str,
    /// Rooms below it that it may use.
    rooms: &'static [&'static str],
    /// Crates beyond [`ANYWHERE`].
    crates: &'static [&'static str],
}

/// From low to high.
const ROOMS: &[Room] = &[
    Room { name: "model", rooms: &[], crates: &["hashbrown", "nucleo_matcher", "regex", "serde_saphyr"] },
    Room { name: "theme", rooms: &["model"], crates: &["ratatui", "serde_saphyr"] },
    Room { name: "kinds", rooms: &["model"], crates: &["base64", "serde_json", "wide"] },
    Room { name: "store", rooms: &["model"], crates: &["parking_lot", "serde_json", "tokio", "zstd"] },
    Room { name: "triage", rooms: &["model", "kinds", "store"], crates: &[] },
    Room {
        name: "config",
        rooms: &["model"],
        crates: &["directories", "rustix", "serde_json", "serde_saphyr"],
    },
    Room {
        name: "cluster",
        rooms: &["model", "kinds", "store", "config"],
        crates: &[
            "base64",
            "bytes",
            "flate2",
            "futures",
            "http",
            "http_body",
            "http_body_util",
            "hyper",
            "hyper_util",
            "k8s_openapi",
            "kube",
            "parking_lot",
            "rustls",
            "rustls_platform_verifier",
            "serde_json",
            "serde_saphyr",
            "tokio",
            "tokio_rustls",
            "tower",
        ],
    },
    Room {
        name: "watchers",
        rooms: &["model", "kinds", "store", "cluster"],
        crates: &[
            "bytes",
            "futures",
            "http",
            "http_body",
            "http_body_util",
            "parking_lot",
            "serde_json",
            "tokio",
        ],
    },
    Room {
        name: "commands",
        rooms: &["model", "kinds", "store", "config"],
        crates: &["nucleo_matcher", "regex"],
    },
    Room {
        name: "views",
        rooms: &["model", "theme", "kinds", "store", "triage", "commands"],
        crates: &["ratatui", "regex", "serde_json"],
    },
    Room {
        name: "app",
        rooms: &["model", "theme", "kinds", "store", "triage", "config", "commands", "views"],
        crates: &["ratatui"],
    },
    Room {
        name: "sim",
        rooms: &["model"],
        crates: &[
            "base64",
            "bytes",
            "flate2",
            "futures",
            "http",
            "http_body",
            "http_body_util",
            "hyper",
            "hyper_util",
            "parking_lot",
            "rcgen",
            "rustls",
            "serde_json",
            "serde_saphyr",
            "tokio",
            "tokio_rustls",
            "zstd",
        ],
    },
    Room {
        name: "runtime",
        rooms: &[
            "model", "theme", "kinds", "store", "triage", "config", "cluster", "watchers", "commands",
            "views", "app", "sim",
        ],
        crates: &[
            "base64",
            "crossterm",
            "futures",
            "parking_lot",
            "ratatui",
            "rustix",
            "serde_json",
            "tokio",
            "tracing_subscriber",
        ],
    },
    Room {
        name: "cli",
        rooms: &["model", "config", "cluster", "kinds", "runtime", "sim", "theme", "commands"],
        crates: &["clap", "clap_complete"],
    },
];

/// One mention of a room or crate.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mention {
    name: String,
    line: usize,
}

#[test]
fn every_room_uses_only_what_the_table_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let outside = dependencies(root);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for path in sources(&root.join("src")) {
        let relative = path.strip_prefix(root.join("src")).unwrap();
        let Some(room) = room_of(relative) else { continue };
        seen.insert(room.name);
        let text = product_code(&std::fs::read_to_string(&path).unwrap());
        let place = |mention: &Mention| format!("src/{}:{}", relative.display(), mention.line);
        for mention in rooms_in(&text) {
            let is_known = ROOMS.iter().any(|room| room.name == mention.name);
            if is_known && mention.name != room.name && !room.rooms.contains(&mention.name.as_str()) {
                wrong.push(format!(
                    "{}: {} must not use the room {}",
                    place(&mention),
                    room.name,
                    mention.name
                ));
            }
        }
        for mention in crates_in(&text, &outside) {
            let name = mention.name.as_str();
            if !ANYWHERE.contains(&name) && !room.crates.contains(&name) {
                wrong.push(format!("{}: {} must not use the crate {name}", place(&mention), room.name));
            }
        }
    }
    assert!(wrong.is_empty(), "the room table forbids:\n{}", wrong.join("\n"));
    let missing: Vec<_> = ROOMS.iter().map(|room| room.name).filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "rooms of the table that are not in src/: {missing:?}");
}

#[test]
fn architecture_md_lists_the_same_rooms_in_the_same_order() {
    let page = include_str!("../../ARCHITECTURE.md");
    let listed: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `src/")?.split(['/', '.']).next()).collect();
    let rooms: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
    assert_eq!(listed, rooms);
}

#[test]
fn the_table_has_no_way_up() {
    let order: BTreeMap<_, _> = ROOMS.iter().enumerate().map(|(n, room)| (room.name, n)).collect();
    for (n, room) in ROOMS.iter().enumerate() {
        for used in room.rooms {
            assert!(
                order.get(used).is_some_and(|at| *at < n),
                "{} uses {used}, which is not below it",
                room.name
            );
        }
    }
}

#[test]
fn the_reader_sees_groups_paths_and_neither_comments_nor_tests() {
    let text = product_code(
        "use crate::{\n    model::{Row, Text},\n    store,\n};\n// crate::views\n/// crate::app\n\
         fn f() { crate::kinds::x(\"crate::sim\"); http::y(); a.http::z; }\n\
         #[cfg(test)]\nmod tests {\n    use crate::cluster;\n}\n",
    );
    let names = |mentions: Vec<Mention>| mentions.into_iter().map(|m| (m.name, m.line)).collect::<Vec<_>>();
    let want = [("model", 2), ("store", 3), ("kinds", 7)].map(|(name, line)| (name.to_owned(), line));
    assert_eq!(names(rooms_in(&text)), want);
    let outside = BTreeSet::from(["http".to_owned()]);
    assert_eq!(names(crates_in(&text, &outside)).first(), Some(&("http".to_owned(), 7)));
    assert!(crates_in(&product_code("// http::x\nmy_http::y; x::http::z"), &outside).is_empty());
}

fn room_of(path: &Path) -> Option<&'static Room> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    let name = if name == "main" { "cli" } else { name };
    ROOMS.iter().find(|room| room.name == name)
}

/// Returns all product sources: without the modules that only tests see.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut test_only = BTreeSet::new();
    collect(dir, &mut found);
    for path in &found {
        let text = std::fs::read_to_string(path).unwrap();
        let home = match path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs" | "lib.rs") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line == "#[cfg(test)]"
                && let Some(name) = lines.next().and_then(declared)
            {
                test_only.insert(home.join(format!("{name}.rs")));
                test_only.insert(home.join(name));
            }
        }
    }
    found.retain(|path| !path.ancestors().any(|part| test_only.contains(part)));
    found.sort();
    found
}

/// Returns the name of a module that is declared but not written on this line.
fn declared(line: &str) -> Option<&str> {
    let line =
        line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ").trim_start_matches("pub ");
    line.strip_prefix("mod ")?.strip_suffix(';')
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the text up to its test module, with comments and strings blanked; lines keep their numbers.
fn product_code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut after_cfg_test = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if after_cfg_test && trimmed.contains("mod ") && trimmed.ends_with('{') && trimmed == line {
            break;
        }
        after_cfg_test = trimmed.starts_with("#[cfg(test)]") || (after_cfg_test && trimmed.starts_with("#["));
        let (mut quoted, mut before) = (false, ' ');
        for (n, c) in line.char_indices() {
            if !quoted && line[n..].starts_with("//") {
                break;
            }
            if c == '"' && before != '\\' && before != '\'' {
                quoted = !quoted;
            }
            code.push(if quoted { ' ' } else { c });
            before = c;
        }
        code.push('\n');
    }
    code
}

/// Returns the rooms named after `crate::`, also within braces.
fn rooms_in(code: &str) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        if code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let from = start + "crate::".len();
        let tail = &code[from..];
        if tail.starts_with('{') {
            mentions.extend(group(tail).into_iter().map(|(at, name)| mention(code, from + at, name)));
        } else {
            mentions.push(mention(code, from, word(tail)));
        }
    }
    mentions
}

/// Returns the first words of a brace group's members, with where they are.
fn group(text: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut starts, mut is_first) = (0_usize, Vec::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            '{' => {
                depth += 1;
                is_first = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' if depth == 1 => is_first = true,
            c if is_first && (c.is_alphabetic() || c == '_') => {
                starts.push((at, word(&text[at..])));
                is_first = false;
            }
            _ => {}
        }
    }
    starts
}

/// Returns the outside crates named before `::`.
fn crates_in(code: &str, outside: &BTreeSet<String>) -> Vec<Mention> {
    let mut mentions = Vec::new();
    for (at, _) in code.match_indices("::") {
        let start = code[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |n| n + 1);
        let name = &code[start..at];
        if outside.contains(name) && !code[..start].ends_with("::") {
            mentions.push(mention(code, start, name));
        }
    }
    mentions
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn mention(code: &str, at: usize, name: &str) -> Mention {
    Mention { name: name.to_owned(), line: code[..at].matches('\n').count() + 1 }
}

/// Returns the names of the package's dependencies as code writes them.
fn dependencies(root: &Path) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let mut is_inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_inside = line == "[dependencies]";
        } else if is_inside && let Some((name, _)) = line.split_once('=') {
            names.insert(name.trim().replace('-', "_"));
        }
    }
    assert!(names.len() > 20, "the manifest could not be read: {names:?}");
    names
}

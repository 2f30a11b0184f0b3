//! Figures of kdeck itself: version, files, memory, what is watched.

use super::list::{self, Entry, List};
use super::page::{ListPage, Page};
use super::{Cx, Family};
use crate::commands::flow::Flash;
use crate::commands::{Cmd, Effect, Open, Step};
use crate::model::{Freshness, ShardKey, WatchScope};
use crate::theme::Token;

/// What does not change while kdeck runs: label and value of each line.
pub type About = Vec<(String, String)>;

/// The page of figures.
pub type InfoView = ListPage<Info>;

/// What the page of figures has of its own.
#[derive(Debug)]
pub struct Info {
    about: About,
}

impl InfoView {
    /// Builds the page.
    pub fn new(about: About, cx: &Cx<'_>) -> Self {
        let list = List::new(&[], entries(&about, cx));
        Self { page: Info { about }, list }
    }
}

fn entries(about: &About, cx: &Cx<'_>) -> Vec<Entry<String>> {
    let heading = |text: &str| Entry { key: None, cells: vec![text.into()], sign: " ", token: Token::Title };
    let line = |label: String, value: String| Entry {
        key: Some(label.clone()),
        cells: vec![label, value],
        sign: " ",
        token: Token::Text,
    };
    let mut entries = vec![heading("kdeck")];
    entries.extend(about.iter().map(|(label, value)| line(label.clone(), value.clone())));
    let mut shards: Vec<_> = cx.store.keys();
    shards.sort();
    let statuses: Vec<_> =
        shards.iter().filter_map(|key| Some((key, cx.store.find(key)?.status()))).collect();
    let (rows, bytes) =
        statuses.iter().fold((0, 0), |sum, (_, status)| (sum.0 + status.rows, sum.1 + status.bytes));
    entries.push(heading("Cache"));
    entries.push(line(
        "all".into(),
        format!("{} watched, {rows} objects, {}{}", statuses.len(), size(bytes), limit(cx)),
    ));
    for (key, status) in statuses {
        let state = freshness(&status.freshness);
        entries
            .push(line(shard_name(key), format!("{state}, {} objects, {}", status.rows, size(status.bytes))));
    }
    entries
}

/// ` of 2.0 GB`, where there is a limit.
fn limit(cx: &Cx<'_>) -> String {
    match cx.store.limit() {
        usize::MAX => String::new(),
        bytes => format!(" of {}", size(bytes)),
    }
}

fn shard_name(key: &ShardKey) -> String {
    match &key.scope {
        WatchScope::All => format!("{} {}", key.cluster, key.kind),
        WatchScope::Namespace(namespace) => format!("{} {} in {namespace}", key.cluster, key.kind),
        WatchScope::Labelled { namespace, labels } if namespace.is_empty() => {
            format!("{} {} with {labels}", key.cluster, key.kind)
        }
        WatchScope::Labelled { namespace, labels } => {
            format!("{} {} in {namespace} with {labels}", key.cluster, key.kind)
        }
    }
}

fn freshness(freshness: &Freshness) -> &'static str {
    match freshness {
        Freshness::Idle => "idle",
        Freshness::Loading { .. } => "loading",
        Freshness::Live => "live",
        Freshness::Reconnecting { .. } => "reconnecting",
        Freshness::Stale { .. } => "stale",
        Freshness::Forbidden(_) => "forbidden",
        Freshness::Gone(_) => "gone",
        Freshness::Halted(_) => "halted: memory limit",
    }
}

/// Writes bytes as people read them: `900 B`, `1.4 MB`.
fn size(bytes: usize) -> String {
    let value = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.2} GB", value / 1e9),
    }
}

impl Page for Info {
    type Key = String;
    const OWN: &'static [Cmd] = &[Cmd::CopyAll];

    fn family(&self) -> Family {
        Family::Text
    }

    fn open(&self) -> Open {
        Open::Info
    }

    fn crumb(&self) -> String {
        "info".into()
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        "Info".into()
    }

    fn entries(&mut self, cx: &Cx<'_>) -> Option<Vec<Entry<String>>> {
        Some(entries(&self.about, cx))
    }

    fn run(&self, cmd: Cmd, list: &List<String>) -> Option<Vec<Step>> {
        if cmd != Cmd::CopyAll {
            return None;
        }
        let mut text = String::new();
        list.print(&mut text);
        Some(vec![Step::Effect(Effect::Copy(text)), Step::Flash(Flash::info("copied the page"))])
    }

    fn refusal(&self, cmd: Cmd, _list: &List<String>) -> Option<String> {
        list::refusal(cmd, Self::OWN).map(|_| "not on this page".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_400, "1.4 kB"),
            (25_300_000, "25.3 MB"),
            (1_750_000_000, "1.75 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}

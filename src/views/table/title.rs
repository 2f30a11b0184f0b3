//! The words of the frame line: what is shown, how much of it, by which filter and order, and how
//! far it can be trusted.

use std::fmt::Write;

use super::draw::arrow;
use super::empty::missing_namespace;
use super::source::Part;
use super::{TableView, What};
use crate::commands::{NamespaceSet, Within};
use crate::model::{Freshness, Problem, Scope, Timestamp};
use crate::theme::Token;
use crate::views::Cx;
use crate::views::widgets::{Words, count_into};

/// From so many objects on a narrower question is suggested while they load.
const LARGE: usize = 200_000;

/// What asks the server for less.
fn narrower(view: &TableView) -> &'static str {
    let is_namespaced = view.kind.as_ref().is_none_or(|kind| kind.scope == Scope::Namespaced);
    match view.spec.namespaces {
        NamespaceSet::All if is_namespaced => "less: a namespace (:ns) or labels (:po app=web)",
        _ => "less: labels (:po app=web)",
    }
}

/// Writes the words; `left_out` columns have no room. While all is well this allocates nothing.
pub(super) fn write(view: &TableView, left_out: usize, cx: &Cx<'_>, words: &mut Words) {
    words.clear();
    words.write(0, 9, Token::Title, |out| write_name(view, out));
    words.write(0, 5, Token::TitleDim, |out| write_place(view, out));
    let parts = view.source.parts();
    for part in parts.iter().filter(|part| !part.status.freshness.is_live()).take(2) {
        let (mut text, token) = freshness(part, cx.now);
        if parts.len() > 1 {
            let _ = write!(text, " ({})", part_name(view, part));
        }
        words.add(0, 8, token, &text);
    }
    for part in parts {
        let status = &part.status;
        let (forbidden, all) = (status.forbidden.len(), status.namespaces.len());
        if forbidden > 0 {
            let all = all.max(forbidden);
            words.add(0, 7, Token::Attention, &format!("{forbidden} of {all} namespaces forbidden"));
        } else if all > 0 {
            // One by one, because the whole cluster may not be listed: there can be more.
            let names = if let [one] = status.namespaces.as_slice() {
                one.to_string()
            } else {
                format!("{all} namespaces")
            };
            words.add(0, 7, Token::Attention, &format!("only {names}, may not list all"));
        }
        if status.is_bare {
            words.add(0, 4, Token::Attention, "texts not kept: memory limit");
        }
        let is_halted = matches!(status.freshness, Freshness::Halted(_));
        if is_halted || status.expected.is_some_and(|expected| expected >= LARGE) {
            words.add(0, 6, Token::Attention, narrower(view));
        }
        if status.malformed.0 > 0 {
            words.add(0, 6, Token::Attention, &format!("{} malformed", status.malformed.0));
        }
    }
    if view.order.len() > 0
        && let Some(problem) = missing_namespace(view, cx)
    {
        words.add(0, 7, Token::Attention, &problem.what);
    }
    add_choices(view, left_out, cx, words);
}

/// The right side: counts, filter, marks; then order and modes.
fn add_choices(view: &TableView, left_out: usize, cx: &Cx<'_>, words: &mut Words) {
    words.write(1, 7, Token::TitleDim, |out| {
        count_into(view.order.shown(), out);
        let all = view.count_of_all();
        if view.order.shown() != all {
            out.push_str(" of ");
            count_into(all, out);
        }
    });
    let filter = view.rules.filter.source().trim();
    if view.is_recalled && !filter.is_empty() {
        words.write(1, 6, Token::Match, |out| {
            out.push_str(filter);
            out.push_str(" (from last time)");
        });
    } else {
        words.add(1, 6, Token::Match, filter);
    }
    if view.rules.faults {
        words.add(1, 6, Token::Attention, "faults only");
    }
    if view.marks.len() > 0 {
        // Writing to a String cannot fail.
        words.write(1, 8, Token::Marked, |out| {
            let _ = write!(out, "{} marked", view.marks.len());
            let hidden = view.marks.hidden(&view.order);
            if hidden > 0 {
                let _ = write!(out, ", {hidden} hidden by the filter");
            }
        });
    }
    if let Some((title, direction)) = &view.sorted_by {
        words.write(2, 4, Token::TitleDim, |out| {
            out.push_str(arrow(*direction, cx.theme));
            out.push_str(title);
        });
    }
    if view.choice.wide {
        // Who asks for all columns and does not get them is told where they are.
        words.write(2, 3, Token::TitleDim, |out| {
            out.push_str("wide");
            if left_out > 0 && view.scroll == 0 {
                let _ = write!(out, ", {left_out} more {}", if cx.theme.unicode { "→" } else { "right" });
            }
        });
    }
    if view.scroll > 0 {
        words.write(2, 3, Token::TitleDim, |out| {
            let _ = write!(out, "{} column{} left", view.scroll, if view.scroll == 1 { "" } else { "s" });
        });
    }
}

/// The kind's title; its identity while the kind is unknown.
pub(super) fn name(view: &TableView) -> String {
    let mut name = String::new();
    write_name(view, &mut name);
    name
}

fn write_name(view: &TableView, out: &mut String) {
    match &view.kind {
        Some(kind) => kind.write_title(out),
        None => out.push_str(&view.spec.kind.0),
    }
}

/// Where the rows are: the drill-down's words, else the namespaces unless it is all of them.
pub(super) fn place(view: &TableView) -> String {
    let mut place = String::new();
    write_place(view, &mut place);
    place
}

fn write_place(view: &TableView, out: &mut String) {
    let list = |out: &mut String, names: &mut dyn Iterator<Item = &str>| {
        for (at, name) in names.enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            out.push_str(name);
        }
    };
    // Writing to a String cannot fail.
    let _ = match (&view.what, &view.spec.within, &view.spec.namespaces) {
        (What::Containers(target), ..) => write!(out, "of {}/{}", target.key.namespace, target.key.name),
        // "of node n-1" would speak of its parts.
        (_, Some((Within::Just(key), _)), _) if key.namespace.is_empty() => out.write_str(&key.name),
        (_, Some((Within::Just(key), _)), _) => write!(out, "{}/{}", key.namespace, key.name),
        (_, Some((_, words)), _) => write!(out, "of {words}"),
        (.., NamespaceSet::All) => Ok(()),
        (.., NamespaceSet::Only(names)) => {
            list(out, &mut names.iter().map(|name| &**name));
            Ok(())
        }
        (.., NamespaceSet::Except(patterns)) => {
            out.push_str("not ");
            list(out, &mut patterns.iter().map(|pattern| &**pattern));
            Ok(())
        }
    };
}

fn part_name(view: &TableView, part: &Part) -> String {
    match part.key.scope.namespace() {
        "" => part.key.cluster.to_string(),
        namespace if view.spec.clusters.len() == 1 => namespace.to_owned(),
        namespace => format!("{} {namespace}", part.key.cluster),
    }
}

/// How far a part can be trusted, in words.
pub(super) fn freshness(part: &Part, now: Timestamp) -> (String, Token) {
    let seconds = |since: &Timestamp| {
        let mut out = String::new();
        crate::model::time::human_duration(since.elapsed(now), &mut out);
        out
    };
    match &part.status.freshness {
        Freshness::Idle => ("waiting for the connection".to_owned(), Token::Busy),
        Freshness::Live => (String::new(), Token::Good),
        Freshness::Loading { since } => {
            let mut text = "loading ".to_owned();
            write_counts(part, "~", &mut text);
            let _ = write!(text, " · {}", seconds(since));
            (text, Token::Busy)
        }
        Freshness::Reconnecting { since, .. } => {
            (format!("reconnecting {}", seconds(since)), Token::Attention)
        }
        Freshness::Stale { since, .. } => (format!("stale {}", seconds(since)), Token::Broken),
        Freshness::Forbidden(problem) => {
            (format!("may not {} {}", refused_verb(problem), part.key.kind), Token::Broken)
        }
        Freshness::Gone(_) => ("no longer served".to_owned(), Token::Broken),
        Freshness::Halted(problem) => {
            let mut text = String::new();
            write_counts(part, "", &mut text);
            let _ = write!(text, ": {}", problem.what);
            (text, Token::Broken)
        }
    }
}

/// Rows held, and how many there are if the server said.
fn write_counts(part: &Part, about: &str, out: &mut String) {
    count_into(part.status.rows, out);
    if let Some(expected) = part.status.expected {
        out.push_str(" of ");
        out.push_str(about);
        count_into(expected, out);
    }
}

/// The verb that was refused, as the hint of the problem names it.
fn refused_verb(problem: &Problem) -> &str {
    let named = problem.hint.as_deref().and_then(|hint| hint.strip_prefix("needs verb \""));
    named.and_then(|rest| rest.split('"').next()).unwrap_or("list")
}

/// Whether the first question about a part has got some answer.
pub(super) fn is_answered(freshness: &Freshness) -> bool {
    !matches!(freshness, Freshness::Idle | Freshness::Loading { .. })
}

/// Whether a counter in the title is running.
pub(super) fn ticks(view: &TableView) -> bool {
    view.source.parts().iter().any(|part| {
        matches!(
            part.status.freshness,
            Freshness::Loading { .. } | Freshness::Reconnecting { .. } | Freshness::Stale { .. }
        )
    })
}

//! The words of the frame line: what is shown, how much of it, by which filter and order, and how
//! far it can be trusted.

use std::fmt::Write;

use super::draw::arrow;
use super::empty::missing_namespace;
use super::source::Part;
use super::{TableView, What};
use crate::commands::NamespaceSet;
use crate::model::{Freshness, Problem, Timestamp};
use crate::theme::Token;
use crate::views::Cx;
use crate::views::widgets::{Words, count_into};

/// Returns the words; `left_out` columns have no room.
pub(super) fn words(view: &TableView, left_out: usize, cx: &Cx<'_>) -> Words {
    let mut words = Words::default();
    words.add(0, 9, Token::Title, &name(view));
    words.add(0, 5, Token::TitleDim, &place(view));
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
        if status.malformed.0 > 0 {
            words.add(0, 6, Token::Attention, &format!("{} malformed", status.malformed.0));
        }
    }
    if view.order.len() > 0
        && let Some(problem) = missing_namespace(view, cx)
    {
        words.add(0, 7, Token::Attention, &problem.what);
    }
    add_choices(view, left_out, cx, &mut words);
    words
}

/// The right side: counts, filter, marks; then order and modes.
fn add_choices(view: &TableView, left_out: usize, cx: &Cx<'_>, words: &mut Words) {
    let mut count = String::new();
    count_into(view.order.shown(), &mut count);
    if view.order.shown() != view.order.len() {
        count.push_str(" of ");
        count_into(view.order.len(), &mut count);
    }
    words.add(1, 7, Token::TitleDim, &count);
    let filter = view.rules.filter.source().trim();
    if view.is_recalled && !filter.is_empty() {
        words.add(1, 6, Token::Match, &format!("{filter} (from last time)"));
    } else {
        words.add(1, 6, Token::Match, filter);
    }
    if view.rules.faults {
        words.add(1, 6, Token::Attention, "faults only");
    }
    if view.marks.len() > 0 {
        let hidden = view.marks.hidden(&view.order);
        let mut text = format!("{} marked", view.marks.len());
        if hidden > 0 {
            let _ = write!(text, ", {hidden} hidden by the filter");
        }
        words.add(1, 8, Token::Marked, &text);
    }
    if let Some((title, direction)) = &view.sorted_by {
        words.add(2, 4, Token::TitleDim, &format!("{}{title}", arrow(*direction, cx.theme)));
    }
    if view.choice.wide {
        // Who asks for all columns and does not get them is told where they are.
        let text = match left_out {
            0 => "wide".to_owned(),
            _ if view.scroll > 0 => "wide".to_owned(),
            _ => format!("wide, {left_out} more {}", if cx.theme.unicode { "→" } else { "right" }),
        };
        words.add(2, 3, Token::TitleDim, &text);
    }
    if view.scroll > 0 {
        words.add(2, 3, Token::TitleDim, &format!("{} columns left", view.scroll));
    }
}

/// The kind's title; its identity while the kind is unknown.
pub(super) fn name(view: &TableView) -> String {
    view.kind.as_ref().map_or_else(|| view.spec.kind.to_string(), |kind| kind.title())
}

/// Where the rows are: the drill-down's words, else the namespaces unless it is all of them.
pub(super) fn place(view: &TableView) -> String {
    if let What::Containers(target) = &view.what {
        return format!("of {}/{}", target.key.namespace, target.key.name);
    }
    if let Some((_, words)) = &view.spec.within {
        return format!("of {words}");
    }
    match &view.spec.namespaces {
        NamespaceSet::All => String::new(),
        NamespaceSet::Only(names) => names.join(", "),
        NamespaceSet::Except(patterns) => format!("not {}", patterns.join(", ")),
    }
}

fn part_name(view: &TableView, part: &Part) -> String {
    use crate::model::WatchScope;
    match &part.key.scope {
        WatchScope::Namespace(namespace) if view.spec.clusters.len() == 1 => namespace.to_string(),
        WatchScope::Namespace(namespace) => format!("{} {namespace}", part.key.cluster),
        WatchScope::All => part.key.cluster.to_string(),
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
            count_into(part.status.rows, &mut text);
            if let Some(expected) = part.status.expected {
                text.push_str(" of ~");
                count_into(expected, &mut text);
            }
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

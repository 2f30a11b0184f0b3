//! What stands where no rows are: why, for how long, and what to do about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{TableView, What, title};
use crate::commands::{NamespaceSet, Within, line};
use crate::model::{Freshness, KindId, Problem, Scope};
use crate::theme::Token;
use crate::views::Cx;
use crate::views::connection::wrap;
use crate::views::widgets::{Keep, clean_into, count_into, cut_into, put};

/// Draws the message in the body.
pub(super) fn draw(view: &TableView, body: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
    let (mut clean, mut cut) = (String::new(), String::new());
    // One blank row above looks better, where there is room for it.
    let from = body.y + u16::from(body.height > 3);
    let columns = usize::from(body.width.saturating_sub(3));
    let wrapped = lines(view, cx)
        .into_iter()
        .flat_map(|(token, line)| wrap(&line, columns).into_iter().map(move |part| (token, part)));
    for (y, (token, line)) in (from..body.bottom()).zip(wrapped) {
        clean.clear();
        cut.clear();
        clean_into(&line, &mut clean);
        cut_into(&clean, columns, Keep::Head, cx.theme.unicode, &mut cut);
        put(buf, body.x.saturating_add(3), y, body.width.saturating_sub(3), &cut, cx.theme.style(token));
    }
}

/// Returns the message, most important line first.
pub(super) fn lines(view: &TableView, cx: &Cx<'_>) -> Vec<(Token, String)> {
    let name = title::name(view);
    if view.sifting.is_some() || view.taking.is_some() {
        // Said too soon it would be a lie for the blink of an eye.
        return Vec::new();
    }
    if view.order.len() > 0 {
        return hidden(view, &name);
    }
    if view.kind.is_none() {
        return vec![
            (Token::Text, format!("The kind {name} is not known yet.")),
            (Token::Dim, "It opens as soon as the server has said what it serves.".to_owned()),
        ];
    }
    let mut lines = Vec::new();
    for part in view.source.parts() {
        match &part.status.freshness {
            Freshness::Idle | Freshness::Loading { .. } => {
                lines.push((Token::Busy, format!("{name}: {}", title::freshness(part, cx.now).0)));
            }
            Freshness::Live => {}
            Freshness::Reconnecting { problem, .. } => lines.extend(told(problem, "trying again")),
            Freshness::Stale { problem, retry_at, .. } => {
                let seconds = (retry_at.0 - cx.now.0).max(0);
                lines.extend(told(problem, &format!("trying again in {seconds} s")));
            }
            Freshness::Forbidden(problem) => {
                let next = "ask for the right, or open a namespace in which you have it (:ns)";
                lines.extend(told(problem, next));
                if view.kind.as_ref().is_some_and(|kind| kind.id == KindId::new("", "namespaces")) {
                    let next = "a namespace whose name you know opens all the same: :po NAME";
                    lines.push((Token::Dim, next.to_owned()));
                }
            }
            Freshness::Gone(problem) => {
                lines.extend(told(problem, ":kinds shows what the server serves now"))
            }
            Freshness::Halted(problem) => lines.extend(told(problem, "raise the setting memory")),
        }
    }
    if lines.is_empty() {
        lines = nothing(view, &name, cx);
    }
    lines
}

/// A problem and what to do: its own hint, else ours.
fn told(problem: &Problem, next: &str) -> [(Token, String); 2] {
    let hint = problem.hint.as_deref().unwrap_or(next);
    [(Token::Broken, problem.what.clone()), (Token::Dim, hint.to_owned())]
}

/// There are rows, but none is shown.
fn hidden(view: &TableView, name: &str) -> Vec<(Token, String)> {
    let filter = view.rules.filter.source().trim();
    let mut count = String::new();
    count_into(view.order.len(), &mut count);
    match (filter.is_empty(), view.rules.faults) {
        (true, _) => vec![
            (Token::Good, format!("Nothing is wrong with any of the {count} {name}.")),
            (Token::Dim, "Ctrl-Z shows all".to_owned()),
        ],
        (false, false) => vec![
            (Token::Text, format!("None of {count} {name} matches {filter}")),
            match view.is_recalled {
                true => (Token::Attention, "This filter is from last time: Esc clears it".to_owned()),
                false => (Token::Dim, "Esc clears the filter".to_owned()),
            },
        ],
        (false, true) => vec![
            (Token::Text, format!("None of {count} {name} is faulty and matches {filter}")),
            (Token::Dim, "Esc clears the filter, Ctrl-Z shows those without faults too".to_owned()),
        ],
    }
}

/// The first of the table's namespaces that certainly does not exist: only where they could be listed.
pub(super) fn missing_namespace(view: &TableView, cx: &Cx<'_>) -> Option<Problem> {
    let NamespaceSet::Only(names) = &view.spec.namespaces else { return None };
    let is_namespaced = view.kind.as_ref().is_some_and(|kind| kind.scope == Scope::Namespaced);
    let [cluster] = view.spec.clusters.as_slice() else { return None };
    let facts = cx.world.clusters.get(cluster).filter(|_| is_namespaced && view.what == What::Objects)?;
    let missing = names.iter().find(|name| !facts.namespaces.contains(name));
    let missing = missing.filter(|_| facts.may_list_namespaces == Some(true))?;
    Some(line::no_namespace(missing, &facts.namespaces))
}

/// Whether it is not known yet if the table's namespaces exist.
pub(super) fn may_be_missing(view: &TableView, cx: &Cx<'_>) -> bool {
    let facts = view.spec.clusters.iter().filter_map(|cluster| cx.world.clusters.get(cluster));
    matches!(view.spec.namespaces, NamespaceSet::Only(_))
        && view.what == What::Objects
        && facts.into_iter().any(|facts| facts.may_list_namespaces.is_none() && facts.link.connected)
}

/// All answers are in, and there is nothing.
fn nothing(view: &TableView, name: &str, cx: &Cx<'_>) -> Vec<(Token, String)> {
    if let What::Containers(target) = &view.what {
        return vec![
            (Token::Text, format!("The pod {}/{} is gone.", target.key.namespace, target.key.name)),
            (Token::Dim, "Esc goes back".to_owned()),
        ];
    }
    if let Some((Within::Just(_), words)) = &view.spec.within {
        return vec![
            (Token::Text, format!("There is no {words}.")),
            (Token::Dim, "Esc goes back".to_owned()),
        ];
    }
    if view.spec.within.is_some() {
        return vec![
            (Token::Text, format!("No {name} {}.", title::place(view))),
            (Token::Dim, "Esc goes back".to_owned()),
        ];
    }
    if let Some(problem) = missing_namespace(view, cx) {
        return told(&problem, "").to_vec();
    }
    let next = match &view.spec.namespaces {
        _ if !view.labels.is_empty() => "Esc clears the filter",
        NamespaceSet::All => "They appear here as soon as there are some.",
        NamespaceSet::Only(_) | NamespaceSet::Except(_) => "0 shows all namespaces",
    };
    let place = match &view.spec.namespaces {
        NamespaceSet::Only(names) => format!(" in {}", names.join(", ")),
        NamespaceSet::All | NamespaceSet::Except(_) => match view.source.parts() {
            // Watched one by one, because this user may not list all: there can be some elsewhere.
            [part] if !part.status.namespaces.is_empty() => {
                format!(" in {}", part.status.namespaces.join(", "))
            }
            _ => String::new(),
        },
    };
    let labels = if view.labels.is_empty() { String::new() } else { format!(" with {}", view.labels) };
    vec![(Token::Text, format!("There are no {name}{place}{labels}.")), (Token::Dim, next.to_owned())]
}

//! Completion of the command line: what could the word under the cursor become, best first, with a description.

use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::line::{CONTEXT_WORDS, NAMESPACE_WORDS};
use super::{ClusterFacts, World, table};
use crate::kinds::KindDef;
use crate::model::Scope;

/// How many candidates are kept.
const MOST: usize = 50;

/// One way to complete a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What the word becomes.
    pub text: String,
    /// What that is.
    pub about: String,
}

/// The ways to complete the word that ends at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins, in bytes.
    pub start: usize,
    /// Best first.
    pub items: Vec<Candidate>,
}

/// A candidate before ranking: any of its names may match.
struct Choice {
    names: Vec<String>,
    candidate: Candidate,
}

impl Choice {
    fn new(text: &str, about: impl Into<String>) -> Self {
        Self {
            names: vec![text.to_owned()],
            candidate: Candidate { text: text.to_owned(), about: about.into() },
        }
    }
}

/// Completes the word of `line` that ends at byte `cursor`.
pub fn complete(line: &str, cursor: usize, world: &World) -> Completion {
    let head = line.get(..cursor).unwrap_or(line);
    let words: Vec<&str> = head.split_whitespace().collect();
    let typed =
        if head.ends_with(char::is_whitespace) { "" } else { words.last().copied().unwrap_or_default() };
    let before = words.get(..words.len() - usize::from(!typed.is_empty())).unwrap_or_default();
    // Contexts may come before the kind.
    let before =
        before.split_first().filter(|(first, _)| first.starts_with('@')).map_or(before, |(_, rest)| rest);
    let (part, choices) = match before {
        [] if typed.is_empty() => return Completion::default(),
        [] if typed.starts_with('@') => arguments("", typed, world),
        [] => (typed, first_words(world)),
        // A filter or a selector is the user's own text.
        _ if before.iter().any(|word| word.starts_with('/')) || typed.starts_with('/') => {
            return Completion::default();
        }
        [.., "-l" | "-f"] => return Completion::default(),
        [first, ..] => arguments(first, typed, world),
    };
    Completion { start: head.len() - part.len(), items: rank(part, choices) }
}

fn is(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn first_words(world: &World) -> Vec<Choice> {
    let kinds = world.current_facts().map(|facts| facts.catalog.all()).unwrap_or_default();
    let contexts = Choice::new("ctx", "contexts: list them, or switch to one");
    kinds
        .iter()
        .map(|kind| kind_choice(kind, kinds))
        .chain([contexts])
        .chain(world.aliases.iter().map(|(name, line)| Choice::new(name, format!("alias: {line}"))))
        .chain(categories(kinds))
        .chain(table::all().filter_map(|command| {
            // The longest word says most; the short ones find it too.
            let text = command.words.iter().rev().max_by_key(|word| word.len())?;
            let mut choice = Choice::new(text, command.doc);
            choice.names = command.words.iter().map(|word| (*word).to_owned()).collect();
            Some(choice)
        }))
        .collect()
}

/// The categories of the kinds, each once.
fn categories(kinds: &[std::sync::Arc<KindDef>]) -> Vec<Choice> {
    let names: std::collections::BTreeSet<_> = kinds.iter().flat_map(|kind| &kind.categories).collect();
    names.into_iter().map(|name| Choice::new(name, "category: list its kinds")).collect()
}

fn kind_choice(kind: &KindDef, all: &[std::sync::Arc<KindDef>]) -> Choice {
    // A plural that two groups share is completed with its group.
    let first = all.iter().find(|other| other.gvr.resource == kind.gvr.resource);
    let text = if first.is_none_or(|first| first.id == kind.id) { &kind.gvr.resource } else { &kind.id.0 };
    let group = if kind.gvr.group.is_empty() { String::new() } else { format!("{}/", kind.gvr.group) };
    let mut about = format!("{} {group}{}", kind.kind, kind.gvr.version);
    if !kind.short_names.is_empty() {
        about.push_str(" · ");
        about.push_str(&kind.short_names.join(" "));
    }
    let names =
        [text, &kind.singular].into_iter().chain(&kind.short_names).map(|name| name.to_string()).collect();
    Choice { names, candidate: Candidate { text: text.to_string(), about } }
}

/// Candidates for an argument; returns the part of the word that they replace.
fn arguments<'a>(first: &str, typed: &'a str, world: &World) -> (&'a str, Vec<Choice>) {
    // `shop,we`, `!kube-`, `@a,b`: only the piece after the last mark is completed.
    let piece = typed.rsplit([',', '!', '@']).next().unwrap_or(typed);
    let contexts = || {
        world
            .contexts
            .iter()
            .map(|context| Choice::new(&context.id.0, format!("context, {}", context.server)))
            .collect()
    };
    if typed.starts_with('@') || is(&CONTEXT_WORDS, first) {
        return (piece, contexts());
    }
    let facts = world.current_facts();
    let namespaced = is(&NAMESPACE_WORDS, first)
        || facts
            .and_then(|facts| facts.catalog.resolve(first).ok())
            .is_some_and(|kind| kind.scope == Scope::Namespaced);
    match facts {
        Some(facts) if namespaced && !typed.contains('=') => {
            (piece, namespaces(facts, world, typed == piece))
        }
        _ => (piece, Vec::new()),
    }
}

fn namespaces(facts: &ClusterFacts, world: &World, alone: bool) -> Vec<Choice> {
    let mut choices: Vec<Choice> = facts
        .namespaces
        .iter()
        .map(|name| {
            let favourite = world.favourites.iter().position(|known| known == name);
            Choice::new(
                name,
                favourite.map_or_else(|| "namespace".into(), |at| format!("namespace, favourite {}", at + 1)),
            )
        })
        .collect();
    if alone {
        choices.push(Choice::new("all", "all namespaces"));
    }
    choices
}

/// Keeps what matches, best first: the exact name, names that begin so, then by fuzzy score.
fn rank(typed: &str, choices: Vec<Choice>) -> Vec<Candidate> {
    let lower = typed.to_lowercase();
    if lower.is_empty() {
        return choices.into_iter().take(MOST).map(|choice| choice.candidate).collect();
    }
    let (mut matcher, mut wide, mut wide_name) = (Matcher::new(Config::DEFAULT), Vec::new(), Vec::new());
    let needle = Utf32Str::new(&lower, &mut wide);
    let mut found: Vec<(u8, u16, usize, Candidate)> = choices
        .into_iter()
        .enumerate()
        .filter_map(|(place, choice)| {
            let best = choice
                .names
                .iter()
                .filter_map(|name| {
                    let name = name.to_lowercase();
                    let score = matcher.fuzzy_match(Utf32Str::new(&name, &mut wide_name), needle)?;
                    Some((if name == lower { 2 } else { u8::from(name.starts_with(&lower)) }, score))
                })
                .max()?;
            Some((best.0, best.1, place, choice.candidate))
        })
        .collect();
    found.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| a.2.cmp(&b.2)));
    found.into_iter().take(MOST).map(|(.., candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::kinds::catalog::Catalog;
    use crate::model::ClusterId;
    use crate::model::link::ContextInfo;

    fn world() -> World {
        let context = |name: &str| ContextInfo {
            id: ClusterId(name.into()),
            cluster: name.into(),
            user: "u".into(),
            namespace: "default".into(),
            server: "https://x".into(),
            current: false,
        };
        let facts = ClusterFacts {
            catalog: Arc::new(Catalog::builtin()),
            namespaces: vec!["shop".into(), "web".into(), "kube-system".into()],
            ..ClusterFacts::default()
        };
        World {
            contexts: vec![context("prod-eu"), context("prod-us"), context("staging")],
            current: Some(ClusterId("prod-eu".into())),
            clusters: BTreeMap::from([(ClusterId("prod-eu".into()), facts)]),
            favourites: vec!["web".into()],
            ..World::default()
        }
    }

    fn texts(line: &str) -> Vec<String> {
        complete(line, line.len(), &world()).items.into_iter().map(|item| item.text).collect()
    }

    #[test]
    fn a_short_name_finds_its_kind_first() {
        assert_eq!(texts("po")[0], "pods");
        assert_eq!(texts("deploy")[0], "deployments");
        assert_eq!(texts("svc")[0], "services");
        let top = &complete("po", 2, &world()).items[0];
        assert!(top.about.starts_with("Pod v1") && top.about.contains("po"), "{}", top.about);
    }

    #[test]
    fn letters_in_order_are_enough() {
        assert!(texts("dplym").contains(&"deployments".to_owned()));
        assert!(texts("qui").contains(&"quit".to_owned()));
        assert!(texts("zzzzzz").is_empty());
    }

    #[test]
    fn arguments_complete_namespaces_and_contexts_piece_by_piece() {
        assert_eq!(texts("po sh"), ["shop"]);
        assert_eq!(texts("po shop,we"), ["web"]);
        assert_eq!(complete("po shop,we", 10, &world()).start, 8);
        assert_eq!(texts("po @stag"), ["staging"]);
        assert_eq!(texts("po @prod-eu,prod-u").first().map(String::as_str), Some("prod-us"));
        assert_eq!(texts("ctx stag"), ["staging"]);
        assert_eq!(texts("@stag"), ["staging"]);
        assert_eq!(texts("@staging dplym")[0], "deployments");
        assert_eq!(texts("@staging po sh"), ["shop"]);
        assert!(texts("po ").contains(&"all".to_owned()));
        assert_eq!(complete("po we", 5, &world()).items[0].about, "namespace, favourite 1");
    }

    #[test]
    fn filters_and_selectors_are_left_alone() {
        for line in ["po /sh", "po -l sh", "po /a sh", "", "no sh", "po app=sh"] {
            assert!(texts(line).is_empty(), "{line}");
        }
    }
}

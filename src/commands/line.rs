//! The language of the command line: `:po shop @prod-eu -l app=web /crash`.
//!
//! The first word is a kind by any of its names, or a command. The rest come in any order:
//!
//! | written | means |
//! |---|---|
//! | `shop` or `shop,web` | these namespaces |
//! | `!kube-*` | all namespaces but these; `*` is a wildcard |
//! | `all` or `-A` | all namespaces |
//! | `@prod-eu` or `@a,b` | these contexts; may also stand before the kind |
//! | `status!=Running`, `restarts>3` | a typed term of the filter, on a column of the kind |
//! | `-l app=web` or `app=web,env!=dev` | a label selector |
//! | `-f text` | a fuzzy filter |
//! | `/text to the end` | a filter; everything after the slash belongs to it |
//!
//! Parsing knows the world but changes nothing; [`write`] turns a table back into a line.

mod words;

use std::sync::Arc;

use self::words::{is_selector, quoted, token};
use super::{Cmd, NamespaceSet, Open, Step, TableSpec, World, table};
use crate::kinds::{KindDef, registry};
use crate::model::filter::Filter;
use crate::model::nearest::{hint, nearest};
use crate::model::{ClusterId, KindId, Problem, ProblemKind, Scope, Text};

/// Words that list the contexts, or switch to one.
pub const CONTEXT_WORDS: [&str; 3] = ["ctx", "context", "contexts"];
/// Words that list the namespaces, or show the pods of one.
pub const NAMESPACE_WORDS: [&str; 3] = ["ns", "namespace", "namespaces"];

/// Views of k9s that are not here: whoever types them should not search for a kind.
const NOT_HERE: &str = "x xr xray dir dirs ls can pu pulse pulses wk workload workloads pf portforward \
                        portforwards bench sd screendump helm";

/// Says what a line means.
///
/// # Errors
/// `Usage` or `NotFound` with what is wrong and the nearest names.
pub fn parse(line: &str, world: &World) -> Result<Step, Problem> {
    let line = words::expand(line.trim().trim_start_matches(':').trim_start(), &world.aliases);
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
    if word.is_empty() {
        return Err(usage("nothing was typed after the colon").hint("type a kind such as pods, or help"));
    }
    let rest = rest.trim();
    if word.starts_with('@') {
        return context_first(word, rest, world);
    }
    if is(&CONTEXT_WORDS, word) {
        return match rest.strip_prefix('/') {
            Some(filter) => Ok(filtered(Open::Contexts, filter)),
            None => contexts(rest, world),
        };
    }
    if let Some(cmd) = table::by_word(word) {
        return match (rest, rest.strip_prefix('/')) {
            ("", _) => Ok(Step::Run(cmd)),
            (_, Some(filter)) if cmd == Cmd::Kinds => Ok(filtered(Open::Kinds(None), filter)),
            (extra, _) => Err(usage(format!("{word} takes no argument, found {extra:?}"))),
        };
    }
    let arguments = Arguments::read(rest)?;
    if is(&NAMESPACE_WORDS, word) && arguments.namespaces.is_some() {
        // `:ns shop` goes there, as in k9s; `:ns` alone lists them.
        return open("pods", arguments, world);
    }
    open(word, arguments, world)
}

/// Writes the line that opens the same table again, filter included; the current context stays unsaid.
pub fn write(spec: &TableSpec, world: &World) -> String {
    let mut line = spec.kind.to_string();
    let first = spec.clusters.first();
    let cluster_scoped = first
        .and_then(|cluster| world.kind(cluster, &spec.kind))
        .is_some_and(|kind| kind.scope == Scope::Cluster);
    if !cluster_scoped {
        line.push(' ');
        match &spec.namespaces {
            NamespaceSet::All => line.push_str("all"),
            NamespaceSet::Only(names) => line.push_str(&names.join(",")),
            NamespaceSet::Except(names) => {
                line.push('!');
                line.push_str(&names.join(",!"));
            }
        }
    }
    if spec.clusters.len() != 1 || first != world.current.as_ref() {
        let names: Vec<&str> = spec.clusters.iter().map(|id| &*id.0).collect();
        line.push_str(" @");
        line.push_str(&names.join(","));
    }
    if !spec.filter.trim().is_empty() {
        line.push_str(" /");
        line.push_str(spec.filter.trim());
    }
    line
}

/// Returns the table that a kind opens with nothing else said.
pub fn plain(kind: &str, world: &World) -> Option<Open> {
    let cluster = world.current.clone()?;
    let clusters = vec![cluster];
    let id = KindId(kind.into());
    let is_namespaced = clusters
        .iter()
        .all(|cluster| world.kind(cluster, &id).is_none_or(|kind| kind.scope == Scope::Namespaced));
    let namespaces = if is_namespaced { world.active(&clusters) } else { NamespaceSet::All };
    Some(Open::Table(TableSpec { clusters, kind: id, namespaces, filter: String::new(), within: None }))
}

/// `@staging po shop`: the contexts may come first. Alone they are switched to, several show their pods.
fn context_first(contexts_word: &str, rest: &str, world: &World) -> Result<Step, Problem> {
    let (kind, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match kind {
        "" if contexts_word.contains(',') => parse(&format!("pods {contexts_word}"), world),
        "" => contexts(contexts_word, world),
        _ if kind.starts_with('@') => {
            Err(usage("contexts are given twice").hint("separate them with commas: @a,b"))
        }
        _ => parse(&format!("{kind} {contexts_word} {more}"), world),
    }
}

fn filtered(open: Open, filter: &str) -> Step {
    Step::Filtered(Box::new(Step::Open(open)), filter.trim().to_owned())
}

fn is(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn usage(what: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Usage, what)
}

fn no_context<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
    let problem = Problem::new(ProblemKind::NotFound, format!("no context is called {name:?}"));
    problem.hint(hint(&nearest(name, known)).unwrap_or_else(|| ":ctx lists them".into()))
}

fn contexts(name: &str, world: &World) -> Result<Step, Problem> {
    let name = name.trim_start_matches('@');
    if name.is_empty() {
        return Ok(Step::Open(Open::Contexts));
    }
    Ok(Step::UseContext(context(name, world)?))
}

fn context(name: &str, world: &World) -> Result<ClusterId, Problem> {
    world
        .contexts
        .iter()
        .find(|context| &*context.id.0 == name)
        .map(|context| context.id.clone())
        .ok_or_else(|| no_context(name, world.contexts.iter().map(|context| &*context.id.0)))
}

fn open(word: &str, arguments: Arguments, world: &World) -> Result<Step, Problem> {
    let clusters = match &arguments.contexts {
        Some(names) => names.iter().map(|name| context(name, world)).collect::<Result<Vec<_>, _>>()?,
        None => vec![
            world
                .current
                .clone()
                .ok_or_else(|| usage("no context is in use").hint("add @name; :ctx lists them"))?,
        ],
    };
    let kind = match resolve(word, &clusters, world) {
        Ok(kind) => kind,
        // `:all`: a table shows one kind, so the kinds of the category are offered.
        Err(_) if is_category(word, world) => return Ok(Step::Open(Open::Kinds(Some(word.into())))),
        Err(problem) if NOT_HERE.split(' ').any(|known| known.eq_ignore_ascii_case(word)) => {
            return Err(problem.hint("k9s has a view of this name; kdeck does not yet"));
        }
        Err(problem) => return Err(problem),
    };
    let filter = filter_of(&arguments, &kind)?;
    let namespaces = match (kind.scope, arguments.namespaces) {
        (Scope::Cluster, Some(NamespaceSet::All)) | (Scope::Cluster, None) => NamespaceSet::All,
        (Scope::Cluster, Some(_)) => {
            return Err(usage(format!(
                "{} belong to the whole cluster, not to a namespace",
                kind.gvr.resource
            ))
            .hint(format!("to filter by name, type :{word} /text")));
        }
        (Scope::Namespaced, Some(set)) => known(set, &clusters, world)?,
        (Scope::Namespaced, None) => world.active(&clusters),
    };
    Ok(Step::Open(Open::Table(TableSpec {
        clusters,
        kind: kind.id.clone(),
        namespaces,
        filter,
        within: None,
    })))
}

fn resolve(word: &str, clusters: &[ClusterId], world: &World) -> Result<Arc<KindDef>, Problem> {
    let mut last = None;
    for catalog in clusters.iter().filter_map(|id| Some(&world.clusters.get(id)?.catalog)) {
        match catalog.resolve(word) {
            Ok(kind) => return Ok(kind),
            Err(problem) => last = Some(problem),
        }
    }
    Err(last.unwrap_or_else(|| usage("no context is in use").hint(":ctx lists them")))
}

/// Whether kinds of the current context are of the category `word`.
fn is_category(word: &str, world: &World) -> bool {
    world.current_facts().is_some_and(|facts| !facts.catalog.category(word).is_empty())
}

/// Refuses a namespace that certainly does not exist: only where they could be listed.
fn known(set: NamespaceSet, clusters: &[ClusterId], world: &World) -> Result<NamespaceSet, Problem> {
    if let (NamespaceSet::Only(names), [cluster]) = (&set, clusters)
        && let Some(facts) = world.clusters.get(cluster)
        && facts.may_list_namespaces == Some(true)
        && let Some(missing) = names.iter().find(|name| !facts.namespaces.contains(name))
    {
        return Err(no_namespace(missing, &facts.namespaces));
    }
    Ok(set)
}

/// Says that there is no such namespace, and which ones are near.
pub fn no_namespace(name: &str, known: &[Text]) -> Problem {
    let problem = Problem::new(ProblemKind::NotFound, format!("namespace {name:?} not found"));
    let near = hint(&nearest(name, known.iter().map(|name| &**name)));
    problem.hint(near.unwrap_or_else(|| ":ns lists them, -A shows all".into()))
}

/// What follows the first word.
#[derive(Debug, Default)]
struct Arguments {
    namespaces: Option<NamespaceSet>,
    contexts: Option<Vec<String>>,
    filter: String,
    /// `status!=Running` or `app=web`: which of them, only the kind can tell.
    terms: Vec<String>,
}

impl Arguments {
    fn read(rest: &str) -> Result<Self, Problem> {
        let mut arguments = Self::default();
        let mut rest = rest.trim_start();
        while !rest.is_empty() {
            if let Some(filter) = rest.strip_prefix('/') {
                arguments.add_filter(filter.trim());
                break;
            }
            let (token, after) = token(rest)?;
            rest = after;
            match token.as_str() {
                "-l" | "-f" | "-n" => {
                    let (value, after) = words::token(rest)?;
                    if value.is_empty() {
                        return Err(usage(format!("{token} needs a value")));
                    }
                    rest = after;
                    match token.as_str() {
                        "-n" => arguments.add_namespaces(&value)?,
                        option => arguments.add_filter(&format!("{option} {}", quoted(&value))),
                    }
                }
                "-A" => arguments.set_namespaces(NamespaceSet::All)?,
                option if option.starts_with('-') => {
                    return Err(usage(format!("unknown option {option}")).hint("there are -l, -f, -n and -A"));
                }
                name if name.starts_with('@') => arguments.add_contexts(name)?,
                term if is_selector(term) || term.contains(['<', '>']) => arguments.terms.push(token),
                names => arguments.add_namespaces(names)?,
            }
        }
        Ok(arguments)
    }

    fn add_filter(&mut self, term: &str) {
        if !self.filter.is_empty() && !term.is_empty() {
            self.filter.push(' ');
        }
        self.filter.push_str(term);
    }

    fn set_namespaces(&mut self, set: NamespaceSet) -> Result<(), Problem> {
        if self.namespaces.is_some() {
            return Err(usage("namespaces are given twice").hint("separate them with commas: shop,web"));
        }
        self.namespaces = Some(set);
        Ok(())
    }

    fn add_namespaces(&mut self, list: &str) -> Result<(), Problem> {
        if matches!(list, "all" | "*") {
            return self.set_namespaces(NamespaceSet::All);
        }
        let except = list.starts_with('!');
        let mut names: Vec<Text> = Vec::new();
        for item in list.split(',').filter(|item| !item.is_empty()) {
            let name = item.strip_prefix('!').unwrap_or(item);
            if item.starts_with('!') && !except {
                return Err(usage(format!("{list:?} mixes namespaces to show with namespaces to leave out")));
            }
            let valid =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (except && c == '*');
            if name.is_empty() || !name.chars().all(valid) {
                let problem = usage(format!("{name:?} can't be the name of a namespace"));
                return Err(if name.contains('*') {
                    problem.hint(format!(
                        "to show the namespaces that match, filter: /ns:{}",
                        name.trim_matches('*')
                    ))
                } else {
                    problem.hint(format!("to filter by text, type /{name}"))
                });
            }
            if !names.iter().any(|known| &**known == name) {
                names.push(name.into());
            }
        }
        if names.is_empty() {
            return Err(usage(format!("{list:?} names no namespace")));
        }
        self.set_namespaces(if except { NamespaceSet::Except(names) } else { NamespaceSet::Only(names) })
    }

    fn add_contexts(&mut self, list: &str) -> Result<(), Problem> {
        let mut names: Vec<String> = Vec::new();
        for name in list.split(',').map(|name| name.trim_start_matches('@')).filter(|name| !name.is_empty()) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        if names.is_empty() {
            return Err(usage("no context follows the @"));
        }
        self.contexts.get_or_insert_default().append(&mut names);
        Ok(())
    }
}

/// The whole filter: what compares a column of the kind is a typed term, else it is a label selector.
fn filter_of(arguments: &Arguments, kind: &KindDef) -> Result<String, Problem> {
    let mut all = Arguments::default();
    for term in &arguments.terms {
        let key = term.split(['=', '!', '<', '>']).next().unwrap_or_default();
        let is_column = kind.columns.iter().any(|column| column.title.eq_ignore_ascii_case(key));
        if !is_selector(term) || (is_column && !term.contains(',')) {
            all.add_filter(&quoted(term));
        } else {
            all.add_filter(&format!("-l {}", quoted(term)));
        }
    }
    all.add_filter(&arguments.filter);
    let parsed = Filter::parse(&all.filter)?;
    // The columns of a custom resource may not be known yet.
    if registry::find(&kind.gvr.group, &kind.gvr.resource).is_some() {
        parsed.check(kind.columns.iter().map(|column| &*column.title))?;
    }
    Ok(all.filter)
}

#[cfg(test)]
mod tests;

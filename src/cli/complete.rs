//! What a shell offers after Tab: flags and subcommands as the parser knows them, names from the kubeconfig, from
//! what is remembered and, where a server answers quickly, from the cluster.
//!
//! The script that [`script`] prints calls kdeck back with what was typed, marked by a variable.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, ValueCompleter};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use super::Place;
use super::args::{Cli, Deckwide};
use crate::cluster::{Cluster, Options, Overrides};
use crate::cluster::{Kubeconfigs, load};
use crate::config::State;
use crate::kinds::catalog::Catalog;
use crate::model::{ClusterId, Problem, ProblemKind};
use crate::runtime::block_on;

/// The variable that the script sets. Its own name: `COMPLETE` may mean something to somebody else.
const VAR: &str = "KDECK_COMPLETE";
/// Longest wait for the server's namespaces: whoever pressed Tab waits.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Answers a shell and ends the program, if it is a shell that asks.
pub(super) fn answer() {
    CompleteEnv::with_factory(Cli::command).var(VAR).complete();
}

/// Returns a shell's completion script.
///
/// # Errors
/// None that a built-in shell makes.
pub(super) fn script(shell: Shell) -> Result<String, Problem> {
    let failed = |why: String| Problem::new(ProblemKind::Usage, format!("no script for {shell}: {why}"));
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).ok_or_else(|| failed("unknown shell".into()))?;
    let mut script = Vec::new();
    completer
        .write_registration(VAR, "kdeck", "kdeck", "kdeck", &mut script)
        .map_err(|error| failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// Names of contexts.
pub(super) fn contexts() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Asked::now().contexts(""))
}

/// Names of cluster entries.
pub(super) fn clusters() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Asked::now().entries(Kubeconfigs::clusters))
}

/// Names of user entries.
pub(super) fn users() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Asked::now().entries(Kubeconfigs::users))
}

/// Namespaces, one or a list with commas.
pub(super) fn namespaces() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| Asked::now().namespaces(typed))
}

/// A view: a kind, then namespaces; a context anywhere.
pub(super) fn view() -> ArgValueCompleter {
    ArgValueCompleter::new(View)
}

struct View;

impl ValueCompleter for View {
    fn complete(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let asked = Asked::now();
        if typed.to_str().is_some_and(|typed| typed.starts_with('@')) {
            return starting_with(typed, asked.contexts("@"));
        }
        // The word being typed is among them.
        let is_kind = asked.words.iter().filter(|word| !word.starts_with('@')).count() <= 1;
        if is_kind { starting_with(typed, asked.kinds()) } else { asked.namespaces(typed) }
    }
}

/// What was typed so far, and what it speaks of.
struct Asked {
    overrides: Overrides,
    words: Vec<String>,
    kubeconfigs: Option<Kubeconfigs>,
    place: Place,
}

impl Asked {
    fn now() -> Self {
        // The script puts the shell's words behind two dashes.
        Self::of(std::env::args().skip_while(|word| word != "--").skip(1))
    }

    fn of(words: impl Iterator<Item = String>) -> Self {
        // A line that is not complete is wrong as a rule; what can be read of it counts.
        let matches = Cli::command().ignore_errors(true).try_get_matches_from(words);
        let cli = matches.ok().and_then(|matches| Cli::from_arg_matches(&matches).ok());
        let (connection, words) = cli.map(|cli| (cli.connection, cli.words)).unwrap_or_default();
        let overrides = Overrides { namespace: None, ..connection.overrides().unwrap_or_default() };
        let kubeconfigs = load(&overrides).ok();
        Self { overrides, words, kubeconfigs, place: Place::find(&Deckwide::default()) }
    }

    fn contexts(&self, before: &str) -> Vec<CompletionCandidate> {
        let all = self.kubeconfigs.iter().flat_map(Kubeconfigs::contexts);
        all.map(|context| {
            let help = format!("{} as {}", context.cluster, context.user);
            CompletionCandidate::new(format!("{before}{}", context.id.0)).help(Some(help.into()))
        })
        .collect()
    }

    fn entries(&self, of: fn(&Kubeconfigs) -> Vec<&str>) -> Vec<CompletionCandidate> {
        self.kubeconfigs.iter().flat_map(of).map(CompletionCandidate::new).collect()
    }

    /// The context that is meant, and its handle.
    fn cluster(&self) -> Option<(ClusterId, Cluster)> {
        let configs = self.kubeconfigs.as_ref()?;
        let context = self.words.iter().rev().find_map(|word| word.strip_prefix('@'));
        let overrides = match context {
            Some(name) => Overrides { context: Some(name.to_owned()), ..self.overrides.elsewhere() },
            None => self.overrides.clone(),
        };
        let id = configs.current(&overrides).ok()?;
        let options = Options { cache_dir: Some(self.place.paths.cache.clone()), ..Options::default() };
        let cluster = configs.open(&id, &overrides, options).ok()?;
        Some((id, cluster))
    }

    fn kinds(&self) -> Vec<CompletionCandidate> {
        let known = self.cluster().and_then(|(_, cluster)| cluster.cached_discovery());
        let catalog = known.map_or_else(Catalog::builtin, |known| Catalog::new(&known.resources, &[]));
        let names = catalog.all().iter().filter_map(|def| catalog.names(def).into_iter().next());
        names.map(|name| CompletionCandidate::new(name.to_string())).collect()
    }

    /// Completes the last of a list of namespaces.
    fn namespaces(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let typed = typed.to_str().unwrap_or_default();
        let (before, last) = typed.split_at(typed.rfind(',').map_or(0, |at| at + 1));
        let mut names = BTreeSet::new();
        if let Some((id, cluster)) = self.cluster() {
            names.extend(self.known(&id));
            // A server that is away or says no leaves what is known.
            names.extend(block_on(cluster.namespaces(PATIENCE)).unwrap_or_default());
        }
        let fitting = names.into_iter().filter(|name| name.starts_with(last));
        fitting.map(|name| CompletionCandidate::new(format!("{before}{name}"))).collect()
    }

    /// Namespaces that the kubeconfig and earlier runs tell of.
    fn known(&self, id: &ClusterId) -> Vec<String> {
        let contexts = self.kubeconfigs.iter().flat_map(Kubeconfigs::contexts);
        let own = contexts.filter(|context| context.id == *id).map(|context| context.namespace.to_string());
        let (state, _) = State::load(&self.place.paths);
        let used = state.context(id).map(|known| [&known.favourites[..], &known.namespaces].concat());
        own.chain(used.unwrap_or_default()).collect()
    }
}

/// Keeps what begins as what was typed: a completer of its own makes its own choice.
fn starting_with(typed: &OsStr, mut all: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    all.retain(|one| one.get_value().as_encoded_bytes().starts_with(typed.as_encoded_bytes()));
    all
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_gets_a_script_that_calls_back() {
        for shell in Shell::value_variants() {
            let script = script(*shell).unwrap();
            assert!(script.contains(VAR) && script.contains("kdeck"), "{shell}: {script}");
        }
    }

    #[test]
    fn what_can_be_read_of_an_unfinished_line_counts() {
        let asked = |line: &str| Asked::of(line.split(' ').map(str::to_owned));
        let unfinished = asked("kdeck --kubeconfig /no/such/file @prod po sh");
        assert_eq!(unfinished.overrides.kubeconfig.as_deref(), Some("/no/such/file".as_ref()));
        assert_eq!(unfinished.words, ["@prod", "po", "sh"]);
        assert_eq!(asked("kdeck --as jane --namespace").overrides.impersonate.as_deref(), Some("jane"));
    }
}

//! What the app begins with: the kubeconfig's contexts, the flags and the settings, put together.

use std::collections::BTreeSet;

use super::deck::Launch;
use super::memory;
use crate::app::AppOptions;
use crate::cluster::{Kubeconfigs, Overrides};
use crate::config::Config;
use crate::model::link::ContextInfo;
use crate::model::{ClusterId, Problem};

/// Returns the kubeconfig's contexts; the one to start with is marked as current.
pub(super) fn contexts(
    kubeconfigs: &Kubeconfigs,
    overrides: &Overrides,
    trouble: &mut Option<Problem>,
) -> Vec<ContextInfo> {
    let first = kubeconfigs.current(overrides).map_err(|problem| *trouble = Some(problem)).ok();
    let mark = |context: ContextInfo| ContextInfo { current: first.as_ref() == Some(&context.id), ..context };
    kubeconfigs.contexts().into_iter().map(mark).collect()
}

/// Returns the contexts where writes are refused and those to be careful with; a flag is stronger than the
/// settings.
pub(super) fn marked(
    config: &Config,
    read_only: Option<bool>,
    contexts: &[ContextInfo],
) -> (BTreeSet<ClusterId>, BTreeSet<ClusterId>) {
    let of = |is_so: &dyn Fn(&str) -> bool| -> BTreeSet<ClusterId> {
        contexts.iter().map(|context| &context.id).filter(|id| is_so(&id.0)).cloned().collect()
    };
    let read_only = match read_only {
        None => of(&|name| config.is_read_only(name)),
        Some(_) => BTreeSet::new(),
    };
    (read_only, of(&|name| config.is_guarded(name)))
}

/// Puts together what the app begins with; a flag is stronger than the settings.
pub(super) fn app_options(launch: &Launch, contexts: &[ContextInfo]) -> AppOptions {
    let config = &launch.config;
    let (read_only_contexts, guarded) = marked(config, launch.read_only, contexts);
    AppOptions {
        headless: launch.headless,
        crumbs: !launch.crumbsless,
        mouse: config.mouse,
        read_only: launch.read_only.unwrap_or(config.read_only),
        read_only_contexts,
        guarded,
        all_namespaces: launch.all_namespaces,
        wide: launch.wide,
        namespace: launch.namespace.clone(),
        start: launch.start.clone().or_else(|| config.start_view.clone()),
        aliases: config.aliases.clone(),
        recalls_filters: !launch.is_text,
        remembered: memory::remembered(&launch.state, config, contexts),
        about: memory::about(&launch.paths),
    }
}

//! Texts that are printed once: version, paths, doctor.

use super::args::Deckwide;
use super::{Outcome, Place};
use crate::cluster::doctor::{self, Surroundings};
use crate::cluster::{Env, Overrides};
use crate::model::Problem;

/// Returns the version.
pub(super) fn version(short: bool) -> String {
    let number = env!("CARGO_PKG_VERSION");
    if short {
        return format!("{number}\n");
    }
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("kdeck {number} ({build}, {}-{})\n", std::env::consts::ARCH, std::env::consts::OS)
}

/// Returns where every file is, and whether it is there.
pub(super) fn info(deck: &Deckwide, env: &dyn Fn(&str) -> Option<String>) -> String {
    let place = Place::find(deck);
    let mut text = version(false);
    text.push('\n');
    for (what, path) in place.paths.all() {
        let there = if path.exists() { "" } else { "  (not there yet)" };
        text.push_str(&format!("{what:<10} {}{there}\n", path.display()));
    }
    let kubeconfig = env("KUBECONFIG").filter(|list| !list.is_empty());
    let kubeconfig = kubeconfig.unwrap_or_else(|| "~/.kube/config".to_owned());
    text.push_str(&format!("{:<10} {kubeconfig}\n", "kubeconfig"));
    for problem in &place.problems {
        text.push_str(&format!("\nproblem    {problem}\n"));
    }
    text
}

/// Checks everything between this terminal and the cluster.
///
/// # Errors
/// Never: what fails is in the report, and the exit code says so.
pub(super) async fn doctor(overrides: Overrides) -> Result<Outcome, Problem> {
    let surroundings = Surroundings { env: Env::process(), size: crate::runtime::terminal::size().ok() };
    let (text, is_well) = doctor::report(&overrides, overrides.context.as_deref(), &surroundings).await;
    Ok(if is_well { Outcome::Text(text) } else { Outcome::Failed(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_version_is_the_number_alone() {
        assert_eq!(version(true).trim(), env!("CARGO_PKG_VERSION"));
        assert!(version(false).contains(env!("CARGO_PKG_VERSION")));
    }
}

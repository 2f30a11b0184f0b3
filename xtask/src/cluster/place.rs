//! Where the cluster's recipe, programs and state are, and running its script there.
//!
//! Programs are kept outside of the checkout, in a directory named by what they are built from: another recipe or
//! another Go never finds them, and clean checkouts do.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::programs;
use super::tier::Tier;

/// The recipe: what programs are built from.
const RECIPE: &[&str] = &["build.sh", "images/pause.go"];
/// The modules, each with a `go.mod` and a `go.sum`.
pub const MODULES: &[&str] = &["k8s", "etcd", "metrics-server", "kwok"];

/// The directories of one cluster.
pub struct Place {
    index: u8,
    /// `tests/realcluster` of this checkout.
    pub recipe: PathBuf,
    /// The programs.
    pub bin: PathBuf,
    state: PathBuf,
}

impl Place {
    /// The place of the cluster that `KDECK_CLUSTER` names.
    pub fn find() -> Result<Self> {
        Self::find_or("0")
    }

    /// The place of the cluster that `KDECK_CLUSTER` names, or else of this one.
    pub fn find_or(usual: &str) -> Result<Self> {
        let index = std::env::var("KDECK_CLUSTER").unwrap_or_else(|_| usual.into());
        let index: u8 = index.parse().ok().filter(|index| *index < 10).context("KDECK_CLUSTER is 0 to 9")?;
        let recipe =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no workspace")?.join("tests/realcluster");
        let cache = cache(|name| std::env::var_os(name).map(PathBuf::from))?.join("realcluster");
        let bin = cache.join(key(&recipe_files(&recipe)?, &programs::go_version(&recipe)?));
        Ok(Self { index, recipe, bin, state: cache.join(format!("cluster-{index}")) })
    }

    /// Runs the script with these words; the tier, where none is given, is that of what is up.
    pub fn script<W: AsRef<OsStr>>(
        &self,
        tier: Option<Tier>,
        words: impl IntoIterator<Item = W>,
    ) -> Result<()> {
        let mut command = self.command(words);
        if let Some(tier) = tier {
            command.env("TIER", tier.to_string());
        }
        let status = command.status().context("cannot start the cluster's script")?;
        ensure!(status.success(), "the cluster's script ended with {status}");
        Ok(())
    }

    /// The script with these words, not yet started.
    pub fn command<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Command {
        let mut command = Command::new(self.recipe.join("cluster"));
        command
            .args(words)
            .env("KDECK_CLUSTER", self.index.to_string())
            .env("BIN", &self.bin)
            .env("STATE", &self.state);
        command
    }

    /// The executable that tests may disturb the cluster with.
    pub fn control(&self) -> PathBuf {
        self.state.join("control")
    }

    /// A kubeconfig for use in the cluster's network.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.state.join("pki").join(format!("{user}.kubeconfig"))
    }

    /// A kubeconfig for use outside of the cluster's network.
    pub fn outside(&self) -> PathBuf {
        self.state.join("pki/outside/admin.kubeconfig")
    }

    /// Where the API server notes requests, if it does.
    pub fn audit_log(&self) -> PathBuf {
        self.state.join("log/audit.log")
    }

    /// Where etcd is reached, in the cluster's network.
    pub fn etcd(&self) -> Result<String> {
        let path = self.state.join("etcd-url");
        let url =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(url.trim().to_owned())
    }

    /// The tier of what is up, if anything is.
    pub fn tier(&self) -> Option<Tier> {
        self.state.join("complete").exists().then_some(())?;
        std::fs::read_to_string(self.state.join("tier")).ok()?.trim().parse().ok()
    }
}

/// kdeck's cache directory: its own variable, the desktop's, the home.
fn cache(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf> {
    let cache = variable("KDECK_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("kdeck")))
        .or_else(|| Some(variable("HOME")?.join(".cache/kdeck")))
        .context("where to keep the programs? set KDECK_CACHE")?;
    std::path::absolute(&cache).with_context(|| format!("no directory {}", cache.display()))
}

fn recipe_files(recipe: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let modules =
        MODULES.iter().flat_map(|module| ["go.mod", "go.sum"].map(|file| format!("modules/{module}/{file}")));
    RECIPE
        .iter()
        .map(ToString::to_string)
        .chain(modules)
        .map(|name| {
            let path = recipe.join(&name);
            let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((name, text))
        })
        .collect()
}

/// The name of the programs' directory: a digest (FNV-1a, 64 bits; nobody attacks it) of the recipe's files, the Go
/// that builds them and the processor they run on.
fn key(files: &[(String, Vec<u8>)], go: &str) -> String {
    let parts = files
        .iter()
        .flat_map(|(name, text)| [name.as_bytes(), text])
        .chain([go.as_bytes(), std::env::consts::ARCH.as_bytes()]);
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |byte: u8| digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for part in parts {
        // The length first, so that nothing can move from one part to the next unseen.
        part.len().to_le_bytes().into_iter().for_each(&mut eat);
        part.iter().copied().for_each(&mut eat);
    }
    format!("{digest:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(module: &str, script: &str) -> Vec<(String, Vec<u8>)> {
        vec![("go.mod".into(), module.into()), ("build.sh".into(), script.into())]
    }

    #[test]
    fn the_same_recipe_has_the_same_key() {
        assert_eq!(key(&files("v1", "go"), "go1.26.8"), key(&files("v1", "go"), "go1.26.8"));
    }

    #[test]
    fn another_version_script_or_go_has_another_key() {
        let key_of = |module, script, go| key(&files(module, script), go);
        let known = key_of("v1", "go", "go1.26.8");
        assert_ne!(key_of("v2", "go", "go1.26.8"), known);
        assert_ne!(key_of("v1", "go -x", "go1.26.8"), known);
        assert_ne!(key_of("v1", "go", "go1.26.9"), known);
    }

    #[test]
    fn text_that_moves_from_one_file_to_the_next_changes_the_key() {
        assert_ne!(key(&files("ab", "c"), ""), key(&files("a", "bc"), ""));
    }

    #[test]
    fn the_projects_own_variable_goes_before_the_desktops_and_that_before_home() -> Result<()> {
        let set = |names: &'static [&'static str]| {
            move |name: &str| names.contains(&name).then(|| PathBuf::from(format!("/{name}")))
        };
        assert_eq!(cache(set(&["KDECK_CACHE", "XDG_CACHE_HOME", "HOME"]))?, Path::new("/KDECK_CACHE"));
        assert_eq!(cache(set(&["XDG_CACHE_HOME", "HOME"]))?, Path::new("/XDG_CACHE_HOME/kdeck"));
        assert_eq!(cache(set(&["HOME"]))?, Path::new("/HOME/.cache/kdeck"));
        assert!(cache(set(&[])).is_err());
        Ok(())
    }

    #[test]
    fn every_file_of_the_recipe_is_there() -> Result<()> {
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/realcluster");
        assert_eq!(recipe_files(&recipe)?.len(), RECIPE.len() + 2 * MODULES.len());
        Ok(())
    }
}

//! Where kdeck's files live.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use super::files;
use crate::model::{Problem, ProblemKind};

/// The places of all files. Nothing is made before it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The user's settings.
    pub config: PathBuf,
    /// The user's themes.
    pub themes: PathBuf,
    /// What is remembered between runs.
    pub state: PathBuf,
    /// Facts that can be asked again: what servers serve.
    pub cache: PathBuf,
    /// The log.
    pub log: PathBuf,
    /// Saved tables, texts and reports.
    pub dumps: PathBuf,
}

impl Paths {
    /// Finds the places: all in `KDECK_CONFIG_DIR` if it is set; else as the XDG directories say;
    /// without a home in a new private directory, which is said.
    pub fn find(env: impl Fn(&str) -> Option<String>) -> (Self, Vec<Problem>) {
        let dir = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(root) = dir("KDECK_CONFIG_DIR") {
            return (Self::under(&std::path::absolute(&root).unwrap_or(root)), Vec::new());
        }
        if cfg!(windows)
            && let Some(dirs) = directories::ProjectDirs::from("", "", "kdeck")
        {
            return (
                Self::of(dirs.config_dir(), dirs.data_local_dir(), dirs.cache_dir(), dirs.data_dir()),
                Vec::new(),
            );
        }
        // The XDG rules hold on macOS, too: people look for the settings of a terminal program there.
        let home = dir("HOME").filter(|home| home.is_absolute());
        let place = |variable: &str, below: &str| {
            let set = dir(variable).filter(|path| path.is_absolute());
            Some(set.or_else(|| Some(home.as_ref()?.join(below)))?.join("kdeck"))
        };
        let found = (
            place("XDG_CONFIG_HOME", ".config"),
            place("XDG_STATE_HOME", ".local/state"),
            place("XDG_CACHE_HOME", ".cache"),
            place("XDG_DATA_HOME", ".local/share"),
        );
        if let (Some(config), Some(state), Some(cache), Some(data)) = found {
            return (Self::of(&config, &state, &cache, &data), Vec::new());
        }
        let (root, problem) = homeless();
        (Self::under(&root), vec![problem])
    }

    /// Puts everything into one directory.
    pub fn under(root: &Path) -> Self {
        Self {
            config: root.join("config.yaml"),
            themes: root.join("themes"),
            state: root.join("state.yaml"),
            cache: root.join("cache"),
            log: root.join("kdeck.log"),
            dumps: root.join("dumps"),
        }
    }

    fn of(config: &Path, state: &Path, cache: &Path, data: &Path) -> Self {
        Self {
            config: config.join("config.yaml"),
            themes: config.join("themes"),
            state: state.join("state.yaml"),
            cache: cache.to_owned(),
            log: state.join("kdeck.log"),
            dumps: data.join("dumps"),
        }
    }

    /// Returns every place with its name, for `kdeck info`.
    pub fn all(&self) -> [(&'static str, &Path); 6] {
        [
            ("config", &self.config),
            ("themes", &self.themes),
            ("state", &self.state),
            ("cache", &self.cache),
            ("log", &self.log),
            ("dumps", &self.dumps),
        ]
    }
}

/// Makes a directory of our own below the system's temporary one. Its name cannot be guessed and it
/// must not exist yet, so that nobody can prepare it.
fn homeless() -> (PathBuf, Problem) {
    let name = format!("kdeck-{}-{:016x}", std::process::id(), RandomState::new().hash_one(0));
    let root = std::env::temp_dir().join(name);
    let problem = match files::private_dir(&root) {
        Ok(()) => Problem::new(
            ProblemKind::Config,
            format!(
                "HOME is not set: settings are not read, and what is remembered goes to {}",
                root.display()
            ),
        ),
        Err(problem) => problem,
    };
    (root, problem.hint("set HOME or KDECK_CONFIG_DIR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(vars: &[(&str, &str)]) -> (Paths, Vec<Problem>) {
        Paths::find(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    #[cfg(unix)]
    fn places_follow_the_environment() {
        let (paths, problems) =
            find(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c"), ("XDG_STATE_HOME", "relative")]);
        assert_eq!(problems, []);
        assert_eq!(paths.config, Path::new("/h/.config/kdeck/config.yaml"));
        assert_eq!(paths.state, Path::new("/h/.local/state/kdeck/state.yaml"));
        assert_eq!(paths.cache, Path::new("/c/kdeck"));
        let (paths, problems) = find(&[("HOME", "/h"), ("KDECK_CONFIG_DIR", "/k")]);
        assert_eq!((paths, problems), (Paths::under(Path::new("/k")), vec![]));
    }

    #[test]
    #[cfg(unix)]
    fn without_a_home_there_is_a_private_directory_and_a_word_about_it() {
        use std::os::unix::fs::PermissionsExt;
        let (paths, problems) = find(&[("HOME", "")]);
        let root = paths.config.parent().unwrap();
        assert_eq!(std::fs::metadata(root).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(problems[0].what.starts_with("HOME is not set"));
        assert_ne!(find(&[]).0, paths);
        std::fs::remove_dir(root).unwrap();
    }
}

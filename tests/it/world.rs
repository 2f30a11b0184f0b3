//! A place of its own for each program under test: its home, settings and temporary files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The program under test.
pub fn kdeck() -> &'static str {
    env!("CARGO_BIN_EXE_kdeck")
}

/// An empty home with nothing of the machine's around it.
pub struct World {
    dir: TempDir,
    vars: BTreeMap<String, String>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let text = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
        std::fs::create_dir(dir.path().join("tmp")).expect("a directory");
        let vars = BTreeMap::from(
            [
                ("HOME", text(dir.path().to_owned())),
                ("KDECK_CONFIG_DIR", text(dir.path().join("kdeck"))),
                ("TMPDIR", text(dir.path().join("tmp"))),
                ("PATH", std::env::var("PATH").unwrap_or_default()),
                ("TERM", "xterm-256color".to_owned()),
                ("COLORTERM", "truecolor".to_owned()),
                ("LANG", "C.UTF-8".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Self { dir, vars }
    }

    /// Sets a variable of the programs.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the home and returns its path.
    pub fn file(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, contents).expect("a file");
        path
    }

    /// Prepares a program to run here.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.vars).current_dir(self.path());
        command
    }
}

//! The user's settings, read from `config.yaml`.

use std::collections::BTreeMap;

use super::fields::{self, Reading};
use super::{Paths, files};
use crate::model::{Problem, document};

/// How much goes into the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What may become a failure.
    Warn,
    /// The course of things.
    #[default]
    Info,
    /// Details for a bug report.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Every level with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Off, "off"),
        (Self::Error, "error"),
        (Self::Warn, "warn"),
        (Self::Info, "info"),
        (Self::Debug, "debug"),
        (Self::Trace, "trace"),
    ];

    /// Returns the level of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(level, _)| *level)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        Self::ALL.get(self as usize).map_or("", |(_, name)| name)
    }
}

/// Settings for everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Name of the theme.
    pub theme: String,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// The command line of the first view, as typed after `:`. Unset: the last view, else pods.
    pub start_view: Option<String>,
    /// Refuse every change.
    pub read_only: bool,
    /// Namespaces on the keys 1 to 9.
    pub namespaces: Vec<String>,
    /// Words of the user's own for the command line.
    pub aliases: BTreeMap<String, String>,
    /// How much goes into the log.
    pub log_level: LogLevel,
    /// Settings of single contexts, by their names.
    pub contexts: BTreeMap<String, ContextConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: "dark".to_owned(),
            mouse: true,
            start_view: None,
            read_only: false,
            namespaces: Vec::new(),
            aliases: BTreeMap::new(),
            log_level: LogLevel::default(),
            contexts: BTreeMap::new(),
        }
    }
}

/// Settings of one context; what is unset comes from [`Config`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextConfig {
    /// Namespaces on the keys 1 to 9.
    pub namespaces: Option<Vec<String>>,
    /// Refuse every change.
    pub read_only: Option<bool>,
    /// Production: a coloured band in every view.
    pub guarded: bool,
}

impl Config {
    /// Reads the settings. What is wrong keeps its default and comes as a problem; a missing or
    /// empty file is fine.
    pub fn load(paths: &Paths) -> (Self, Vec<Problem>) {
        match files::read(&paths.config) {
            Ok(text) => Self::parse(&paths.config.display().to_string(), &text.unwrap_or_default()),
            Err(problem) => (Self::default(), vec![problem]),
        }
    }

    /// Reads the settings from text; `file` is for messages.
    pub fn parse(file: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut config = Self::default();
        let mut reading = Reading { file, problems: Vec::new() };
        match document::read(file, text) {
            Ok(root) => fields::read(&mut config, &root, fields::CONFIG, &mut reading),
            Err(problem) => reading.problems.push(problem),
        }
        (config, reading.problems)
    }

    /// Returns whether changes are refused on a context.
    pub fn is_read_only(&self, context: &str) -> bool {
        self.contexts.get(context).and_then(|context| context.read_only).unwrap_or(self.read_only)
    }

    /// Returns whether a context is marked as guarded.
    pub fn is_guarded(&self, context: &str) -> bool {
        self.contexts.get(context).is_some_and(|context| context.guarded)
    }

    /// Returns the favourite namespaces of a context.
    pub fn namespaces_of(&self, context: &str) -> &[String] {
        self.contexts
            .get(context)
            .and_then(|context| context.namespaces.as_deref())
            .unwrap_or(&self.namespaces)
    }
}

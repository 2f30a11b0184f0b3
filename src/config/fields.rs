//! The table of settings: name, meaning, default, how to read it. Reading, the hints for misspelt
//! names and the reference manual are loops over it.

use std::fmt::Write;

use super::settings::{Config, ContextConfig, LogLevel};
use crate::model::document::{Entry, Node};
use crate::model::nearest::{hint, nearest};
use crate::model::{Problem, sanitize};

/// Most namespaces that have a key.
const FAVOURITES: usize = 9;

/// Where a reading stands.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    pub(super) problems: Vec<Problem>,
}

/// How a value is read into its place; the error says what was expected.
type Set<T> = fn(&mut T, &Entry, &mut Reading<'_>) -> Result<(), String>;

/// One setting of `T`.
pub(super) struct Field<T: 'static> {
    name: &'static str,
    /// What may be written.
    wants: &'static str,
    /// The default, as YAML.
    default: &'static str,
    doc: &'static str,
    set: Set<T>,
}

/// Settings for everything.
pub(super) const CONFIG: &[Field<Config>] = &[
    Field {
        name: "theme",
        wants: "name",
        default: "dark",
        doc: "Theme: `dark`, `light`, `high-contrast`, or the name of a file in the `themes` directory beside this file, without `.yaml`.",
        set: |config, entry, _| text(entry).map(|value| config.theme = value),
    },
    Field {
        name: "mouse",
        wants: "`true` or `false`",
        default: "true",
        doc: "Whether clicks and the wheel are used. While they are, the terminal selects text only with Shift held.",
        set: |config, entry, _| switch(entry).map(|value| config.mouse = value),
    },
    Field {
        name: "startView",
        wants: "command line",
        default: "",
        doc: "What to open at start, as typed after `:`, such as `deploy shop /api`. Unset: the last view of the context, else pods.",
        set: |config, entry, _| text(entry).map(|value| config.start_view = Some(value)),
    },
    Field {
        name: "readOnly",
        wants: "`true` or `false`",
        default: "false",
        doc: "Refuse everything that would change a cluster. `--write` and `--readonly` overrule it.",
        set: |config, entry, _| switch(entry).map(|value| config.read_only = value),
    },
    Field {
        name: "namespaces",
        wants: "list of names",
        default: "[]",
        doc: "Namespaces on the keys 1 to 9, unless the context has its own.",
        set: |config, entry, reading| names(entry, reading).map(|value| config.namespaces = value),
    },
    Field {
        name: "aliases",
        wants: "command lines by name",
        default: "{}",
        doc: "Words of your own for the command line, such as `bad: po all status!=Running`. What is typed after the word is added; one alias may begin with another.",
        set: |config, entry, reading| {
            if !matches!(entry.node, Node::Map(_)) {
                return Err(expected("command lines by name", entry));
            }
            for (name, entry) in entry.entries() {
                match text(entry) {
                    Ok(line) => _ = config.aliases.insert(name.clone(), line),
                    Err(what) => reading.wrong(entry, what, "it is left out"),
                }
            }
            Ok(())
        },
    },
    Field {
        name: "logLevel",
        wants: "`off`, `error`, `warn`, `info`, `debug` or `trace`",
        default: "info",
        doc: "How much goes into the log file. `--log-level` overrules it.",
        set: |config, entry, _| {
            let level = entry.text().and_then(LogLevel::parse);
            level
                .map(|level| config.log_level = level)
                .ok_or_else(|| expected("off, error, warn, info, debug or trace", entry))
        },
    },
    Field {
        name: "contexts",
        wants: "contexts by name, each with the settings below",
        default: "{}",
        doc: "Settings of single contexts.",
        set: |config, entry, reading| {
            if !matches!(entry.node, Node::Map(_)) {
                return Err(expected("the names of contexts with their settings", entry));
            }
            for (name, entry) in entry.entries() {
                let context = config.contexts.entry(name.clone()).or_default();
                match entry.node {
                    Node::Map(_) | Node::Null => read(context, entry, CONTEXT, reading),
                    _ => reading.wrong(entry, expected("settings of the context", entry), ""),
                }
            }
            Ok(())
        },
    },
];

/// Settings of one context.
pub(super) const CONTEXT: &[Field<ContextConfig>] = &[
    Field {
        name: "namespaces",
        wants: "list of names",
        default: "",
        doc: "Namespaces on the keys 1 to 9 in this context.",
        set: |context, entry, reading| names(entry, reading).map(|value| context.namespaces = Some(value)),
    },
    Field {
        name: "readOnly",
        wants: "`true` or `false`",
        default: "",
        doc: "Refuse, or allow, everything that would change this cluster, whatever is set for all.",
        set: |context, entry, _| switch(entry).map(|value| context.read_only = Some(value)),
    },
    Field {
        name: "guarded",
        wants: "`true` or `false`",
        default: "false",
        doc: "Marks a cluster where mistakes are dear: a coloured band on the first row of every view.",
        set: |context, entry, _| switch(entry).map(|value| context.guarded = value),
    },
];

impl Reading<'_> {
    fn wrong(&mut self, entry: &Entry, what: impl std::fmt::Display, hint: &str) {
        let problem = entry.problem(self.file, what);
        self.problems.push(if hint.is_empty() { problem } else { problem.hint(hint) });
    }
}

/// Reads a group of settings into its place.
pub(super) fn read<T>(target: &mut T, group: &Entry, fields: &[Field<T>], reading: &mut Reading<'_>) {
    for (name, entry) in group.entries() {
        match fields.iter().find(|field| field.name == name) {
            // A name without a value, as in a file where only the value is commented out.
            Some(_) if entry.node == Node::Null => {}
            Some(field) => {
                if let Err(what) = (field.set)(target, entry, reading) {
                    reading.wrong(entry, format!("{name}: {what}"), "the default is used");
                }
            }
            None => {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                let hint = hint(&nearest(name, known.iter().copied()))
                    .unwrap_or_else(|| format!("there are {}", known.join(", ")));
                let name = sanitize::clean(name);
                reading.wrong(entry, format!("there is no setting {name:?}; it is left out"), &hint);
            }
        }
    }
}

/// Returns the manual of all settings in Markdown.
pub fn reference() -> String {
    let mut out = String::from(
        "# Settings\n\n\
         `config.yaml` is read at start and never written by kdeck; `kdeck info` tells where it is. A wrong\n\
         or unknown entry is reported with its line and column, and everything else counts.\n\n",
    );
    section(&mut out, CONFIG);
    out.push_str("\n## Settings of one context\n\nUnder `contexts`, below the context's name:\n\n");
    section(&mut out, CONTEXT);
    out.push_str("\n## Example\n\n```yaml\n");
    out.push_str(EXAMPLE);
    out.push_str("```\n");
    out
}

/// Shown in the manual; a test reads it.
pub(super) const EXAMPLE: &str = "\
theme: light
startView: deploy shop
namespaces: [shop, payments]
aliases:
  bad: po all status!=Running
contexts:
  prod-eu:
    guarded: true
    readOnly: true
    namespaces: [payments]
";

fn section<T>(out: &mut String, fields: &[Field<T>]) {
    out.push_str("| Setting | Value | Default | Meaning |\n|---|---|---|---|\n");
    for Field { name, wants, default, doc, .. } in fields {
        let default = if default.is_empty() { "unset".to_owned() } else { format!("`{default}`") };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| `{name}` | {wants} | {default} | {doc} |");
    }
}

fn expected(what: &str, found: &Entry) -> String {
    match &found.node {
        Node::Text(text) => format!("expected {what}, found {:?}", sanitize::clean(text)),
        other => format!("expected {what}, found {}", other.kind()),
    }
}

fn text(entry: &Entry) -> Result<String, String> {
    match &entry.node {
        Node::Text(text) if !text.trim().is_empty() => Ok(text.clone()),
        _ => Err(expected("text", entry)),
    }
}

fn switch(entry: &Entry) -> Result<bool, String> {
    match entry.node {
        Node::Bool(value) => Ok(value),
        _ => Err(expected("true or false", entry)),
    }
}

fn names(entry: &Entry, reading: &mut Reading<'_>) -> Result<Vec<String>, String> {
    let Node::List(items) = &entry.node else { return Err(expected("a list of names", entry)) };
    let mut names = Vec::new();
    for item in items {
        match text(item) {
            Ok(name) => names.push(name),
            Err(what) => reading.wrong(item, what, "it is left out"),
        }
    }
    if names.len() > FAVOURITES {
        reading.wrong(entry, format!("{} namespaces for 9 keys", names.len()), "the first nine are used");
        names.truncate(FAVOURITES);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_in_the_table_are_the_defaults_in_force() {
        let written = |name: &str, default: &str| {
            if default.is_empty() { String::new() } else { format!("{name}: {default}\n") }
        };
        let text: String = CONFIG.iter().map(|field| written(field.name, field.default)).collect();
        assert_eq!(Config::parse("c", &text), (Config::default(), vec![]));
        let text: String = CONTEXT.iter().map(|field| written(field.name, field.default)).collect();
        let (config, problems) =
            Config::parse("c", &format!("contexts:\n  a:\n    {}", text.replace('\n', "\n    ")));
        assert_eq!((&config.contexts["a"], problems), (&ContextConfig::default(), vec![]));
    }

    #[test]
    fn the_manual_lists_every_setting_and_its_example_is_right() {
        let manual = reference();
        for name in CONFIG.iter().map(|f| f.name).chain(CONTEXT.iter().map(|f| f.name)) {
            assert!(manual.contains(&format!("| `{name}` |")), "{name}");
        }
        let (config, problems) = Config::parse("c", EXAMPLE);
        assert_eq!(problems, []);
        assert!(
            config.is_guarded("prod-eu") && config.is_read_only("prod-eu") && !config.is_read_only("dev")
        );
        assert_eq!(config.namespaces_of("prod-eu"), ["payments"]);
        assert_eq!(config.namespaces_of("dev"), ["shop", "payments"]);
        assert_eq!(config.aliases["bad"], "po all status!=Running");
    }

    #[test]
    fn wrong_entries_are_named_by_place_and_keep_their_default() {
        let text = "teme: light\nmouse: yes\nreadOnly: true\nnamespaces: [a, 1]\nlogLevel: loud\nstartView:\ncontexts:\n  a: 1\n  b: {guarded: 2, gaurded: true}\n";
        let (config, problems) = Config::parse("/etc/c.yaml", text);
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for part in [
            "/etc/c.yaml:1:1: there is no setting \"teme\"; it is left out (did you mean theme?)",
            "/etc/c.yaml:2:1: mouse: expected true or false, found \"yes\" (the default is used)",
            "/etc/c.yaml:4:17: expected text, found a number (it is left out)",
            "/etc/c.yaml:5:1: logLevel: expected off, error",
            "/etc/c.yaml:8:3: expected settings of the context, found a number",
            "/etc/c.yaml:9:7: guarded: expected true or false",
            "did you mean guarded?",
        ] {
            assert!(all.iter().any(|line| line.contains(part)), "{part}\n{all:#?}");
        }
        assert_eq!(all.len(), 7);
        assert!(config.read_only && config.mouse && config.theme == "dark");
        assert_eq!(config.namespaces, ["a"]);
    }
}

//! A kubeconfig file as it is written: entries, their merge, and where each file's relative paths point.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::Hidden;
use crate::model::{Problem, ProblemKind};

/// One file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct File {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) current_context: String,
    #[serde(default, deserialize_with = "nullable")]
    clusters: Vec<NamedCluster>,
    #[serde(default, deserialize_with = "nullable")]
    users: Vec<NamedUser>,
    #[serde(default, deserialize_with = "nullable")]
    contexts: Vec<NamedContext>,
}

#[derive(Debug, Deserialize)]
struct NamedCluster {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    cluster: ClusterEntry,
}

#[derive(Debug, Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    user: UserEntry,
}

#[derive(Debug, Deserialize)]
struct NamedContext {
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    context: ContextEntry,
}

/// A server and how to trust it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct ClusterEntry {
    pub(crate) server: Option<String>,
    pub(crate) insecure_skip_tls_verify: Option<bool>,
    pub(crate) certificate_authority: Option<PathBuf>,
    pub(crate) certificate_authority_data: Option<String>,
    pub(crate) proxy_url: Option<String>,
    pub(crate) tls_server_name: Option<String>,
    /// Extensions; the one that exec plugins read is kept.
    pub(crate) extensions: Option<Vec<Extension>>,
}

/// A named extension of a cluster entry.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct Extension {
    pub(crate) name: Option<String>,
    pub(crate) extension: Option<serde_json::Value>,
}

/// Who to be.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct UserEntry {
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_certificate_data: Option<Hidden>,
    pub(crate) client_key: Option<PathBuf>,
    pub(crate) client_key_data: Option<Hidden>,
    pub(crate) token: Option<Hidden>,
    #[serde(rename = "tokenFile")]
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Hidden>,
    #[serde(rename = "as")]
    pub(crate) impersonate: Option<String>,
    pub(crate) as_uid: Option<String>,
    pub(crate) as_groups: Option<Vec<String>>,
    pub(crate) as_user_extra: Option<BTreeMap<String, Vec<String>>>,
    pub(crate) auth_provider: Option<AuthProvider>,
    pub(crate) exec: Option<ExecEntry>,
}

/// A way to log in that client-go removed; only its name is of use.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct AuthProvider {
    pub(crate) name: String,
}

/// A credential plugin.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ExecEntry {
    pub(crate) api_version: Option<String>,
    pub(crate) command: String,
    pub(crate) args: Option<Vec<String>>,
    pub(crate) env: Option<Vec<ExecVariable>>,
    pub(crate) install_hint: Option<String>,
    pub(crate) provide_cluster_info: Option<bool>,
    pub(crate) interactive_mode: Option<String>,
}

/// A variable that a plugin gets.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct ExecVariable {
    pub(crate) name: String,
    pub(crate) value: Hidden,
}

/// A cluster, a user and a namespace under one name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct ContextEntry {
    #[serde(deserialize_with = "nullable")]
    pub(crate) cluster: String,
    #[serde(deserialize_with = "nullable")]
    pub(crate) user: String,
    pub(crate) namespace: Option<String>,
}

fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// What several files say together: the first that names a thing wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    pub(crate) current_context: String,
    pub(crate) clusters: BTreeMap<String, ClusterEntry>,
    pub(crate) users: BTreeMap<String, UserEntry>,
    pub(crate) contexts: BTreeMap<String, ContextEntry>,
}

impl Merged {
    /// Adds what `file` says and nobody said before.
    pub(crate) fn add(&mut self, file: File) {
        if self.current_context.is_empty() {
            self.current_context = file.current_context;
        }
        for entry in file.clusters {
            self.clusters.entry(entry.name).or_insert(entry.cluster);
        }
        for entry in file.users {
            self.users.entry(entry.name).or_insert(entry.user);
        }
        for entry in file.contexts {
            self.contexts.entry(entry.name).or_insert(entry.context);
        }
    }
}

impl File {
    /// Reads a file's text; relative paths in it are taken from `path`'s directory.
    ///
    /// # Errors
    /// [`ProblemKind::Config`] with file, line and column; never a piece of the text, which holds secrets.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Problem> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let options = serde_saphyr::options! {
            duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        };
        let mut file: Self = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let place = error
                .location()
                .filter(|location| location.line() > 0)
                .map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
            let words = reason(&error.without_snippet().to_string());
            Problem::new(ProblemKind::Config, format!("{}{place}: not a kubeconfig: {words}", path.display()))
                .hint("mend the file there, or name another one with --kubeconfig")
        })?;
        file.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(file)
    }

    fn resolve(&mut self, directory: &Path) {
        let absolute = |path: &mut Option<PathBuf>| match path {
            Some(inside) if inside.as_os_str().is_empty() => *path = None,
            Some(inside) if inside.is_relative() => *inside = directory.join(&*inside),
            _ => {}
        };
        for entry in &mut self.clusters {
            absolute(&mut entry.cluster.certificate_authority);
        }
        for entry in &mut self.users {
            let user = &mut entry.user;
            absolute(&mut user.client_certificate);
            absolute(&mut user.client_key);
            absolute(&mut user.token_file);
            // A bare name is looked up in PATH; `./plugin` and `bin/plugin` are beside the file.
            if let Some(exec) = &mut user.exec
                && exec.command.contains(std::path::MAIN_SEPARATOR)
                && Path::new(&exec.command).is_relative()
            {
                exec.command = directory.join(&exec.command).to_string_lossy().into_owned();
            }
        }
    }
}

/// The first line of a parser's message, without any quoted value.
fn reason(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line).trim();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    // serde quotes the offending scalar ("invalid type: string \"…\""); a key or token must not be shown.
    let mut out = String::with_capacity(line.len());
    for (index, part) in line.split('"').enumerate() {
        out.push_str(if index % 2 == 0 { part } else { "…" });
    }
    out
}

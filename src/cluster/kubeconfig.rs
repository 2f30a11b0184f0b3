//! Which kubeconfig files count, what they say together, and the way from a context to a [`Cluster`].
//!
//! As kubectl: `--kubeconfig` alone, else the files of `KUBECONFIG` (missing ones skipped, the first
//! that names a thing wins), else `~/.kube/config`, else the service account of the pod we run in.
//! Files are read at the start and whenever asked; credentials that they point to are read when needed.

use std::path::{Path, PathBuf};

use super::Overrides;
use super::entries::{ClusterEntry, ContextEntry, File, Merged, UserEntry};
use super::env::Env;
use super::handle::{Cluster, Options};
use super::target::Target;
use crate::model::link::ContextInfo;
use crate::model::nearest::{hint, nearest};
use crate::model::{ClusterId, Problem, ProblemKind};

/// The context made of a pod's own service account.
pub const IN_CLUSTER: &str = "in-cluster";
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A kubeconfig file that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its path.
    pub path: PathBuf,
    /// Whether it exists.
    pub found: bool,
}

/// All kubeconfig files, merged.
#[derive(Clone, Debug, Default)]
pub struct Kubeconfigs {
    files: Vec<ConfigFile>,
    merged: Merged,
    env: Env,
}

/// Reads the kubeconfig files that the command line and the environment name.
///
/// # Errors
/// [`ProblemKind::Config`] when a file is unreadable or wrong, with file, line and column. No file at all is
/// no error: [`Kubeconfigs::contexts`] is empty then.
pub fn load(overrides: &Overrides) -> Result<Kubeconfigs, Problem> {
    load_from(overrides, &Env::process())
}

/// As [`load`], with an environment of the caller's.
///
/// # Errors
/// As [`load`].
pub fn load_from(overrides: &Overrides, env: &Env) -> Result<Kubeconfigs, Problem> {
    let explicit = overrides.kubeconfig.as_deref();
    let mut all = Kubeconfigs { env: env.clone(), ..Kubeconfigs::default() };
    for path in paths(explicit, env) {
        let found = match read(&path)? {
            Some(text) => {
                all.merged.add(File::parse(&text, &path)?);
                true
            }
            None if explicit.is_some() => {
                return Err(Problem::new(
                    ProblemKind::Config,
                    format!("{}: no such kubeconfig file", path.display()),
                )
                .hint("check the path given to --kubeconfig"));
            }
            None => false,
        };
        all.files.push(ConfigFile { path, found });
    }
    if all.merged.contexts.is_empty() && explicit.is_none() {
        all.add_in_cluster(Path::new(SERVICE_ACCOUNT));
    }
    Ok(all)
}

fn paths(explicit: Option<&Path>, env: &Env) -> Vec<PathBuf> {
    if let Some(path) = explicit {
        return vec![path.to_owned()];
    }
    if let Some(list) = env.get("KUBECONFIG") {
        let mut seen = Vec::new();
        for path in std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()) {
            if !seen.contains(&path) {
                seen.push(path);
            }
        }
        return seen;
    }
    env.home().map(|home| home.join(".kube").join("config")).into_iter().collect()
}

fn read(path: &Path) -> Result<Option<String>, Problem> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.trim_start_matches('\u{feff}').to_owned())),
            Err(_) => Err(Problem::new(
                ProblemKind::Config,
                format!("{}: not a kubeconfig: not UTF-8 text", path.display()),
            )),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::new(
            ProblemKind::Config,
            format!("cannot read the kubeconfig {}: {error}", path.display()),
        )
        .hint("check its permissions, or name another one with --kubeconfig")),
    }
}

impl Kubeconfigs {
    /// Returns the files that were looked for, in order.
    pub fn files(&self) -> &[ConfigFile] {
        &self.files
    }

    /// Returns all contexts, by name.
    pub fn contexts(&self) -> Vec<ContextInfo> {
        let current = self.merged.current_context.as_str();
        self.merged
            .contexts
            .iter()
            .map(|(name, context)| ContextInfo {
                id: ClusterId(name.as_str().into()),
                cluster: context.cluster.as_str().into(),
                user: context.user.as_str().into(),
                namespace: context.namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or("default").into(),
                server: self.server(context).into(),
                current: name == current,
            })
            .collect()
    }

    /// Returns the names of all cluster entries.
    pub fn clusters(&self) -> Vec<&str> {
        self.merged.clusters.keys().map(String::as_str).collect()
    }

    /// Returns the names of all user entries.
    pub fn users(&self) -> Vec<&str> {
        self.merged.users.keys().map(String::as_str).collect()
    }

    /// Tells whether a context means the same here as in another reading of the files.
    pub fn agrees(&self, other: &Self, id: &ClusterId) -> bool {
        fn entries<'a>(
            merged: &'a Merged,
            id: &ClusterId,
        ) -> Option<(&'a ContextEntry, Option<&'a ClusterEntry>, Option<&'a UserEntry>)> {
            let context = merged.contexts.get(&*id.0)?;
            Some((context, merged.clusters.get(&context.cluster), merged.users.get(&context.user)))
        }
        entries(&self.merged, id) == entries(&other.merged, id)
    }

    fn server(&self, context: &ContextEntry) -> &str {
        self.merged
            .clusters
            .get(&context.cluster)
            .and_then(|entry| entry.server.as_deref())
            .unwrap_or_default()
    }

    /// Returns the context to start with: `--context`, else the kubeconfig's current one.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] when that context does not exist, or there is none, with the next step.
    pub fn current(&self, overrides: &Overrides) -> Result<ClusterId, Problem> {
        let name = match overrides.context.as_deref() {
            Some(name) => name,
            None if self.merged.current_context.is_empty() => return Err(self.none()),
            None => &self.merged.current_context,
        };
        self.find(name).map(|_| ClusterId(name.into()))
    }

    fn none(&self) -> Problem {
        let tried: Vec<String> = self.files.iter().map(|file| file.path.display().to_string()).collect();
        if !self.merged.contexts.is_empty() {
            return Problem::new(ProblemKind::NotFound, "the kubeconfig names no current context")
                .hint("choose one, or name it with --context");
        }
        let place = if tried.is_empty() { "no HOME, no KUBECONFIG".to_owned() } else { tried.join(", ") };
        Problem::new(ProblemKind::NotFound, format!("no usable context (looked in {place})"))
            .hint("name a file with --kubeconfig, or try `kdeck demo`")
    }

    fn find(&self, name: &str) -> Result<&ContextEntry, Problem> {
        self.merged.contexts.get(name).ok_or_else(|| {
            unknown("context", name, self.merged.contexts.keys().map(String::as_str), "--context")
        })
    }

    /// Builds the handle of a context; nothing is sent yet.
    ///
    /// The overrides are meant for the context that the command line speaks of; pass
    /// [`Overrides::elsewhere`] for any other one, so that no token goes to the wrong server.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] for a context, cluster or user that does not exist, with the nearest names;
    /// [`ProblemKind::Config`] or [`ProblemKind::Usage`] for settings that make no sense.
    pub fn open(&self, id: &ClusterId, overrides: &Overrides, options: Options) -> Result<Cluster, Problem> {
        Ok(Cluster::new(id.clone(), self.target(id, overrides)?, options))
    }

    pub(crate) fn target(&self, id: &ClusterId, overrides: &Overrides) -> Result<Target, Problem> {
        let context = self.find(&id.0)?;
        let cluster_name = overrides.cluster.as_deref().unwrap_or(&context.cluster);
        let user_name = overrides.user.as_deref().unwrap_or(&context.user);
        let clusters = &self.merged.clusters;
        let cluster = clusters.get(cluster_name).ok_or_else(|| {
            unknown("cluster", cluster_name, clusters.keys().map(String::as_str), "--cluster")
        })?;
        let users = &self.merged.users;
        let nobody = UserEntry::default();
        let user = match users.get(user_name) {
            Some(user) => user,
            None if user_name.is_empty() => &nobody,
            None => return Err(unknown("user", user_name, users.keys().map(String::as_str), "--user")),
        };
        let namespace = overrides.namespace.as_deref().or(context.namespace.as_deref());
        Target::new((cluster_name, cluster), (user_name, user), namespace, overrides, &self.env)
    }

    fn add_in_cluster(&mut self, directory: &Path) {
        let (Some(host), Some(port)) =
            (self.env.get("KUBERNETES_SERVICE_HOST"), self.env.get("KUBERNETES_SERVICE_PORT"))
        else {
            return;
        };
        let token = directory.join("token");
        if !token.exists() {
            return;
        }
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let cluster = ClusterEntry {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(directory.join("ca.crt")),
            ..ClusterEntry::default()
        };
        let namespace = std::fs::read_to_string(directory.join("namespace")).ok();
        let context = ContextEntry {
            cluster: IN_CLUSTER.to_owned(),
            user: IN_CLUSTER.to_owned(),
            namespace: namespace.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        };
        let user = UserEntry { token_file: Some(token), ..UserEntry::default() };
        self.merged.clusters.insert(IN_CLUSTER.to_owned(), cluster);
        self.merged.users.insert(IN_CLUSTER.to_owned(), user);
        self.merged.contexts.insert(IN_CLUSTER.to_owned(), context);
        IN_CLUSTER.clone_into(&mut self.merged.current_context);
    }
}

fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>, flag: &str) -> Problem {
    let problem = Problem::new(ProblemKind::NotFound, format!("no {what} {name:?} in the kubeconfig"));
    let names: Vec<&str> = names.collect();
    // Few names are worth showing whatever was asked for.
    let near = if names.len() > 3 { nearest(name, names) } else { names };
    problem.hint(hint(&near).unwrap_or_else(|| format!("check the kubeconfig or {flag}")))
}

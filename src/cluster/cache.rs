//! What a server was found to have and to be, on disk: its kinds, so that the second start knows every name
//! before the network answers, and the ways to list that failed on it, so that they are not tried first again.
//!
//! A cache: whatever is wrong with it (missing, broken, of another version) only means asking the server.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::discovery::Discovery;
use super::handle::Cluster;
use crate::model::discovered::Discovered;
use crate::model::{Gvr, Scope, Text, Timestamp};

/// Raised when the form changes; other forms are ignored.
const FORM: u32 = 1;
const FILE: &str = "discovery.json";
const LESSONS: &str = "lessons.json";

/// Which ways to list failed, and when, in seconds since 1970.
#[derive(Serialize, Deserialize)]
struct StoredLessons {
    form: u32,
    server: String,
    failed: Vec<(String, i64)>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    form: u32,
    /// The directory's name is shortened; this makes sure it is the same server.
    server: String,
    /// What a small request took, in milliseconds.
    #[serde(default)]
    round_trip: Option<u64>,
    resources: Vec<StoredResource>,
}

#[derive(Serialize, Deserialize)]
struct StoredResource {
    group: String,
    version: String,
    resource: String,
    kind: String,
    singular: String,
    short_names: Vec<String>,
    categories: Vec<String>,
    namespaced: bool,
    verbs: Vec<String>,
    subresources: Vec<String>,
    preferred: bool,
}

impl Cluster {
    /// Returns what the server had when it was last asked, also in an earlier run, and recalls how far away it
    /// was. Reads a small file.
    pub fn cached_discovery(&self) -> Option<Discovery> {
        let bytes = std::fs::read(self.cache_file(FILE)?).ok()?;
        let stored: Stored = serde_json::from_slice(&bytes).ok()?;
        if stored.form != FORM || stored.server != *self.state().server {
            return None;
        }
        if let Some(trip) = stored.round_trip {
            *self.inner.link.likely_trip.lock() = Some(Duration::from_millis(trip));
        }
        let resources = stored.resources.into_iter().map(Discovered::from).collect();
        Some(Discovery { resources, dead_groups: Vec::new() })
    }

    /// Keeps a discovery; a failure is only logged, because nothing depends on it.
    pub(crate) async fn keep_discovery(&self, found: &Discovery) {
        let stored = Stored {
            form: FORM,
            server: self.state().server.to_string(),
            round_trip: self.state().round_trip.and_then(|trip| u64::try_from(trip.as_millis()).ok()),
            resources: found.resources.iter().map(StoredResource::from).collect(),
        };
        self.keep(FILE, stored).await;
    }

    /// Returns which ways to list failed on this server, and when, also in an earlier run. Reads a small file.
    pub(crate) fn kept_lessons(&self) -> Vec<(String, Timestamp)> {
        let read = || {
            let stored: StoredLessons =
                serde_json::from_slice(&std::fs::read(self.cache_file(LESSONS)?).ok()?).ok()?;
            (stored.form == FORM && stored.server == *self.state().server).then_some(stored.failed)
        };
        read().unwrap_or_default().into_iter().map(|(name, at)| (name, Timestamp(at))).collect()
    }

    /// Keeps which ways to list failed on this server.
    pub(crate) async fn keep_lessons_of(&self, learnt: &[(String, Timestamp)]) {
        let stored = StoredLessons {
            form: FORM,
            server: self.state().server.to_string(),
            failed: learnt.iter().map(|(name, at)| (name.clone(), at.0)).collect(),
        };
        self.keep(LESSONS, stored).await;
    }

    async fn keep(&self, file: &str, stored: impl Serialize + Send + 'static) {
        let Some(path) = self.cache_file(file) else { return };
        let write = move || {
            let kept = serde_json::to_vec(&stored)
                .map_err(std::io::Error::other)
                .and_then(|bytes| write_private(&path, &bytes));
            if let Err(error) = kept {
                tracing::warn!("cannot keep what was learnt of a server in {}: {error}", path.display());
            }
        };
        // A slow disk must not stop the requests; a panic in there is no reason to fail either.
        drop(tokio::task::spawn_blocking(write).await);
    }

    fn cache_file(&self, file: &str) -> Option<PathBuf> {
        let directory = self.inner.cache_dir.as_deref()?;
        Some(directory.join(directory_name(&self.state().server, &self.id().0)).join(file))
    }
}

/// A readable, safe and distinct directory name for a server and context.
fn directory_name(server: &str, context: &str) -> String {
    let safe = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' })
            .take(60)
            .collect()
    };
    let server_name = server.split_once("://").map_or(server, |(_, rest)| rest);
    // Different names must not meet after the replacement: FNV-1a, stable over versions of the compiler.
    let hash =
        server.bytes().chain([0]).chain(context.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{}_{}_{hash:016x}", safe(server_name).trim_start_matches('.'), safe(context))
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = directory.join(format!(".{name}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&draft, path)).inspect_err(|_| drop(std::fs::remove_file(&draft)))
}

fn strings(list: &[Text]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn texts(list: Vec<String>) -> Vec<Text> {
    list.into_iter().map(Text::from).collect()
}

impl From<&Discovered> for StoredResource {
    fn from(found: &Discovered) -> Self {
        Self {
            group: found.gvr.group.to_string(),
            version: found.gvr.version.to_string(),
            resource: found.gvr.resource.to_string(),
            kind: found.kind.to_string(),
            singular: found.singular.to_string(),
            short_names: strings(&found.short_names),
            categories: strings(&found.categories),
            namespaced: found.scope == Scope::Namespaced,
            verbs: strings(&found.verbs),
            subresources: strings(&found.subresources),
            preferred: found.preferred,
        }
    }
}

impl From<StoredResource> for Discovered {
    fn from(stored: StoredResource) -> Self {
        Self {
            gvr: Gvr::new(&stored.group, &stored.version, &stored.resource),
            kind: stored.kind.into(),
            singular: stored.singular.into(),
            short_names: texts(stored.short_names),
            categories: texts(stored.categories),
            scope: if stored.namespaced { Scope::Namespaced } else { Scope::Cluster },
            verbs: texts(stored.verbs),
            subresources: texts(stored.subresources),
            preferred: stored.preferred,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_names_are_safe_and_distinct() {
        let name = directory_name("https://api.example:6443", "team/../prod eu");
        assert!(name.starts_with("api.example_6443_team_.._prod_eu_"), "{name}");
        assert!(!name.contains('/'));
        assert_ne!(directory_name("https://a", "x/y"), directory_name("https://a", "x_y"));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_and_replaced_as_a_whole() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep").join(FILE);
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }
}

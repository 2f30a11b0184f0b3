//! Effects that answer: one future each, run as a task, its answer tied to the ticket of the question.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::files;
use crate::cluster::Cluster;
use crate::commands::Target;
use crate::kinds::secret::mask_secret;
use crate::kinds::yaml::to_yaml;
use crate::kinds::{KindDef, Tags};
use crate::model::{KindId, Problem, ProblemKind, Text, Uid};
use crate::store::Store;

/// How long the server may take for one object before the cache's copy is shown instead.
const ONE_OBJECT: Duration = Duration::from_secs(10);

/// Returns an object's YAML: the server's, else the cache's with a first line that says so.
///
/// # Errors
/// When neither has it.
pub async fn yaml(
    cluster: Option<Cluster>,
    kind: Option<Arc<KindDef>>,
    store: Arc<Store>,
    target: Target,
) -> Result<String, Problem> {
    let kind = kind.ok_or_else(|| {
        let what = format!("cannot show {}: the server has no such kind", target.key);
        Problem::new(ProblemKind::NotFound, what)
    })?;
    let answer = match cluster {
        Some(cluster) => fetch(&cluster, &kind, &target).await,
        None => Err(Problem::new(ProblemKind::Tcp, "not connected")),
    };
    match answer {
        Ok(json) => {
            let json = if kind.tags.has(Tags::SECRET) { mask_secret(&json) } else { json };
            let note = if is_same(&json, &target.uid) {
                ""
            } else {
                "# a newer object of this name: the one that was selected is gone\n"
            };
            Ok(format!("{note}{}", to_yaml(&json)?))
        }
        Err(problem) => match cached(&store, &target) {
            // Masked when it was stored, like all that the store holds.
            Some(json) => Ok(format!("{}{}", cache_note(&problem), to_yaml(&json)?)),
            None => Err(problem),
        },
    }
}

/// Returns the kinds that this user may not list in a namespace, nor (where they belong to the whole
/// cluster) at all; those of which the server can't tell are left out.
///
/// # Errors
/// When there is no connection or the server does not say.
pub async fn denied(
    cluster: Option<Cluster>,
    kinds: Vec<Arc<KindDef>>,
    namespace: Text,
) -> Result<BTreeSet<KindId>, Problem> {
    let cluster = cluster.ok_or_else(|| Problem::new(ProblemKind::Tcp, "not connected"))?;
    let rules = cluster.rules(&namespace).await?;
    let is_denied = |kind: &&Arc<KindDef>| {
        kind.is_listable() && rules.may("list", &kind.gvr.group, &kind.gvr.resource, None) == Some(false)
    };
    Ok(kinds.iter().filter(is_denied).map(|kind| kind.id.clone()).collect())
}

async fn fetch(cluster: &Cluster, kind: &KindDef, target: &Target) -> Result<String, Problem> {
    let path = kind.object_path(&target.key);
    tokio::time::timeout(ONE_OBJECT, cluster.get_object(&path)).await.unwrap_or_else(|_| {
        let seconds = ONE_OBJECT.as_secs();
        Err(Problem::new(ProblemKind::Timeout, format!("no answer for {} in {seconds} s", target.key)))
    })
}

fn cached(store: &Store, target: &Target) -> Option<String> {
    store.all_of(&target.key.cluster, &target.key.kind).find_map(|shard| shard.text(&target.key))
}

/// One comment line; the reason may hold the server's words, so line ends and controls become blanks.
fn cache_note(problem: &Problem) -> String {
    let reason: String = problem.what.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# from the cache: {reason}\n")
}

fn is_same(json: &str, uid: &Uid) -> bool {
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        #[serde(default)]
        uid: String,
    }
    serde_json::from_str::<Object>(json).map_or(true, |object| Uid::parse(&object.metadata.uid) == *uid)
}

/// Writes a new file into the dump directory and returns its path.
///
/// # Errors
/// When the file can't be written.
pub async fn save(dir: PathBuf, name: String, contents: String) -> Result<PathBuf, Problem> {
    let write = move || files::save_new(&dir, &name, contents.as_bytes());
    let stopped = || Problem::new(ProblemKind::Internal, "writing the file was stopped");
    tokio::task::spawn_blocking(write).await.unwrap_or_else(|_| Err(stopped()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_of_a_cached_object_is_one_comment_line_whatever_the_server_said() {
        let note = cache_note(&Problem::new(ProblemKind::Server, "no\nkind: Secret\u{1b}[2J"));
        assert_eq!(note.lines().count(), 1);
        assert!(note.starts_with("# from the cache: no kind: Secret") && !note.contains('\u{1b}'));
    }

    #[test]
    fn another_incarnation_is_told_from_the_selected_one() {
        let uid = Uid::parse("0b4c3d2e-1f00-4a5b-8c9d-00000000002a");
        assert!(is_same(r#"{"metadata":{"uid":"0b4c3d2e-1f00-4a5b-8c9d-00000000002a"}}"#, &uid));
        assert!(!is_same(r#"{"metadata":{"uid":"0b4c3d2e-1f00-4a5b-8c9d-00000000002b"}}"#, &uid));
        assert!(is_same("{}", &uid), "an answer without metadata says nothing");
    }
}

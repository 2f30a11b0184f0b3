//! A small file that other programs rewrite: tokens, certificates. Read again only when it changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Mutex;

use crate::model::{Problem, ProblemKind};

/// Larger than any certificate bundle; keeps a wrong path (a device, a log) from filling the memory.
const LARGEST: u64 = 4 * 1024 * 1024;

type Stamp = (Option<SystemTime>, u64);

/// A file and what it held when last read.
#[derive(Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    what: &'static str,
    seen: Mutex<Option<(Stamp, Arc<Vec<u8>>)>>,
}

impl Watched {
    /// Names a file; `what` says what it is for, in errors.
    pub(crate) fn new(path: PathBuf, what: &'static str) -> Self {
        Self { path, what, seen: Mutex::new(None) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its contents: the same allocation as long as the file has not changed.
    pub(crate) async fn read(&self) -> Result<Arc<Vec<u8>>, Problem> {
        let meta = tokio::fs::metadata(&self.path).await.map_err(|error| self.problem(&error))?;
        if !meta.is_file() || meta.len() > LARGEST {
            return Err(self.problem(&"not a small regular file"));
        }
        let stamp = (meta.modified().ok(), meta.len());
        let mut seen = self.seen.lock().await;
        if let Some((known, bytes)) = &*seen
            && *known == stamp
        {
            return Ok(bytes.clone());
        }
        let bytes = tokio::fs::read(&self.path).await.map_err(|error| self.problem(&error))?;
        if let Some((known, same)) = &mut *seen
            && **same == bytes
        {
            *known = stamp;
            return Ok(same.clone());
        }
        let bytes = Arc::new(bytes);
        *seen = Some((stamp, bytes.clone()));
        Ok(bytes)
    }

    /// Forgets the time stamp, so that the next read looks at the contents.
    pub(crate) async fn distrust(&self) {
        if let Some((stamp, _)) = &mut *self.seen.lock().await {
            *stamp = (None, u64::MAX);
        }
    }

    fn problem(&self, error: &dyn std::fmt::Display) -> Problem {
        Problem::new(
            ProblemKind::Config,
            format!("cannot read the {} {}: {error}", self.what, self.path.display()),
        )
        .hint("check the path in the kubeconfig or on the command line, and its permissions")
    }
}

//! Files that only their owner may read, replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::model::{Problem, ProblemKind};

/// Builds a problem about a file, with a next step where one is known.
pub fn problem(tried: &str, path: &Path, error: &io::Error) -> Problem {
    let problem = Problem::new(ProblemKind::Io, format!("cannot {tried} {}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            problem.hint("the disk is full: make room")
        }
        io::ErrorKind::PermissionDenied => problem.hint("check owner and mode of the file and its directory"),
        io::ErrorKind::ReadOnlyFilesystem => {
            problem.hint("set KDECK_CONFIG_DIR to a directory that can be written")
        }
        _ => problem,
    }
}

/// Makes a directory and its parents, for the owner only. Existing ones keep their mode.
///
/// # Errors
/// [`ProblemKind::Io`] with the path.
pub fn private_dir(path: &Path) -> Result<(), Problem> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| problem("make directory", path, &error))
}

/// Makes a new file for the owner only; an existing one is an error.
///
/// # Errors
/// What the system says.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Replaces a file by a whole new one: readers see the old or the new, never a part.
///
/// # Errors
/// [`ProblemKind::Io`] with the path; the old file stays as it was.
pub fn replace(path: &Path, contents: &str) -> Result<(), Problem> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
    // Left by a crashed process that had the same number.
    let _ = fs::remove_file(&fresh);
    let written = create_private(&fresh).and_then(|mut file| {
        file.write_all(contents.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&fresh);
        problem("write", path, &error)
    })
}

/// Reads a file; a missing one is `None`.
///
/// # Errors
/// [`ProblemKind::Io`] with the path.
pub fn read(path: &Path) -> Result<Option<String>, Problem> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(problem("read", path, &error)),
    }
}

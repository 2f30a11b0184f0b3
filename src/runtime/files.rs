//! Private files: what kdeck writes may name pods, namespaces and servers, so only its user may read it.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::model::{Problem, ProblemKind};

/// How many names are tried before a new file is given up.
const NAMES: usize = 1_000;

/// Longest file name written; file systems end at 255 bytes, and a suffix must still fit.
const LONGEST: usize = 200;

/// Makes a file that these options create readable and writable by its owner only.
pub fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// Creates a directory with its parents, for its owner only; one that exists is left as it is.
///
/// # Errors
/// Whatever the file system says.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}

/// Writes a new private file into `dir` and returns its path. A file that exists is never touched: the new
/// one gets a number before its extension.
///
/// # Errors
/// An [`ProblemKind::Io`] problem with the path and what to do.
pub fn save_new(dir: &Path, name: &str, contents: &[u8]) -> Result<PathBuf, Problem> {
    let failed = |path: &Path, error: &io::Error| {
        let hint = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk",
            _ => "check the directory's rights, or set another one",
        };
        Problem::new(ProblemKind::Io, format!("cannot write {}: {error}", path.display())).hint(hint)
    };
    private_dir(dir).map_err(|error| failed(dir, &error))?;
    let name = plain_name(name);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
        _ => (name.as_str(), String::new()),
    };
    for n in 1..=NAMES {
        let suffix = if n == 1 { String::new() } else { format!("-{n}") };
        let path = dir.join(format!("{stem}{suffix}{extension}"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        match options.open(&path) {
            Ok(mut file) => {
                return match file.write_all(contents).and_then(|()| file.sync_all()) {
                    Ok(()) => Ok(path),
                    Err(error) => {
                        // Half a file helps nobody, and it is ours: it was made a moment ago.
                        let _ = std::fs::remove_file(&path);
                        Err(failed(&path, &error))
                    }
                };
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    let what = format!("cannot write {name} in {}: {NAMES} files of that name exist", dir.display());
    Err(Problem::new(ProblemKind::Io, what).hint("remove old ones"))
}

/// Turns any text into the name of a file that stays in its directory.
fn plain_name(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        let safe = c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+' | '=' | ',');
        if plain.len() + c.len_utf8() > LONGEST {
            break;
        }
        plain.push(if safe { c } else { '-' });
    }
    let plain = plain.trim_start_matches('.');
    if plain.is_empty() { "kdeck.txt".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let dumps = dir.path().join("dumps");
        let first = save_new(&dumps, "pods.csv", b"one").unwrap();
        let second = save_new(&dumps, "pods.csv", b"two").unwrap();
        assert_eq!(std::fs::read(&first).unwrap(), b"one");
        assert_eq!(std::fs::read(&second).unwrap(), b"two");
        assert_eq!(second.file_name().unwrap(), "pods-2.csv");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(std::fs::metadata(&dumps).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        for name in
            ["../../etc/passwd", "/etc/passwd", "..", "", "a/../../b", "\u{1b}[2J\n", &"x".repeat(4000)]
        {
            let dir = tempfile::tempdir().unwrap();
            let path = save_new(dir.path(), name, b"x").unwrap();
            assert_eq!(path.parent(), Some(dir.path()), "{name}");
            let file = path.file_name().unwrap().to_str().unwrap();
            assert!(!file.starts_with('.') && file.len() <= LONGEST && !file.contains(char::is_control));
        }
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named_in_the_problem() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let problem = save_new(&file.join("dumps"), "a.txt", b"x").unwrap_err();
        assert!(problem.what.contains("dumps") && problem.hint.is_some(), "{problem}");
    }
}

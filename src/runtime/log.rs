//! kdeck's own log: a private file, rotated at start, and the recent lines for the view in the app.
//!
//! Owns the tracing subscriber. Nothing secret is ever handed to it: callers log [`Problem`]s, which
//! carry none, and the client crates that log whole bodies are held to errors.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::clock;
use crate::config::LogLevel;
use crate::model::{Problem, ProblemKind};

/// A log file larger than this at start is moved aside to `<name>.1`.
const ROTATE_AT: u64 = 5 * 1024 * 1024;

/// How many lines the app can show; older ones are in the file only.
const RECENT_LINES: usize = 2_000;

/// The last lines that were logged.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<VecDeque<String>>>);

impl Recent {
    /// Returns the lines, oldest first.
    pub fn text(&self) -> String {
        let lines = self.0.lock();
        let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines.iter() {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn push(&self, text: &str) {
        let mut lines = self.0.lock();
        for line in text.lines() {
            if lines.len() == RECENT_LINES {
                lines.pop_front();
            }
            lines.push_back(line.to_owned());
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    let what = format!("cannot write the log file {}: {error}", path.display());
    Problem::new(ProblemKind::Io, what)
        .hint("choose another with --log-file; the log can still be read in kdeck")
}

/// Starts logging to `path` at `level` and returns the recent lines, with what kept the file from being written.
///
/// Called once a process; a second call only gives fresh, empty recent lines.
pub fn start(path: &Path, level: LogLevel) -> (Recent, Option<Problem>) {
    let recent = Recent::default();
    let (file, problem) = match open(path) {
        Ok(file) => (Some(file), None),
        Err(error) => (None, Some(unwritable(path, &error))),
    };
    let sink = Sink { file: Arc::new(Mutex::new(file)), failed: Arc::default(), recent: recent.clone() };
    let failed = sink.failed.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives(level)))
        .with_ansi(false)
        .with_timer(WallClock)
        .with_writer(sink)
        .finish();
    // Fails only when one is installed already, as when tests start two decks in a process.
    let _ = tracing::subscriber::set_global_default(subscriber);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "kdeck started");
    let unwritten = failed.lock().take().map(|error| unwritable(path, &error));
    (recent, problem.or(unwritten))
}

/// Client crates stay at errors: on a malformed answer they warn with the whole body, secrets included.
fn directives(level: LogLevel) -> String {
    if level == LogLevel::Off {
        return "off".to_owned();
    }
    let level = level.name();
    format!("warn,kdeck={level},hyper=error,hyper_util=error,rustls=error")
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        super::files::private_dir(dir)?;
    }
    if std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > ROTATE_AT) {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".1");
        std::fs::rename(path, aside)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    super::files::private(&mut options);
    options.open(path)
}

#[derive(Debug)]
struct WallClock;

impl FormatTime for WallClock {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        w.write_str(&clock::now().rfc3339())
    }
}

#[derive(Clone, Debug)]
struct Sink {
    file: Arc<Mutex<Option<File>>>,
    recent: Recent,
    /// Why an event could not be written, until somebody is told.
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Sink;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}

impl Write for Sink {
    // The subscriber hands over one whole event a call.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.recent.push(&String::from_utf8_lossy(event));
        if let Some(file) = self.file.lock().as_mut()
            && let Err(error) = file.write_all(event)
        {
            // A full disk must not take the dashboard down: it is told at the start, and later only here.
            self.failed.lock().get_or_insert(error);
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_lines_are_bounded_and_drop_the_oldest() {
        let recent = Recent::default();
        for n in 0..RECENT_LINES + 3 {
            recent.push(&format!("line {n}\n"));
        }
        let text = recent.text();
        assert_eq!(text.lines().count(), RECENT_LINES);
        assert_eq!(text.lines().next(), Some("line 3"));
    }

    #[test]
    fn a_big_log_is_moved_aside_and_the_new_one_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep").join("kdeck.log");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        let old = File::create(&path).unwrap();
        old.set_len(ROTATE_AT + 1).unwrap();
        drop(old);
        let mut file = open(&path).unwrap();
        file.write_all(b"hello\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello\n");
        assert_eq!(std::fs::metadata(dir.path().join("deep/kdeck.log.1")).unwrap().len(), ROTATE_AT + 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn crates_that_log_bodies_are_held_to_errors_at_every_level() {
        for (level, _) in LogLevel::ALL {
            let text = directives(level);
            assert!(text.contains("hyper=error") || text == "off", "{text}");
            assert!(EnvFilter::try_new(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_unwritable_log_file_is_said_and_the_lines_are_still_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let (_, problem) = start(&file.join("kdeck.log"), LogLevel::Info);
        let problem = problem.expect("a file is no directory");
        assert!(problem.what.contains("kdeck.log"), "{problem}");
        let mut sink = Sink { file: Arc::default(), failed: Arc::default(), recent: Recent::default() };
        sink.write_all(b"kept\n").unwrap();
        assert_eq!(sink.recent.text(), "kept\n");
    }
}

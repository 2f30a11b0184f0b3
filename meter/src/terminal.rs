//! A program on a pseudo-terminal of its own: started, read with time stamps, typed to, ended.
//!
//! Owns the descriptors and the reader thread, which stamps each piece of output the moment `read` returns and answers
//! the program's questions. Must not look at the picture: `screen` does.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::replies::Answerer;

/// Pieces of output that wait to be looked at. When full, the reader waits, and with it the program: 8,192 pieces
/// are megabytes of output.
const BACKLOG: usize = 8_192;

/// How long a program may take to end when asked to.
const GRACE: Duration = Duration::from_secs(3);

/// A piece of output and when it came.
#[derive(Debug)]
pub struct Chunk {
    /// When `read` returned it.
    pub at: Instant,
    /// What was written.
    pub bytes: Vec<u8>,
}

/// What came while waiting for output.
#[derive(Debug)]
pub enum Output {
    /// Something was written.
    Chunk(Chunk),
    /// Nothing, until the deadline.
    Nothing,
    /// Nothing more will come: the program has closed the terminal.
    End,
}

/// A program on a terminal.
#[derive(Debug)]
pub struct Terminal {
    master: File,
    child: Child,
    pid: Pid,
    output: Receiver<Chunk>,
    /// When the program was started.
    pub started: Instant,
}

impl Terminal {
    /// Starts a program as the leader of a session on a new terminal of `columns` by `rows`.
    ///
    /// # Errors
    /// When there is no terminal to be had or the program can't be started.
    pub fn start(command: &Command, (columns, rows): (u16, u16)) -> Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).context("cannot open a pseudo-terminal")?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let slave = OpenOptions::new().read(true).write(true).open(OsStr::from_bytes(name.as_bytes()))?;
        tcsetwinsize(&master, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        let (send, output) = sync_channel(BACKLOG);
        let master = File::from(master);
        let (reader, answers) = (master.try_clone()?, master.try_clone()?);
        std::thread::Builder::new().name("terminal".into()).spawn(move || read(reader, answers, &send))?;
        // `setsid --ctty` makes the terminal the session's own, then becomes the program: same pid.
        let mut whole = Command::new("setsid");
        whole.arg("--ctty").arg(command.get_program()).args(command.get_args()).env_clear();
        for (key, value) in command.get_envs() {
            if let Some(value) = value {
                whole.env(key, value);
            }
        }
        whole.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        let started = Instant::now();
        let child = whole.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let pid = Pid::from_child(&child);
        Ok(Self { master, child, pid, output, started })
    }

    /// Waits for the next piece of output.
    pub fn next(&self, deadline: Instant) -> Output {
        match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => Output::Chunk(chunk),
            Err(RecvTimeoutError::Timeout) => Output::Nothing,
            Err(RecvTimeoutError::Disconnected) => Output::End,
        }
    }

    /// Types, and returns when.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn type_keys(&mut self, keys: &[u8]) -> Result<Instant> {
        let at = Instant::now();
        self.master.write_all(keys).context("cannot type: the terminal is gone")?;
        Ok(at)
    }

    /// Returns the number of the session that the program's processes belong to.
    pub fn session(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Returns how the program ended, nothing if it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends the program: asks first, then insists.
    pub fn stop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        let _ = kill_process(self.pid, Signal::TERM);
        let deadline = Instant::now() + GRACE;
        // The terminal closes with the program's end; what it writes until then is of no interest.
        while Instant::now() < deadline && self.ended().is_none() {
            if matches!(self.next(Instant::now() + Duration::from_millis(20)), Output::End) {
                break;
            }
        }
        if self.ended().is_none() {
            let _ = kill_process_group(self.pid, Signal::KILL);
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.stop();
    }
}

fn read(mut reader: File, mut answers: File, send: &SyncSender<Chunk>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut answerer = Answerer::default();
    // Reading fails once the last program has closed the other end.
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        let at = Instant::now();
        let bytes = buffer.get(..count).unwrap_or_default().to_vec();
        let answer = answerer.answer(&bytes);
        if !answer.is_empty() && answers.write_all(&answer).is_err() {
            return;
        }
        if send.send(Chunk { at, bytes }).is_err() {
            return;
        }
    }
}

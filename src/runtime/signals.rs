//! Signals as events of the loop, and stopping for the shell.

use std::io;

use rustix::process::{Pid, Signal, getpgid, getpgrp, getppid, getsid, kill_current_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::model::{Problem, ProblemKind};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// End: SIGTERM, SIGHUP, SIGINT or SIGQUIT.
    End(&'static str),
    /// Stop until continued: SIGTSTP.
    Stop,
    /// Continued after a stop that kdeck did not see coming (SIGSTOP).
    Continued,
}

/// The signals that kdeck takes over from their defaults.
#[derive(Debug)]
pub struct Signals {
    terminate: Stream,
    hangup: Stream,
    interrupt: Stream,
    quit: Stream,
    stop: Stream,
    continued: Stream,
}

impl Signals {
    /// Takes the signals over.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn new() -> io::Result<Self> {
        let kind = |signal: Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(kind(Signal::TSTP))?,
            continued: signal(kind(Signal::CONT))?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End("SIGTERM"),
            _ = self.hangup.recv() => Asked::End("SIGHUP"),
            _ = self.interrupt.recv() => Asked::End("SIGINT"),
            _ = self.quit.recv() => Asked::End("SIGQUIT"),
            _ = self.stop.recv() => Asked::Stop,
            _ = self.continued.recv() => Asked::Continued,
        }
    }

    /// Stops the process and returns when it is continued. The terminal must have been given back.
    ///
    /// # Errors
    /// When there is no shell that could continue it.
    pub async fn stop_here(&mut self) -> Result<(), Problem> {
        can_stop()?;
        // SIGSTOP and not SIGTSTP: its default was taken over above, and this one always works. The whole
        // group, as Ctrl-Z does: a script around kdeck has to stop, too, or the shell sees no stopped job.
        // It ends this process's work at some instant after the call, so the wait for SIGCONT is what returns.
        kill_current_process_group(Signal::STOP)
            .map_err(|error| Problem::new(ProblemKind::Io, format!("cannot stop: {error}")))?;
        self.continued.recv().await;
        Ok(())
    }
}

/// Tells whether a shell would get the terminal and could continue kdeck.
///
/// # Errors
/// The reason why stopping would leave nobody to continue.
pub fn can_stop() -> Result<(), Problem> {
    if has_shell() {
        return Ok(());
    }
    let what = "cannot suspend: kdeck was not started from an interactive shell";
    Err(Problem::new(ProblemKind::Io, what).hint("open another terminal instead"))
}

/// Looks for a job-controlling ancestor: the first one outside of this process group, if it is in this session.
/// A group without one is what the system calls orphaned, and itself refuses to stop on Ctrl-Z.
fn has_shell() -> bool {
    let (group, Ok(session)) = (getpgrp(), getsid(None)) else { return false };
    let mut parent = getppid();
    for _ in 0..GENERATIONS {
        let Some(pid) = parent else { return false };
        match getpgid(Some(pid)) {
            Ok(other) if other == group => parent = parent_of(pid),
            Ok(_) => return getsid(Some(pid)).is_ok_and(|other| other == session),
            // It may not be asked about: so it is of another session.
            Err(_) => return false,
        }
    }
    false
}

/// How many wrappers within the group are looked through.
const GENERATIONS: usize = 32;

/// Returns the parent of another process, where the system tells it.
fn parent_of(pid: Pid) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Pid::from_raw(line.trim().parse().ok()?)
}

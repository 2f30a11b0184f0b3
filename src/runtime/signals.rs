//! Signals as events of the loop, and stopping for the shell.

use std::io;

use rustix::process::{Signal, getpid, getsid, kill_process};
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
        // SIGSTOP and not SIGTSTP: its default was taken over above, and this one always works. It ends
        // this process's work at some instant after the call, so the wait for SIGCONT is what returns.
        kill_process(getpid(), Signal::STOP)
            .map_err(|error| Problem::new(ProblemKind::Io, format!("cannot stop: {error}")))?;
        self.continued.recv().await;
        Ok(())
    }
}

/// Tells whether a shell would get the terminal: the first process of a session has none above it.
///
/// # Errors
/// The reason why stopping would leave nobody to continue.
pub fn can_stop() -> Result<(), Problem> {
    match getsid(None) {
        Ok(session) if session == getpid() => {
            let what = "cannot suspend: kdeck was not started from a shell";
            Err(Problem::new(ProblemKind::Io, what).hint("open another terminal instead"))
        }
        _ => Ok(()),
    }
}

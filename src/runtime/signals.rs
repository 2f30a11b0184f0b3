//! Signals as events of the loop, and stopping for the shell.

use std::io;
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::model::{Problem, ProblemKind};

/// How often a process in the background looks whether it has the terminal.
const GLANCE: Duration = Duration::from_millis(200);

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

    /// Stops the process and returns when it is continued and has the terminal again, or with the name of a
    /// signal that ends it. The terminal must have been given back.
    ///
    /// # Errors
    /// When there is no shell that could continue it.
    pub async fn stop_here(&mut self) -> Result<Option<&'static str>, Problem> {
        can_stop()?;
        // SIGSTOP and not SIGTSTP: its default was taken over above, and this one always works. The whole
        // group, as Ctrl-Z does: a script around kdeck has to stop, too, or the shell sees no stopped job.
        // It ends this process's work at some instant after the call, so the wait for SIGCONT is what returns.
        kill_current_process_group(Signal::STOP)
            .map_err(|error| Problem::new(ProblemKind::Io, format!("cannot stop: {error}")))?;
        loop {
            match self.next().await {
                Asked::End(name) => return Ok(Some(name)),
                Asked::Continued => return Ok(self.foreground().await),
                Asked::Stop => {}
            }
        }
    }

    /// Returns when the terminal is this process's own to use, or with the name of a signal that ends it.
    ///
    /// Continued in the background (`bg`, or `kill -CONT` from the shell), setting the terminal's modes would
    /// stop the process a second time, with a SIGTERM that came along waiting unseen. A shell does not continue
    /// a job once more that already runs when it puts it into the foreground, so this looks again and again.
    pub async fn foreground(&mut self) -> Option<&'static str> {
        while !is_in_front() {
            tokio::select! {
                asked = self.next() => {
                    if let Asked::End(name) = asked {
                        return Some(name);
                    }
                }
                () = tokio::time::sleep(GLANCE) => {}
            }
        }
        None
    }
}

/// Tells whether this process's group is the one that the terminal listens to. Without a terminal there is
/// nothing to wait for.
pub fn is_in_front() -> bool {
    // Not getpgrp(): a group outside of this PID namespace is 0, which rustix takes for impossible.
    let Some(own) = family("self") else { return true };
    rustix::termios::tcgetpgrp(std::io::stdin()).map_or(true, |front| {
        u32::try_from(front.as_raw_nonzero().get()).is_ok_and(|front| front == own.group)
    })
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
    // Without /proc nothing can be seen of the ancestors: who asks to stop is believed.
    let Some(own) = family("self") else { return true };
    let mut parent = own.parent;
    for _ in 0..GENERATIONS {
        let Some(family) = family(&parent.to_string()) else { return false };
        if family.group != own.group {
            return family.session == own.session;
        }
        parent = family.parent;
    }
    false
}

/// How many wrappers within the group are looked through.
const GENERATIONS: usize = 32;

/// Where a process stands; 0 where that is outside of this PID namespace, as in a container.
#[derive(Debug, PartialEq)]
struct Family {
    parent: u32,
    group: u32,
    session: u32,
}

/// Returns where a process (an id, or `self`) stands, where the system tells it.
fn family(process: &str) -> Option<Family> {
    parse_family(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Reads a line of `/proc/PID/stat` (proc_pid_stat(5)): id, (name), state, parent, group, session.
fn parse_family(stat: &str) -> Option<Family> {
    // A name may hold spaces and parentheses, so the last one ends it.
    let mut numbers = stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(|text| text.parse().ok());
    Some(Family { parent: numbers.next()??, group: numbers.next()??, session: numbers.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_hold_anything() {
        let stat = "42 (a) b (c) S 7 40 39 34816 42 4194304 1 0 0 0";
        assert_eq!(parse_family(stat), Some(Family { parent: 7, group: 40, session: 39 }));
        assert_eq!(parse_family("42 (a"), None);
    }

    #[test]
    fn ancestors_outside_of_the_namespace_are_no_shell() {
        // What a container's first process says of itself: all three are outside, and none can be asked about.
        let stat = "1 (kdeck) S 0 0 0 0 -1 4194560 1 0 0 0";
        assert_eq!(parse_family(stat), Some(Family { parent: 0, group: 0, session: 0 }));
        assert_eq!(family("0"), None);
    }
}

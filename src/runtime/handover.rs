//! The terminal lent to another program: a credential plugin that asks its user something.
//!
//! Two sides: the borrower runs in a task and asks through the inbox; the loop leaves the screen, says
//! that it has, and waits until the program has ended. At most one has the terminal at a time.

use std::io::{self, IsTerminal, Write};
use std::process::{ExitStatus, Output};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};

use super::deck::Inbound;
use crate::cluster::TerminalHandover;

/// How often the keyboard is looked at while a failed program's words are read.
const GLANCE: Duration = Duration::from_millis(50);

/// A request for the terminal.
#[derive(Debug)]
pub struct Lend {
    ready: oneshot::Sender<()>,
    done: oneshot::Receiver<()>,
}

impl Lend {
    /// Makes a request and the borrower's ends: when it may begin, and what it drops when it has ended.
    fn new() -> (Self, oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((ready, may_begin), (ended, done)) = (oneshot::channel(), oneshot::channel());
        (Self { ready, done }, may_begin, ended)
    }

    /// Lets the borrower begin and waits until it is done, or gone.
    pub async fn out(self) {
        if self.ready.send(()).is_ok() {
            // An error is the borrower's end dropped, which is how it says that it is done.
            let _ = self.done.await;
        }
    }
}

/// Borrows the terminal from the loop.
#[derive(Debug)]
pub struct Handover {
    inbox: mpsc::Sender<Inbound>,
}

impl Handover {
    /// Asks through this inbox.
    pub fn new(inbox: mpsc::Sender<Inbound>) -> Self {
        Self { inbox }
    }
}

impl TerminalHandover for Handover {
    fn run(&self, mut command: Command) -> BoxFuture<'_, io::Result<Output>> {
        Box::pin(async move {
            let (lend, may_begin, ended) = Lend::new();
            let closed = || io::Error::other("kdeck is closing");
            self.inbox.send(Inbound::Lend(lend)).await.map_err(|_| closed())?;
            may_begin.await.map_err(|_| closed())?;
            // Not `output`, which would capture stderr in spite of what was set: there the program asks.
            let output = match command.kill_on_drop(true).spawn() {
                Ok(child) => child.wait_with_output().await,
                Err(error) => Err(error),
            };
            if let Ok(output) = &output {
                linger(output.status).await;
            }
            drop(ended);
            output
        })
    }
}

/// Leaves the last words of a program that failed on the terminal until its user has read them.
async fn linger(status: ExitStatus) {
    // Ended by a signal: by its user, with Ctrl-C.
    if status.success() || status.code().is_none() {
        return;
    }
    let words = format!("\nkdeck: the credential plugin failed ({status}). Press Enter to go back. ");
    if io::stderr().lock().write_all(words.as_bytes()).is_err() {
        return;
    }
    loop {
        // A blocking read in a thread of its own would outlive a SIGTERM and keep the program from ending.
        match rustix::io::ioctl_fionread(io::stdin()) {
            Ok(0) if io::stdin().is_terminal() => tokio::time::sleep(GLANCE).await,
            // A line at a time: the terminal is in the mode that a shell wants.
            Ok(1..) => {
                let _ = rustix::io::read(io::stdin(), &mut [0_u8; 4096]);
                return;
            }
            // Nobody is there to read.
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_program_runs_only_while_the_terminal_is_lent() {
        let (inbox, mut arrivals) = mpsc::channel(1);
        let handover = Handover::new(inbox);
        let mut command = Command::new("echo");
        command.arg("hello").stdout(std::process::Stdio::piped());
        let borrower = handover.run(command);
        let lender = async {
            match arrivals.recv().await {
                Some(Inbound::Lend(lend)) => lend.out().await,
                other => panic!("{other:?}"),
            }
        };
        let (output, ()) = tokio::join!(borrower, lender);
        assert_eq!(output.unwrap().stdout, b"hello\n");
    }

    #[tokio::test]
    async fn a_borrower_that_was_given_up_does_not_hold_the_screen() {
        let (lend, may_begin, ended) = Lend::new();
        drop((may_begin, ended));
        lend.out().await;
    }

    #[tokio::test]
    async fn a_closing_deck_lends_nothing() {
        let (inbox, arrivals) = mpsc::channel(1);
        drop(arrivals);
        assert!(Handover::new(inbox).run(Command::new("true")).await.is_err());
    }
}

//! A program under measurement: its terminal and its picture together, and waiting for what shows in it.
//!
//! Every wait has a deadline and ends early with the program. Must not know which program it is: `adapters` does.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::procfs::{Observer, Usage};
use crate::screen::{Names, Rows, Screen};
use crate::terminal::{Output, Terminal};

/// How often usage is looked at while waiting, so that a program's last state is known when it ends.
const LOOK: Duration = Duration::from_millis(200);

/// A program, what it shows, and the names that are rows when they show.
pub struct Program<'a> {
    terminal: Terminal,
    screen: Screen,
    names: &'a Names,
    observer: Observer,
    /// When usage was looked at.
    looked: Instant,
    over: bool,
}

impl<'a> Program<'a> {
    /// Starts a program.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(command: &Command, size: (u16, u16), names: &'a Names) -> Result<Self> {
        let terminal = Terminal::start(command, size)?;
        let observer = Observer::new(terminal.session());
        Ok(Self { terminal, screen: Screen::new(size), names, observer, looked: Instant::now(), over: false })
    }

    /// When it was started.
    pub fn started(&self) -> Instant {
        self.terminal.started
    }

    /// What it has drawn.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The rows that it shows.
    pub fn rows(&self) -> Rows {
        self.screen.rows(self.names)
    }

    /// Tells whether it has closed its terminal.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What its processes use now, with the highest peak seen so far.
    pub fn usage(&mut self) -> Usage {
        self.observer.look()
    }

    /// Resident memory with shared pages divided among their users, in bytes. Looking disturbs the program.
    pub fn proportional(&self) -> u64 {
        self.observer.proportional()
    }

    /// Waits until the picture is as asked, and returns when the output came that made it so.
    ///
    /// # Errors
    /// When the deadline passes or the program ends first; the error quotes the screen.
    pub fn until(
        &mut self,
        what: &str,
        limit: Duration,
        mut is_so: impl FnMut(&Screen, &Names) -> bool,
    ) -> Result<Instant> {
        if is_so(&self.screen, self.names) {
            return Ok(Instant::now());
        }
        match self.watch(Instant::now() + limit, |screen, names| is_so(screen, names)) {
            Some(at) => Ok(at),
            None if self.over => bail!("the program ended before {what}:\n{}", self.excerpt()),
            None => bail!("no {what} within {} s; the screen:\n{}", limit.as_secs(), self.excerpt()),
        }
    }

    /// Draws what comes until the deadline, or until the picture is as asked: returns when that came.
    fn watch(
        &mut self,
        deadline: Instant,
        mut is_so: impl FnMut(&Screen, &Names) -> bool,
    ) -> Option<Instant> {
        while !self.over && Instant::now() < deadline {
            match self.terminal.next(deadline.min(Instant::now() + LOOK)) {
                Output::Chunk(chunk) => {
                    self.screen.draw(&chunk.bytes);
                    if is_so(&self.screen, self.names) {
                        return Some(chunk.at);
                    }
                }
                Output::Nothing => {}
                Output::End => self.over = true,
            }
            // Over several waits: each may be shorter than that.
            if self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                self.usage();
            }
        }
        None
    }

    /// Lets the program run for a time.
    pub fn run(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        self.watch(deadline, |_, _| false);
    }

    /// Waits until nothing was written for a while, at most for `limit`.
    pub fn settle(&mut self, quiet: Duration, limit: Duration) {
        let end = Instant::now() + limit;
        while !self.over && Instant::now() < end {
            match self.terminal.next(end.min(Instant::now() + quiet)) {
                Output::Chunk(chunk) => self.screen.draw(&chunk.bytes),
                Output::Nothing => return,
                Output::End => self.over = true,
            }
        }
    }

    /// Waits for the program's end, and returns whether it ended well.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn until_end(&mut self, limit: Duration) -> Result<bool> {
        let deadline = Instant::now() + limit;
        self.watch(deadline, |_, _| false);
        while Instant::now() < deadline {
            if let Some(status) = self.terminal.ended() {
                return Ok(status.success());
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        bail!("the program did not end within {} s", limit.as_secs())
    }

    /// Types.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn type_keys(&mut self, keys: &str) -> Result<Instant> {
        self.terminal.type_keys(keys.as_bytes())
    }

    /// Types, and returns the time until the rows differ; nothing when they don't within `limit`.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn response(&mut self, keys: &str, limit: Duration) -> Result<Option<Duration>> {
        let before = self.rows();
        self.response_until(keys, limit, |screen, names| screen.rows(names).differ(&before))
    }

    /// Types, and returns the time until the picture is as asked; nothing when it isn't within `limit`.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn response_until(
        &mut self,
        keys: &str,
        limit: Duration,
        is_so: impl FnMut(&Screen, &Names) -> bool,
    ) -> Result<Option<Duration>> {
        let typed = self.type_keys(keys)?;
        let seen = self.watch(typed + limit, is_so);
        Ok(seen.map(|at| at.saturating_duration_since(typed)))
    }

    /// Waits until the rows differ from these, which become the new ones; nothing when they don't within `limit`.
    pub fn next_change(&mut self, rows: &mut Rows, limit: Duration) -> Option<Instant> {
        let before = rows.clone();
        let at = self.watch(Instant::now() + limit, |screen, names| screen.rows(names).differ(&before))?;
        *rows = self.rows();
        Some(at)
    }

    /// Ends the program.
    pub fn stop(&mut self) {
        self.terminal.stop();
        self.over = true;
    }

    /// The screen without empty lines, for errors.
    fn excerpt(&self) -> String {
        let text = self.screen.text();
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let cut = |line: &&str| line.chars().take(120).collect::<String>();
        lines.iter().take(12).map(cut).collect::<Vec<_>>().join("\n")
    }
}

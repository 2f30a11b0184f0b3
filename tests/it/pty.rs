//! A terminal around a program: what it shows, what is typed, how it ends.
//!
//! Nothing here sleeps: every wait is for a picture or an end, and fails with the picture it saw.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::ExitStatus;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::world::World;

/// How long a picture may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a terminal answers: who it is, and where the cursor is.
const QUERIES: [(&[u8], &[u8]); 3] =
    [(b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[5n", b"\x1b[0n"), (b"\x1b[6n", b"\x1b[1;1R")];

struct State {
    parser: vt100::Parser,
    bytes: usize,
    ended: Option<ExitStatus>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Option<State>>,
    news: Condvar,
}

/// A program on a terminal.
pub struct Pty {
    shared: Arc<Shared>,
    master: File,
    /// Held open, so that the terminal's modes can be read after the program's end.
    slave: File,
    pid: Pid,
}

impl Pty {
    /// Starts a program as the leader of a session on a new terminal.
    pub fn start(world: &World, size: (u16, u16), program: &str, args: &[&str]) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let name = ptsname(&master, Vec::new()).expect("ptsname").into_string().expect("UTF-8");
        let slave = OpenOptions::new().read(true).write(true).open(name).expect("the terminal's other end");
        set_size(&master, size);
        // `setsid --ctty` makes the terminal the session's own, then becomes the program: same pid.
        let end = || slave.try_clone().expect("a descriptor");
        let mut child = world
            .command("setsid")
            .arg("--ctty")
            .arg(program)
            .args(args)
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("setsid of util-linux");
        let pid = Pid::from_child(&child);
        let parser = vt100::Parser::new(cells(size.1), cells(size.0), 0);
        let shared = Arc::new(Shared::default());
        *shared.state.lock().expect("state") = Some(State { parser, bytes: 0, ended: None });
        let master = File::from(master);
        let (reader, answers) = (master.try_clone().expect("fd"), master.try_clone().expect("fd"));
        let seen = shared.clone();
        std::thread::spawn(move || read(reader, answers, &seen));
        let seen = shared.clone();
        std::thread::spawn(move || {
            let status = child.wait().expect("a child");
            if let Some(state) = seen.state.lock().expect("state").as_mut() {
                state.ended = Some(status);
            }
            seen.news.notify_all();
        });
        Self { shared, master, slave, pid }
    }

    /// Waits until the screen is as asked, and returns its text.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> String {
        let text = |state: &State| state.parser.screen().contents();
        self.wait(what, |state| is_so(state.parser.screen()).then(|| text(state)))
    }

    /// Looks at the screen as it is now.
    pub fn see<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.state().as_ref().expect("a started program").parser.screen())
    }

    /// Waits until the text is on the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| screen.contents().contains(text))
    }

    /// Waits until more than `before` bytes have come.
    pub fn wait_bytes(&self, before: usize, what: &str) {
        self.wait(what, |state| (state.bytes > before).then_some(()));
    }

    /// Waits for the program's end.
    pub fn wait_end(&self) -> ExitStatus {
        self.wait("the end of the program", |state| state.ended)
    }

    fn wait<T>(&self, what: &str, mut found: impl FnMut(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut guard = self.shared.state.lock().expect("state");
        loop {
            let state = guard.as_ref().expect("a started program");
            if let Some(value) = found(state) {
                return value;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let screen = state.parser.screen().contents();
                let ended = state.ended;
                drop(guard);
                panic!("waited in vain for {what}; ended: {ended:?}; the screen:\n{screen}");
            }
            guard = self.shared.news.wait_timeout(guard, left).expect("state").0;
        }
    }

    /// Returns the number of bytes that came so far.
    pub fn bytes(&self) -> usize {
        self.state().as_ref().map_or(0, |state| state.bytes)
    }

    /// Tells whether the alternate screen is shown.
    pub fn is_alternate(&self) -> bool {
        self.state().as_ref().is_some_and(|state| state.parser.screen().alternate_screen())
    }

    /// Tells whether the terminal is as a shell wants it: lines, echo, signals.
    pub fn is_cooked(&self) -> bool {
        let modes = tcgetattr(&self.slave).expect("a terminal").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Types.
    pub fn keys(&self, text: &str) {
        (&self.master).write_all(text.as_bytes()).expect("a terminal that takes keys");
    }

    /// Changes the terminal's size.
    pub fn resize(&self, size: (u16, u16)) {
        if let Some(state) = self.state().as_mut() {
            state.parser.set_size(cells(size.1), cells(size.0));
        }
        set_size(&self.master, size);
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("a running program");
    }

    /// Returns the process ids of the program's children.
    pub fn children(&self) -> Vec<Pid> {
        let pid = self.pid.as_raw_nonzero();
        let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        list.split_whitespace().filter_map(|text| Pid::from_raw(text.parse().ok()?)).collect()
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.shared.state.lock().expect("state")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.state().as_ref().is_some_and(|state| state.ended.is_none()) {
            for child in self.children() {
                let _ = kill_process(child, Signal::KILL);
            }
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

fn read(mut reader: File, mut answers: File, shared: &Shared) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        let bytes = &buffer[..count];
        for (query, answer) in QUERIES {
            if bytes.windows(query.len()).any(|window| window == query) {
                let _ = answers.write_all(answer);
            }
        }
        if let Ok(mut guard) = shared.state.lock()
            && let Some(state) = guard.as_mut()
        {
            state.parser.process(bytes);
            state.bytes += count;
        }
        shared.news.notify_all();
    }
}

fn set_size(terminal: impl std::os::fd::AsFd, (width, height): (u16, u16)) {
    let size = Winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a terminal");
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a size")
}

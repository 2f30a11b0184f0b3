//! The terminal as kdeck needs it, and as it was before: entered and left by a guard.
//!
//! Left on drop, on a panic of the loop, on signals and for the time of a suspend. Leaving twice does
//! nothing the second time, so that every way out may call it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::terminal;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::model::{Problem, ProblemKind};

/// Whether the terminal is ours now. A static, because the panic hook has no other way to know.
static OURS: AtomicBool = AtomicBool::new(false);

/// Alternate screen, title saved, bracketed paste, cursor hidden, screen cleared.
const ENTER: &str = "\x1b[?1049h\x1b[22;0t\x1b[?2004h\x1b[?25l\x1b[2J";

/// The reverse, in reverse; first the end of a frame that may have been cut, and plain colours.
const LEAVE: &str = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[23;0t\x1b[?1049l";

/// Clicks and the wheel, with coordinates past column 223. Not the moves: each would wake the loop.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The kitty keyboard protocol's first level: Ctrl-Space and Esc without guessing.
const KEYBOARD_ON: &str = "\x1b[>1u";
const KEYBOARD_OFF: &str = "\x1b[<1u";

/// Terminals that speak the keyboard protocol. Asking would delay the first frame by a round trip, or
/// by two seconds where nobody answers; the old encoding serves every other terminal.
const KEYBOARD_TERMS: [&str; 5] = ["kitty", "foot", "ghostty", "alacritty", "wezterm"];
const KEYBOARD_PROGRAMS: [&str; 3] = ["WezTerm", "ghostty", "iTerm.app"];

/// What is asked of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Clicks and wheel come to kdeck; selecting text needs Shift.
    pub mouse: bool,
    /// The terminal speaks the kitty keyboard protocol.
    pub keyboard: bool,
}

impl Modes {
    /// Finds in the environment what the terminal can do.
    pub fn detect(env: &dyn Fn(&str) -> Option<String>, mouse: bool) -> Self {
        let (term, program) = (env("TERM").unwrap_or_default(), env("TERM_PROGRAM").unwrap_or_default());
        // A multiplexer speaks for itself: what is known of the terminal around it does not help.
        let direct = env("TMUX").is_none_or(|value| value.is_empty()) && !term.starts_with("screen");
        let known = KEYBOARD_TERMS.iter().any(|name| term.contains(name))
            || KEYBOARD_PROGRAMS.iter().any(|name| program == *name);
        Self { mouse, keyboard: direct && known }
    }
}

/// The entered terminal; leaves it when dropped.
#[derive(Debug)]
pub struct Terminal {
    modes: Modes,
    title: String,
}

impl Terminal {
    /// Enters raw mode and the alternate screen.
    ///
    /// # Errors
    /// When there is no terminal to take over.
    pub fn enter(modes: Modes) -> Result<Self, Problem> {
        let terminal = Self { modes, title: String::new() };
        terminal.take().map_err(|error| {
            let what = format!("cannot take over the terminal: {error}");
            Problem::new(ProblemKind::Io, what).hint("use --once for plain text")
        })?;
        Ok(terminal)
    }

    /// Returns columns and rows.
    pub fn size(&self) -> (u16, u16) {
        size().unwrap_or((80, 24))
    }

    /// Tells whether the terminal still exists.
    pub fn is_there(&self) -> bool {
        tcgetattr(io::stdin()).is_ok()
    }

    /// Writes bytes and hands them over.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() { Ok(()) } else { emit(bytes) }
    }

    /// Sets the window's title; control characters are left out, the same title is not sent twice.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn title(&mut self, title: &str) -> io::Result<()> {
        let clean: String = title.chars().filter(|c| !c.is_control()).take(120).collect();
        if clean == self.title {
            return Ok(());
        }
        emit(format!("\x1b]2;{clean}\x07").as_bytes())?;
        self.title = clean;
        Ok(())
    }

    /// Turns the mouse on or off: off, the terminal's own selection works again.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        if self.modes.mouse != on {
            self.modes.mouse = on;
            emit(if on { MOUSE_ON } else { MOUSE_OFF }.as_bytes())?;
        }
        Ok(())
    }

    /// Gives the terminal back until [`Terminal::back`].
    pub fn away(&mut self) {
        restore();
        self.title.clear();
    }

    /// Takes the terminal again. Also right after a stop that kdeck did not see coming: a shell may have
    /// changed the modes meanwhile, so they are all set anew.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn back(&mut self) -> io::Result<()> {
        self.title.clear();
        self.take()
    }

    fn take(&self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        // The terminal library does nothing when it believes that raw mode is on, and a shell may have ended it
        // meanwhile. Off and on again would do, but a key typed in between would be echoed and changed.
        let mut modes = tcgetattr(io::stdin())?;
        modes.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        OURS.store(true, Ordering::SeqCst);
        let mut bytes = String::from(ENTER);
        for (wanted, sequence) in [(self.modes.mouse, MOUSE_ON), (self.modes.keyboard, KEYBOARD_ON)] {
            bytes.push_str(if wanted { sequence } else { "" });
        }
        emit(bytes.as_bytes())
    }
}

/// Keeps what is typed before the screen is there from being echoed; it waits for the first view instead.
#[derive(Debug)]
pub struct Hushed(());

/// Hushes the terminal until it is entered, or until the guard is dropped. Does nothing without one.
pub fn hush() -> Hushed {
    // Without a terminal there is no echo, and entering it says so in words.
    let _ = terminal::enable_raw_mode();
    Hushed(())
}

impl Drop for Hushed {
    fn drop(&mut self) {
        // After an entered terminal was left this does nothing.
        if !OURS.load(Ordering::SeqCst) {
            cook();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Returns columns and rows of the terminal, if there is one.
///
/// # Errors
/// When there is none.
pub fn size() -> io::Result<(u16, u16)> {
    terminal::size()
}

/// Gives the terminal back as it was; does nothing when it is not ours.
pub fn restore() {
    if OURS.swap(false, Ordering::SeqCst) {
        // Every mode is left whether it was entered or not: the panic hook does not know which were, and
        // leaving one that is off does nothing. The terminal may be gone, then there is nothing to restore.
        let _ = emit(format!("{MOUSE_OFF}{KEYBOARD_OFF}{LEAVE}").as_bytes());
        cook();
    }
}

/// Leaves raw mode, if it is on.
fn cook() {
    // From the background it would stop the process, and the shell in front has set its own modes.
    if super::signals::is_in_front() {
        let _ = terminal::disable_raw_mode();
    }
}

/// Makes a panic of this thread give the terminal back before its message is printed.
///
/// A panic of another thread (a watch, an effect) is reported by whoever started it and must not
/// write across the picture, so it only reaches the log.
pub fn restore_on_panic() {
    let screen_thread = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // The place only: a message can hold whatever value made the code give up.
        let place = info.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panic");
        if std::thread::current().id() == screen_thread || !OURS.load(Ordering::SeqCst) {
            restore();
            before(info);
        }
    }));
}

fn emit(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZero;

    #[test]
    fn leaving_undoes_every_mode_that_entering_sets() {
        let mut parser = vt100::Parser::new(NonZero::new(5).unwrap(), NonZero::new(20).unwrap(), 0);
        let before = parser.screen().input_mode_formatted();
        parser.process(format!("{ENTER}{MOUSE_ON}{KEYBOARD_ON}").as_bytes());
        assert!(parser.screen().alternate_screen() && parser.screen().hide_cursor());
        assert!(parser.screen().bracketed_paste());
        parser.process(format!("{MOUSE_OFF}{KEYBOARD_OFF}{LEAVE}").as_bytes());
        assert!(!parser.screen().alternate_screen() && !parser.screen().hide_cursor());
        assert_eq!(parser.screen().input_mode_formatted(), before);
    }

    #[test]
    fn the_keyboard_protocol_is_used_only_where_it_is_known_to_work() {
        let modes = |pairs: &'static [(&'static str, &'static str)]| {
            Modes::detect(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).into()), true)
        };
        assert!(modes(&[("TERM", "xterm-kitty")]).keyboard);
        assert!(modes(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")]).keyboard);
        assert!(!modes(&[("TERM", "xterm-256color")]).keyboard);
        assert!(!modes(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/t,1,0")]).keyboard);
    }
}

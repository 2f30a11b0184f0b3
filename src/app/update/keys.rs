//! Keys, digits and the mouse.

use super::Out;
use crate::app::{App, Env, Pending};
use crate::commands::flow::{FlashLevel, Invocation, Mouse};
use crate::commands::{Cmd, Code, Family, Key, keymap, table};
use crate::model::Timestamp;

/// A larger count is a cat on the keyboard.
const MOST: u32 = 1_000_000;

/// Why digits may be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A key came that takes no count.
    Key,
    /// The time to wait is over.
    Tick,
    /// Data came. On a busy cluster the bell may keep the tick from coming, so digits older than a second are over.
    Bell,
}

impl App {
    pub(super) fn on_key(&mut self, key: Key, env: Env<'_>, out: &mut Out) {
        // An error stays until somebody has seen it; the key that says so is still a key, but Esc only dismisses.
        // A warning would go by itself, but gives the hints' row back as soon as somebody goes on.
        let level = self.flash.as_ref().map(|shown| shown.flash.level);
        let was_error = level == Some(FlashLevel::Error);
        if was_error || (level == Some(FlashLevel::Warn) && key != Key::plain(Code::Esc)) {
            self.flash = None;
        }
        if self.prompt.is_some() {
            return self.prompt_key(key, env, out);
        }
        if key == Key::plain(Code::Esc) {
            if self.pending.take().is_some() || was_error {
                return;
            }
        } else if self.take_digit(key, env.now) {
            return;
        }
        let cmd = keymap::lookup(self.front().family(), key);
        let count = match (self.pending, cmd) {
            (Some(pending), Some(cmd)) if table::of(cmd).is_some_and(|command| command.counted) => {
                self.pending = None;
                Some(pending.count)
            }
            _ => {
                self.settle_digits(Due::Key, env, out);
                None
            }
        };
        if let Some(cmd) = cmd {
            self.command(cmd, count, env, out);
        }
    }

    /// Takes a digit as the beginning or the next figure of a count. `0` begins none: it is a key of its own.
    fn take_digit(&mut self, key: Key, now: Timestamp) -> bool {
        let Key { code: Code::Char(c), ctrl: false, alt: false, .. } = key else { return false };
        let Some(digit) = c.to_digit(10) else { return false };
        let family = self.front().family();
        if family == Family::Connection || (digit == 0 && self.pending.is_none()) {
            return false;
        }
        let before = self.pending.map_or(0, |pending| pending.count);
        let count = before.saturating_mul(10).saturating_add(digit).min(MOST);
        self.pending = Some(Pending { count, at: now });
        true
    }

    /// Returns the command of the favourite that the digits mean when no command that counts follows.
    pub(crate) fn favourite(&self) -> Option<Cmd> {
        let place = usize::try_from(self.pending?.count).ok()?.checked_sub(1)?;
        if self.front().family() != Family::Table || place >= self.world.favourites.len() {
            return None;
        }
        table::FAVOURITES.get(place).copied()
    }

    /// Switches to the favourite that the digits mean once no command that counts can follow any more.
    /// Digits that mean none wait for their command as long as it takes; another key drops them.
    pub(super) fn settle_digits(&mut self, why: Due, env: Env<'_>, out: &mut Out) {
        let Some(pending) = self.pending else { return };
        if why == Due::Bell && pending.at.elapsed(env.now) < 2 {
            return;
        }
        let favourite = self.favourite();
        if favourite.is_some() || why == Due::Key {
            self.pending = None;
        }
        if let Some(cmd) = favourite {
            self.command(cmd, None, env, out);
        }
    }

    pub(super) fn expire_flash(&mut self, now: Timestamp) {
        if self.flash.as_ref().is_some_and(|shown| shown.left(now) == Some(0)) {
            self.flash = None;
        }
    }

    pub(super) fn on_mouse(&mut self, mouse: Mouse, env: Env<'_>, out: &mut Out) {
        let areas = self.areas(ratatui::layout::Rect::new(0, 0, self.size.0, self.size.1));
        if self.prompt.is_some() || !areas.body.contains((mouse.x, mouse.y).into()) {
            return;
        }
        let steps = self.with_front(env, |view, cx| view.mouse(mouse, areas.body, cx));
        let asker = self.layers.top().id;
        self.run_steps(steps, asker, env, out);
    }

    /// Runs a command: the app's own, else the view's, unless the view says why not.
    pub(crate) fn command(&mut self, cmd: Cmd, count: Option<u32>, env: Env<'_>, out: &mut Out) {
        if let Some(reason) = self.front().refusal(cmd, &env.cx(&self.world)) {
            return self.show(crate::commands::Flash::warn(reason), env.now);
        }
        if self.own_command(cmd, env, out) {
            return;
        }
        let invocation = Invocation { cmd, count, at: env.now };
        let asker = self.layers.top().id;
        match self.with_front(env, |view, cx| view.command(invocation, cx)) {
            Some(steps) => self.run_steps(steps, asker, env, out),
            None => {
                let name = table::of(cmd).map_or("this", |command| command.name);
                self.show(crate::commands::Flash::info(format!("{name} does nothing here")), env.now);
            }
        }
    }
}

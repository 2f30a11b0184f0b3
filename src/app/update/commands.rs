//! The commands that are the app's own: they change the stack, the prompt or the picture, not a view.

use super::Out;
use crate::app::{App, Env};
use crate::commands::flow::{Flash, PromptKind};
use crate::commands::{Cmd, Effect, Family, Open, Step, line};

impl App {
    /// Runs a command if it is the app's own; returns whether it was.
    pub(super) fn own_command(&mut self, cmd: Cmd, env: Env<'_>, out: &mut Out) -> bool {
        if let Some(open) = self.page(cmd) {
            self.toggle(open, env, out);
            return true;
        }
        match cmd {
            Cmd::CommandLine => self.open_prompt(PromptKind::Command, ""),
            Cmd::Filter => {
                let text = self.front().filter().to_owned();
                let kind = if self.front().family() == Family::Text {
                    PromptKind::Search
                } else {
                    PromptKind::Filter
                };
                self.open_prompt(kind, &text);
            }
            Cmd::ClearFilter => self.clear_filter(env, out),
            Cmd::Back => self.esc(env, out),
            Cmd::Quit | Cmd::QuitNow => out.push(Effect::Quit),
            Cmd::Suspend => out.push(Effect::Suspend),
            Cmd::Redraw => out.push(Effect::Redraw),
            Cmd::Reload => self.reload(out),
            Cmd::HistoryBack | Cmd::HistoryForward | Cmd::LastView => self.travel(cmd, env, out),
            Cmd::ToggleHeader => self.show_header = !self.show_header,
            Cmd::ToggleCrumbs => self.show_crumbs = !self.show_crumbs,
            Cmd::ToggleMouse => {
                self.mouse = !self.mouse;
                out.push(Effect::Mouse(self.mouse));
                let whose = if self.mouse {
                    "the mouse is kdeck's"
                } else {
                    "the mouse is the terminal's: select text as usual"
                };
                self.show(Flash::info(whose), env.now);
            }
            Cmd::Pods | Cmd::Namespaces => {
                let kind = if cmd == Cmd::Pods { "pods" } else { "namespaces" };
                match line::plain(kind, &self.world) {
                    Some(open) => self.open_root(open, env, out),
                    None => self.show(Flash::warn("no context is in use"), env.now),
                }
            }
            _ => return false,
        }
        true
    }

    /// Returns the page that a command shows or hides.
    fn page(&self, cmd: Cmd) -> Option<Open> {
        Some(match cmd {
            Cmd::Help => Open::Help,
            Cmd::Kinds => Open::Kinds(None),
            Cmd::Contexts => Open::Contexts,
            Cmd::OwnLog => Open::OwnLog,
            Cmd::Info => Open::Info,
            Cmd::Connection => Open::Connection(self.world.current.clone()?),
            _ => return None,
        })
    }

    /// Opens a page, or goes back from it when it is the one on top.
    fn toggle(&mut self, open: Open, env: Env<'_>, out: &mut Out) {
        if self.layers.top().view.open() == open {
            self.back(env);
        } else {
            let asker = self.layers.top().id;
            self.run_steps(vec![Step::Open(open)], asker, env, out);
        }
    }

    /// Esc: first the filter, then the view; the last view stays.
    fn esc(&mut self, env: Env<'_>, out: &mut Out) {
        if !self.front().filter().is_empty() {
            return self.clear_filter(env, out);
        }
        if self.flash.take().is_some() && self.layers.depth() == 1 {
            return;
        }
        if !self.back(env) {
            self.show(Flash::info("this is the first view; :q or Ctrl-C quits"), env.now);
        }
    }

    pub(super) fn clear_filter(&mut self, env: Env<'_>, out: &mut Out) {
        if let Err(problem) = self.with_front(env, |view, cx| view.set_filter("", cx)) {
            self.show(problem.into(), env.now);
        }
        self.note_root();
        self.remember_filter(out);
    }

    fn reload(&mut self, out: &mut Out) {
        let mut shards = Vec::new();
        self.layers.top().view.wants(&mut shards);
        if !shards.is_empty() {
            out.push(Effect::Relist(shards));
        }
        if self.layers.top().view.open() == Open::Contexts {
            out.push(Effect::ReadContexts);
        }
        out.push(Effect::Redraw);
    }

    fn travel(&mut self, cmd: Cmd, env: Env<'_>, out: &mut Out) {
        self.note_root();
        let place = match cmd {
            Cmd::HistoryBack => self.history.back(),
            Cmd::HistoryForward => self.history.forward(),
            _ => self.history.flip(),
        };
        match place {
            Some(open) => self.show_root(open, env, out),
            None => self.show(Flash::info("there is nothing more in that direction"), env.now),
        }
    }
}

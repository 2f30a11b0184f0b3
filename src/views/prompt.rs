//! The prompt on the last row: a line editor with history, completion and an inline error.
//!
//! It knows what is typed, not what it does: the app runs lines and applies filters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::editor::Editor;
use super::widgets::strokes::{put, tint, width};
use crate::commands::complete::{Candidate, Completion, complete};
use crate::commands::flow::PromptKind;
use crate::commands::{Code, Key, World};
use crate::model::Problem;
use crate::theme::{Theme, Token};

/// How many candidates are on screen at once.
const POPUP: usize = 8;

/// What a key in the prompt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is different now.
    Changed,
    /// Enter.
    Submitted,
    /// Esc.
    Cancelled,
    /// Only the cursor or the popup moved.
    Same,
}

/// A prompt being typed in.
#[derive(Debug)]
pub struct Prompt {
    kind: PromptKind,
    editor: Editor,
    /// What was in force before, to go back to.
    before: String,
    problem: Option<Problem>,
    completion: Completion,
    chosen: Option<usize>,
    // Where in the history we are, and what had been typed before going there.
    past: Option<(usize, String)>,
}

impl Prompt {
    /// Opens a prompt with a text; `before` is what Esc brings back.
    pub fn new(kind: PromptKind, text: &str, before: &str, world: &World) -> Self {
        let mut prompt = Self {
            kind,
            editor: Editor::new(text),
            before: before.to_owned(),
            problem: None,
            completion: Completion::default(),
            chosen: None,
            past: None,
        };
        prompt.suggest(world);
        prompt
    }

    /// Returns what it is for.
    pub fn kind(&self) -> PromptKind {
        self.kind
    }

    /// Returns what is typed.
    pub fn text(&self) -> &str {
        self.editor.text()
    }

    /// Returns what was in force before.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// Returns whether an error is shown.
    pub fn is_wrong(&self) -> bool {
        self.problem.is_some()
    }

    /// Shows or clears the error after the text.
    pub fn set_problem(&mut self, problem: Option<Problem>) {
        self.problem = problem;
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, text: &str, world: &World) -> Typed {
        self.editor.insert(text);
        self.changed(world)
    }

    /// Takes a key. `history` is oldest first.
    pub fn key(&mut self, key: Key, history: &[String], world: &World) -> Typed {
        let plain = !key.ctrl && !key.alt;
        match key.code {
            Code::Enter => {
                // A chosen candidate is what the eye is on.
                self.accept(world);
                Typed::Submitted
            }
            Code::Esc => Typed::Cancelled,
            Code::Char('c') if key.ctrl => Typed::Cancelled,
            Code::Tab => self.choose(1),
            Code::BackTab => self.choose(-1),
            Code::Down if plain && self.past.is_some() => self.remember(history, false, world),
            Code::Down if plain => self.choose(1),
            Code::Up if plain && self.chosen.is_some() => self.choose(-1),
            Code::Up if plain => self.remember(history, true, world),
            Code::Right if plain && self.editor.at_end() => self.take(world),
            Code::Char('f') if key.ctrl && self.editor.at_end() => self.take(world),
            Code::Char(' ') if plain && self.chosen.is_some() => {
                self.accept(world);
                self.editor.key(key);
                self.changed(world)
            }
            _ => {
                let (text, cursor) = (self.editor.text().len(), self.editor.cursor());
                let before = self.editor.text().to_owned();
                if self.editor.key(key) && (self.editor.text().len() != text || self.editor.text() != before)
                {
                    return self.changed(world);
                }
                if self.editor.cursor() != cursor {
                    self.suggest(world);
                }
                Typed::Same
            }
        }
    }

    fn changed(&mut self, world: &World) -> Typed {
        self.past = None;
        self.problem = None;
        self.suggest(world);
        Typed::Changed
    }

    fn suggest(&mut self, world: &World) {
        self.chosen = None;
        self.completion = match self.kind {
            PromptKind::Command => complete(self.editor.text(), self.editor.cursor(), world),
            PromptKind::Filter | PromptKind::Search => Completion::default(),
        };
    }

    fn choose(&mut self, by: isize) -> Typed {
        let count = self.completion.items.len();
        if count > 0 {
            let last = count - 1;
            self.chosen = Some(match (self.chosen, by > 0) {
                (None, true) => 0,
                (None, false) => last,
                (Some(at), true) => {
                    if at >= last {
                        0
                    } else {
                        at + 1
                    }
                }
                (Some(at), false) => at.checked_sub(1).unwrap_or(last),
            });
        }
        Typed::Same
    }

    /// Puts the chosen candidate into the line.
    fn accept(&mut self, world: &World) -> bool {
        let Some(candidate) = self.chosen.and_then(|at| self.completion.items.get(at)) else { return false };
        self.editor.replace_back(self.completion.start, &candidate.text.clone());
        self.suggest(world);
        true
    }

    /// Takes the chosen candidate, else the one that the ghost text shows.
    fn take(&mut self, world: &World) -> Typed {
        if self.chosen.is_none() && self.ghost().is_some() {
            self.chosen = Some(0);
        }
        if self.accept(world) {
            self.past = None;
            self.problem = None;
            return Typed::Changed;
        }
        Typed::Same
    }

    /// Goes through the lines of the history that begin with what was typed.
    fn remember(&mut self, history: &[String], older: bool, world: &World) -> Typed {
        let (at, typed) = self.past.clone().unwrap_or_else(|| (history.len(), self.editor.text().to_owned()));
        let fits = |line: &&(usize, &String)| line.1.starts_with(&typed) && line.1 != self.editor.text();
        let lines = history.iter().enumerate();
        let found = if older {
            lines
                .take(at)
                .rev()
                .collect::<Vec<_>>()
                .iter()
                .find(fits)
                .map(|(place, line)| (*place, (*line).clone()))
        } else {
            lines
                .skip(at + 1)
                .collect::<Vec<_>>()
                .iter()
                .find(fits)
                .map(|(place, line)| (*place, (*line).clone()))
        };
        match found {
            Some((place, line)) => {
                self.editor.set(&line);
                self.past = Some((place, typed));
            }
            None if older => return Typed::Same,
            None => {
                self.editor.set(&typed);
                self.past = None;
            }
        }
        self.problem = None;
        self.suggest(world);
        Typed::Changed
    }

    /// Returns the rest of the best candidate when it begins with what is typed.
    fn ghost(&self) -> Option<&str> {
        let typed = self.editor.text().get(self.completion.start..).filter(|typed| !typed.is_empty())?;
        let best = self.completion.items.first()?;
        best.text.strip_prefix(typed).filter(|rest| self.editor.at_end() && !rest.is_empty())
    }

    fn sign(&self) -> &'static str {
        match self.kind {
            PromptKind::Command => ":",
            PromptKind::Filter | PromptKind::Search => "/",
        }
    }

    /// Draws the line on the last row of `area`, candidates or a long error above it; returns where the cursor is.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<(u16, u16)> {
        if area.is_empty() {
            return None;
        }
        let y = area.bottom() - 1;
        let row = Rect { y, height: 1, ..area };
        for x in row.left()..row.right() {
            put(buf, x, y, 1, " ", theme.style(Token::Prompt));
        }
        let mut x = area.x + put(buf, area.x, y, area.width, self.sign(), theme.style(Token::Prompt));
        let (text, column) = self.editor.window(area.right().saturating_sub(x));
        let cursor = (x.saturating_add(column).min(area.right() - 1), y);
        x += put(buf, x, y, area.right().saturating_sub(x), text, theme.style(Token::Prompt));
        if let Some(problem) = &self.problem {
            let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let text = format!("   {}{hint}", problem.what);
            let beside = area.right().saturating_sub(x);
            if width(&text) > beside && area.height > 1 {
                draw_above(problem, area, buf, theme);
                return Some(cursor);
            }
            put(buf, x, y, beside, &text, theme.style(Token::FlashError));
        } else if let Some(ghost) = self.ghost().filter(|_| self.chosen.is_none()) {
            put(buf, x, y, area.right().saturating_sub(x), ghost, theme.style(Token::Ghost));
        }
        self.draw_popup(area, buf, theme);
        Some(cursor)
    }

    fn draw_popup(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let rows = self.completion.items.len().min(POPUP).min(usize::from(area.height.saturating_sub(1)));
        let first = self.chosen.map_or(0, |at| (at + 1).saturating_sub(rows));
        let shown: &[Candidate] = self.completion.items.get(first..first + rows).unwrap_or_default();
        let widest = shown.iter().map(|item| width(&item.text)).max().unwrap_or(0);
        let abouts = shown.iter().map(|item| width(&item.about)).max().unwrap_or(0);
        let left =
            area.x.saturating_add(1 + width(self.text().get(..self.completion.start).unwrap_or_default()));
        let columns = (widest + abouts + 4).min(area.width);
        let left = left.min(area.right().saturating_sub(columns));
        // The best candidate is nearest to the line.
        for (n, item) in shown.iter().enumerate() {
            let Some(y) = (area.bottom() - 2).checked_sub(n as u16).filter(|y| *y >= area.top()) else {
                break;
            };
            let row = Rect { x: left, y, width: columns, height: 1 };
            for x in row.left()..row.right() {
                put(buf, x, y, 1, " ", theme.style(Token::Dialog));
            }
            put(buf, left + 1, y, columns.saturating_sub(2), &item.text, theme.style(Token::Dialog));
            let about = left.saturating_add(widest + 3);
            put(buf, about, y, row.right().saturating_sub(about + 1), &item.about, theme.style(Token::Ghost));
            if self.chosen == Some(first + n) {
                tint(buf, row, y, theme.style(Token::Focus));
            }
        }
    }
}

/// An error that does not fit beside the text: on rows of its own over all that is there, the hint nearest.
fn draw_above(problem: &Problem, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let whole = problem.to_string();
    let hint = problem.hint.as_deref().unwrap_or_default();
    let is_one = width(&whole) < area.width || area.height < 3 || hint.is_empty();
    let rows = if is_one { vec![whole.as_str()] } else { vec![hint, problem.what.as_str()] };
    for (row, y) in rows.iter().zip((area.top()..area.bottom().saturating_sub(1)).rev()) {
        let style = theme.style(Token::FlashError);
        put(buf, area.x, y, area.width, &" ".repeat(area.width.into()), style);
        put(buf, area.x.saturating_add(1), y, area.width.saturating_sub(1), row, style);
    }
}

#[cfg(test)]
mod tests;

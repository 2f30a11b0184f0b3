//! A plain text with search: an object's YAML, kdeck's own log, a connection report.
//!
//! Owns the text, the window over it and the search. The text itself is asked for by a step; this
//! view never reads a file or a server. Draws visible lines only, however long text and lines are.

mod draw;
mod lines;
mod search;
mod window;
mod yaml;

#[cfg(test)]
mod tests;

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::commands::flow::{Ask, Effect, Invocation, Mouse, MouseWhat};
use crate::commands::{Answer, Cmd, Flash, Open, Step, Target};
use crate::model::{ClusterId, Problem, Timestamp};
use crate::views::{Cx, Family, View};

use lines::Lines;
use search::Search;
use window::{Size, Window, Wrap};

/// Cells per step to the side.
const SIDE: usize = 8;
/// Rows per turn of the wheel.
const WHEEL: usize = 3;

/// What the text is about.
#[derive(Clone, Debug, PartialEq)]
enum Subject {
    /// An object's YAML.
    Yaml(Target),
    /// kdeck's own log.
    OwnLog,
    /// A cluster's connection report.
    Report(ClusterId),
}

/// How far the text has come.
#[derive(Debug)]
enum State {
    /// Asked for, since when.
    Loading(Option<Timestamp>),
    /// There.
    Ready,
    /// Could not be got.
    Failed(Problem),
}

/// A text view.
#[derive(Debug)]
pub struct TextView {
    subject: Subject,
    state: State,
    lines: Lines,
    /// For YAML: which lines lie in block texts.
    blocks: Vec<bool>,
    window: Window,
    search: Search,
    size: Cell<Size>,
}

impl TextView {
    /// An object's YAML.
    pub fn yaml(target: Target) -> Self {
        Self::new(Subject::Yaml(target))
    }

    /// kdeck's own log, from its end.
    pub fn own_log() -> Self {
        Self::new(Subject::OwnLog)
    }

    /// The connection report of a cluster.
    pub fn report(cluster: ClusterId) -> Self {
        Self::new(Subject::Report(cluster))
    }

    fn new(subject: Subject) -> Self {
        Self {
            subject,
            state: State::Loading(None),
            lines: Lines::default(),
            blocks: Vec::new(),
            window: Window::default(),
            search: Search::default(),
            size: Cell::default(),
        }
    }

    fn ask(&self) -> Step {
        Step::Ask(match &self.subject {
            Subject::Yaml(target) => Ask::Yaml(target.clone()),
            Subject::OwnLog => Ask::OwnLog,
            Subject::Report(cluster) => Ask::Report(cluster.clone()),
        })
    }

    fn title(&self) -> String {
        match &self.subject {
            Subject::Yaml(target) => format!("YAML {}", target.key),
            Subject::OwnLog => "kdeck's log".to_owned(),
            Subject::Report(cluster) => format!("Connection {cluster}"),
        }
    }

    /// The file name under which the text is saved.
    fn file_name(&self, now: Timestamp) -> String {
        let (what, end) = match &self.subject {
            Subject::Yaml(target) => {
                let key = &target.key;
                (format!("{}-{}-{}", key.kind, key.namespace, key.name), "yaml")
            }
            Subject::OwnLog => ("kdeck-log".to_owned(), "txt"),
            Subject::Report(cluster) => (format!("connection-{cluster}"), "txt"),
        };
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let at: String = now.rfc3339().chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{}-{at}.{end}", what.chars().map(safe).collect::<String>())
    }

    fn take_text(&mut self, text: String) {
        let is_first = !matches!(self.state, State::Ready);
        self.lines = Lines::new(text);
        if matches!(self.subject, Subject::Yaml(_)) {
            self.blocks = yaml::blocks(&self.lines);
        }
        self.state = State::Ready;
        let size = self.size.get();
        self.search.run(&self.lines, self.window.top.line);
        // A log is read from its end; when it grows, who stood at the end stays there.
        if self.subject == Subject::OwnLog && is_first {
            self.window.top = self.window.last_top(&self.lines, size);
        }
        self.window.clamp(&self.lines, size);
    }

    /// Runs a movement; returns whether the command was one.
    fn travel(&mut self, cmd: Cmd, count: Option<u32>) -> bool {
        let size = self.size.get();
        let times = usize::try_from(count.unwrap_or(1).max(1)).unwrap_or(1);
        let by = |rows: usize| rows.max(1).saturating_mul(times);
        let (window, lines) = (&mut self.window, &self.lines);
        let line = count.map(|line| usize::try_from(line).unwrap_or(0).saturating_sub(1));
        match (cmd, line) {
            (Cmd::Up, _) => window.up(by(1), lines, size),
            (Cmd::Down, _) => window.down(by(1), lines, size),
            (Cmd::HalfUp, _) => window.up(by(size.height / 2), lines, size),
            (Cmd::HalfDown, _) => window.down(by(size.height / 2), lines, size),
            (Cmd::PageUp, _) => window.up(by(size.height.saturating_sub(1)), lines, size),
            (Cmd::PageDown, _) => window.down(by(size.height.saturating_sub(1)), lines, size),
            (Cmd::Top, None) => window.top = window::Top::default(),
            (Cmd::Bottom, None) => window.top = window.last_top(lines, size),
            (Cmd::Top | Cmd::Bottom, Some(line)) => {
                window.top = window::Top { line, row: 0 };
                window.clamp(lines, size);
            }
            (Cmd::Left, _) => window.left = window.left.saturating_sub(by(SIDE)),
            (Cmd::Right, _) if window.wrap == Wrap::Off => {
                let seen = window.top.line..window.top.line.saturating_add(size.height).min(lines.len());
                let widest = seen.map(|at| crate::views::widgets::width_of(lines.get(at))).max().unwrap_or(0);
                let limit = widest.saturating_sub(size.width).max(window.left);
                window.left = window.left.saturating_add(by(SIDE)).min(limit);
            }
            (Cmd::Right, _) => {}
            _ => return false,
        }
        true
    }

    fn reveal_hit(&mut self) {
        if let Some(hit) = self.search.current() {
            let before = self.lines.get(hit.line).get(..hit.start).unwrap_or("");
            let cell = crate::views::widgets::width_of(before);
            self.window.reveal(hit.line, cell, &self.lines, self.size.get());
        }
    }

    fn step_hit(&mut self, by: isize, count: Option<u32>) -> Vec<Step> {
        let times = isize::try_from(count.unwrap_or(1)).unwrap_or(1);
        if self.search.step(by.saturating_mul(times)).is_none() {
            return vec![Step::Flash(Flash::warn(self.no_hit()))];
        }
        self.reveal_hit();
        Vec::new()
    }

    fn no_hit(&self) -> String {
        match self.search.pattern() {
            "" => "nothing is searched for: / starts a search".to_owned(),
            pattern => format!("{pattern} is not in this text"),
        }
    }

    fn toggle_wrap(&mut self) {
        self.window.wrap = if self.window.wrap == Wrap::On { Wrap::Off } else { Wrap::On };
        self.window.top.row = 0;
        self.window.left = 0;
        self.window.clamp(&self.lines, self.size.get());
    }
}

impl View for TextView {
    fn family(&self) -> Family {
        Family::Text
    }

    fn open(&self) -> Open {
        match &self.subject {
            Subject::Yaml(target) => Open::Yaml(target.clone()),
            Subject::OwnLog => Open::OwnLog,
            Subject::Report(cluster) => Open::Connection(cluster.clone()),
        }
    }

    fn crumb(&self) -> String {
        match &self.subject {
            Subject::Yaml(target) => format!("yaml {}", target.key.name),
            Subject::OwnLog => "log".to_owned(),
            Subject::Report(_) => "report".to_owned(),
        }
    }

    fn opening(&self) -> Vec<Step> {
        vec![self.ask()]
    }

    fn refresh(&mut self, cx: &Cx<'_>) -> bool {
        match &mut self.state {
            State::Loading(since) => {
                since.get_or_insert(cx.now);
                true
            }
            State::Ready | State::Failed(_) => false,
        }
    }

    fn next_tick(&self, _cx: &Cx<'_>) -> Option<i64> {
        matches!(self.state, State::Loading(_)).then_some(1)
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        draw::draw(self, area, buf, cx);
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        let Invocation { cmd, count, at } = invocation;
        if self.travel(cmd, count) {
            return Some(Vec::new());
        }
        Some(match cmd {
            Cmd::NextMatch => self.step_hit(1, count),
            Cmd::PreviousMatch => self.step_hit(-1, count),
            Cmd::ClearFilter => {
                self.search = Search::default();
                Vec::new()
            }
            Cmd::Wrap => {
                self.toggle_wrap();
                Vec::new()
            }
            Cmd::CopyAll => {
                let news = Flash::info(format!("copied {} lines", self.lines.len()));
                vec![Step::Effect(Effect::Copy(self.lines.original().to_owned())), Step::Flash(news)]
            }
            Cmd::SaveText => {
                vec![Step::Ask(Ask::Save(self.file_name(at), self.lines.original().to_owned()))]
            }
            Cmd::Refresh => {
                if matches!(self.state, State::Failed(_)) {
                    self.state = State::Loading(Some(at));
                }
                vec![self.ask()]
            }
            _ => return None,
        })
    }

    fn refusal(&self, cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        match cmd {
            Cmd::NextMatch | Cmd::PreviousMatch if self.search.count().1 == 0 => Some(self.no_hit()),
            Cmd::ClearFilter if self.search.pattern().is_empty() => {
                Some("nothing is searched for".to_owned())
            }
            Cmd::CopyAll | Cmd::SaveText if !matches!(self.state, State::Ready) => {
                Some("the text is not there yet".to_owned())
            }
            _ => None,
        }
    }

    fn mouse(&mut self, mouse: Mouse, _area: Rect, _cx: &Cx<'_>) -> Vec<Step> {
        let size = self.size.get();
        match mouse.what {
            MouseWhat::WheelDown => self.window.down(WHEEL, &self.lines, size),
            MouseWhat::WheelUp => self.window.up(WHEEL, &self.lines, size),
            MouseWhat::Click => {}
        }
        Vec::new()
    }

    fn filter(&self) -> &str {
        self.search.pattern()
    }

    fn set_filter(&mut self, text: &str, _cx: &Cx<'_>) -> Result<(), Problem> {
        let mut search = Search::parse(text)?;
        search.run(&self.lines, self.window.top.line);
        self.search = search;
        self.reveal_hit();
        Ok(())
    }

    fn answer(&mut self, answer: Answer, _cx: &Cx<'_>) -> Vec<Step> {
        match answer {
            Answer::Text(Ok(text)) => self.take_text(text),
            // Text that is there stays: the failure of a refresh is news, not a blank page.
            Answer::Text(Err(problem)) if matches!(self.state, State::Ready) => {
                return vec![Step::Flash(problem.into())];
            }
            Answer::Text(Err(problem)) => self.state = State::Failed(problem),
            Answer::Saved(Ok(path)) => {
                return vec![Step::Flash(crate::views::saved(&path))];
            }
            Answer::Saved(Err(problem)) => return vec![Step::Flash(problem.into())],
            Answer::Denied(_) => {}
        }
        Vec::new()
    }

    fn targets(&self) -> Vec<Target> {
        match &self.subject {
            Subject::Yaml(target) => vec![target.clone()],
            Subject::OwnLog | Subject::Report(_) => Vec::new(),
        }
    }

    fn print(&self, _cx: &Cx<'_>, out: &mut String) {
        out.push_str(self.lines.shown());
    }

    fn loaded(&self, _cx: &Cx<'_>) -> Result<bool, Problem> {
        match &self.state {
            State::Loading(_) => Ok(false),
            State::Ready => Ok(true),
            State::Failed(problem) => Err(problem.clone()),
        }
    }
}

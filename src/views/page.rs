//! A page that is a list: contexts, kinds, help, figures, a choice. What they share is here once;
//! each says only what its entries are and what they lead to.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::{self, Entry, List};
use super::widgets::strokes;
use super::{Cx, Family, View};
use crate::commands::flow::{Invocation, Mouse};
use crate::commands::{Answer, Cmd, Open, Step};
use crate::model::Problem;
use crate::theme::Token;

/// What one list page has of its own.
pub trait Page: std::fmt::Debug + Send {
    /// What the cursor follows.
    type Key: Clone + PartialEq + std::fmt::Debug + Send;

    /// Commands besides those of every list.
    const OWN: &'static [Cmd];

    /// Returns the family.
    fn family(&self) -> Family {
        Family::Table
    }

    /// Returns how to open the page again.
    fn open(&self) -> Open;

    /// Returns the short name for the crumbs.
    fn crumb(&self) -> String;

    /// Returns the title.
    fn title(&self, cx: &Cx<'_>) -> String;

    /// Returns the entries as they are now; `None` when nothing they are made of has changed.
    fn entries(&mut self, cx: &Cx<'_>) -> Option<Vec<Entry<Self::Key>>>;

    /// Runs one of its own commands.
    fn run(&self, cmd: Cmd, list: &List<Self::Key>) -> Option<Vec<Step>>;

    /// Tells why a command can't be run.
    fn refusal(&self, cmd: Cmd, list: &List<Self::Key>) -> Option<String> {
        if Self::OWN.contains(&cmd) && list.selected().is_none() {
            return Some("nothing is selected".into());
        }
        list::refusal(cmd, Self::OWN)
    }

    /// Returns the steps to take right after opening.
    fn opening(&self) -> Vec<Step> {
        Vec::new()
    }

    /// Takes an answer to one of its questions.
    fn answer(&mut self, _answer: Answer) {}

    /// Returns what stands in place of a list without entries, if anything else than that it is empty.
    fn when_empty(&self) -> &'static [&'static str] {
        &[]
    }
}

/// A list page as a view.
#[derive(Debug)]
pub struct ListPage<P: Page> {
    pub(super) page: P,
    pub(super) list: List<P::Key>,
}

impl<P: Page> View for ListPage<P> {
    fn family(&self) -> Family {
        self.page.family()
    }

    fn open(&self) -> Open {
        self.page.open()
    }

    fn crumb(&self) -> String {
        self.page.crumb()
    }

    fn refresh(&mut self, cx: &Cx<'_>) -> bool {
        self.page.entries(cx).is_some_and(|entries| self.list.set(entries))
    }

    fn opening(&self) -> Vec<Step> {
        self.page.opening()
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        let (title, lines) = (self.page.title(cx), self.page.when_empty());
        if lines.is_empty() || !self.list.is_empty() {
            return self.list.draw(area, buf, &title, cx.theme);
        }
        let area = strokes::rule(buf, area, &title, "", cx.theme);
        for (y, line) in (area.top()..area.bottom()).zip(lines) {
            strokes::put(buf, area.x + 2, y, area.width.saturating_sub(2), line, cx.theme.style(Token::Text));
        }
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        self.page.run(invocation.cmd, &self.list).or_else(|| self.list.command(invocation))
    }

    fn refusal(&self, cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        self.page.refusal(cmd, &self.list)
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, _cx: &Cx<'_>) -> Vec<Step> {
        self.list.mouse(mouse, area);
        Vec::new()
    }

    fn filter(&self) -> &str {
        self.list.filter()
    }

    fn set_filter(&mut self, text: &str, _cx: &Cx<'_>) -> Result<(), Problem> {
        self.list.set_filter(text)
    }

    fn answer(&mut self, answer: Answer, _cx: &Cx<'_>) -> Vec<Step> {
        self.page.answer(answer);
        Vec::new()
    }

    fn print(&self, _cx: &Cx<'_>, out: &mut String) {
        self.list.print(out);
    }
}

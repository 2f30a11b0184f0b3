//! A choice between several tables, where one key could lead to any of them.

use super::Cx;
use super::list::{Entry, List};
use super::page::{ListPage, Page};
use crate::commands::flow::Choice;
use crate::commands::{Cmd, Open, Step};
use crate::theme::Token;

/// The list of what can be chosen.
pub type ChoiceView = ListPage<Choices>;

/// What a choice has of its own.
#[derive(Debug)]
pub struct Choices(Choice);

impl ChoiceView {
    /// Builds the list.
    pub fn new(choice: Choice) -> Self {
        let entry = |(at, (words, _)): (usize, &(_, _))| Entry {
            key: Some(at),
            cells: vec![String::clone(words)],
            sign: " ",
            token: Token::Text,
        };
        let list = List::new(&[], choice.options.iter().enumerate().map(entry).collect());
        Self { page: Choices(choice), list }
    }
}

impl Page for Choices {
    type Key = usize;
    const OWN: &'static [Cmd] = &[Cmd::Enter];

    fn open(&self) -> Open {
        Open::Choice(self.0.clone())
    }

    fn crumb(&self) -> String {
        self.0.title.clone()
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        self.0.title.clone()
    }

    fn entries(&mut self, _cx: &Cx<'_>) -> Option<Vec<Entry<usize>>> {
        None
    }

    fn run(&self, cmd: Cmd, list: &List<usize>) -> Option<Vec<Step>> {
        let (_, table) = self.0.options.get(*list.selected()?)?;
        // The choice is made: Esc leads back to where it was asked for.
        (cmd == Cmd::Enter).then(|| vec![Step::Back, Step::Open(Open::Table(table.clone()))])
    }
}

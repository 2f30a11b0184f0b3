//! The keys that work *here*: the command table as seen from the view below, with reasons for what can't be done now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::{self, Entry, List};
use super::{Cx, Family, View};
use crate::commands::flow::{Invocation, Mouse};
use crate::commands::{Cmd, Open, Step, keymap, table};
use crate::model::Problem;
use crate::theme::Token;

/// The help page of one view.
#[derive(Debug)]
pub struct HelpView {
    title: String,
    list: List<Cmd>,
}

impl HelpView {
    /// Builds the page for a view of that family; `refusal` tells why a command can't be run there now.
    pub fn new(title: &str, family: Family, refusal: &dyn Fn(Cmd) -> Option<String>) -> Self {
        Self { title: format!("Keys for {title}"), list: List::new(&[], entries(family, refusal)) }
    }
}

fn entries(family: Family, refusal: &dyn Fn(Cmd) -> Option<String>) -> Vec<Entry<Cmd>> {
    let mut commands: Vec<_> = table::all().filter(|command| command.families.has(family)).collect();
    commands.sort_by_key(|command| command.section);
    let mut entries = Vec::new();
    let mut section = None;
    for command in commands {
        if section.replace(command.section) != Some(command.section) {
            entries.push(Entry {
                key: None,
                cells: vec![command.section.title().into()],
                sign: " ",
                token: Token::Title,
            });
        }
        let keys: Vec<String> = keymap::keys(command, family).map(|key| key.to_string()).collect();
        let words: Vec<String> = command.words.iter().map(|word| format!(":{word}")).collect();
        let reason = refusal(command.cmd);
        let doc = match &reason {
            Some(reason) => format!("{} ({reason})", command.doc),
            None => command.doc.to_owned(),
        };
        entries.push(Entry {
            key: Some(command.cmd),
            cells: vec![keys.join(" "), doc, words.join(" ")],
            sign: " ",
            token: if reason.is_some() { Token::Dim } else { Token::Text },
        });
    }
    entries
}

impl View for HelpView {
    fn family(&self) -> Family {
        Family::Help
    }

    fn open(&self) -> Open {
        Open::Help
    }

    fn crumb(&self) -> String {
        "help".into()
    }

    fn refresh(&mut self, _cx: &Cx<'_>) -> bool {
        false
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        self.list.draw(area, buf, &self.title, cx.theme);
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        match (invocation.cmd, self.list.selected()) {
            (Cmd::Enter, Some(cmd)) => Some(vec![Step::Back, Step::Run(*cmd)]),
            _ => self.list.command(invocation),
        }
    }

    fn refusal(&self, cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        list::refusal(cmd, &[Cmd::Enter, Cmd::Left, Cmd::Right])
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

    fn print(&self, _cx: &Cx<'_>, out: &mut String) {
        self.list.print(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_what_works_here_and_says_why_not() {
        let refusal = |cmd| (cmd == Cmd::Owner).then(|| "nobody owns it".to_owned());
        let view = HelpView::new("pods", Family::Table, &refusal);
        let mut out = String::new();
        view.list.print(&mut out);
        assert!(out.contains("Shift-J") && out.contains("(nobody owns it)"), "{out}");
        assert!(!out.contains("Wrap long lines"), "texts only");
        assert!(out.find("Rows\n") < out.find("Everywhere\n"), "what is special here comes first");
    }

    #[test]
    fn the_page_can_be_searched_by_key_and_by_words() {
        let mut view = HelpView::new("pods", Family::Table, &|_| None);
        view.list.set_filter("sort age").unwrap();
        assert_eq!(view.list.selected(), Some(&Cmd::SortAge));
        view.list.set_filter("ctrl-z").unwrap();
        assert_eq!(view.list.selected(), Some(&Cmd::Faults));
    }
}

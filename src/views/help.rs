//! The keys that work *here*: the command table as seen from the view below, with reasons for what can't be done now.

use super::list::{Entry, List};
use super::page::{ListPage, Page};
use super::{Cx, Family};
use crate::commands::{Cmd, Open, Step, keymap, table};
use crate::theme::Token;

/// The help page of one view.
pub type HelpView = ListPage<Keys>;

/// What the help page has of its own: its title.
#[derive(Debug)]
pub struct Keys(String);

impl HelpView {
    /// Builds the page for a view of that family; `refusal` tells why a command can't be run there now.
    pub fn new(title: &str, family: Family, refusal: &dyn Fn(Cmd) -> Option<String>) -> Self {
        Self { page: Keys(format!("Keys for {title}")), list: List::new(&[], entries(family, refusal)) }
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

impl Page for Keys {
    type Key = Cmd;
    const OWN: &'static [Cmd] = &[Cmd::Enter, Cmd::Left, Cmd::Right];

    fn family(&self) -> Family {
        Family::Help
    }

    fn open(&self) -> Open {
        Open::Help
    }

    fn crumb(&self) -> String {
        "help".into()
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        self.0.clone()
    }

    fn entries(&mut self, _cx: &Cx<'_>) -> Option<Vec<Entry<Cmd>>> {
        None
    }

    fn run(&self, cmd: Cmd, list: &List<Cmd>) -> Option<Vec<Step>> {
        let chosen = list.selected().filter(|_| cmd == Cmd::Enter)?;
        Some(vec![Step::Back, Step::Run(*chosen)])
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

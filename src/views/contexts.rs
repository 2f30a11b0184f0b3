//! The kubeconfig's contexts. Needs no network: it is where kdeck starts when no context can be used.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::list::{self, Entry, List};
use super::widgets::strokes;
use super::{Cx, Family, View};
use crate::commands::flow::{Flash, Invocation, Mouse};
use crate::commands::{Cmd, Effect, Open, Step, World};
use crate::model::{ClusterId, Problem};
use crate::theme::Token;

const OWN: [Cmd; 2] = [Cmd::Enter, Cmd::CopyName];

/// The list of contexts.
#[derive(Debug)]
pub struct ContextsView {
    list: List<ClusterId>,
}

impl ContextsView {
    /// Builds the list with the cursor on the current context.
    pub fn new(world: &World) -> Self {
        let mut list = List::new(&["NAME", "CLUSTER", "USER", "NAMESPACE", "SERVER"], entries(world));
        list.select(world.current.as_ref());
        Self { list }
    }
}

fn entries(world: &World) -> Vec<Entry<ClusterId>> {
    world
        .contexts
        .iter()
        .map(|context| {
            let current = world.current.as_ref() == Some(&context.id);
            Entry {
                key: Some(context.id.clone()),
                cells: [&context.id.0, &context.cluster, &context.user, &context.namespace, &context.server]
                    .map(|text| text.to_string())
                    .to_vec(),
                sign: if current { "*" } else { " " },
                token: if current { Token::Good } else { Token::Text },
            }
        })
        .collect()
}

impl View for ContextsView {
    fn family(&self) -> Family {
        Family::Table
    }

    fn open(&self) -> Open {
        Open::Contexts
    }

    fn crumb(&self) -> String {
        "contexts".into()
    }

    fn refresh(&mut self, cx: &Cx<'_>) -> bool {
        self.list.set(entries(cx.world))
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        if !cx.world.contexts.is_empty() {
            return self.list.draw(area, buf, "Contexts", cx.theme);
        }
        let area = strokes::rule(buf, area, "Contexts", "", cx.theme);
        let lines = [
            "No context was found in a kubeconfig.",
            "",
            "kdeck looks where kubectl does: --kubeconfig, $KUBECONFIG, ~/.kube/config, then inside a pod.",
            "Without a cluster at hand, `kdeck demo` starts one inside kdeck.",
        ];
        for (y, line) in (area.top()..area.bottom()).zip(lines) {
            strokes::put(buf, area.x + 2, y, area.width.saturating_sub(2), line, cx.theme.style(Token::Text));
        }
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        match (invocation.cmd, self.list.selected()) {
            (Cmd::Enter, Some(id)) => Some(vec![Step::UseContext(id.clone())]),
            (Cmd::CopyName, Some(id)) => Some(vec![
                Step::Effect(Effect::Copy(id.to_string())),
                Step::Flash(Flash::info(format!("copied {id}"))),
            ]),
            _ => self.list.command(invocation),
        }
    }

    fn refusal(&self, cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        if OWN.contains(&cmd) && self.list.selected().is_none() {
            return Some("no context is selected".into());
        }
        list::refusal(cmd, &OWN)
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

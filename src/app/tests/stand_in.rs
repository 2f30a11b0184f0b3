//! A table or text reduced to its contract with the app. The app's tests use it so that they test the app alone.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::options::TableMemory;
use crate::commands::flow::{Ask, Flash, Invocation};
use crate::commands::{Answer, Cmd, Family, NamespaceSet, Open, Step, TableSpec, Target};
use crate::model::filter::Filter;
use crate::model::{ClusterId, KindId, ObjKey, Problem, ShardKey, Uid, WatchScope};
use crate::theme::Token;
use crate::views::widgets::strokes;
use crate::views::{Cx, View};

/// Shows nothing but its name; remembers its filter and says what it needs.
#[derive(Debug)]
pub struct StandIn {
    open: Open,
    wide: bool,
    text: Option<String>,
    moved: u32,
}

impl StandIn {
    /// Builds one for a table or a text.
    pub fn new(open: &Open, memory: &TableMemory) -> Self {
        Self { open: open.clone(), wide: memory.wide, text: None, moved: 0 }
    }
}

fn target() -> Target {
    let key = ObjKey {
        cluster: ClusterId("prod".into()),
        kind: KindId("pods".into()),
        namespace: "shop".into(),
        name: "api-0".into(),
    };
    Target { key, uid: Uid::parse("1") }
}

impl View for StandIn {
    fn family(&self) -> Family {
        if matches!(self.open, Open::Table(_) | Open::Containers(_)) { Family::Table } else { Family::Text }
    }

    fn open(&self) -> Open {
        self.open.clone()
    }

    fn crumb(&self) -> String {
        match &self.open {
            Open::Table(spec) => spec.within.as_ref().map_or(&*spec.kind.0, |(_, words)| words).to_owned(),
            Open::Containers(target) | Open::Yaml(target) => target.key.name.to_string(),
            _ => "log".into(),
        }
    }

    fn spec(&self) -> Option<&TableSpec> {
        if let Open::Table(spec) = &self.open { Some(spec) } else { None }
    }

    fn wants(&self, out: &mut Vec<ShardKey>) {
        let Some(spec) = self.spec() else { return };
        for cluster in &spec.clusters {
            let key = |scope| ShardKey { cluster: cluster.clone(), kind: spec.kind.clone(), scope };
            match &spec.namespaces {
                NamespaceSet::Only(names) => {
                    out.extend(names.iter().cloned().map(WatchScope::Namespace).map(key))
                }
                NamespaceSet::All | NamespaceSet::Except(_) => out.push(key(WatchScope::All)),
            }
        }
    }

    fn wants_metrics(&self, out: &mut Vec<ClusterId>) {
        out.extend(self.spec().into_iter().flat_map(|spec| spec.clusters.clone()));
    }

    fn refresh(&mut self, _cx: &Cx<'_>) -> bool {
        false
    }

    fn opening(&self) -> Vec<Step> {
        match &self.open {
            Open::Yaml(target) => vec![Step::Ask(Ask::Yaml(target.clone()))],
            Open::OwnLog => vec![Step::Ask(Ask::OwnLog)],
            _ => Vec::new(),
        }
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        let wide = if self.wide { "wide" } else { "" };
        let area = strokes::rule(buf, area, &self.crumb(), wide, cx.theme);
        let text = self.text.as_deref().unwrap_or_default();
        strokes::put(
            buf,
            area.x,
            area.y,
            area.width.min(area.height * area.width),
            text,
            cx.theme.style(Token::Text),
        );
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        match invocation.cmd {
            Cmd::Down => self.moved += invocation.count.unwrap_or(1),
            Cmd::Wide => self.wide = !self.wide,
            Cmd::AllNamespaces => return Some(vec![Step::UseNamespaces(NamespaceSet::All)]),
            Cmd::Favourite1 => {
                return Some(vec![Step::UseNamespaces(NamespaceSet::Only(vec!["fav".into()]))]);
            }
            Cmd::Warp => {
                let spec = self.spec()?.clone();
                let namespaces = NamespaceSet::Only(vec!["shop".into()]);
                return Some(vec![Step::Open(Open::Table(TableSpec { namespaces, ..spec }))]);
            }
            Cmd::Enter => return Some(vec![Step::Open(Open::Containers(target()))]),
            Cmd::Yaml => return Some(vec![Step::Open(Open::Yaml(target()))]),
            Cmd::CopyName => return Some(vec![Step::Flash(Flash::info(format!("at {}", self.moved)))]),
            _ => return None,
        }
        Some(Vec::new())
    }

    fn refusal(&self, cmd: Cmd, _cx: &Cx<'_>) -> Option<String> {
        (cmd == Cmd::Owner).then(|| "it has no owner".into())
    }

    fn filter(&self) -> &str {
        self.spec().map_or("", |spec| &spec.filter)
    }

    fn set_filter(&mut self, text: &str, _cx: &Cx<'_>) -> Result<(), Problem> {
        if text.contains('(') {
            return Err(Problem::new(crate::model::ProblemKind::Usage, "a bracket is not closed"));
        }
        Filter::parse(text)?;
        if let Open::Table(spec) = &mut self.open {
            text.clone_into(&mut spec.filter);
        }
        Ok(())
    }

    fn answer(&mut self, answer: Answer, _cx: &Cx<'_>) -> Vec<Step> {
        if let Answer::Text(Ok(text)) = answer {
            self.text = Some(text);
        }
        Vec::new()
    }

    fn print(&self, _cx: &Cx<'_>, out: &mut String) {
        out.push_str(&self.crumb());
    }
}

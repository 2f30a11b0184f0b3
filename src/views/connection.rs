//! How the way to a cluster was made, or where it broke: each stage with its time, and the next step.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::widgets::strokes;
use super::{Cx, Family, View};
use crate::commands::flow::{Ask, Flash, Invocation};
use crate::commands::{Answer, Cmd, Effect, Families, Open, Step, table};
use crate::model::link::{LinkState, Stage};
use crate::model::{ClusterId, Problem, Timestamp};
use crate::theme::{Theme, Token};

type Line = Vec<(String, Token)>;

/// The connection page of one cluster.
#[derive(Debug)]
pub struct ConnectionView {
    cluster: ClusterId,
    seen: Option<LinkState>,
}

impl ConnectionView {
    /// Builds the page.
    pub fn new(cluster: ClusterId) -> Self {
        Self { cluster, seen: None }
    }

    /// Returns the cluster it is about.
    pub fn cluster(&self) -> &ClusterId {
        &self.cluster
    }

    fn link<'a>(&self, cx: &Cx<'a>) -> Option<&'a LinkState> {
        cx.world.clusters.get(&self.cluster).map(|facts| &facts.link)
    }
}

/// Returns the seconds until the next attempt.
pub fn retry_in(link: &LinkState, now: Timestamp) -> Option<i64> {
    link.retry_at.map(|at| (at.0 - now.0).max(0))
}

/// Says how the link stands, in a few words.
pub fn summary(link: &LinkState, now: Timestamp) -> (String, Token) {
    if link.connected {
        return ("connected".into(), Token::Good);
    }
    let attempt = if link.attempt > 1 { format!(" (attempt {})", link.attempt) } else { String::new() };
    match (&link.problem, retry_in(link, now)) {
        (None, _) => ("connecting".into(), Token::Busy),
        (Some(_), Some(0) | None) => (format!("not connected, trying now{attempt}"), Token::Broken),
        (Some(_), Some(seconds)) => {
            (format!("not connected, trying again in {seconds} s{attempt}"), Token::Broken)
        }
    }
}

fn lines(link: &LinkState, columns: usize, now: Timestamp, theme: &Theme) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let (text, token) = summary(link, now);
    lines.push(vec![(format!("{}  ", link.server), Token::Text), (text, token)]);
    lines.push(Vec::new());
    for stage in &link.stages {
        lines.push(stage_line(stage, columns));
        if let Some(Err(problem)) = &stage.result {
            explain(problem, columns, theme, &mut lines);
        }
    }
    let told = link
        .stages
        .iter()
        .any(|stage| matches!(&stage.result, Some(Err(problem)) if Some(problem) == link.problem.as_ref()));
    if let Some(problem) = link.problem.as_ref().filter(|_| !told) {
        explain(problem, columns, theme, &mut lines);
    }
    if link.connected {
        let fact =
            |name: &str, value: String| vec![(format!("{name:<12}"), Token::Dim), (value, Token::Text)];
        lines.push(Vec::new());
        lines.push(fact("version", link.version.as_deref().unwrap_or("not known yet").to_owned()));
        lines.push(fact("user", link.user.to_string()));
        if let Some(time) = link.round_trip {
            lines.push(fact("round trip", format!("{} ms", time.as_millis())));
        }
        if let Some(skew) = link.clock_skew.filter(|skew| skew.abs() > 2) {
            let side = if skew > 0 { "ahead of" } else { "behind" };
            lines.push(fact("clock", format!("the server is {} s {side} this machine", skew.abs())));
        }
    }
    lines
}

fn stage_line(stage: &Stage, columns: usize) -> Line {
    let (end, token) = match &stage.result {
        None => ("…".to_owned(), Token::Busy),
        Some(Ok(())) => ("ok".into(), Token::Good),
        Some(Err(_)) => ("failed".into(), Token::Broken),
    };
    let took = stage.took.map(|took| format!("{:>7} ms", took.as_millis())).unwrap_or_default();
    let room = columns.saturating_sub(12 + 8 + 10).clamp(8, 60);
    vec![
        (format!("{:<12}", stage.name), Token::Dim),
        (pad(&stage.detail, room), Token::Text),
        (format!("  {end:<6}"), token),
        (took, Token::Dim),
    ]
}

/// Cuts or fills a text to exactly that many columns.
fn pad(text: &str, columns: usize) -> String {
    let width = usize::from(strokes::width(text));
    if width <= columns {
        return format!("{text}{}", " ".repeat(columns - width));
    }
    let mut out = String::new();
    for c in text.chars() {
        if usize::from(strokes::width(&out)) + 2 > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    let width = usize::from(strokes::width(&out));
    out + &" ".repeat(columns.saturating_sub(width))
}

fn explain(problem: &Problem, columns: usize, theme: &Theme, lines: &mut Vec<Line>) {
    let (cross, arrow) = if theme.unicode { ("✖", "→") } else { ("x", "->") };
    for (sign, text, token) in
        [(cross, Some(&problem.what), Token::Broken), (arrow, problem.hint.as_ref(), Token::Text)]
    {
        let Some(text) = text else { continue };
        for (n, part) in wrap(text, columns.saturating_sub(5)).into_iter().enumerate() {
            let sign = if n == 0 { sign } else { " " };
            lines.push(vec![(format!("  {sign} {part}"), token)]);
        }
    }
}

/// Breaks a text at blanks so that no line is wider than `columns`; a longer word stands alone.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line)
                if usize::from(strokes::width(line)) + 1 + usize::from(strokes::width(word)) <= columns =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl View for ConnectionView {
    fn family(&self) -> Family {
        Family::Connection
    }

    fn open(&self) -> Open {
        Open::Connection(self.cluster.clone())
    }

    fn crumb(&self) -> String {
        "connection".into()
    }

    fn refresh(&mut self, cx: &Cx<'_>) -> bool {
        let now = self.link(cx).cloned();
        let changed = self.seen != now;
        self.seen = now;
        changed
    }

    fn next_tick(&self, cx: &Cx<'_>) -> Option<i64> {
        let link = self.link(cx)?;
        retry_in(link, cx.now).filter(|seconds| *seconds > 0 && !link.connected).map(|_| 1)
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        let area = strokes::rule(buf, area, &format!("Connection to {}", self.cluster), "", cx.theme);
        let Some(link) = self.link(cx) else { return };
        let columns = area.width.saturating_sub(2);
        for (y, line) in (area.top()..area.bottom()).zip(lines(link, usize::from(columns), cx.now, cx.theme))
        {
            let pieces = line.iter().map(|(text, token)| (text.as_str(), cx.theme.style(*token)));
            strokes::pieces(buf, (area.x + 1, y), columns, pieces);
        }
    }

    fn command(&mut self, invocation: Invocation, _cx: &Cx<'_>) -> Option<Vec<Step>> {
        match invocation.cmd {
            Cmd::TryNow => Some(vec![Step::Effect(Effect::Connect(self.cluster.clone()))]),
            Cmd::CopyReport => Some(vec![Step::Ask(Ask::Report(self.cluster.clone()))]),
            _ => None,
        }
    }

    fn refusal(&self, cmd: Cmd, cx: &Cx<'_>) -> Option<String> {
        if cmd == Cmd::TryNow && self.link(cx).is_some_and(|link| link.connected) {
            return Some("it is connected".into());
        }
        let known = matches!(cmd, Cmd::TryNow | Cmd::CopyReport)
            || table::of(cmd).is_some_and(|command| command.families == Families::ALL);
        (!known).then(|| "not on the connection page".into())
    }

    fn answer(&mut self, answer: Answer, _cx: &Cx<'_>) -> Vec<Step> {
        match answer {
            Answer::Text(Ok(report)) => {
                vec![Step::Effect(Effect::Copy(report)), Step::Flash(Flash::info("copied the report"))]
            }
            Answer::Text(Err(problem)) => vec![Step::Flash(problem.into())],
            Answer::Saved(_) | Answer::Denied(_) => Vec::new(),
        }
    }

    fn print(&self, cx: &Cx<'_>, out: &mut String) {
        for line in self.link(cx).map(|link| lines(link, 100, cx.now, cx.theme)).unwrap_or_default() {
            let text: String = line.into_iter().map(|(text, _)| text).collect();
            out.extend(text.trim_end().chars().filter(|c| !c.is_control()));
            out.push('\n');
        }
    }

    fn loaded(&self, cx: &Cx<'_>) -> Result<bool, Problem> {
        let Some(link) = self.link(cx) else { return Ok(false) };
        match &link.problem {
            Some(problem) if !link.connected => Err(problem.clone()),
            _ => Ok(link.connected),
        }
    }
}

#[cfg(test)]
mod tests;

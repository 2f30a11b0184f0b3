//! The table as a view: hands each question to its topic.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::order::Refilter;
use super::{TableView, What, context, draw, metrics};
use crate::commands::flow::{Invocation, Mouse};
use crate::commands::{Answer, Cmd, Open, Step, TableSpec, Target};
use crate::model::filter::Filter;
use crate::model::{ClusterId, Problem, ShardKey};
use crate::views::{Cx, Family, View};

impl View for TableView {
    fn family(&self) -> Family {
        Family::Table
    }

    fn open(&self) -> Open {
        match &self.what {
            What::Objects => Open::Table(self.spec.clone()),
            What::Containers(target) => Open::Containers(target.clone()),
        }
    }

    fn crumb(&self) -> String {
        match (&self.what, &self.spec.within) {
            (What::Containers(target), _) => format!("containers {}", target.key.name),
            (What::Objects, None) => self.spec.kind.to_string(),
            (What::Objects, Some((crate::commands::Within::Just(_), words))) => words.to_string(),
            (What::Objects, Some((_, words))) => format!("{} of {words}", self.spec.kind),
        }
    }

    fn spec(&self) -> Option<&TableSpec> {
        (self.what == What::Objects).then_some(&self.spec)
    }

    fn wants(&self, out: &mut Vec<ShardKey>) {
        self.source.wants(out);
    }

    fn wants_counted(&self, out: &mut Vec<ShardKey>) {
        if self.rules.shape.counts_pods() {
            out.extend(self.spec.clusters.iter().map(metrics::all_pods));
        }
    }

    fn wants_metrics(&self, out: &mut Vec<ClusterId>) {
        if self.rules.shape.has_metrics() {
            out.extend(self.spec.clusters.iter().cloned());
        }
    }

    fn refresh(&mut self, cx: &Cx<'_>) -> bool {
        let changed = self.take_news(cx);
        let is_due = self.geometry.get().wake.is_some_and(|moment| cx.now.0 >= moment);
        changed || is_due
    }

    fn next_tick(&self, cx: &Cx<'_>) -> Option<i64> {
        self.geometry.get().wake.map(|moment| (moment - cx.now.0).max(0))
    }

    fn context(&self, cx: &Cx<'_>) -> Vec<context::Link> {
        context::chain(self, cx)
    }

    fn is_busy(&self) -> bool {
        self.sifting.is_some() || self.sorting.is_some() || self.taking.is_some()
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, cx: &Cx<'_>) {
        draw::draw(self, area, buf, cx);
    }

    fn command(&mut self, invocation: Invocation, cx: &Cx<'_>) -> Option<Vec<Step>> {
        self.finish_sifting(cx);
        if matches!(invocation.cmd, Cmd::SaveCsv | Cmd::MarkAll) {
            self.finish_sorting(cx);
            self.finish_taking(cx);
        }
        self.run(invocation, cx)
    }

    fn refusal(&self, cmd: Cmd, cx: &Cx<'_>) -> Option<String> {
        self.refuse(cmd, cx)
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &Cx<'_>) -> Vec<Step> {
        self.finish_sifting(cx);
        self.point(mouse, area, cx)
    }

    fn filter(&self) -> &str {
        self.rules.filter.source()
    }

    fn set_filter(&mut self, text: &str, cx: &Cx<'_>) -> Result<(), Problem> {
        let filter = Filter::parse(text)?;
        if self.kind.is_some() {
            filter.check(self.rules.shape.all().iter().map(|column| &*column.title))?;
        }
        let narrows = filter.narrows(&self.rules.filter);
        let scope = if narrows { Refilter::Narrower } else { Refilter::All };
        text.clone_into(&mut self.spec.filter);
        self.rules.filter = filter;
        self.is_recalled = false;
        self.scratch.get_mut().forget_widths();
        self.widen();
        self.sift(scope, cx);
        Ok(())
    }

    fn recall(&mut self, text: &str, cx: &Cx<'_>) -> Result<(), Problem> {
        self.set_filter(text, cx)?;
        self.is_recalled = true;
        Ok(())
    }

    fn answer(&mut self, answer: Answer, _cx: &Cx<'_>) -> Vec<Step> {
        match answer {
            Answer::Saved(Ok(path)) => vec![Step::Flash(crate::views::saved(&path))],
            Answer::Saved(Err(problem)) => vec![Step::Flash(problem.into())],
            Answer::Text(_) | Answer::Denied(_) => Vec::new(),
        }
    }

    fn targets(&self) -> Vec<Target> {
        self.acting_targets()
    }

    fn print(&self, cx: &Cx<'_>, out: &mut String) {
        self.print_all(cx, out);
    }

    fn loaded(&self, cx: &Cx<'_>) -> Result<bool, Problem> {
        self.is_loaded(cx)
    }

    fn shortfall(&self, cx: &Cx<'_>) -> Vec<Problem> {
        TableView::shortfall(self, cx)
    }
}

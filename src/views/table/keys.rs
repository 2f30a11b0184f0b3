//! Commands of a table: movement, modes and marks here; the rest is handed to its topic.

use std::sync::Arc;

use super::fit::scroll_limit;
use super::order::Refilter;
use super::{TableView, What, sorting};
use crate::commands::flow::{Effect, Invocation, Remember};
use crate::commands::{Cmd, Flash, NamespaceSet, Open, Step};
use crate::model::{Row, Text};
use crate::views::Cx;

/// What a command leads to, or the reason why it can't be run.
pub(super) type Outcome = Result<Vec<Step>, String>;

impl TableView {
    /// Runs a command; `None` when it is not a table's.
    pub(super) fn run(&mut self, invocation: Invocation, cx: &Cx<'_>) -> Option<Vec<Step>> {
        let Invocation { cmd, count, .. } = invocation;
        if let Some(place) = self.destination(cmd, count) {
            self.travel(place);
            self.note_end(cmd, count);
            if (cmd, count) == (Cmd::Top, None) {
                self.cursor.rest(&self.order);
            }
            return Some(Vec::new());
        }
        // From here on the row that is shown as selected is the one that is meant.
        if sorting::is_sort(cmd) || matches!(cmd, Cmd::Left | Cmd::Right | Cmd::Wide) {
            self.cursor.pin(&self.order);
        } else {
            self.cursor.choose(&self.order);
        }
        let outcome = match cmd {
            Cmd::Left | Cmd::Right | Cmd::Wide | Cmd::Faults | Cmd::ClearFilter => {
                self.run_mode(cmd, count, cx)
            }
            Cmd::Mark | Cmd::MarkRange | Cmd::MarkAll | Cmd::ClearMarks => self.run_mark(cmd, count),
            Cmd::SortName | Cmd::SortAge | Cmd::SortStatus | Cmd::SortNamespace => {
                self.sort_column(cmd).and_then(|title| self.sort_by(title, cx))
            }
            Cmd::SortPrevious => self.sort_beside(sorting::Beside::Previous, cx),
            Cmd::SortNext => self.sort_beside(sorting::Beside::Next, cx),
            Cmd::SortFlip => self.sort_flip(cx),
            other => self.plan(other, cx)?,
        };
        Some(outcome.unwrap_or_else(|reason| vec![Step::Flash(Flash::warn(reason))]))
    }

    /// Tells why a command would do nothing.
    pub(super) fn refuse(&self, cmd: Cmd, cx: &Cx<'_>) -> Option<String> {
        match cmd {
            Cmd::Mark | Cmd::MarkAll if self.order.shown() == 0 => Some("no rows to mark".to_owned()),
            Cmd::ClearMarks if self.marks.len() == 0 => Some("nothing is marked".to_owned()),
            Cmd::MarkRange if self.marks.len() == 0 => Some("mark the first row of the range".to_owned()),
            Cmd::ClearFilter if self.rules.filter.is_empty() => Some("no filter is set".to_owned()),
            Cmd::SortFlip if self.sorted_by.is_none() => Some("choose a column first".to_owned()),
            Cmd::SortName | Cmd::SortAge | Cmd::SortStatus | Cmd::SortNamespace => {
                self.sort_column(cmd).err()
            }
            other => self.plan(other, cx).and_then(Result::err),
        }
    }

    /// Commands that change nothing here: what they lead to can be asked without running them.
    fn plan(&self, cmd: Cmd, cx: &Cx<'_>) -> Option<Outcome> {
        Some(match cmd {
            Cmd::Enter => self.enter(cx),
            Cmd::Yaml => self.yaml(),
            Cmd::Owner => self.owner(cx),
            Cmd::Warp => self.warp(),
            Cmd::Node => self.node(),
            Cmd::CopyName => self.copy_name(),
            Cmd::CopyNamespace => self.copy_namespace(),
            Cmd::CopyCell => self.copy_cell(cx),
            Cmd::CopyRow => self.copy_row(cx),
            Cmd::SaveCsv => self.save_csv(cx),
            Cmd::AllNamespaces => Ok(vec![Step::UseNamespaces(NamespaceSet::All)]),
            Cmd::UseNamespace => self.use_namespace(),
            Cmd::ToggleFavourite => self.toggle_favourite(cx),
            other => return favourite_number(other).map(|number| favourite(number, cx)),
        })
    }

    /// The place that a movement leads to.
    pub(super) fn destination(&self, cmd: Cmd, count: Option<u32>) -> Option<usize> {
        let last = self.order.shown().saturating_sub(1);
        let here = self.cursor.place(&self.order);
        let body = self.geometry.get().body.max(1);
        let times = usize::try_from(count.unwrap_or(1).max(1)).unwrap_or(1);
        let by = |rows: usize| rows.saturating_mul(times);
        Some(
            match cmd {
                Cmd::Up => here.saturating_sub(by(1)),
                Cmd::Down => here.saturating_add(by(1)),
                Cmd::HalfUp => here.saturating_sub(by(body.div_ceil(2))),
                Cmd::HalfDown => here.saturating_add(by(body.div_ceil(2))),
                // One row of the old page stays in sight.
                Cmd::PageUp => here.saturating_sub(by(body.saturating_sub(1).max(1))),
                Cmd::PageDown => here.saturating_add(by(body.saturating_sub(1).max(1))),
                Cmd::Top => count.map_or(0, |row| usize::try_from(row).unwrap_or(0).saturating_sub(1)),
                Cmd::Bottom => count.map_or(last, |row| usize::try_from(row).unwrap_or(0).saturating_sub(1)),
                _ => return None,
            }
            .min(last),
        )
    }

    /// Moves the cursor; the window follows only when the cursor would leave it.
    pub(super) fn travel(&mut self, place: usize) {
        let geometry = self.geometry.get_mut();
        let here = self.cursor.place(&self.order);
        // Before the first frame there is no bottom yet: the frame itself keeps the line inside.
        let bottom = geometry.body.checked_sub(1).unwrap_or(usize::MAX);
        geometry.line = if place >= here {
            geometry.line.saturating_add(place - here).min(bottom)
        } else {
            geometry.line.saturating_sub(here - place)
        };
        self.cursor.go(place, &self.order);
    }

    fn run_mode(&mut self, cmd: Cmd, count: Option<u32>, cx: &Cx<'_>) -> Outcome {
        let times = usize::try_from(count.unwrap_or(1)).unwrap_or(1);
        match cmd {
            Cmd::Left => self.scroll = self.scroll.saturating_sub(times),
            Cmd::Right => {
                let geometry = self.geometry.get();
                let limit = scroll_limit(&self.scratch.get_mut().wishes, geometry.width, geometry.gap);
                self.scroll = self.scroll.saturating_add(times).min(limit);
            }
            Cmd::Wide => {
                self.choice.wide = !self.choice.wide;
                self.reshape(cx);
                return Ok(vec![self.remember()]);
            }
            Cmd::Faults => {
                self.rules.faults = !self.rules.faults;
                self.scratch.get_mut().forget_widths();
                self.refilter(cx, Refilter::All);
            }
            _ => self.clear_filter(cx),
        }
        Ok(Vec::new())
    }

    fn clear_filter(&mut self, cx: &Cx<'_>) {
        self.rules.filter = crate::model::filter::Filter::default();
        self.spec.filter.clear();
        self.scratch.get_mut().forget_widths();
        self.refilter(cx, Refilter::All);
    }

    fn run_mark(&mut self, cmd: Cmd, count: Option<u32>) -> Outcome {
        match cmd {
            Cmd::Mark => {
                let here = self.cursor.place(&self.order);
                let times = usize::try_from(count.unwrap_or(1).max(1)).unwrap_or(1);
                for row in self.order.shown_from(here).take(times) {
                    self.marks.toggle(row);
                }
                // As in k9s the cursor stays for one mark; a count steps over what it marked.
                if times > 1 {
                    self.travel((here + times).min(self.order.shown().saturating_sub(1)));
                }
            }
            Cmd::MarkRange => {
                let here = self.cursor.place(&self.order);
                if !self.marks.range(&self.order, here) {
                    return Err("mark the first row of the range".to_owned());
                }
            }
            Cmd::MarkAll => self.marks.all(&self.order),
            _ => self.marks.clear(),
        }
        Ok(Vec::new())
    }

    /// What is to be kept across runs after the user changed order or width.
    pub(super) fn remember(&self) -> Step {
        let sort = self
            .sorted_by
            .as_ref()
            .map(|(title, direction)| (title.clone(), *direction == super::sort::Direction::Descending));
        Step::Effect(Effect::Remember(Remember::Table(self.spec.kind.clone(), sort, self.choice.wide)))
    }

    /// Returns the selected row or the reason why there is none.
    pub(super) fn chosen(&self) -> Result<&Arc<Row>, String> {
        self.selected().ok_or_else(|| "nothing is selected".to_owned())
    }

    fn yaml(&self) -> Outcome {
        let target = match &self.what {
            What::Containers(pod) => pod.clone(),
            What::Objects => super::cursor::identity(self.chosen()?),
        };
        Ok(vec![Step::Open(Open::Yaml(target))])
    }

    fn use_namespace(&self) -> Outcome {
        if &*self.spec.kind.0 != "namespaces" {
            return Err("works in the table of namespaces".to_owned());
        }
        let names: Vec<Text> = self.acting()?.iter().map(|row| row.key.name.clone()).collect();
        let news = Flash::info(format!("using {} from now on", names.join(", ")));
        Ok(vec![Step::UseNamespaces(NamespaceSet::Only(names)), Step::Flash(news)])
    }

    fn toggle_favourite(&self, cx: &Cx<'_>) -> Outcome {
        if &*self.spec.kind.0 != "namespaces" {
            return Err("works in the table of namespaces".to_owned());
        }
        let remember = |row: &&Arc<Row>| {
            let is_favourite = cx.world.favourites.contains(&row.key.name);
            let (cluster, name) = (row.key.cluster.clone(), row.key.name.clone());
            Step::Effect(Effect::Remember(Remember::Favourite(cluster, name, !is_favourite)))
        };
        Ok(self.acting()?.iter().map(remember).collect())
    }
}

/// The number behind a favourite's command.
fn favourite_number(cmd: Cmd) -> Option<usize> {
    const FAVOURITES: [Cmd; 9] = [
        Cmd::Favourite1,
        Cmd::Favourite2,
        Cmd::Favourite3,
        Cmd::Favourite4,
        Cmd::Favourite5,
        Cmd::Favourite6,
        Cmd::Favourite7,
        Cmd::Favourite8,
        Cmd::Favourite9,
    ];
    FAVOURITES.iter().position(|favourite| *favourite == cmd)
}

fn favourite(number: usize, cx: &Cx<'_>) -> Outcome {
    match cx.world.favourites.get(number) {
        Some(name) => Ok(vec![Step::UseNamespaces(NamespaceSet::Only(vec![name.clone()]))]),
        None => Err(format!("no favourite namespace {}: set one in :ns", number + 1)),
    }
}

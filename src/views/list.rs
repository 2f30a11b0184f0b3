//! The list that contexts, kinds and help share: columns, a cursor that follows its entry, a filter.
//!
//! For tens or hundreds of entries that are plain strings. Objects of a cluster belong in the table.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use regex::{Regex, RegexBuilder};

use super::widgets::strokes::{put, rule, tint, width};
use crate::commands::flow::{Invocation, Mouse, MouseWhat};
use crate::commands::{Cmd, Families, Step, table};
use crate::model::{Problem, ProblemKind};
use crate::theme::{Theme, Token};

/// Commands that a list runs by itself.
pub const COMMANDS: [Cmd; 10] = [
    Cmd::Up,
    Cmd::Down,
    Cmd::PageUp,
    Cmd::PageDown,
    Cmd::HalfUp,
    Cmd::HalfDown,
    Cmd::Top,
    Cmd::Bottom,
    Cmd::Filter,
    Cmd::ClearFilter,
];

/// Tells why a list does not run a command: it is neither its own, nor one of `extra`, nor everybody's.
pub fn refusal(cmd: Cmd, extra: &[Cmd]) -> Option<String> {
    let anywhere = table::of(cmd).is_some_and(|command| command.families == Families::ALL);
    let known = anywhere || COMMANDS.contains(&cmd) || extra.contains(&cmd);
    (!known).then(|| "works in tables of objects".to_owned())
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<K> {
    /// What the cursor follows; `None` makes it a heading, which can't be selected.
    pub key: Option<K>,
    /// Texts of the columns.
    pub cells: Vec<String>,
    /// Sign before the first column.
    pub sign: &'static str,
    /// How it is drawn.
    pub token: Token,
}

/// A list with a cursor and a filter.
#[derive(Debug)]
pub struct List<K> {
    titles: &'static [&'static str],
    entries: Vec<Entry<K>>,
    shown: Vec<usize>,
    cursor: usize,
    filter: String,
    terms: Vec<(bool, Regex)>,
    // Where the last draw began and how many rows it had; only drawing knows the height.
    top: Cell<usize>,
    height: Cell<usize>,
}

impl<K: Clone + PartialEq> List<K> {
    /// Builds a list with these column titles; none draws no title row.
    pub fn new(titles: &'static [&'static str], entries: Vec<Entry<K>>) -> Self {
        let mut list = Self {
            titles,
            entries,
            shown: Vec::new(),
            cursor: 0,
            filter: String::new(),
            terms: Vec::new(),
            top: Cell::new(0),
            height: Cell::new(10),
        };
        list.select(None);
        list
    }

    /// Replaces the entries; the cursor stays on its entry. Returns whether anything changed.
    pub fn set(&mut self, entries: Vec<Entry<K>>) -> bool {
        if entries == self.entries {
            return false;
        }
        let selected = self.selected().cloned();
        self.entries = entries;
        self.select(selected.as_ref());
        true
    }

    /// Returns whether there is no entry at all, shown or not.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entry under the cursor.
    pub fn selected(&self) -> Option<&K> {
        self.entry(self.cursor)?.key.as_ref()
    }

    /// Puts the cursor on an entry, or near where it was when there is no such entry.
    pub fn select(&mut self, key: Option<&K>) {
        self.shown = self.matching();
        let place = key.and_then(|key| self.shown.iter().position(|&i| self.key_at(i) == Some(key)));
        self.cursor = place.unwrap_or(self.cursor);
        self.settle(1);
    }

    fn key_at(&self, index: usize) -> Option<&K> {
        self.entries.get(index)?.key.as_ref()
    }

    fn entry(&self, place: usize) -> Option<&Entry<K>> {
        self.entries.get(*self.shown.get(place)?)
    }

    /// Returns the entries that the filter lets through; headings stay when something under them does.
    fn matching(&self) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut heading = None;
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.key.is_none() {
                heading = Some(index);
                continue;
            }
            let line = entry.cells.join(" ");
            if self.terms.iter().all(|(wanted, term)| term.is_match(&line) == *wanted) {
                shown.extend(heading.take());
                shown.push(index);
            }
        }
        shown
    }

    /// Moves the cursor off headings and into the list, looking first in the given direction.
    fn settle(&mut self, direction: isize) {
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
        for direction in [direction, -direction] {
            let mut place = self.cursor;
            while let Some(entry) = self.entry(place) {
                if entry.key.is_some() {
                    self.cursor = place;
                    return;
                }
                let Some(next) = place.checked_add_signed(direction.signum()) else { break };
                place = next;
            }
        }
    }

    fn go(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by);
        self.settle(by);
    }

    /// Runs a movement; `None` when the command is not one.
    pub fn command(&mut self, invocation: Invocation) -> Option<Vec<Step>> {
        let times = isize::try_from(invocation.count.unwrap_or(1)).unwrap_or(isize::MAX);
        let page = isize::try_from(self.height.get().max(2)).unwrap_or(1);
        let to = |count: Option<u32>| count.map(|row| row.saturating_sub(1) as usize);
        match invocation.cmd {
            Cmd::Up => self.go(-times),
            Cmd::Down => self.go(times),
            Cmd::PageUp => self.go((1 - page).saturating_mul(times)),
            Cmd::PageDown => self.go((page - 1).saturating_mul(times)),
            Cmd::HalfUp => self.go((-page / 2).saturating_mul(times)),
            Cmd::HalfDown => self.go((page / 2).saturating_mul(times)),
            Cmd::Top => {
                self.cursor = to(invocation.count).unwrap_or(0);
                self.settle(1);
            }
            Cmd::Bottom => {
                self.cursor = to(invocation.count).unwrap_or(usize::MAX);
                self.settle(-1);
            }
            Cmd::ClearFilter => {
                let cleared = self.set_filter("");
                debug_assert!(cleared.is_ok(), "an empty filter is right");
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Moves with the wheel and selects with a click.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) {
        let head = 1 + u16::from(!self.titles.is_empty());
        match mouse.what {
            MouseWhat::WheelUp => self.go(-3),
            MouseWhat::WheelDown => self.go(3),
            MouseWhat::Click => {
                let place = mouse.y.checked_sub(area.y + head).map(|row| self.top.get() + usize::from(row));
                if let Some(place) =
                    place.filter(|&place| self.entry(place).is_some_and(|entry| entry.key.is_some()))
                {
                    self.cursor = place;
                }
            }
        }
    }

    /// Returns the filter in force.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Filters by words that must all be found (regular expressions, any case); `!` before a word turns it round.
    ///
    /// # Errors
    /// What is wrong with an expression; the last good filter stays.
    pub fn set_filter(&mut self, text: &str) -> Result<(), Problem> {
        let term = |word: &str| {
            let (wanted, pattern) = word.strip_prefix('!').map_or((true, word), |rest| (false, rest));
            RegexBuilder::new(pattern).case_insensitive(true).build().map(|regex| (wanted, regex)).map_err(
                |_| Problem::new(ProblemKind::Usage, format!("{word:?} is not a regular expression")),
            )
        };
        self.terms =
            text.split_whitespace().filter(|word| *word != "!").map(term).collect::<Result<_, _>>()?;
        text.clone_into(&mut self.filter);
        let selected = self.selected().cloned();
        self.select(selected.as_ref());
        Ok(())
    }

    /// Draws the rule, the column titles and the entries in view.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, title: &str, theme: &Theme) {
        let total = self.entries.iter().filter(|entry| entry.key.is_some()).count();
        let shown = self.shown.iter().filter(|&&index| self.key_at(index).is_some()).count();
        let right = match (self.filter.trim(), shown == total) {
            ("", _) => total.to_string(),
            (filter, _) => format!("{shown} of {total} · {filter}"),
        };
        let mut area = rule(buf, area, title, &right, theme);
        let widths = self.widths();
        if !self.titles.is_empty() && area.height > 0 {
            let cells = self.titles.iter().copied();
            draw_cells(buf, area, area.y, " ", cells, &widths, theme.style(Token::Columns));
            area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        self.height.set(usize::from(area.height));
        self.top.set(self.first_row(usize::from(area.height)));
        if self.shown.is_empty() && area.height > 0 {
            let text = if self.filter.is_empty() {
                "nothing here"
            } else {
                "nothing matches the filter; Esc clears it"
            };
            put(buf, area.x + 2, area.y, area.width.saturating_sub(2), text, theme.style(Token::Dim));
        }
        for (y, place) in (area.top()..area.bottom()).zip(self.top.get()..) {
            let Some(entry) = self.entry(place) else { break };
            let style = theme.style(entry.token);
            let at_cursor = place == self.cursor;
            let sign = match (at_cursor, theme.unicode) {
                (true, true) => "▸",
                (true, false) => ">",
                (false, _) => entry.sign,
            };
            if entry.key.is_none() {
                put(buf, area.x, y, area.width, &entry.cells.concat(), style);
                continue;
            }
            draw_cells(buf, area, y, sign, entry.cells.iter().map(String::as_str), &widths, style);
            if at_cursor {
                tint(buf, area, y, theme.style(Token::Selected));
            }
        }
    }

    fn widths(&self) -> Vec<u16> {
        let mut widths: Vec<u16> = self.titles.iter().map(|title| width(title)).collect();
        for entry in self.entries.iter().filter(|entry| entry.key.is_some()) {
            widths.resize(widths.len().max(entry.cells.len()), 0);
            for (widest, cell) in widths.iter_mut().zip(&entry.cells) {
                *widest = (*widest).max(width(cell));
            }
        }
        widths
    }

    /// Keeps the cursor in view with as little movement as possible.
    fn first_row(&self, height: usize) -> usize {
        let height = height.max(1);
        let low = (self.cursor + 1).saturating_sub(height);
        let top = self.top.get().clamp(low, self.cursor.max(low));
        // A heading just above the first row comes along.
        let top =
            if top == 1 && self.entry(0).is_some_and(|entry| entry.key.is_none()) && self.cursor + 1 < height
            {
                0
            } else {
                top
            };
        top.min(self.shown.len().saturating_sub(height).max(low))
    }

    /// Writes all shown entries as plain text.
    pub fn print(&self, out: &mut String) {
        let widths = self.widths();
        let titles = std::iter::once(self.titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>());
        let rows =
            (0..self.shown.len()).filter_map(|place| self.entry(place)).map(|entry| entry.cells.clone());
        for cells in titles.chain(rows).filter(|cells| !cells.is_empty()) {
            let mut line = String::new();
            for (cell, columns) in cells.iter().zip(&widths) {
                let clean: String = cell.chars().filter(|c| !c.is_control()).collect();
                let pad = usize::from(columns.saturating_sub(width(&clean))) + 3;
                line.push_str(&clean);
                line.extend(std::iter::repeat_n(' ', pad));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

fn draw_cells<'a>(
    buf: &mut Buffer,
    area: Rect,
    y: u16,
    sign: &str,
    cells: impl Iterator<Item = &'a str>,
    widths: &[u16],
    style: ratatui::style::Style,
) {
    put(buf, area.x, y, area.width.min(1), sign, style);
    let mut x = area.x.saturating_add(2);
    for (cell, columns) in cells.zip(widths) {
        let room = area.right().saturating_sub(x).min(*columns);
        // A column of which only the mark of the cut would show is noise.
        if room < (*columns).min(4) {
            break;
        }
        put(buf, x, y, room, cell, style);
        x = x.saturating_add(columns.saturating_add(2));
    }
}

#[cfg(test)]
mod tests;

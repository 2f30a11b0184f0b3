//! Rows as text outside the screen: copies, CSV, and the whole table printed.

use std::sync::Arc;

use super::columns::{is_right, write_source};
use super::cursor::identity;
use super::keys::Outcome;
use super::{TableView, empty};
use crate::commands::flow::{Ask, Effect};
use crate::commands::{Flash, Step, Target};
use crate::kinds::{Column, Source};
use crate::model::{Row, Scope};
use crate::theme::Token;
use crate::views::Cx;
use crate::views::widgets::{clean_into, count_into, width_of};

impl TableView {
    /// The marked rows, else the selected one.
    pub(super) fn acting(&self) -> Result<Vec<&Arc<Row>>, String> {
        let marked = self.marks.rows(&self.order);
        if marked.is_empty() { self.chosen().map(|row| vec![row]) } else { Ok(marked) }
    }

    /// The same, as identities.
    pub(super) fn acting_targets(&self) -> Vec<Target> {
        self.acting().unwrap_or_default().iter().map(|row| identity(row)).collect()
    }

    pub(super) fn copy_name(&self) -> Outcome {
        let rows = self.acting()?;
        Ok(copied("name", rows.iter().map(|row| row.key.name.to_string()).collect()))
    }

    pub(super) fn copy_namespace(&self) -> Outcome {
        let mut namespaces: Vec<String> =
            self.acting()?.iter().map(|row| row.key.namespace.to_string()).collect();
        namespaces.dedup();
        if namespaces.iter().all(String::is_empty) {
            return Err("the selected row is in no namespace".to_owned());
        }
        Ok(copied("namespace", namespaces))
    }

    /// The cells under the sorted column.
    pub(super) fn copy_cell(&self, cx: &Cx<'_>) -> Outcome {
        let column = self.sorted_by.as_ref().and_then(|(title, _)| self.rules.shape.titled(title));
        let column = column.ok_or_else(|| "choose a column first (Shift-Left, Shift-Right)".to_owned())?;
        let cells = self.acting()?.iter().map(|row| cell_text(cx, row, column)).collect();
        Ok(copied(&column.title, cells))
    }

    /// The shown columns, separated by tabs.
    pub(super) fn copy_row(&self, cx: &Cx<'_>) -> Outcome {
        let line = |row: &&Arc<Row>| {
            let cells: Vec<String> =
                self.rules.shape.shown().map(|column| cell_text(cx, row, column)).collect();
            cells.join("\t")
        };
        Ok(copied("row", self.acting()?.iter().map(line).collect()))
    }

    /// All columns of the shown rows as CSV (RFC 4180).
    pub(super) fn save_csv(&self, cx: &Cx<'_>) -> Outcome {
        if self.order.shown() == 0 {
            return Err("no rows to save".to_owned());
        }
        let columns: Vec<&Column> =
            self.rules.shape.all().iter().filter(|column| self.is_saved(column)).collect();
        let mut out = String::new();
        for (at, column) in columns.iter().enumerate() {
            csv_field(at, &column.title, &mut out);
        }
        out.push_str("\r\n");
        for row in self.order.shown_from(0) {
            for (at, column) in columns.iter().enumerate() {
                csv_field(at, &cell_text(cx, row, column), &mut out);
            }
            out.push_str("\r\n");
        }
        Ok(vec![Step::Ask(Ask::Save(self.file_name(cx), out))])
    }

    fn is_saved(&self, column: &Column) -> bool {
        match column.source {
            Source::Context => self.is_union(),
            Source::Namespace => self.kind.as_ref().is_some_and(|kind| kind.scope == Scope::Namespaced),
            Source::Metric(metric) => self.choice.metrics || !metric.is_polled(),
            _ => true,
        }
    }

    /// `pods-prod-eu-20261124T162027Z.csv`: what, where, when; nothing that a file system minds.
    fn file_name(&self, cx: &Cx<'_>) -> String {
        let safe = |text: &str| -> String {
            text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
        };
        let clusters: Vec<String> =
            self.spec.clusters.iter().take(3).map(|cluster| safe(&cluster.0)).collect();
        let at: String = cx.now.rfc3339().chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{}-{}-{at}.csv", safe(&self.spec.kind.0), clusters.join("-"))
    }

    /// Writes all shown rows with padded columns, three blanks between them, as kubectl does.
    pub(super) fn print_all(&self, cx: &Cx<'_>, out: &mut String) {
        if self.order.shown() == 0 {
            // Dim lines name keys: nothing to tell a script.
            for (_, line) in empty::lines(self, cx).into_iter().filter(|(token, _)| *token != Token::Dim) {
                clean_into(&line, out);
                out.push('\n');
            }
            return;
        }
        let columns: Vec<&Column> = self.rules.shape.shown().collect();
        let mut widths: Vec<usize> = columns.iter().map(|column| width_of(&column.title)).collect();
        let mut texts: Vec<String> = Vec::new();
        for row in self.order.shown_from(0) {
            for (column, width) in columns.iter().zip(&mut widths) {
                let text = cell_text(cx, row, column);
                *width = width_of(&text).max(*width);
                texts.push(text);
            }
        }
        let titles: Vec<String> = columns.iter().map(|column| column.title.to_string()).collect();
        for line in std::iter::once(titles.as_slice()).chain(texts.chunks_exact(columns.len().max(1))) {
            print_line(line, &columns, &widths, out);
        }
    }
}

fn print_line(texts: &[String], columns: &[&Column], widths: &[usize], out: &mut String) {
    let start = out.len();
    for ((text, column), width) in texts.iter().zip(columns).zip(widths) {
        let padding = width.saturating_sub(width_of(text));
        let (before, after) = if is_right(column) { (padding, 0) } else { (0, padding) };
        out.extend(std::iter::repeat_n(' ', before));
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', after + 3));
    }
    // Nobody wants blanks at the end of a line.
    out.truncate(start + out.get(start..).map_or(0, |line| line.trim_end().len()));
    out.push('\n');
}

fn cell_text(cx: &Cx<'_>, row: &Row, column: &Column) -> String {
    let (mut raw, mut clean) = (String::new(), String::new());
    write_source(cx, row, column.source, &mut raw);
    clean_into(&raw, &mut clean);
    clean
}

fn csv_field(at: usize, text: &str, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
    if text.contains([',', '"', '\r', '\n']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// Copies lines and says what was copied.
fn copied(what: &str, lines: Vec<String>) -> Vec<Step> {
    let news = match lines.as_slice() {
        [one] => {
            let mut shown = String::new();
            clean_into(one, &mut shown);
            format!("copied {what} {shown}")
        }
        many => {
            let mut news = "copied ".to_owned();
            count_into(many.len(), &mut news);
            news.push_str(&format!(" × {what}"));
            news
        }
    };
    let mut clean = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            clean.push('\n');
        }
        // Tabs separate the cells of a copied row; each cell is clean already.
        for (at, cell) in line.split('\t').enumerate() {
            if at > 0 {
                clean.push('\t');
            }
            clean_into(cell, &mut clean);
        }
    }
    vec![Step::Effect(Effect::Copy(clean)), Step::Flash(Flash::info(news))]
}

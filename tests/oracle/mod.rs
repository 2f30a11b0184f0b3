//! A server's own table as oracle: its columns and cells must be ours.
//!
//! Used twice: with recorded tables by the unit tests of the kinds, with fresh ones by the end-to-end tests.
//! Owns reading and comparing; where the tables come from is the tests' own. What differs on purpose stands in
//! [`differences`].

mod differences;

use differences::{Difference, INTENDED};
use kdeck::kinds::{Column, KindDef, Projecting, Shown, Source};
use kdeck::model::{Cell, ClusterId, Row, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A table of a server, with whole objects in it.
#[derive(Deserialize)]
pub struct Table {
    /// The second in which it was made; ages are in the cells.
    #[serde(default)]
    pub now: String,
    #[serde(alias = "columnDefinitions", deserialize_with = "absent")]
    pub columns: Vec<TableColumn>,
    /// An aggregated API may say `null`.
    #[serde(default, deserialize_with = "absent")]
    pub rows: Vec<TableRow>,
}

fn absent<'de, T: Deserialize<'de>, D: Deserializer<'de>>(wire: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(wire).map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
pub struct TableColumn {
    pub name: String,
    #[serde(default)]
    pub priority: i32,
}

#[derive(Deserialize)]
pub struct TableRow {
    pub cells: Vec<Value>,
    pub object: Box<RawValue>,
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub rows: usize,
    /// Cells of the default table.
    pub cells: usize,
    /// Cells that only the wide table has.
    pub wide: usize,
    /// Cells that differ as intended.
    pub intended: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.cells += other.cells;
        self.wide += other.wide;
        self.intended += other.intended;
    }
}

/// Compares columns (names, order, priority) and every cell; an error lists all that differs.
pub fn compare(def: &KindDef, table: &Table) -> Result<Counts, String> {
    let now = Timestamp::parse(&table.now).expect("the second of the table");
    let columns: Vec<&Column> = printed(def).collect();
    // An aggregated API without objects names no columns.
    if table.columns.is_empty() && table.rows.is_empty() {
        return Ok(Counts::default());
    }
    let titles: Vec<(String, bool)> =
        columns.iter().map(|c| (c.title.to_string(), c.shown == Shown::Wide)).collect();
    let theirs: Vec<(String, bool)> =
        table.columns.iter().map(|c| (c.name.to_uppercase(), c.priority > 0)).collect();
    if titles != theirs {
        return Err(format!("{}: columns are {titles:?}, the server has {theirs:?}", def.id));
    }
    let mut ctx = Projecting::new(ClusterId("c".into()), def.id.clone());
    let (mut counts, mut wrong) = (Counts::default(), Vec::new());
    for wire in &table.rows {
        let row = match def.project(wire.object.get().as_bytes(), &mut ctx) {
            Ok(row) => row,
            Err(problem) => {
                wrong.push(format!("{}: {problem}", def.id));
                continue;
            }
        };
        counts.rows += 1;
        // More cells than columns (the server's own slip with IP addresses) are shown by nobody.
        if wire.cells.len() < columns.len() {
            wrong.push(format!("{} {}: {} cells", def.id, row.key.name, wire.cells.len()));
        }
        for (column, cell) in columns.iter().zip(&wire.cells) {
            *(if column.shown == Shown::Wide { &mut counts.wide } else { &mut counts.cells }) += 1;
            let (ours, want) = (shown(&row, column, now), text(cell));
            if ours == want {
                continue;
            }
            let earlier = shown(&row, column, Timestamp(now.0 - 1));
            let difference = Difference { def, column, ours: &ours, earlier: &earlier, server: &want };
            if INTENDED.iter().any(|(_, allows)| allows(&difference)) {
                counts.intended += 1;
            } else {
                let name = &row.key.name;
                wrong.push(format!(
                    "{} {name}: {} is {ours:?}, the server has {want:?}",
                    def.id, column.title
                ));
            }
        }
    }
    if wrong.is_empty() { Ok(counts) } else { Err(wrong.join("\n")) }
}

/// The columns that the server has too.
pub fn printed(def: &KindDef) -> impl Iterator<Item = &Column> {
    def.columns.iter().filter(|column| matches!(column.shown, Shown::Always | Shown::Wide))
}

/// A cell of a row as the server would print it.
pub fn shown(row: &Row, column: &Column, now: Timestamp) -> String {
    match column.source {
        Source::Name => row.key.name.to_string(),
        Source::Age => row.created.map_or(Cell::Unknown, Cell::Age).show(now),
        Source::Cell(index) => row.cells[usize::from(index)].show(now),
        other => panic!("{} comes from {other:?}", column.title),
    }
}

/// A cell of the server as text.
pub fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        // As it was on the wire: never with an exponent within the range of what people count.
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}

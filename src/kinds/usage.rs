//! What nodes and pods use, as metrics.k8s.io tells it: kinds of their own beside the joined columns.

use serde_json::Value;

use super::parts;
use super::pick::{self, Pick};

use super::record::{AGE, Col, NAME, Record, cell, num};

const GROUP: &str = "metrics.k8s.io";

const NODE: &[Pick] = &[
    |o| parts::quantity_cell(pick::str_at(o, "/usage/cpu")),
    |o| parts::quantity_cell(pick::str_at(o, "/usage/memory")),
    |o| pick::text(o, "/window"),
];
const POD: &[Pick] = &[
    |o| parts::quantity_cell(&sum(o, "/usage/cpu")),
    |o| parts::quantity_cell(&sum(o, "/usage/memory")),
    |o| pick::text(o, "/window"),
];
const COLUMNS: &[Col] =
    &[NAME, num("CPU", 0).drop(1), num("MEMORY", 1).drop(1), cell("WINDOW", 2), AGE.extra().drop(5)];

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new(GROUP, "v1beta1", "nodes", "node", "NodeMetrics", |json, ctx| pick::row(json, ctx, NODE))
        .cluster_scoped()
        .columns(COLUMNS),
    Record::new(GROUP, "v1beta1", "pods", "pod", "PodMetrics", |json, ctx| pick::row(json, ctx, POD))
        .columns(COLUMNS),
];

/// Units from small to large, each so many times the one before; a sum is written in the largest that fits.
const DECIMAL: &[&str] = &["n", "u", "m", "", "k", "M", "G"];
const BINARY: &[&str] = &["", "Ki", "Mi", "Gi", "Ti"];

/// The sum of a quantity over all containers, as the server adds them up.
fn sum(object: &Value, path: &str) -> String {
    let texts: Vec<&str> =
        pick::list_at(object, "/containers").iter().map(|container| pick::str_at(container, path)).collect();
    if let [one] = texts.as_slice() {
        return (*one).to_owned();
    }
    let is_binary = texts.iter().any(|text| text.ends_with('i'));
    let (units, step) = if is_binary { (BINARY, 1024) } else { (DECIMAL, 1000) };
    let value = |text: &str| -> i128 {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let power = units.iter().position(|known| *known == unit).unwrap_or_default();
        (0..power).fold(number.parse().unwrap_or(0), |value: i128, _| value.saturating_mul(step))
    };
    let mut total: i128 = texts.iter().map(|text| value(text)).sum();
    if total == 0 {
        return "0".to_owned();
    }
    let mut units = units.iter();
    while total % step == 0 && units.len() > 1 {
        total /= step;
        units.next();
    }
    format!("{total}{}", units.next().unwrap_or(&""))
}

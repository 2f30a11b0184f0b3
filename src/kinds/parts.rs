//! Pieces of objects that many kinds share: conditions, label selectors, references, and the
//! words that kubectl's printers make of them.

use serde::Deserialize;

use super::Projecting;
use super::meta::{Pairs, Str, nullable, time};
use crate::model::row::{Condition, Ref};
use crate::model::selector::{self, Ask, Requirement};
use crate::model::{Cell, KindId, Labels, Quantity, Text, quantity};

/// An entry of `status.conditions`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cond<'a> {
    /// `type`.
    #[serde(borrow, rename = "type")]
    pub kind: Str<'a>,
    /// `True`, `False`, `Unknown`.
    #[serde(borrow)]
    pub status: Str<'a>,
    /// CamelCase reason.
    #[serde(borrow)]
    pub reason: Str<'a>,
    /// Sentence.
    #[serde(borrow)]
    pub message: Str<'a>,
    /// Since when.
    #[serde(borrow)]
    pub last_transition_time: Str<'a>,
}

/// Finds a condition by type.
pub fn find<'c, 'a>(conditions: &'c [Cond<'a>], kind: &str) -> Option<&'c Cond<'a>> {
    conditions.iter().find(|condition| &*condition.kind == kind)
}

/// Returns whether the first condition of that type has that status.
pub fn is(conditions: &[Cond<'_>], kind: &str, status: &str) -> bool {
    find(conditions, kind).is_some_and(|condition| &*condition.status == status)
}

/// Turns wire conditions into facts.
pub fn conditions(wire: &[Cond<'_>], ctx: &mut Projecting) -> Box<[Condition]> {
    wire.iter()
        .map(|condition| Condition {
            kind: ctx.interner.get(&condition.kind),
            status: ctx.interner.get(&condition.status),
            reason: ctx.interner.get(&condition.reason),
            message: ctx.interner.get(&condition.message),
            since: time(&condition.last_transition_time),
        })
        .collect()
}

/// A status of which only conditions matter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conditions<'a> {
    /// `status.conditions`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub conditions: Vec<Cond<'a>>,
}

/// An object of which only the name matters: `configMapRef`, `imagePullSecrets[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Named<'a> {
    /// `name`.
    #[serde(borrow)]
    pub name: Str<'a>,
}

/// An entry of `matchExpressions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expression<'a> {
    #[serde(borrow)]
    key: Str<'a>,
    #[serde(borrow)]
    operator: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    values: Vec<Str<'a>>,
}

/// `metav1.LabelSelector`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector<'a> {
    /// Labels that all must match.
    #[serde(borrow)]
    pub match_labels: Pairs<'a>,
    /// Expressions that all must match.
    #[serde(borrow, deserialize_with = "nullable")]
    pub match_expressions: Vec<Expression<'a>>,
}

impl Selector<'_> {
    /// Writes the selector as `-l` takes it: `app=web,tier in (a,b),!old`.
    pub fn text(&self) -> String {
        let mut requirements: Vec<Requirement> =
            self.match_labels.0.iter().map(|(key, value)| equals(key, value)).collect();
        for expression in &self.match_expressions {
            let mut values: Vec<Text> = expression.values.iter().map(|value| Text::from(&**value)).collect();
            values.sort_unstable();
            let ask = match &*expression.operator {
                "In" => Ask::In(values),
                "NotIn" => Ask::NotIn(values),
                "Exists" => Ask::Exists,
                "DoesNotExist" => Ask::Missing,
                _ => return "<error>".to_owned(),
            };
            requirements.push(Requirement { key: Text::from(&*expression.key), ask });
        }
        printed(requirements)
    }
}

/// Writes an optional selector as a cell, `<none>` when it is missing or empty.
pub fn selector_cell(selector: Option<&Selector<'_>>, ctx: &mut Projecting) -> Cell {
    text_or_none(ctx, &selector.map(Selector::text).unwrap_or_default())
}

/// Shares the labels of a selector as facts.
pub fn selector_labels(selector: Option<&Selector<'_>>, ctx: &mut Projecting) -> Option<Labels> {
    selector.map(|selector| selector.match_labels.intern(ctx))
}

/// Writes a plain map selector sorted, `<none>` when empty.
pub fn pairs_cell(pairs: &Pairs<'_>, ctx: &mut Projecting) -> Cell {
    text_or_none(ctx, &printed(pairs.0.iter().map(|(key, value)| equals(key, value)).collect()))
}

fn equals(key: &str, value: &str) -> Requirement {
    Requirement { key: Text::from(key), ask: Ask::Equals(Text::from(value)) }
}

/// Writes requirements in the order of their keys.
fn printed(mut requirements: Vec<Requirement>) -> String {
    requirements.sort_by(|a, b| a.key.cmp(&b.key));
    selector::Selector::from(requirements).to_string()
}

/// Makes a cell that shows a quantity as written and sorts by its value.
pub fn quantity_cell(text: &str) -> Cell {
    match Quantity::parse(text) {
        Some(quantity) => Cell::Quantity(Box::new((Text::from(text), quantity.thousandths()))),
        None => Cell::text(text),
    }
}

/// Makes a shared text cell; empty when there is no text.
pub fn text(ctx: &mut Projecting, s: &str) -> Cell {
    if s.is_empty() { Cell::Empty } else { Cell::Text(ctx.interner.get(s)) }
}

/// Makes a shared text cell; `<none>` when there is no text.
pub fn text_or_none(ctx: &mut Projecting, s: &str) -> Cell {
    if s.is_empty() { Cell::None } else { Cell::Text(ctx.interner.get(s)) }
}

/// Makes a shared text cell; another one when there is no text.
pub fn text_or(ctx: &mut Projecting, s: &str, other: Cell) -> Cell {
    if s.is_empty() { other } else { Cell::Text(ctx.interner.get(s)) }
}

/// Writes a flag as kubectl does.
pub fn flag(ctx: &mut Projecting, value: bool) -> Cell {
    Cell::Text(ctx.interner.get(if value { "True" } else { "False" }))
}

/// Joins at most `max` items with commas and counts the rest, as kubectl's tables do.
pub fn with_more(list: &[String], max: usize) -> String {
    let head = list.iter().take(max).cloned().collect::<Vec<_>>().join(",");
    match list.len().checked_sub(max) {
        Some(more) if more > 0 => format!("{head} + {more} more..."),
        _ => head,
    }
}

/// Resources that device plugins count whole GPUs and their slices under.
const GPUS: [&str; 5] =
    ["nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe", "habana.ai/gaudi"];
/// Slices of one: `nvidia.com/mig-1g.5gb`.
const GPU_SLICES: &str = "nvidia.com/mig-";

/// Returns how many GPUs of any make are among amounts of resources; `None` where none is named.
pub fn gpus(amounts: &Pairs<'_>) -> Option<i64> {
    let is_gpu = |name: &str| GPUS.contains(&name) || name.starts_with(GPU_SLICES);
    let counts = amounts.0.iter().filter(|(name, _)| is_gpu(name));
    counts.filter_map(|(_, amount)| quantity::bytes(amount)).reduce(i64::saturating_add)
}

/// Sorted, unique texts joined by commas.
pub fn sorted_set<'s>(items: impl Iterator<Item = &'s str>) -> String {
    let mut items: Vec<&str> = items.filter(|item| !item.is_empty()).collect();
    items.sort_unstable();
    items.dedup();
    items.join(",")
}

/// A count from the wire as a cell.
pub fn int(value: Option<i64>) -> Cell {
    Cell::Int(value.unwrap_or(0))
}

/// A non-negative count for ratios.
pub fn count(value: Option<i64>) -> u32 {
    u32::try_from(value.unwrap_or(0).max(0)).unwrap_or(u32::MAX)
}

/// Gathers references without repeating one.
#[derive(Debug, Default)]
pub struct Refs(Vec<Ref>);

impl Refs {
    /// Adds a reference; an empty name adds nothing.
    pub fn add(&mut self, ctx: &mut Projecting, kind: &str, namespace: &str, name: &str, role: &str) {
        let known = |r: &Ref| &*r.name == name && &*r.kind.0 == kind && &*r.role == role;
        if name.is_empty() || self.0.iter().any(known) {
            return;
        }
        self.0.push(Ref {
            kind: KindId(ctx.interner.get(kind)),
            namespace: ctx.interner.get(namespace),
            name: ctx.interner.get(name),
            role: ctx.interner.get(role),
        });
    }

    /// Returns the gathered references.
    pub fn done(self) -> Box<[Ref]> {
        self.0.into()
    }
}

/// Guesses the kind id of a typed reference (`apiVersion`, `kind`): built-in kinds by their record,
/// others by the usual plural. The catalog knows better where it is asked.
pub fn kind_of(api_version: &str, kind: &str) -> Text {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let of_group = |r: &&super::Record| r.kind == kind && (r.group == group || api_version.is_empty());
    if let Some(record) = super::registry::records().find(of_group) {
        return record.id().0;
    }
    let mut plural = kind.to_ascii_lowercase();
    match plural.as_bytes() {
        [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => plural.push_str("es"),
        [.., before, b'y'] if !b"aeiou".contains(before) => {
            plural.pop();
            plural.push_str("ies");
        }
        _ => plural.push('s'),
    }
    KindId::new(group, &plural).0
}

//! Words and levels of health that kinds share. Pure: facts in, [`Health`] out.

use super::Projecting;
use super::meta::Meta;
use super::parts::Cond;
use crate::model::{Health, Level};

/// Longest reason in a table; the whole sentence is in the object.
const LONGEST: usize = 72;

/// Nothing known against it.
pub const fn ok() -> Health {
    Health { level: Level::Ok, reason: None }
}

/// A level with its reason; an empty reason is no reason.
pub fn health(ctx: &mut Projecting, level: Level, reason: &str) -> Health {
    let reason = short(reason);
    Health { level, reason: (!reason.is_empty()).then(|| ctx.interner.get(&reason)) }
}

/// The first line of a sentence, cut to what a table can hold.
pub fn short(sentence: &str) -> String {
    let line = sentence.trim().lines().next().unwrap_or_default().trim_end_matches('.');
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line).trim_end()),
        None => line.to_owned(),
    }
}

/// An object under deletion is on its way out; finalizers say what it waits for.
pub fn terminating(meta: &Meta<'_>, ctx: &mut Projecting) -> Option<Health> {
    if meta.deletion_timestamp.is_empty() {
        return None;
    }
    let reason = match meta.finalizers.first() {
        Some(first) => format!("terminating, waits for {}", &**first),
        None => "terminating".to_owned(),
    };
    Some(health(ctx, Level::Busy, &reason))
}

/// So many ready of so many wanted.
pub fn replicas(ctx: &mut Projecting, ready: i64, desired: i64) -> Health {
    match (ready, desired) {
        (_, 0) => health(ctx, Level::Done, "scaled to zero"),
        (0, _) => health(ctx, Level::Broken, &format!("0 of {desired} ready")),
        _ if ready < desired => health(ctx, Level::Attention, &format!("{ready} of {desired} ready")),
        _ => ok(),
    }
}

/// A condition in a few words: its reason, and its sentence when that says more.
pub fn condition(condition: &Cond<'_>) -> String {
    match (&*condition.reason, &*condition.message) {
        ("", "") => format!("{} {}", &*condition.kind, &*condition.status),
        ("", message) => short(message),
        (reason, "") => reason.to_owned(),
        (reason, message) => short(&format!("{reason}: {message}")),
    }
}

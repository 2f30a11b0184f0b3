//! From JSON text to rows in the store: projects items, gathers them into batches, hands out packing.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use tokio::time::Instant;

use super::lines::{self, EventKind};
use super::timing::Timing;
use crate::kinds::{KindDef, Projecting};
use crate::model::{ClusterId, ObjKey, Problem, ProblemKind, Text, Timestamp};
use crate::store::{Change, Shard};

/// The first batch of a list is small: rows are on screen with the first bytes.
const FIRST_BATCH: usize = 32;
/// Later ones are larger: each costs one lock and one ring.
const BATCH: usize = 256;
/// After so many batches, strings that no row holds any more are forgotten.
const SWEEP: u32 = 4096;

/// What a watch task has done, for `:info`.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) events: AtomicU64,
}

/// Where a sink's rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Into {
    /// To the shard, as its truth.
    Truth,
    /// To the shard, until its list brings the same.
    Preview,
}

/// Projects and batches the objects of one partition.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) shard: Arc<Shard>,
    pub(crate) partition: Text,
    def: Arc<KindDef>,
    into: Into,
    projecting: Projecting,
    batch: Vec<Change>,
    /// When the oldest change of the batch came.
    oldest: Option<Instant>,
    is_first: bool,
    batches: u32,
    /// Where a watch goes on after all applied batches.
    resource_version: Option<String>,
    /// The same for changes whose text is not in the batch.
    later_version: Option<String>,
    timing: Arc<Timing>,
    counters: Arc<Counters>,
    clock: fn() -> Timestamp,
    packing: Option<tokio::task::JoinHandle<()>>,
}

/// The little that a deletion or a bookmark needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slim<'a> {
    #[serde(borrow)]
    metadata: SlimMeta<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SlimMeta<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    resource_version: Cow<'a, str>,
    annotations: Option<Marks>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Marks {
    #[serde(rename = "k8s.io/initial-events-end")]
    initial_events_end: Option<String>,
}

/// What a watch line meant for the stream as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// An object, or a bookmark.
    Event,
    /// All initial objects of a streaming list have been sent.
    InitialEnd,
}

impl Sink {
    pub(crate) fn new(
        cluster: &ClusterId,
        def: Arc<KindDef>,
        shard: Arc<Shard>,
        partition: Text,
        tools: (Arc<Timing>, Arc<Counters>, fn() -> Timestamp),
    ) -> Self {
        let (timing, counters, clock) = tools;
        Self {
            projecting: Projecting::new(cluster.clone(), def.id.clone()),
            shard,
            partition,
            def,
            into: Into::Truth,
            batch: Vec::new(),
            oldest: None,
            is_first: true,
            batches: 0,
            resource_version: None,
            later_version: None,
            timing,
            counters,
            clock,
            packing: None,
        }
    }

    /// Returns a second sink for the first page beside a list.
    pub(crate) fn preview(&self) -> Self {
        let tools = (self.timing.clone(), self.counters.clone(), self.clock);
        let cluster = &self.projecting.cluster;
        let mut sink =
            Self::new(cluster, self.def.clone(), self.shard.clone(), self.partition.clone(), tools);
        sink.into = Into::Preview;
        sink
    }

    /// Returns where a watch goes on.
    pub(crate) fn resource_version(&self) -> Option<&str> {
        self.resource_version.as_deref()
    }

    /// Sets where a watch goes on; `None` asks for a new list.
    pub(crate) fn set_resource_version(&mut self, version: Option<String>) {
        self.resource_version = version;
        self.later_version = None;
    }

    /// Starts a list.
    pub(crate) fn begin(&mut self) {
        self.batch.clear();
        self.oldest = None;
        self.is_first = true;
        self.shard.begin_list(&self.partition);
    }

    /// Ends a list that came to its end.
    pub(crate) fn end(&mut self) {
        self.flush();
        self.shard.end_list(&self.partition, (self.clock)());
        self.projecting.interner.sweep();
    }

    /// Takes one object of a list.
    pub(crate) fn item(&mut self, json: &[u8]) {
        if let Err(problem) = self.upsert(json) {
            self.shard.note_malformed(&problem.what);
        }
    }

    /// Takes one line of a watch.
    ///
    /// # Errors
    /// What an ERROR event says, and [`ProblemKind::Malformed`] for a line that is not even an object.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<Heard, Problem> {
        if line.trim_ascii().is_empty() {
            return Ok(Heard::Event);
        }
        let Some((kind, object)) = lines::peek(line).or_else(|| lines::envelope(line)) else {
            if line.trim_ascii_start().first() == Some(&b'{') {
                self.shard.note_malformed("a watch event cannot be read");
                return Ok(Heard::Event);
            }
            return Err(Problem::new(ProblemKind::Malformed, "a line of the watch is no watch event"));
        };
        match kind {
            EventKind::Added | EventKind::Modified => {
                self.counters.events.fetch_add(1, Ordering::Relaxed);
                let mut result = self.upsert(object);
                // The quick look may have taken too much where members follow the object.
                if result.is_err()
                    && let Some((_, object)) = lines::envelope(line).filter(|(_, exact)| *exact != object)
                {
                    result = self.upsert(object);
                }
                if let Err(problem) = result {
                    self.shard.note_malformed(&problem.what);
                    self.later_version =
                        slim(object).and_then(|slim| version_of(&slim)).or(self.later_version.take());
                }
            }
            EventKind::Deleted => {
                self.counters.events.fetch_add(1, Ordering::Relaxed);
                self.delete(object);
            }
            EventKind::Bookmark => return Ok(self.bookmark(object)),
            EventKind::Error => return Err(super::status::problem(object)),
        }
        Ok(Heard::Event)
    }

    /// Returns when the batch must go, if there is one.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.oldest.map(|oldest| oldest + self.timing.batch)
    }

    /// Returns whether the batch is full or old enough.
    pub(crate) fn is_due(&self) -> bool {
        let limit = if self.is_first { FIRST_BATCH } else { BATCH };
        self.batch.len() >= limit || self.due_at().is_some_and(|due| due <= Instant::now())
    }

    /// Applies the batch.
    pub(crate) fn flush(&mut self) {
        self.oldest = None;
        // Without a version to go on from this is a list: only its end says where the watch begins.
        let later = self.later_version.take().filter(|_| self.resource_version.is_some());
        if later.is_some() {
            self.resource_version = later;
        } else if let (Some(_), Some(Change::Upsert { text, .. })) =
            (&self.resource_version, self.batch.last())
        {
            // Only the newest of a batch matters, so that events need no second look each.
            self.resource_version =
                slim(text).and_then(|slim| version_of(&slim)).or(self.resource_version.take());
        }
        if self.batch.is_empty() {
            return;
        }
        self.is_first = false;
        let batch = std::mem::take(&mut self.batch);
        match self.into {
            Into::Truth => self.shard.apply(&self.partition, batch),
            Into::Preview => self.shard.apply_preview(&self.partition, batch),
        }
        self.pack_in_background();
        self.batches = self.batches.wrapping_add(1);
        if self.batches.is_multiple_of(SWEEP) {
            self.projecting.interner.sweep();
        }
    }

    fn upsert(&mut self, json: &[u8]) -> Result<(), Problem> {
        let row = self.def.project(json, &mut self.projecting)?;
        if row.key.name.is_empty() {
            return Err(Problem::new(ProblemKind::Malformed, "an object without a name"));
        }
        let text = std::mem::take(&mut self.projecting.text);
        self.later_version = None;
        self.push(Change::Upsert { row, text });
        Ok(())
    }

    fn delete(&mut self, json: &[u8]) {
        let Some(slim) = slim(json).filter(|slim| !slim.metadata.name.is_empty()) else {
            self.shard.note_malformed("a deleted object cannot be read");
            return;
        };
        let key = ObjKey {
            cluster: self.projecting.cluster.clone(),
            kind: self.projecting.kind.clone(),
            namespace: self.projecting.interner.get(&slim.metadata.namespace),
            name: (&*slim.metadata.name).into(),
        };
        self.later_version = version_of(&slim);
        self.push(Change::Delete { key, at: (self.clock)() });
    }

    fn bookmark(&mut self, json: &[u8]) -> Heard {
        let Some(slim) = slim(json) else { return Heard::Event };
        let ends = slim
            .metadata
            .annotations
            .as_ref()
            .is_some_and(|marks| marks.initial_events_end.as_deref() == Some("true"));
        if let Some(version) = version_of(&slim)
            && (ends || self.resource_version.is_some())
        {
            self.flush();
            self.resource_version = Some(version);
        }
        if ends { Heard::InitialEnd } else { Heard::Event }
    }

    fn push(&mut self, change: Change) {
        self.batch.push(change);
        if self.oldest.is_none() {
            self.oldest = Some(Instant::now());
        }
    }

    /// Compressing costs more than all the rest and is not needed for what is on screen.
    fn pack_in_background(&mut self) {
        let is_busy = self.packing.as_ref().is_some_and(|packing| !packing.is_finished());
        if !is_busy && self.shard.wants_packing() {
            let shard = self.shard.clone();
            self.packing = Some(tokio::task::spawn_blocking(move || shard.pack()));
        }
    }
}

fn slim(json: &[u8]) -> Option<Slim<'_>> {
    serde_json::from_slice(json).ok()
}

fn version_of(slim: &Slim<'_>) -> Option<String> {
    Some(slim.metadata.resource_version.to_string()).filter(|version| !version.is_empty())
}

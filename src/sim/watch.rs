//! Watches: events from a version on, synthetic first events, streaming lists, bookmarks, selectors.
//!
//! A watch has no queue of its own: it reads the store's ring at its own speed. One that is so slow that
//! the ring has moved past it is ended, as the real server ends slow watches; the client comes back.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::unfold;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::World;
use super::ask::{Ask, Target};
use super::body::{CHUNK, Payload, Spoil, is_work};
use super::entry::Entry;
use super::faults::Fault;
use super::form::Form;
use super::list::{filter, version};
use super::selector::Filter;
use super::status::Refusal;
use super::store::{Change, Event, TooOld};

/// How many events are taken from the ring at once.
const BATCH: usize = 512;

struct Watch {
    world: Arc<World>,
    kind: Arc<str>,
    form: Form,
    filter: Filter,
    position: u64,
    bell: Receiver<u64>,
    stop: Receiver<bool>,
    deadline: Instant,
    bookmarks: bool,
    next_bookmark: Instant,
    initial: std::vec::IntoIter<Arc<Entry>>,
    /// The initial events are too much to be made in passing.
    is_work: bool,
    /// The end of the initial events is announced by a bookmark.
    announce: bool,
    first: bool,
    spoil: Option<Spoil>,
    error: Option<Refusal>,
    over: bool,
}

/// Answers a watch.
pub(crate) fn watch(
    world: &Arc<World>,
    ask: &Ask,
    target: &Target,
    fault: Option<&Fault>,
) -> Result<Response<Payload>, Refusal> {
    let state = Watch::open(world, ask, target, fault)?;
    let stream = unfold(Some(state), |state| async move {
        match state?.next().await? {
            Ok((lines, rest)) => Some((Ok(Frame::data(Bytes::from(lines))), Some(rest))),
            Err(error) => Some((Err(error), None)),
        }
    });
    Response::builder()
        .header("content-type", "application/json")
        .header("cache-control", "no-cache, private")
        .body(StreamBody::new(stream).boxed_unsync())
        .map_err(|error| Refusal::new(500, "InternalError", error.to_string()))
}

impl Watch {
    fn open(world: &Arc<World>, ask: &Ask, target: &Target, fault: Option<&Fault>) -> Result<Self, Refusal> {
        let filter = filter(ask, target)?;
        let kind = target.kind.stored.clone();
        let form = Form::negotiate(target.kind.clone(), ask.header("accept"), ask.param("includeObject"));
        let streaming = initial_events(ask)?;
        let bookmarks = ask.flag("allowWatchBookmarks");
        // The bell is taken before the first look, so that no event falls between the two.
        let bell = world.store.bell(&kind);
        let asked = ask.param("resourceVersion").map(version).transpose()?.unwrap_or_default();
        let mut error = None;
        let (position, initial) = if streaming == Some(true) || (asked == 0 && streaming.is_none()) {
            let snapshot = world.store.list(&kind, filter.namespace());
            if asked > snapshot.rv {
                return Err(Refusal::too_new(asked, snapshot.rv));
            }
            (snapshot.rv, snapshot.items)
        } else {
            let from = if asked == 0 { world.store.rv() } else { asked };
            error = world.store.since(&kind, from, 1).err().map(|old| Refusal::expired(from, old.oldest));
            (from, Vec::new())
        };
        if let Some(Fault::ErrorEvent(code)) = fault {
            error = Some(Refusal::new(
                *code,
                if *code == 410 { "Expired" } else { "InternalError" },
                "scripted fault",
            ));
        }
        let seconds = ask.param("timeoutSeconds").and_then(|text| text.parse().ok()).filter(|s| *s > 0);
        let now = Instant::now();
        Ok(Self {
            world: world.clone(),
            kind,
            form,
            filter,
            position,
            bell,
            stop: world.stop.subscribe(),
            deadline: now + Duration::from_secs(seconds.unwrap_or(1800)),
            bookmarks,
            next_bookmark: now + world.options.bookmark_every,
            is_work: is_work(&initial),
            initial: initial.into_iter(),
            announce: streaming == Some(true) && bookmarks,
            first: true,
            spoil: Spoil::of(fault),
            error,
            over: false,
        })
    }

    /// Returns the next lines and the watch after them, or `None` when it is over.
    async fn next(mut self) -> Option<io::Result<(Vec<u8>, Self)>> {
        loop {
            if self.over || *self.stop.borrow() {
                return None;
            }
            if let Some(error) = self.error.take() {
                self.over = true;
                let line = format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", error.body());
                return Some(Ok((line.into_bytes(), self)));
            }
            let mut out = Vec::new();
            if self.is_work && self.initial.len() > 0 {
                let slots = self.world.slots.clone();
                let work = move || {
                    self.initial_lines(&mut out);
                    (out, self)
                };
                (out, self) = match slots.run(work).await {
                    Ok(done) => done,
                    Err(error) => return Some(Err(error)),
                };
            } else {
                self.initial_lines(&mut out);
            }
            if out.is_empty() {
                self.bell.borrow_and_update();
                // Too slow, if that fails: the ring has forgotten where this watch stands.
                let is_full = self.new_lines(&mut out).ok()?;
                if out.is_empty() && !is_full {
                    out = self.wait().await.unwrap_or_default();
                }
            }
            if !out.is_empty() {
                return Some(Ok((out, self)));
            }
        }
    }

    /// Writes what happened since the last look, some of it when there is much; tells whether there may be more.
    fn new_lines(&mut self, out: &mut Vec<u8>) -> Result<bool, TooOld> {
        let (events, complete) = self.world.store.since(&self.kind, self.position, BATCH)?;
        for event in &events {
            self.event_lines(event, out);
            if out.len() >= CHUNK {
                self.position = event.entry.rv;
                return Ok(true);
            }
        }
        self.position = self.position.max(complete);
        Ok(events.len() == BATCH)
    }

    /// Waits for an event, the next bookmark or the end.
    async fn wait(&mut self) -> Option<Vec<u8>> {
        let until = if self.bookmarks { self.next_bookmark.min(self.deadline) } else { self.deadline };
        tokio::select! {
            changed = self.bell.changed() => {
                // A bell whose kind is gone rings no more: its definition was deleted.
                self.over = changed.is_err();
                return None;
            }
            _ = self.stop.changed() => return None,
            () = tokio::time::sleep_until(until) => {}
        }
        let now = Instant::now();
        self.over = now >= self.deadline;
        if !self.bookmarks {
            return None;
        }
        // Events that came while the timer rang go first; the bookmark then covers them.
        let mut out = Vec::new();
        self.new_lines(&mut out).ok()?;
        self.next_bookmark = now + self.world.options.bookmark_every;
        self.bookmark(false, &mut out);
        Some(out)
    }

    fn initial_lines(&mut self, out: &mut Vec<u8>) {
        while out.len() < CHUNK {
            let Some(entry) = self.initial.next() else {
                if std::mem::take(&mut self.announce) {
                    self.bookmark(true, out);
                }
                return;
            };
            if self.filter.lets(&entry) {
                self.line("ADDED", &entry, out);
            }
        }
    }

    /// Writes what an event means to this watch: an object can also enter or leave what it selects.
    fn event_lines(&mut self, event: &Event, out: &mut Vec<u8>) {
        let after = event.change != Change::Deleted && self.filter.lets(&event.entry);
        let before = event.before.as_ref().is_some_and(|before| self.filter.lets(before));
        let word = match (before, after) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return,
        };
        self.line(word, &event.entry, out);
    }

    fn line(&mut self, word: &str, entry: &Entry, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(b"\",\"object\":");
        let from = out.len();
        self.form.single(entry, std::mem::take(&mut self.first), out);
        if let Some(spoil) = self.spoil.take() {
            spoil.apply(out, from);
        }
        out.extend_from_slice(b"}\n");
    }

    fn bookmark(&mut self, initial_end: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"type\":\"BOOKMARK\",\"object\":");
        self.form.bookmark(self.position, initial_end, std::mem::take(&mut self.first), out);
        out.extend_from_slice(b"}\n");
    }
}

/// Reads `sendInitialEvents` with the rules that go with it.
fn initial_events(ask: &Ask) -> Result<Option<bool>, Refusal> {
    let Some(text) = ask.param("sendInitialEvents") else { return Ok(None) };
    let matching = ask.param("resourceVersionMatch");
    let refuse = |field: &str, why: &str| {
        Err(Refusal::new(422, "Invalid", format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {why}")))
    };
    if matching != Some("NotOlderThan") {
        return refuse(
            "resourceVersionMatch",
            "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        );
    }
    Ok(Some(matches!(text, "1" | "true")))
}

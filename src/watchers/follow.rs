//! Watching: one open request whose lines become batches, until the server ends it or it breaks.

use tokio::time::Instant;

use super::api::Api;
use super::engine::Engine;
use super::lines::Lines;
use super::link::{Encoding, piece};
use super::sink::Heard;
use super::timing::jitter;
use crate::model::{Problem, ProblemKind};

/// So much is taken in between two chances for other tasks of the runtime.
const BITE: usize = 128 * 1024;

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// At the sink's resourceVersion.
    Resume,
    /// With all objects and a mark at their end: a list and a watch in one request.
    List,
}

impl<A: Api> Engine<A> {
    /// Watches until the server ends the request in good order.
    ///
    /// A connection that stays silent beyond the server's own timeout is half open and counts as broken.
    pub(crate) async fn follow(&mut self, start: Start) -> Result<(), Problem> {
        let timing = self.plant.timing.clone();
        let lasts = timing.watch + jitter(timing.watch / 5);
        let seconds = lasts.as_secs().max(1).to_string();
        let mut query =
            vec![("watch", "1"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", seconds.as_str())];
        let version = self.sink.resource_version().map(str::to_owned);
        match (start, &version) {
            (Start::Resume, Some(version)) => query.push(("resourceVersion", version)),
            (Start::Resume, None) => {}
            (Start::List, _) => {
                query.extend([("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]);
                // As with lists: only the first one may come from a cache that lags behind.
                query.extend((!self.has_listed).then_some(("resourceVersion", "0")));
            }
        }
        let header = if start == Start::List { timing.mark } else { timing.header };
        let mut body = self.link.get(&query, Encoding::Identity, header).await?;
        let began = Instant::now();
        self.opened = Some(began);
        let end = began + lasts + timing.watch_slack;
        let mut is_listing = start == Start::List;
        if !is_listing {
            self.mood.live();
        }
        let mut lines = Lines::default();
        loop {
            let now = Instant::now();
            // A server that sends on beyond its timeout is alive.
            let deadline = if is_listing { now + timing.mark } else { end.max(now + timing.watch_slack) };
            let Some(bytes) = piece::<A>(&mut body, &mut self.sink, deadline).await? else { break };
            for bite in bytes.chunks(BITE) {
                is_listing = self.take(&mut lines, bite, is_listing)?;
                tokio::task::yield_now().await;
            }
        }
        self.sink.flush();
        if is_listing {
            return Err(Problem::new(ProblemKind::Server, "a streaming list ended before its mark"));
        }
        if lines.is_open() {
            return Err(Problem::new(ProblemKind::Cut, "a watch was cut in the middle of an event"));
        }
        Ok(())
    }

    /// Takes some bytes of the stream; returns whether the initial objects are still coming.
    fn take(&mut self, lines: &mut Lines, bytes: &[u8], mut is_listing: bool) -> Result<bool, Problem> {
        let sink = &mut self.sink;
        let (mood, has_listed) = (&self.mood, &mut self.has_listed);
        lines.feed(bytes, &mut |line| {
            if sink.line(line)? == Heard::InitialEnd && is_listing {
                is_listing = false;
                sink.end();
                *has_listed = true;
                mood.live();
            }
            if sink.is_due() {
                sink.flush();
            }
            Ok(())
        })?;
        Ok(is_listing)
    }
}

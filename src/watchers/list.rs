//! Getting a list by the strategy that suits the server, with the next one if it does not.

use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::Instant;

use super::api::Api;
use super::engine::{Engine, Plant};
use super::follow::Start;
use super::link::{Encoding, Link, piece};
use super::sink::Sink;
use super::split::{ListMeta, Splitter};
use super::strategy::{self, Learnt, Strategy};
use crate::model::{Problem, ProblemKind, WatchScope};

/// So much is split and projected between two chances for other tasks of the runtime.
const BITE: usize = 128 * 1024;

/// How one list request is read.
#[derive(Clone, Copy, Debug)]
struct Reading {
    encoding: Encoding,
    first_byte: Duration,
}

impl<A: Api> Engine<A> {
    /// Lists, and leaves the resourceVersion for the watch. A streaming list goes on as the watch.
    pub(crate) async fn list(&mut self) -> Result<(), Problem> {
        self.mood.loading();
        let facts = self.plant.api.facts();
        let mut plan = self.plant.lessons.plan(&facts, (self.plant.clock)());
        plan.retain(|strategy| !strategy.is_stream || self.plant.can_watch());
        let mut last = Problem::new(ProblemKind::Internal, "no way to list is known");
        for (i, strategy) in plan.iter().enumerate() {
            *self.plant.strategy.lock() = strategy.name;
            let is_last = i + 1 == plan.len();
            // A first contact takes as long as the connection and the credentials need: it proves nothing.
            let is_first_contact = facts.round_trip.is_none();
            let timing = &self.plant.timing;
            let reading = Reading {
                encoding: if strategy::wants_gzip(&facts) { Encoding::Gzip } else { Encoding::Identity },
                // There is nothing to change to after the last one: it may take its time.
                first_byte: if is_last || is_first_contact { timing.header } else { timing.first_byte },
            };
            self.sink.begin();
            let result = if strategy.is_stream {
                self.follow(Start::List).await
            } else {
                self.list_whole_or_paged(*strategy, reading).await
            };
            let problem = match result {
                Ok(()) => return Ok(()),
                Err(problem) => problem,
            };
            self.sink.flush();
            // A stream that got past its mark has done its work: what followed is a watch's failure.
            let is_done = strategy.is_stream && self.sink.resource_version().is_some();
            if is_done || !is_the_strategys_fault(&problem, *strategy) {
                return Err(problem);
            }
            tracing::info!(path = %self.link.path, strategy = strategy.name, "does not work here: {problem}");
            let learnt = self.plant.lessons.failed(*strategy, (self.plant.clock)());
            self.plant.api.keep_lessons(learnt).await;
            last = problem;
        }
        // When nothing works it is not the strategies that are wrong.
        self.plant.lessons.forget();
        self.plant.api.keep_lessons(Learnt::new()).await;
        Err(last)
    }

    async fn list_whole_or_paged(&mut self, strategy: Strategy, reading: Reading) -> Result<(), Problem> {
        let link = self.link.clone();
        let version = match strategy.page {
            Some(page) => pages(&link, &mut self.sink, page, reading).await?,
            None => {
                // The cache may lag behind what was already shown, so only a first list is taken from it.
                let query: &[_] = if self.has_listed { &[] } else { &[("resourceVersion", "0")] };
                let preview = strategy.has_preview.then(|| self.sink.preview());
                let whole = fetch(&link, &mut self.sink, query, reading);
                let meta = tokio::select! {
                    meta = whole => meta?,
                    meta = first_page(&link, preview, reading) => meta,
                };
                meta.resource_version.unwrap_or_default()
            }
        };
        self.sink.end();
        self.sink.set_resource_version(Some(version).filter(|version| !version.is_empty()));
        self.has_listed = true;
        if self.sink.resource_version().is_none() && self.plant.can_watch() {
            let what = format!("{} gives lists without a resourceVersion", self.link.path);
            return Err(Problem::new(ProblemKind::Malformed, what).hint("it cannot be watched"));
        }
        Ok(())
    }
}

/// Shows a first page beside the whole list. Never ends: the list decides.
async fn first_page<A: Api>(link: &Link<A>, sink: Option<Sink>, reading: Reading) -> ListMeta {
    if let Some(mut sink) = sink {
        let limit = strategy::PREVIEW.to_string();
        match fetch(link, &mut sink, &[("limit", &limit)], reading).await {
            Ok(meta) => {
                sink.flush();
                if let Some(rest) = meta.remaining_item_count {
                    sink.shard.expect(strategy::PREVIEW as usize + rest);
                }
            }
            // The whole list will say what is wrong, if something is.
            Err(problem) => tracing::debug!(path = %link.path, "no first page: {problem}"),
        }
    }
    std::future::pending().await
}

/// Asks how many objects there are, where the server tells: a page of one with the number of those that remain.
pub(crate) async fn count<A: Api>(plant: Plant<A>, scope: WatchScope) {
    let link = plant.link(&scope.namespace().into());
    let ask = async {
        let mut body = link.get(&[("limit", "1")], Encoding::Identity, link.timing.header).await.ok()?;
        let mut splitter = Splitter::default();
        while let Some(frame) = body.frame().await {
            splitter.feed(&frame.ok()?.into_data().ok()?, &mut |_| {}).ok()?;
        }
        splitter.meta()?.remaining_item_count
    };
    if let Ok(Some(rest)) = tokio::time::timeout(link.timing.header, ask).await {
        plant.shard.expect(rest + 1);
    }
}

/// Fetches page after page and returns the resourceVersion that they share.
async fn pages<A: Api>(
    link: &Link<A>,
    sink: &mut Sink,
    page: u32,
    reading: Reading,
) -> Result<String, Problem> {
    let limit = page.to_string();
    let mut token: Option<String> = None;
    let mut got = 0;
    loop {
        let mut query = vec![("limit", &*limit)];
        query.extend(token.as_deref().map(|token| ("continue", token)));
        let meta = match fetch(link, sink, &query, reading).await {
            // The token outlived its snapshot: the rest comes in one piece, as a list of its own.
            Err(problem) if token.is_some() && super::status::is_expired(&problem) => {
                sink.begin();
                return Ok(fetch(link, sink, &[], reading).await?.resource_version.unwrap_or_default());
            }
            result => result?,
        };
        got += page as usize;
        if let Some(rest) = meta.remaining_item_count {
            sink.shard.expect(got + rest);
        }
        token = meta.next.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(meta.resource_version.unwrap_or_default());
        }
    }
}

/// Fetches one list answer into the sink while it arrives, and returns its metadata.
async fn fetch<A: Api>(
    link: &Link<A>,
    sink: &mut Sink,
    query: &[(&str, &str)],
    reading: Reading,
) -> Result<ListMeta, Problem> {
    let began = Instant::now();
    let mut body = link.get(query, reading.encoding, reading.first_byte).await?;
    let mut splitter = Splitter::default();
    let mut deadline = began + reading.first_byte;
    while let Some(bytes) = piece::<A>(&mut body, sink, deadline).await? {
        for bite in bytes.chunks(BITE) {
            // Inside a bite batches go when they are full; the clock is looked at in between.
            splitter.feed(bite, &mut |item| {
                sink.item(item);
                if sink.is_due() {
                    sink.flush();
                }
            })?;
            tokio::task::yield_now().await;
        }
        deadline = Instant::now() + link.timing.list_idle;
    }
    sink.flush();
    match splitter.meta() {
        Some(meta) if splitter.is_done() => Ok(meta.clone()),
        _ if splitter.is_done() => {
            Err(Problem::new(ProblemKind::Malformed, "the answer to a list is no list"))
        }
        _ => {
            let what = format!("the list ended early, after {} objects", splitter.items());
            Err(Problem::new(ProblemKind::Cut, what))
        }
    }
}

/// Returns whether another strategy may do better.
fn is_the_strategys_fault(problem: &Problem, strategy: Strategy) -> bool {
    match problem.kind {
        ProblemKind::Timeout => true,
        // A server that does not know streaming lists refuses the parameters, or sends a list.
        ProblemKind::Server | ProblemKind::Malformed => strategy.is_stream,
        _ => false,
    }
}

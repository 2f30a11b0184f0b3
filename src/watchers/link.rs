//! One collection of one server: builds its requests and reads their bodies within time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::api::Api;
use super::sink::{Counters, Sink};
use super::timing::Timing;
use crate::model::{Problem, ProblemKind, Text};

/// How an answer may be encoded on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Identity,
    /// Compressed: lists on slow links. Never watches: servers flush each event into a member of its own.
    Gzip,
}

/// The way to one collection.
#[derive(Clone, Debug)]
pub(crate) struct Link<A> {
    pub(crate) api: A,
    pub(crate) path: String,
    pub(crate) timing: Arc<Timing>,
    pub(crate) counters: Arc<Counters>,
    /// What the server is to select by; empty for everything.
    pub(crate) labels: Text,
}

impl<A: Api> Link<A> {
    /// Asks for the collection and returns the body, still arriving.
    pub(crate) async fn get(
        &self,
        query: &[(&str, &str)],
        encoding: Encoding,
        header_timeout: Duration,
    ) -> Result<A::Body, Problem> {
        let mut uri = self.path.clone();
        let labels = (!self.labels.is_empty()).then_some(("labelSelector", &*self.labels));
        for (i, (name, value)) in query.iter().copied().chain(labels).enumerate() {
            uri.push(if i == 0 { '?' } else { '&' });
            uri.push_str(name);
            uri.push('=');
            escape(value, &mut uri);
        }
        let coding = match encoding {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
        };
        let request = http::Request::get(&uri)
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::ACCEPT_ENCODING, coding)
            .body(Vec::new())
            .map_err(|error| Problem::new(ProblemKind::Internal, format!("cannot ask for {uri}: {error}")))?;
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        Ok(self.api.send(request, header_timeout).await?.into_body())
    }
}

/// Returns the next piece of a body, `None` at its end; applies the sink's batch when it falls due meanwhile.
///
/// # Errors
/// [`ProblemKind::Timeout`] when nothing comes until `deadline`, [`ProblemKind::Cut`] when the connection breaks.
pub(crate) async fn piece<A: Api>(
    body: &mut A::Body,
    sink: &mut Sink,
    deadline: Instant,
) -> Result<Option<Bytes>, Problem> {
    loop {
        let until = sink.due_at().map_or(deadline, |due| due.min(deadline));
        match timeout_at(until, body.frame()).await {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Ok(Some(Err(error))) => {
                return Err(Problem::new(ProblemKind::Cut, format!("the connection ended early: {error}")));
            }
            Err(_) if Instant::now() >= deadline => {
                return Err(Problem::new(ProblemKind::Timeout, "the server has gone silent"));
            }
            Err(_) => sink.flush(),
        }
    }
}

/// Appends a query value, with everything escaped that could end it.
fn escape(value: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continue_tokens_survive_the_query() {
        let mut out = String::new();
        escape("ab+/=&x z-_.~", &mut out);
        assert_eq!(out, "ab%2B%2F%3D%26x%20z-_.~");
    }
}

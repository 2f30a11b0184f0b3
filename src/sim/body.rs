//! Answer bodies that are made while they are sent: lists, gzip, and bodies that go wrong on purpose.
//!
//! Nothing here holds more than one chunk of text, whatever the list's length.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use tokio::time::Sleep;

use super::entry::Entry;
use super::faults::Fault;
use super::form::Form;

/// The body of every answer.
pub(crate) type Payload = UnsyncBoxBody<Bytes, io::Error>;

/// Text is sent in pieces of about this size.
pub(crate) const CHUNK: usize = 64 * 1024;

/// How long a body that will be cut waits for its last bytes to be written.
const FLUSH: Duration = Duration::from_millis(30);

/// A body that is known whole.
pub(crate) fn full(text: impl Into<Bytes>) -> Payload {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A list that is rendered chunk by chunk as the connection takes it.
pub(crate) struct ListBody {
    head: Vec<u8>,
    items: std::vec::IntoIter<Arc<Entry>>,
    form: Arc<Form>,
    tail: Option<Vec<u8>>,
    first: bool,
    spoil: Option<Spoil>,
}

/// What is done to the second item of a list or the next line of a watch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Spoil {
    /// It is no JSON.
    Malformed,
    /// It is huge.
    Huge(usize),
}

impl Spoil {
    /// Returns the spoiling that a fault asks for.
    pub(crate) fn of(fault: Option<&Fault>) -> Option<Self> {
        match fault {
            Some(Fault::Malformed) => Some(Self::Malformed),
            Some(Fault::Huge(size)) => Some(Self::Huge(*size)),
            _ => None,
        }
    }

    /// Spoils the object whose text starts at `from`.
    pub(crate) fn apply(&self, out: &mut Vec<u8>, from: usize) {
        match self {
            // The brace still closes, so that whoever splits by depth finds the next item again.
            Self::Malformed => {
                out.truncate(from);
                out.extend_from_slice(br#"{"metadata":{"name":oops}}"#);
            }
            Self::Huge(size) => {
                if out.len() > from && out.pop() == Some(b'}') {
                    out.extend_from_slice(br#","simPadding":""#);
                    out.resize(out.len() + size, b'x');
                    out.extend_from_slice(b"\"}");
                }
            }
        }
    }
}

impl ListBody {
    /// Builds the body of a list.
    pub(crate) fn new(
        head: Vec<u8>,
        items: Vec<Arc<Entry>>,
        form: Arc<Form>,
        tail: &[u8],
        spoil: Option<Spoil>,
    ) -> Self {
        Self { head, items: items.into_iter(), form, tail: Some(tail.to_vec()), first: true, spoil }
    }
}

impl Body for ListBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.tail.is_none() {
            return Poll::Ready(None);
        }
        let mut out = std::mem::take(&mut self.head);
        out.reserve(CHUNK + 16 * 1024);
        loop {
            if out.len() >= CHUNK {
                break;
            }
            let Some(entry) = self.items.next() else {
                out.extend(self.tail.take().unwrap_or_default());
                break;
            };
            let first = std::mem::take(&mut self.first);
            if !first {
                out.push(b',');
            }
            let from = out.len();
            self.form.item(&entry, &mut out);
            if !first && let Some(spoil) = self.spoil.take() {
                spoil.apply(&mut out, from);
            }
        }
        Poll::Ready(Some(Ok(Frame::data(out.into()))))
    }
}

/// Compresses a body as it passes, with the level that the real server uses.
pub(crate) struct Gzip {
    inner: Payload,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl Gzip {
    /// Wraps a body.
    pub(crate) fn new(inner: Payload) -> Self {
        Self { inner, encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())) }
    }
}

impl Body for Gzip {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if self.encoder.is_none() {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    let Some(encoder) = self.encoder.as_mut() else { continue };
                    if let Err(error) = encoder.write_all(&data) {
                        return Poll::Ready(Some(Err(error)));
                    }
                    if encoder.get_ref().len() >= CHUNK / 4 {
                        let out = std::mem::take(encoder.get_mut());
                        return Poll::Ready(Some(Ok(Frame::data(out.into()))));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let rest = self.encoder.take().map(GzEncoder::finish).transpose();
                    return Poll::Ready(
                        rest.map(|rest| Frame::data(rest.unwrap_or_default().into()))
                            .map_or_else(|error| Some(Err(error)), |frame| Some(Ok(frame))),
                    );
                }
            }
        }
    }
}

/// A body that is slow or ends early.
pub(crate) struct Faulty {
    inner: Payload,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    left: Option<usize>,
    over: bool,
}

impl Faulty {
    /// Wraps a body in the fault, if it is one of bodies.
    pub(crate) fn wrap(inner: Payload, fault: Option<&Fault>) -> Payload {
        let (pause, left) = match fault {
            Some(Fault::Trickle(pause)) => (Some(*pause), None),
            Some(Fault::Cut(bytes)) => (None, Some(*bytes)),
            _ => return inner,
        };
        Self {
            inner,
            pause,
            sleep: pause.map(|pause| Box::pin(tokio::time::sleep(pause))),
            left,
            over: false,
        }
        .boxed_unsync()
    }
}

impl Body for Faulty {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(sleep) = self.sleep.as_mut() {
            ready!(sleep.as_mut().poll(context));
            self.sleep = None;
        }
        if self.over {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.sleep = self.pause.map(|pause| Box::pin(tokio::time::sleep(pause)));
        let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
        let Ok(mut data) = frame.into_data() else { return Poll::Ready(None) };
        let Some(left) = self.left else { return Poll::Ready(Some(Ok(Frame::data(data)))) };
        if data.len() >= left {
            data.truncate(left);
            self.over = true;
            // The error closes the connection at once; what was sent before it must have left by then.
            self.sleep = Some(Box::pin(tokio::time::sleep(FLUSH)));
        }
        self.left = Some(left - data.len());
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

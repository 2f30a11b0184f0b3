//! Answer bodies that are made while they are sent: lists, gzip, and bodies that go wrong on purpose.
//!
//! Nothing here holds more than a few chunks of text, whatever the list's length: what the connection does not
//! take is not made.

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
use tokio::sync::mpsc;
use tokio::time::Sleep;

use super::entry::Entry;
use super::faults::Fault;
use super::form::Form;
use super::slots::Slots;
use super::task;

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

/// Sends a list that takes no time to make.
pub(crate) fn at_once(mut list: ListText) -> Payload {
    let mut text = Vec::new();
    while let Some(piece) = list.piece() {
        text.extend(piece);
    }
    full(text)
}

/// Tells whether objects are more than can be made into text in passing, looking at no more of them than needed.
pub(crate) fn is_work(items: &[Arc<Entry>]) -> bool {
    is_larger(items, CHUNK)
}

/// Tells whether the objects are larger than `size` together, looking at no more of them than needed.
pub(crate) fn is_larger(items: &[Arc<Entry>], size: usize) -> bool {
    let mut left = size;
    !items.iter().all(|entry| {
        let rest = left.checked_sub(entry.body.len());
        left = rest.unwrap_or_default();
        rest.is_some()
    })
}

/// Text that comes in pieces.
pub(crate) trait Pieces: Send + 'static {
    /// Makes the next piece; `None` is the end.
    fn next_piece(&mut self) -> Option<io::Result<Vec<u8>>>;
}

/// What an item of a list is made of, where it is not stored as it is sent.
pub(crate) type Making = Box<dyn Fn(&Entry) -> Option<Arc<Entry>> + Send>;

/// A list, rendered piece by piece.
pub(crate) struct ListText {
    head: Vec<u8>,
    items: std::vec::IntoIter<Arc<Entry>>,
    making: Option<Making>,
    form: Form,
    over: bool,
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

impl ListText {
    /// Prepares a list. `form` has made its `head`.
    pub(crate) fn new(head: Vec<u8>, items: Vec<Arc<Entry>>, form: Form, spoil: Option<Spoil>) -> Self {
        Self { head, items: items.into_iter(), making: None, form, over: false, first: true, spoil }
    }

    /// Makes each item of the stored one while it is sent; one of which nothing is made is left out.
    pub(crate) fn making(self, making: Option<Making>) -> Self {
        Self { making, ..self }
    }

    fn item(&mut self, stored: &Entry, out: &mut Vec<u8>) {
        let made = match self.making.as_ref().map(|making| making(stored)) {
            None => None,
            Some(Some(made)) => Some(made),
            Some(None) => return,
        };
        let first = std::mem::take(&mut self.first);
        if !first {
            out.push(b',');
        }
        let from = out.len();
        self.form.item(made.as_deref().unwrap_or(stored), out);
        if !first && let Some(spoil) = self.spoil.take() {
            spoil.apply(out, from);
        }
    }

    fn piece(&mut self) -> Option<Vec<u8>> {
        if self.over {
            return None;
        }
        let mut out = std::mem::take(&mut self.head);
        out.reserve(CHUNK + 16 * 1024);
        while out.len() < CHUNK {
            let Some(entry) = self.items.next() else {
                out.extend_from_slice(Form::TAIL);
                self.over = true;
                break;
            };
            self.item(&entry, &mut out);
        }
        Some(out)
    }
}

impl Pieces for ListText {
    fn next_piece(&mut self) -> Option<io::Result<Vec<u8>>> {
        self.piece().map(Ok)
    }
}

/// Compresses text as it passes, with the level that the real server uses.
pub(crate) struct Gzip<P> {
    inner: P,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl<P: Pieces> Gzip<P> {
    /// Wraps text.
    pub(crate) fn new(inner: P) -> Self {
        Self { inner, encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())) }
    }
}

impl<P: Pieces> Pieces for Gzip<P> {
    fn next_piece(&mut self) -> Option<io::Result<Vec<u8>>> {
        let mut encoder = self.encoder.take()?;
        while encoder.get_ref().len() < CHUNK / 4 {
            let written = match self.inner.next_piece() {
                None => return Some(encoder.finish()),
                Some(text) => text.and_then(|text| encoder.write_all(&text)),
            };
            if let Err(error) = written {
                return Some(Err(error));
            }
        }
        let out = std::mem::take(encoder.get_mut());
        self.encoder = Some(encoder);
        Some(Ok(out))
    }
}

/// A body whose pieces are made on a slot, one ahead of what the connection takes and no more.
struct Made(mpsc::Receiver<io::Result<Vec<u8>>>);

/// Sends text whose making is too much work for the threads that serve connections.
pub(crate) fn made(slots: &Slots, mut pieces: impl Pieces) -> Payload {
    let (sender, receiver) = mpsc::channel(1);
    let slots = slots.clone();
    // Ends with its body, which the connection owns.
    drop(task::spawn(async move {
        loop {
            let piece = slots.run(move || (pieces.next_piece(), pieces)).await;
            let Ok((Some(piece), rest)) = piece else {
                if let Err(error) = piece {
                    let _ = sender.send(Err(error)).await;
                }
                return;
            };
            pieces = rest;
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    }));
    Made(receiver).boxed_unsync()
}

impl Body for Made {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(|text| Frame::data(text.into()))))
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

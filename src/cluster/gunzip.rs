//! Streaming gzip decoding of a body.
//!
//! Servers from 1.37 on send one gzip member per watch event, so a decoder that stops after the
//! first member would lose everything behind it; and an event must come out as soon as its bytes
//! are in, not when a buffer is full.

use std::collections::VecDeque;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http_body::Frame;

use super::body::Body;
use crate::model::{Problem, ProblemKind};

/// Compressed bytes decoded at a time: bounds what one step can blow up to.
const SLICE: usize = 8 * 1024;

/// A body that decodes another one.
pub(crate) struct Gunzip {
    inner: Body,
    decoder: MultiGzDecoder<Vec<u8>>,
    /// Compressed bytes that arrived and wait for their turn.
    waiting: VecDeque<Bytes>,
    /// Whether the inner body and the decoder are at their end.
    done: bool,
    /// Whether any compressed byte has been seen; an empty body is not a broken one.
    begun: bool,
}

impl Gunzip {
    /// Wraps a gzipped body.
    pub(crate) fn new(inner: Body) -> Self {
        Self {
            inner,
            decoder: MultiGzDecoder::new(Vec::new()),
            waiting: VecDeque::new(),
            done: false,
            begun: false,
        }
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<Bytes, Problem> {
        self.begun = true;
        self.decoder.write_all(bytes).and_then(|()| self.decoder.flush()).map_err(|e| broken(&e))?;
        Ok(std::mem::take(self.decoder.get_mut()).into())
    }

    fn finish(&mut self) -> Result<Bytes, Problem> {
        self.done = true;
        if self.begun {
            self.decoder.try_finish().map_err(|e| broken(&e))?;
        }
        Ok(std::mem::take(self.decoder.get_mut()).into())
    }
}

fn broken(error: &std::io::Error) -> Problem {
    Problem::new(ProblemKind::Cut, format!("the compressed answer is broken or ended early: {error}"))
}

impl http_body::Body for Gunzip {
    type Data = Bytes;
    type Error = Problem;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Problem>>> {
        loop {
            if self.done {
                return Poll::Ready(None);
            }
            let decoded = if let Some(mut chunk) = self.waiting.pop_front() {
                let now = chunk.split_to(SLICE.min(chunk.len()));
                if !chunk.is_empty() {
                    self.waiting.push_front(chunk);
                }
                self.decode(&now)
            } else {
                match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                    None => self.finish(),
                    Some(Err(problem)) => Err(problem),
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data()
                            && !data.is_empty()
                        {
                            self.waiting.push_back(data);
                        }
                        continue;
                    }
                }
            };
            match decoded {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Err(problem) => {
                    self.done = true;
                    return Poll::Ready(Some(Err(problem)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    fn member(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn chunked(bytes: &[u8], size: usize) -> Gunzip {
        let chunks: Vec<Result<Frame<Bytes>, Problem>> =
            bytes.chunks(size).map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
        Gunzip::new(Body::wrap(StreamBody::new(futures::stream::iter(chunks))))
    }

    #[tokio::test]
    async fn all_members_are_decoded_however_the_bytes_are_cut() {
        let long = "pod ".repeat(20_000);
        let bytes = [member("first\n"), member(&long), member(""), member("last\n")].concat();
        for size in [1, 7, 4096, bytes.len()] {
            let text = chunked(&bytes, size).collect().await.unwrap().to_bytes();
            assert_eq!(text, format!("first\n{long}last\n"), "chunks of {size}");
        }
    }

    #[tokio::test]
    async fn an_event_comes_out_before_the_next_one_is_sent() {
        let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(4);
        let stream = futures::stream::unfold(receiver, |mut receiver| async move {
            let bytes = receiver.recv().await?;
            Some((Ok::<_, Problem>(Frame::data(bytes)), receiver))
        });
        let mut body = Gunzip::new(Body::wrap(StreamBody::new(stream)));
        for text in ["{\"type\":\"ADDED\"}\n", "{\"type\":\"DELETED\"}\n"] {
            sender.send(member(text).into()).await.unwrap();
            let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(frame, text);
        }
    }

    #[tokio::test]
    async fn a_truncated_answer_is_an_error_and_an_empty_one_is_not() {
        let bytes = member("some text that is long enough to be cut");
        let problem = chunked(&bytes[..bytes.len() - 9], 5).collect().await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Cut);
        assert!(chunked(&[], 1).collect().await.unwrap().to_bytes().is_empty());
    }
}

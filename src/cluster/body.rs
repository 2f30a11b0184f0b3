//! The body of an answer: frames of bytes whose errors are already in words.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

use crate::model::{Problem, ProblemKind};

/// The body of an answer, as it arrives: decompressed when it was asked for with gzip.
pub struct Body(UnsyncBoxBody<Bytes, Problem>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

impl Body {
    /// Returns a body without bytes.
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    pub(crate) fn wrap(body: impl http_body::Body<Data = Bytes, Error = Problem> + Send + 'static) -> Self {
        Self(body.boxed_unsync())
    }

    /// Reads the rest, at most `limit` bytes.
    ///
    /// # Errors
    /// When the connection ends early or the answer is larger.
    pub async fn read_all(mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            if bytes.len() + data.len() > limit {
                return Err(Problem::new(
                    ProblemKind::Malformed,
                    format!("the answer is larger than {} KiB", limit / 1024),
                ));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }

    /// Reads at most about `limit` bytes and leaves the rest; an early end is not an error.
    pub(crate) async fn read_some(mut self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(Ok(frame)) = self.frame().await {
            if let Ok(data) = frame.into_data() {
                bytes.extend_from_slice(data.get(..limit.saturating_sub(bytes.len())).unwrap_or(&data));
            }
            if bytes.len() >= limit {
                break;
            }
        }
        bytes
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Full::new(bytes).map_err(|never| match never {}).boxed_unsync())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Problem;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Problem>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

//! How long the other end took for its first words: of a TLS handshake that is one round trip and a signature.
//!
//! Owns [`Listening`], a stream that notes it and changes nothing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What a server may spend on its first words itself, on a busy machine: the rest is the way.
const WORK: Duration = Duration::from_millis(10);

/// Where it is noted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<OnceLock<Duration>>);

impl Heard {
    /// Returns what the way takes, once the first words are there.
    pub(crate) fn trip(&self) -> Option<Duration> {
        self.0.get().map(|took| took.saturating_sub(WORK))
    }
}

/// A stream on which this side speaks first.
pub(crate) struct Listening<S> {
    inner: S,
    heard: Heard,
    spoken: Option<Instant>,
}

impl<S> Listening<S> {
    /// Listens on a stream that has carried nothing yet.
    pub(crate) fn to(inner: S, heard: Heard) -> Self {
        Self { inner, heard, spoken: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Listening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer.filled().len() > before
            && let Some(spoken) = self.spoken.take()
        {
            // Only the first words count; there is one note a stream.
            self.heard.0.get_or_init(|| spoken.elapsed());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listening<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.inner).poll_write(context, bytes))?;
        self.speak();
        Poll::Ready(Ok(sent))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.inner).poll_write_vectored(context, bytes))?;
        self.speak();
        Poll::Ready(Ok(sent))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S> Listening<S> {
    fn speak(&mut self) {
        if self.spoken.is_none() && self.heard.0.get().is_none() {
            self.spoken = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    async fn exchange(near: &mut Listening<DuplexStream>, far: &mut DuplexStream, pause: Duration) {
        near.write_all(b"hello").await.unwrap();
        let answer = async {
            far.read_exact(&mut [0; 5]).await.unwrap();
            tokio::time::sleep(pause).await;
            far.write_all(b"well").await.unwrap();
        };
        let mut words = [0; 4];
        let (_, read) = tokio::join!(answer, near.read_exact(&mut words));
        read.unwrap();
    }

    #[tokio::test]
    async fn the_first_words_tell_how_long_the_way_is_and_later_ones_nothing() {
        let (near, mut far) = tokio::io::duplex(64);
        let heard = Heard::default();
        let mut near = Listening::to(near, heard.clone());
        assert_eq!(heard.trip(), None);
        exchange(&mut near, &mut far, WORK * 3).await;
        let first = heard.trip();
        assert!(first.is_some_and(|trip| trip >= WORK * 2), "{first:?}");
        exchange(&mut near, &mut far, Duration::ZERO).await;
        assert_eq!(heard.trip(), first);
    }
}

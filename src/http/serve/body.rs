//! The body of a request, which a client may not send for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::connection_state::ConnectionState;

/// A body with a time limit: for the whole of it, from the first moment that it is waited for; or for each pause in it, where it is
/// handed on.
#[derive(Debug)]
pub(super) struct TimedBody {
    inner: Incoming,
    state: Arc<ConnectionState>,
    longest: Duration,
    /// Most bodies come with their heads and need none.
    end: Option<Pin<Box<Sleep>>>,
    /// Whether all of it was read, or could not be.
    over: bool,
}

/// The client took too long to send its body.
#[derive(Debug, thiserror::Error)]
#[error("the body took too long")]
pub(crate) struct TooSlow;

impl TimedBody {
    pub(super) fn new(inner: Incoming, state: Arc<ConnectionState>, longest: Duration) -> Self {
        Self {
            inner,
            state,
            longest,
            end: None,
            over: false,
        }
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        if !self.over && !self.inner.is_end_stream() {
            self.state.leaves_unread();
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            self.state.works();
            self.over = !matches!(frame, Some(Ok(_)));
            if self.state.pause().is_some() {
                self.end = None;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        self.state.lacks_body();
        let longest = self.state.pause().unwrap_or(self.longest);
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(longest)));
        ready!(end.as_mut().poll(context));
        self.state.works();
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

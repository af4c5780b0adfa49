//! The body of an answer that is made while it is sent.
//!
//! Invariants: a connection whose next octets are still to be made works, and is not taken for one whose client is slow; the body
//! is not dropped, with what it holds, before its client has been given all of it; until then its end is not the connection's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as _, Frame, SizeHint};

use super::connection_state::ConnectionState;

/// A body of unknown length, and the connection that it goes to.
#[derive(Debug)]
pub(super) struct SentBody {
    inner: Body,
    state: Arc<ConnectionState>,
    /// All of it is made.
    over: bool,
}

impl SentBody {
    /// The same body; one that is there already, as of every page, needs no watching.
    pub(super) fn around(body: Body, state: &Arc<ConnectionState>) -> Body {
        if body.size_hint().exact().is_some() {
            return body;
        }
        state.leaves_unfinished(true);
        Body::new(Self {
            inner: body,
            state: Arc::clone(state),
            over: false,
        })
    }
}

impl hyper::body::Body for SentBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.over {
            match Pin::new(&mut self.inner).poll_frame(context) {
                Poll::Ready(None) => {
                    self.over = true;
                    // What is written last is flushed when there is nothing more, and then this is asked again.
                    context.waker().wake_by_ref();
                }
                Poll::Pending => self.state.makes(),
                frame @ Poll::Ready(Some(_)) => return frame,
            }
            return Poll::Pending;
        }
        if self.state.is_blocked() {
            // Who flushes wakes us.
            return Poll::Pending;
        }
        self.state.leaves_unfinished(false);
        self.state.answered();
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

//! The body of an answer that is made while it is sent.
//!
//! Invariants: a connection whose next octets are still to be made works, and is not taken for one whose client is slow; the body
//! is not dropped, with what it holds, before its client has been given all of it; until then its end is not the connection's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use hyper::body::{Body as _, Frame, SizeHint};

use super::connection_state::ConnectionState;

/// A body of unknown length, and the connection that it goes to.
#[derive(Debug)]
pub(super) struct SentBody {
    inner: Body,
    state: Arc<ConnectionState>,
    /// Octets that are still to come, where the head says how many there are.
    missing: Option<u64>,
    /// All of it is made.
    over: bool,
}

impl SentBody {
    /// The same answer; a body that is there already, as of every page, needs no watching.
    pub(super) fn around(answer: Response, state: &Arc<ConnectionState>) -> Response {
        if answer.body().size_hint().exact().is_some() {
            return answer;
        }
        state.leaves_unfinished(true);
        let missing = told_length(answer.headers());
        answer.map(|inner| {
            Body::new(Self {
                inner,
                state: Arc::clone(state),
                missing,
                over: false,
            })
        })
    }

    /// Whoever writes asks for no more than the head has said, and drops the rest: nobody asks again after the last octet.
    fn give(&mut self, frame: &Frame<Bytes>) {
        let Some(missing) = &mut self.missing else {
            return;
        };
        let given = frame.data_ref().map_or(0, Bytes::len) as u64;
        *missing = missing.saturating_sub(given);
        if *missing == 0 {
            self.state.leaves_unfinished(false);
            self.state.answered();
        }
    }
}

fn told_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
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
                Poll::Ready(Some(frame)) => {
                    if let Ok(frame) = &frame {
                        self.give(frame);
                    }
                    return Poll::Ready(Some(frame));
                }
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

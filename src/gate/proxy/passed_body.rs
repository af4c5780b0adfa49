//! The octets of an application's answer, as they come.
//!
//! Invariants: nothing is read ahead of what the client takes; no pause is longer than it may be; an answer that ends because its time
//! is over is cut off, so that nobody takes it for whole. An event stream ends as if it were whole: its reader comes again.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::app::Exchange;
use crate::outbound::Octets;

/// Octets that go from an application to a browser.
pub(super) struct PassedBody {
    octets: BodyDataStream,
    idle: Duration,
    /// When the last octets came.
    moved: Instant,
    /// When it ends, whole or not.
    end: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    /// Ready when its reader may not stay.
    stay: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    _exchange: Exchange,
}

/// The application or its answer took too long.
#[derive(Debug, thiserror::Error)]
#[error("the answer stands still, or takes too long")]
struct TooLong;

/// The octets of a request's body, without what follows them (rule Q38).
pub(super) fn octets(body: Body) -> Octets {
    use futures_util::StreamExt as _;
    Box::pin(
        body.into_data_stream()
            .map(|octets| octets.map_err(BoxError::from)),
    )
}

impl PassedBody {
    pub(super) fn new(body: Body, idle: Duration, exchange: Exchange) -> Self {
        let now = Instant::now();
        Self {
            octets: body.into_data_stream(),
            idle,
            moved: now,
            end: None,
            timer: Box::pin(sleep_until(now + idle)),
            stay: None,
            _exchange: exchange,
        }
    }

    /// It takes no longer than this altogether.
    pub(super) fn within(self, longest: Duration) -> Self {
        Self {
            end: Some(self.moved + longest),
            ..self
        }
    }

    /// It takes as long as its reader may stay.
    pub(super) fn until(self, stay: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            stay: Some(Box::pin(stay)),
            ..self
        }
    }

    fn due(&self) -> Instant {
        let due = self.moved + self.idle;
        self.end.map_or(due, |end| end.min(due))
    }
}

impl Stream for PassedBody {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(stay) = &mut self.stay
            && stay.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(None);
        }
        if let Poll::Ready(next) = Pin::new(&mut self.octets).poll_next(context) {
            self.moved = Instant::now();
            if self.end.is_none_or(|end| self.moved < end) {
                return Poll::Ready(next.map(|octets| octets.map_err(BoxError::from)));
            }
            return Poll::Ready(next.map(|_| Err(TooLong.into())));
        }
        // The timer is set again when it fires, and not for each piece.
        while self.timer.as_mut().poll(context).is_ready() {
            let due = self.due();
            if due <= Instant::now() {
                return Poll::Ready(Some(Err(TooLong.into())));
            }
            self.timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

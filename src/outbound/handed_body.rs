//! The body of a request that is handed on, and may be handed on once more while nothing of it has gone.
//!
//! Invariants: an octet is handed on once; what follows the octets, as trailers do, is not handed on (rule Q38).

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body, Frame};

use super::last_move::LastMove;

type Failure = Box<dyn std::error::Error + Send + Sync>;
/// The octets of a body, as they come.
pub type Octets = Pin<Box<dyn Stream<Item = Result<Bytes, Failure>> + Send>>;

/// A body, and how far it has gone.
#[derive(Debug, Clone)]
pub struct HandedBody(Arc<Shared>);

struct Shared {
    /// Here while nobody has it.
    octets: Mutex<Option<Octets>>,
    is_empty: bool,
    /// Whether somebody has asked for octets of it.
    touched: AtomicBool,
    /// Whether all of it has gone.
    ended: AtomicBool,
    moved: LastMove,
}

impl HandedBody {
    /// A body; none where a request has none.
    pub fn new(octets: Option<Octets>) -> Self {
        Self(Arc::new(Shared {
            is_empty: octets.is_none(),
            octets: Mutex::new(octets),
            touched: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            moved: LastMove::now(),
        }))
    }

    /// Whether all of it can still be handed on.
    pub fn is_whole(&self) -> bool {
        self.0.is_empty || !self.0.touched.load(Ordering::Acquire)
    }

    /// Resolves when nothing of it goes for too long, or when all of it has gone and no answer has come for too long.
    pub async fn stands_still(&self, answer: Duration, pause: Duration) {
        let shared = &self.0;
        let longest = || {
            let has_gone = shared.is_empty || shared.ended.load(Ordering::Acquire);
            if has_gone { answer } else { pause }
        };
        shared.moved.stands_still(longest).await;
    }

    /// For one try. It comes back when that is over and nobody has asked for octets of it.
    pub(super) fn lend(&self) -> LentBody {
        LentBody {
            octets: self.0.lock().take(),
            shared: Arc::clone(&self.0),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Octets>> {
        // Nothing panics while it holds the lock.
        self.octets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("is_empty", &self.is_empty)
            .field("touched", &self.touched)
            .finish_non_exhaustive()
    }
}

/// A body for one try.
pub(super) struct LentBody {
    octets: Option<Octets>,
    shared: Arc<Shared>,
}

impl Drop for LentBody {
    fn drop(&mut self) {
        if !self.shared.touched.load(Ordering::Acquire)
            && let Some(octets) = self.octets.take()
        {
            *self.shared.lock() = Some(octets);
        }
    }
}

impl Body for LentBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        self.shared.touched.store(true, Ordering::Release);
        let Some(octets) = &mut self.octets else {
            return Poll::Ready(None);
        };
        let next = ready!(octets.as_mut().poll_next(context));
        if next.is_none() {
            self.shared.ended.store(true, Ordering::Release);
        }
        self.shared.moved.note();
        Poll::Ready(next.map(|octets| octets.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.shared.is_empty
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use futures_util::stream;

    use super::*;

    fn body(pieces: &[&'static str]) -> HandedBody {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|it| Ok(Bytes::from_static(it.as_bytes())))
            .collect();
        HandedBody::new(Some(Box::pin(stream::iter(pieces))))
    }

    fn next(body: &mut LentBody) -> Option<Bytes> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(frame) => frame.map(|it| it.unwrap().into_data().unwrap()),
            Poll::Pending => panic!("it is there"),
        }
    }

    // Q60
    #[test]
    fn what_nobody_has_asked_for_can_be_handed_on_again() {
        let handed = body(&["one", "two"]);
        drop(handed.lend());
        assert!(handed.is_whole());
        let mut second = handed.lend();
        assert_eq!(next(&mut second).unwrap(), "one");
        drop(second);
        assert!(!handed.is_whole());
        assert_eq!(next(&mut handed.lend()), None, "an octet goes once");
    }

    #[test]
    fn a_request_without_a_body_is_always_whole() {
        let handed = HandedBody::new(None);
        let mut lent = handed.lend();
        assert!(lent.is_end_stream());
        assert_eq!(next(&mut lent), None);
        assert!(handed.is_whole());
    }
}

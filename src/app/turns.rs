//! Turns for what is large: bodies that are kept, messages that are judged, exports that are made.
//!
//! Invariant: what is small, as messages of identity providers are, never waits here, and never waits for what does.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A body or a message with more octets than this is large. Responses of identity providers have 5 to 20 KiB.
pub const LARGE: usize = 32 * 1024;

/// A body with more octets than this is very large: an administrator's upload, which may have 4 MiB.
pub const VERY_LARGE: usize = 256 * 1024;

/// Large bodies in memory at once: 32 MiB.
const HELD: usize = 128;
/// Very large ones: 32 MiB more.
const VERY_LARGE_HELD: usize = 8;
/// Exports that are made at once, each of up to 32 MiB.
const EXPORTED: usize = 2;
/// The longest that something large waits for its turn. The client may try again.
const WAIT: Duration = Duration::from_secs(10);

/// Others had the turns for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many large messages are waiting")]
pub struct NoTurn;

/// A turn, given back when it is dropped.
pub type Turn = OwnedSemaphorePermit;

/// Who may go on with something large.
#[derive(Debug)]
pub struct Turns {
    held: Arc<Semaphore>,
    very_large_held: Arc<Semaphore>,
    judged: Arc<Semaphore>,
    exported: Arc<Semaphore>,
}

impl Default for Turns {
    /// Half of the processors judge large messages at most.
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            held: Arc::new(Semaphore::new(HELD)),
            very_large_held: Arc::new(Semaphore::new(VERY_LARGE_HELD)),
            judged: Arc::new(Semaphore::new((processors / 2).max(1))),
            exported: Arc::new(Semaphore::new(EXPORTED)),
        }
    }
}

impl Turns {
    /// A turn to keep a large body of so many octets.
    pub async fn hold(&self, octets: usize) -> Result<Turn, NoTurn> {
        turn(if octets > VERY_LARGE {
            &self.very_large_held
        } else {
            &self.held
        })
        .await
    }

    /// A turn to make a large export in memory.
    pub async fn export(&self) -> Result<Turn, NoTurn> {
        turn(&self.exported).await
    }

    /// Judges a message of so many octets.
    ///
    /// A large one may take many times as long as usual. It waits for its turn and is then judged on a thread of its own,
    /// so that the threads that serve everyone else go on.
    pub async fn judge<J>(&self, octets: usize, judgement: J) -> Result<J::Output, NoTurn>
    where
        J: Future<Output: Send> + Send + 'static,
    {
        if octets <= LARGE {
            return Ok(judgement.await);
        }
        let turn = turn(&self.judged).await?;
        let runtime = Handle::current();
        let judged = tokio::task::spawn_blocking(move || {
            let judged = runtime.block_on(judgement);
            drop(turn);
            judged
        });
        match judged.await {
            Ok(judged) => Ok(judged),
            Err(cause) if cause.is_panic() => resume_unwind(cause.into_panic()),
            // The runtime ends.
            Err(_) => Err(NoTurn),
        }
    }
}

async fn turn(of: &Arc<Semaphore>) -> Result<Turn, NoTurn> {
    let turn = timeout(WAIT, Arc::clone(of).acquire_owned()).await;
    turn.map_err(|_| NoTurn)?.map_err(|_| NoTurn)
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll_once<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn what_is_large_waits_and_what_is_small_does_not() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        while let Ok(turn) = Arc::clone(&turns.judged).try_acquire_owned() {
            taken.push(turn);
        }
        assert_eq!(turns.judge(LARGE, async { 1 }).await, Ok(1));
        let mut large = pin!(turns.judge(LARGE + 1, async { 2 }));
        assert!(poll_once(large.as_mut()).is_pending());
        taken.pop();
        assert_eq!(large.await, Ok(2));
        assert_eq!(turns.judge(LARGE + 1, async { 3 }).await, Ok(3));
    }
}

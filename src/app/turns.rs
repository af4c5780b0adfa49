//! Turns for what is large: bodies that are kept, messages that are judged, exports that are made, documents that are fetched.
//!
//! Invariants: what is small, as messages of identity providers are, never waits here, and never waits for what does; no company
//! and no client has more than its share of the turns.

use std::future::Future;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::network::Network;
use super::shares::{NoTurn, Shares, Turn};
use crate::domain::CompanyId;

/// A body or a message with more octets than this is large. Responses of identity providers have 5 to 20 KiB.
pub const LARGE: usize = 32 * 1024;

/// A body with more octets than this is very large: an administrator's upload, which may have 4 MiB.
pub const VERY_LARGE: usize = 256 * 1024;

/// Large bodies in memory at once: 32 MiB.
const HELD: usize = 128;
/// Very large ones: 32 MiB more.
const VERY_LARGE_HELD: usize = 8;
/// Exports under way, from the question to the last octet of the answer: one whose reader does not read keeps a part of it.
const EXPORTED: usize = 64;
/// Of one company. They last as long as their readers take, so that few companies must not have all of them.
const EXPORTED_OF_COMPANY: usize = 8;
/// Parts of exports that are made at once, each for another company.
const MADE: usize = 2;
/// Documents that are fetched from addresses of a company's choice, which may answer slowly on purpose.
const FETCHED: usize = 16;
/// Documents that are read at once: each fills some memory.
const READ: usize = 8;
const WAIT: Duration = Duration::from_secs(10);

/// Who may go on with something large.
#[derive(Debug)]
pub struct Turns {
    held: Shares,
    very_large_held: Shares,
    judged: Shares,
    exported: Shares,
    made: Shares,
    fetched: Shares,
    read: Shares,
    /// The longest that something large waits for its turn. The client may try again.
    wait: Duration,
}

impl Default for Turns {
    /// Half of the processors judge large messages at most. A company has half of what there is, a client a quarter.
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        let judged = (processors / 2).max(1);
        let shared = |all: usize| Shares::new(all, all / 2).of_client(all / 4);
        Self {
            held: shared(HELD),
            very_large_held: shared(VERY_LARGE_HELD),
            judged: shared(judged),
            exported: Shares::new(EXPORTED, EXPORTED_OF_COMPANY),
            made: Shares::new(MADE, MADE / 2),
            fetched: Shares::new(FETCHED, FETCHED / 4).places(FETCHED / 4),
            read: Shares::new(READ, READ / 2),
            wait: WAIT,
        }
    }
}

impl Turns {
    /// A turn to keep a large body of so many octets, which a client sends to a company.
    pub async fn hold(
        &self,
        octets: usize,
        company: CompanyId,
        client: Option<IpAddr>,
    ) -> Result<Turn, NoTurn> {
        let held = if octets > VERY_LARGE {
            &self.very_large_held
        } else {
            &self.held
        };
        self.in_time(held.next(company, Some(Network::of(client))))
            .await
    }

    /// A turn for an export of a company, to be kept until its last octet has been sent.
    pub async fn export(&self, company: CompanyId) -> Result<Turn, NoTurn> {
        self.in_time(self.exported.next(company, None)).await
    }

    /// A turn to make the first part of an export.
    pub async fn make_part(&self, company: CompanyId) -> Result<Turn, NoTurn> {
        self.in_time(self.made.next(company, None)).await
    }

    /// A turn to make one more part of an export that has begun. It comes however long others take: who was given the beginning is
    /// given the rest.
    pub async fn make_more(&self, company: CompanyId) -> Result<Turn, NoTurn> {
        self.made.next(company, None).await
    }

    /// A turn to ask an address of a company's choice. A company that has its share is told at once.
    pub async fn fetch(&self, company: CompanyId) -> Result<Turn, NoTurn> {
        self.in_time(self.fetched.next(company, None)).await
    }

    /// A turn to read a document of a company.
    pub async fn read(&self, company: CompanyId) -> Result<Turn, NoTurn> {
        self.in_time(self.read.next(company, None)).await
    }

    async fn in_time(
        &self,
        next: impl Future<Output = Result<Turn, NoTurn>>,
    ) -> Result<Turn, NoTurn> {
        timeout(self.wait, next).await.map_err(|_| NoTurn)?
    }

    /// Judges a message of so many octets.
    ///
    /// A large one may take many times as long as usual. It waits for its turn and is then judged on a thread of its own,
    /// so that the threads that serve everyone else go on.
    pub async fn judge<J>(
        &self,
        octets: usize,
        company: CompanyId,
        client: Option<IpAddr>,
        judgement: J,
    ) -> Result<J::Output, NoTurn>
    where
        J: Future<Output: Send> + Send + 'static,
    {
        if octets <= LARGE {
            return Ok(judgement.await);
        }
        let turn = self
            .in_time(self.judged.next(company, Some(Network::of(client))))
            .await?;
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

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use tokio::task::unconstrained;

    use super::*;

    fn poll_once<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        // A task that takes many turns at once would be told to let others go first.
        pin!(unconstrained(future)).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn what_is_large_waits_and_what_is_small_does_not() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        for number in 0..=255 {
            let client = Some(Network::of(Some([192, 0, 2, number].into())));
            let company = CompanyId::from_bytes([number; 16]);
            let mut next = pin!(turns.judged.next(company, client));
            match poll_once(next.as_mut()) {
                Poll::Ready(turn) => taken.push(turn.unwrap()),
                Poll::Pending => break,
            }
        }
        let acme = CompanyId::from_bytes([1; 16]);
        assert_eq!(turns.judge(LARGE, acme, None, async { 1 }).await, Ok(1));
        let mut large = pin!(turns.judge(LARGE + 1, acme, None, async { 2 }));
        assert!(poll_once(large.as_mut()).is_pending());
        taken.clear();
        assert_eq!(large.await, Ok(2));
        assert_eq!(turns.judge(LARGE + 1, acme, None, async { 3 }).await, Ok(3));
    }

    #[tokio::test]
    async fn no_company_takes_anothers_turns() {
        let [acme, beta] = [1, 2].map(|it| CompanyId::from_bytes([it; 16]));
        let client = |number: u8| Some(IpAddr::from([192, 0, 2, number]));
        let turns = Turns::default();
        let mut held = Vec::new();
        for number in 0..=255 {
            let mut next = pin!(turns.hold(LARGE + 1, acme, client(number / 100)));
            if let Poll::Ready(turn) = poll_once(next.as_mut()) {
                held.push(turn.unwrap());
            }
        }
        assert_eq!(held.len(), HELD / 2, "three clients of one company");
        let fetched = many(|| turns.fetch(acme));
        assert_eq!(fetched.len(), FETCHED / 4);
        assert!(turns.fetch(acme).await.is_err(), "told at once");
        let exported = many(|| turns.export(acme));
        assert_eq!(exported.len(), EXPORTED_OF_COMPANY);
        let part = turns.make_part(acme).await;
        for turn in [
            turns.hold(LARGE + 1, beta, client(7)).await,
            turns.fetch(beta).await,
            turns.export(beta).await,
            turns.make_part(beta).await,
            turns.read(acme).await,
        ] {
            assert!(turn.is_ok());
        }
        drop((held, fetched, exported, part));
    }

    #[tokio::test]
    async fn what_has_begun_goes_on_however_long_others_take() {
        let acme = CompanyId::from_bytes([1; 16]);
        let turns = Turns {
            wait: Duration::ZERO,
            ..Turns::default()
        };
        let others = turns.made.next(acme, None).await;
        let mut more = pin!(turns.make_more(acme));
        assert!(poll_once(more.as_mut()).is_pending());
        let first = turns.make_part(acme).await;
        assert!(first.is_err(), "told before it begins");
        assert!(poll_once(more.as_mut()).is_pending());
        drop(others);
        assert!(more.await.is_ok());
    }

    fn many<F: Future<Output = Result<Turn, NoTurn>>>(next: impl Fn() -> F) -> Vec<Turn> {
        std::iter::from_fn(|| match poll_once(pin!(next())) {
            Poll::Ready(turn) => turn.ok(),
            Poll::Pending => None,
        })
        .collect()
    }
}

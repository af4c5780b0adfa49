//! Turns of which nobody may have more than a share.
//!
//! Invariants: who waits for a share of his own is in nobody else's way; nothing is remembered of who neither has a turn nor
//! waits for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::unconstrained;

use super::network::Network;
use crate::domain::CompanyId;

/// So many turns, and how many of them one company and one client may have.
#[derive(Debug)]
pub(super) struct Shares {
    all: Arc<Semaphore>,
    of_company: usize,
    /// At one company; at all of them together, twice as many.
    of_client: Option<usize>,
    /// How many of one company may have a turn or wait for one.
    places: usize,
    lines: Arc<Mutex<HashMap<Holder, ShareQueue>>>,
}

/// Who has a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    ClientAt(CompanyId, Network),
    Client(Network),
    Company(CompanyId),
}

/// The turns of one holder.
#[derive(Debug)]
struct ShareQueue {
    turns: Arc<Semaphore>,
    /// Who has one or waits for one.
    there: usize,
}

/// A turn, given back when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _permits: Vec<OwnedSemaphorePermit>,
    _places: Vec<QueuePlace>,
}

/// Others had the turns for too long, or too many wait for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much of this kind is under way")]
pub struct NoTurn;

impl Shares {
    /// So many turns, and of them so many for a company: one at least, so that companies come in turn where there is one for all.
    pub(super) fn new(all: usize, of_company: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            of_company: of_company.max(1),
            of_client: None,
            places: usize::MAX,
            lines: Arc::default(),
        }
    }

    /// With a share for a client at one company.
    pub(super) fn of_client(mut self, most: usize) -> Self {
        self.of_client = Some(most.max(1));
        self
    }

    /// With so many of one company that have a turn or wait for one: who comes then is told at once.
    pub(super) fn places(mut self, most: usize) -> Self {
        self.places = most;
        self
    }

    /// Waits for a turn.
    pub(super) async fn next(
        &self,
        company: CompanyId,
        client: Option<Network>,
    ) -> Result<Turn, NoTurn> {
        let client = client.zip(self.of_client);
        let shares = [
            client.map(|(client, most)| (Holder::ClientAt(company, client), most)),
            client.map(|(client, most)| (Holder::Client(client), 2 * most)),
            Some((Holder::Company(company), self.of_company)),
        ];
        let (mut permits, mut places) = (Vec::new(), Vec::new());
        // Everybody's own come first, so that nobody waits in the line of all without being able to go on.
        for (holder, most) in shares.into_iter().flatten() {
            let (turns, place) = self.stand_in_line(holder, most)?;
            places.push(place);
            permits.push(turns.acquire_owned().await.map_err(|_| NoTurn)?);
        }
        permits.push(
            Arc::clone(&self.all)
                .acquire_owned()
                .await
                .map_err(|_| NoTurn)?,
        );
        Ok(Turn {
            _permits: permits,
            _places: places,
        })
    }

    /// A turn for a company, if there is one now.
    pub(super) fn now(&self, company: CompanyId) -> Option<Turn> {
        unconstrained(self.next(company, None)).now_or_never()?.ok()
    }

    fn stand_in_line(
        &self,
        holder: Holder,
        most: usize,
    ) -> Result<(Arc<Semaphore>, QueuePlace), NoTurn> {
        let mut lines = lock(&self.lines);
        let line = lines.entry(holder).or_insert_with(|| ShareQueue {
            turns: Arc::new(Semaphore::new(most)),
            there: 0,
        });
        if line.there >= self.places {
            return Err(NoTurn);
        }
        line.there += 1;
        let place = QueuePlace {
            holder,
            lines: Arc::clone(&self.lines),
        };
        Ok((Arc::clone(&line.turns), place))
    }
}

/// A place in a holder's line.
#[derive(Debug)]
struct QueuePlace {
    holder: Holder,
    lines: Arc<Mutex<HashMap<Holder, ShareQueue>>>,
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.get_mut(&self.holder) {
            line.there -= 1;
            if line.there == 0 {
                lines.remove(&self.holder);
            }
        }
    }
}

fn lock(lines: &Mutex<HashMap<Holder, ShareQueue>>) -> MutexGuard<'_, HashMap<Holder, ShareQueue>> {
    // Nothing panics while it holds the lock.
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn company(number: u8) -> CompanyId {
        CompanyId::from_bytes([number; 16])
    }

    fn client(number: u8) -> Network {
        Network::of(Some([192, 0, 2, number].into()))
    }

    /// The turn, if there is one now.
    fn now(shares: &Shares, of: u8, by: u8) -> Option<Turn> {
        let next = pin!(shares.next(company(of), Some(client(by))));
        match next.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn.ok(),
            Poll::Pending => None,
        }
    }

    fn many(shares: &Shares, of: u8, by: u8) -> Vec<Turn> {
        std::iter::from_fn(|| now(shares, of, by)).collect()
    }

    #[test]
    fn nobody_has_more_than_a_share() {
        let shares = Shares::new(8, 4).of_client(2);
        let [first, second] = [1, 2].map(|by| many(&shares, 1, by));
        assert_eq!((first.len(), second.len()), (2, 2));
        assert!(now(&shares, 1, 3).is_none(), "the company has its share");
        let elsewhere = many(&shares, 2, 1);
        assert_eq!(elsewhere.len(), 2, "a client has a share at each company");
        assert!(now(&shares, 3, 1).is_none(), "and one at all of them");
        let others = many(&shares, 2, 4);
        assert_eq!(others.len(), 2);
        assert!(now(&shares, 3, 5).is_none(), "all are taken");
        drop((first, second));
        assert_eq!(many(&shares, 3, 5).len(), 2);
        drop((elsewhere, others));
        assert!(lock(&shares.lines).is_empty(), "nobody is there");
    }

    #[test]
    fn who_has_gone_leaves_his_place() {
        let shares = Shares::new(1, 1).places(2);
        let held = now(&shares, 1, 1).unwrap();
        {
            let mut waiting = pin!(shares.next(company(1), None));
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            let full = pin!(shares.next(company(1), None)).poll(&mut context);
            assert!(matches!(full, Poll::Ready(Err(NoTurn))), "told at once");
            drop(held);
            assert!(waiting.as_mut().poll(&mut context).is_ready());
        }
        assert!(lock(&shares.lines).is_empty());
        assert!(now(&shares, 1, 1).is_some());
    }

    #[tokio::test]
    async fn with_one_turn_companies_take_it_in_turn() {
        let shares = Arc::new(Shares::new(1, 0));
        let held = shares.next(company(1), None).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for of in [1, 1, 1, 2] {
            let (shares, order) = (Arc::clone(&shares), Arc::clone(&order));
            waiting.push(tokio::spawn(async move {
                let turn = shares.next(company(of), None).await;
                order.lock().unwrap().push(of);
                tokio::task::yield_now().await;
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for one in waiting {
            one.await.unwrap();
        }
        assert!(order.lock().unwrap()[..2].contains(&2), "{order:?}");
    }
}

//! Turns to compare a password: each takes 19 MiB and tens of milliseconds of a processor.
//!
//! Invariants: only so many are compared at once, also when those who asked have gone; a company has at most half of the
//! turns, so that a flood of one leaves the others theirs; who would wait long is told at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Wait;
use crate::domain::CompanyId;

/// How many of a company may wait; about five seconds' worth.
const PLACES: usize = 100;
/// What who finds no place is told to wait: the time in which those before him have had their turns.
const FULL: Wait = Wait(Duration::from_secs(5));

/// The turns of every company.
#[derive(Debug)]
pub(super) struct PasswordTurns {
    all: Arc<Semaphore>,
    of_one: usize,
    /// As many as there are companies with passwords.
    companies: Mutex<HashMap<CompanyId, Arc<Line>>>,
}

#[derive(Debug)]
struct Line {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A turn to compare a password. It lasts until it is dropped: it belongs to who does the work, not to who waits for it.
#[derive(Debug)]
pub struct PasswordTurn {
    _held: [OwnedSemaphorePermit; 3],
}

impl PasswordTurns {
    /// As many at once as there are processors, within reason.
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self::with(processors.clamp(2, 8))
    }

    fn with(at_once: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(at_once)),
            of_one: at_once / 2,
            companies: Mutex::default(),
        }
    }

    /// Waits for a turn.
    pub(super) async fn next(&self, company: CompanyId) -> Result<PasswordTurn, Wait> {
        let line = self.line(company);
        let place = Arc::clone(&line.places).try_acquire_owned();
        let place = place.map_err(|_| FULL)?;
        // Nobody closes them; a closed one would refuse.
        let of_company = Arc::clone(&line.turns).acquire_owned().await;
        let of_company = of_company.map_err(|_| FULL)?;
        let of_all = Arc::clone(&self.all).acquire_owned().await;
        let of_all = of_all.map_err(|_| FULL)?;
        Ok(PasswordTurn {
            _held: [place, of_company, of_all],
        })
    }

    fn line(&self, company: CompanyId) -> Arc<Line> {
        let mut companies = self
            .companies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let line = companies.entry(company).or_insert_with(|| {
            Arc::new(Line {
                places: Arc::new(Semaphore::new(PLACES)),
                turns: Arc::new(Semaphore::new(self.of_one)),
            })
        });
        Arc::clone(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_of_one_company_leaves_the_others_their_turns() {
        let turns = Arc::new(PasswordTurns::with(2));
        let [acme, beta] = [1, 2].map(|it| CompanyId::from_bytes([it; 16]));
        let held = turns.next(acme).await.unwrap();
        let waiting: Vec<_> = (1..PLACES)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.next(acme).await.map(drop) })
            })
            .collect();
        while turns.line(acme).places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.next(acme).await.unwrap_err(), FULL);
        let of_beta = turns.next(beta).await.unwrap();
        assert_eq!(turns.all.available_permits(), 0);
        drop((held, of_beta));
        for one in waiting {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }
}

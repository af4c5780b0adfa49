//! When octets last went somewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// When octets last went, as whoever moves them and whoever waits for them see it.
#[derive(Debug)]
pub struct LastMove {
    begun: Instant,
    /// In milliseconds after it began.
    after: AtomicU64,
}

impl LastMove {
    /// Nothing has gone before now.
    pub fn now() -> Self {
        Self {
            begun: Instant::now(),
            after: AtomicU64::new(0),
        }
    }

    /// Something goes.
    pub fn note(&self) {
        let after = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after.store(after, Ordering::Relaxed);
    }

    /// Resolves when nothing has gone for as long as it may rest.
    pub async fn stands_still(&self, longest: impl Fn() -> Duration) {
        loop {
            let left = longest().saturating_sub(self.rests());
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }

    fn rests(&self) -> Duration {
        let after = Duration::from_millis(self.after.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(after)
    }
}

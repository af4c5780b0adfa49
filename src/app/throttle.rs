//! Limits on passwords: how often they may be tried, and how many are compared at once.
//!
//! Invariant: what is kept for a limit is bounded, whatever addresses and names are tried.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use crate::domain::CompanyId;

/// Keys kept before those that are idle are swept out.
const SWEEP: usize = 10_000;
/// Passwords compared at the same time.
const AT_ONCE: usize = 4;
/// The longest address that is counted; longer ones are nobody's.
const LONGEST: usize = 254;

/// Limits the tries of a client and on an account.
#[derive(Debug)]
pub struct Throttle {
    clients: Option<DefaultKeyedRateLimiter<IpAddr>>,
    accounts: Option<DefaultKeyedRateLimiter<(CompanyId, String)>>,
    hashing: Semaphore,
}

impl Throttle {
    /// So many tries a minute, for each client and for each account; 0 sets no limit.
    pub fn new(tries_per_minute: u32) -> Self {
        let quota = NonZeroU32::new(tries_per_minute).map(Quota::per_minute);
        Self {
            clients: quota.map(RateLimiter::keyed),
            accounts: quota.map(RateLimiter::keyed),
            hashing: Semaphore::new(AT_ONCE),
        }
    }

    /// Waits for a turn to compare a password: each takes 19 MiB and tens of milliseconds.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.hashing.acquire().await
    }

    /// Whether another try is allowed, and counts it.
    pub fn admits(&self, client: Option<IpAddr>, company: CompanyId, email: &str) -> bool {
        let client_admitted = match (&self.clients, client) {
            (Some(limiter), Some(client)) => {
                if limiter.len() > SWEEP {
                    limiter.retain_recent();
                }
                limiter.check_key(&client).is_ok()
            }
            _ => true,
        };
        let account_admitted = || {
            self.accounts.as_ref().is_none_or(|limiter| {
                if limiter.len() > SWEEP {
                    limiter.retain_recent();
                }
                let email = email.get(..LONGEST).unwrap_or(email).to_ascii_lowercase();
                limiter.check_key(&(company, email)).is_ok()
            })
        };
        client_admitted && account_admitted()
    }
}

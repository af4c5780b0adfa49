//! Limits on passwords: how often they may be tried, and how many are compared at once. And on refused messages.
//!
//! Invariant: what is kept for a limit is bounded, whatever addresses and names are tried.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use crate::config::Limits;
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
    refusals: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clients: Option<DefaultKeyedRateLimiter<IpAddr>>,
    accounts: Option<DefaultKeyedRateLimiter<(CompanyId, String)>>,
    hashing: Semaphore,
}

impl Throttle {
    /// The limits of a configuration; 0 sets none.
    pub fn new(limits: &Limits) -> Self {
        let per_minute = |count: u32| NonZeroU32::new(count).map(Quota::per_minute);
        let quota = per_minute(limits.password_tries_per_minute);
        Self {
            refusals: per_minute(limits.refused_messages_per_minute).map(RateLimiter::keyed),
            clients: quota.map(RateLimiter::keyed),
            accounts: quota.map(RateLimiter::keyed),
            hashing: Semaphore::new(AT_ONCE),
        }
    }

    /// Waits for a turn to compare a password: each takes 19 MiB and tens of milliseconds.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.hashing.acquire().await
    }

    /// Whether another refused message of this client is written down, and counts it.
    pub fn admits_refusal(&self, client: Option<IpAddr>) -> bool {
        within(self.refusals.as_ref(), client.map(network))
    }

    /// Whether another try is allowed, and counts it.
    pub fn admits(&self, client: Option<IpAddr>, company: CompanyId, email: &str) -> bool {
        // Nobody's address is so long; all of them count as one, wherever their characters end.
        let email = email.get(..LONGEST.min(email.len())).unwrap_or_default();
        let account = (company, email.to_ascii_lowercase());
        within(self.clients.as_ref(), client.map(network))
            && within(self.accounts.as_ref(), Some(account))
    }
}

/// Counts one more for `key`, and says whether that is within the limit. Without a limit or a key, everything is.
fn within<K: Hash + Eq + Clone>(
    limiter: Option<&DefaultKeyedRateLimiter<K>>,
    key: Option<K>,
) -> bool {
    let (Some(limiter), Some(key)) = (limiter, key) else {
        return true;
    };
    if limiter.len() > SWEEP {
        limiter.retain_recent();
    }
    limiter.check_key(&key).is_ok()
}

/// Who a client's address stands for: an IPv6 subscriber has a whole /64 to choose addresses from.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &Throttle, client: &str, email: &str) -> bool {
        let client = client.parse().unwrap();
        throttle.admits(Some(client), CompanyId::from_bytes([1; 16]), email)
    }

    #[test]
    fn the_addresses_of_one_subscriber_count_as_one() {
        let throttle = Throttle::new(&Limits {
            password_tries_per_minute: 1,
            ..Limits::default()
        });
        assert!(admitted(&throttle, "2001:db8:1:2::1", "a@b.c"));
        assert!(!admitted(&throttle, "2001:db8:1:2:ffff::9", "b@b.c"));
        assert!(admitted(&throttle, "2001:db8:1:3::1", "c@b.c"));
        assert!(admitted(&throttle, "192.0.2.1", "d@b.c"));
        assert!(!admitted(&throttle, "::ffff:192.0.2.1", "e@b.c"));
    }

    #[test]
    fn what_is_kept_of_an_address_is_short() {
        let throttle = Throttle::new(&Limits {
            password_tries_per_minute: 1,
            ..Limits::default()
        });
        // The limit falls into the middle of a character.
        let long = |tail: &str| format!("{}\u{e9}{tail}", "a".repeat(LONGEST - 1));
        assert!(admitted(&throttle, "192.0.2.1", &long("1")));
        assert!(!admitted(&throttle, "192.0.2.2", &long("2")));
    }
}

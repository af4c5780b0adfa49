//! Sign-ins that began on this server a moment ago, so that their answers need not read them again.
//!
//! Invariants: what is here was stored before; each is given out once, so that whoever comes second asks the database; and
//! nothing is decided by it alone, because the row is consumed under its own conditions (rule E1).

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;

use crate::domain::{CompanyId, LoginAttempt};

/// The most that are kept; the oldest go. Each takes about 600 bytes.
const MOST: usize = 32_768;

/// Open attempts, by their request's ID.
#[derive(Debug)]
pub(in crate::store) struct AttemptCache(Mutex<LruCache<String, Arc<LoginAttempt>>>);

impl Default for AttemptCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl AttemptCache {
    /// Keeps an attempt that has just been stored.
    pub(in crate::store) fn keep(&self, attempt: Arc<LoginAttempt>) {
        if let Some(request) = attempt.request_id.clone() {
            self.lock().insert(request, attempt);
        }
    }

    /// Gives the attempt of a company's request out, once.
    pub(in crate::store) fn take(
        &self,
        company: CompanyId,
        request: &str,
    ) -> Option<Arc<LoginAttempt>> {
        let mut attempts = self.lock();
        let is_companys = attempts.peek(request)?.company_id == company;
        is_companys.then(|| attempts.remove(request))?
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<String, Arc<LoginAttempt>>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::{AttemptId, AttemptKind};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn attempt(company: CompanyId, request: &str) -> Arc<LoginAttempt> {
        let id = AttemptId::from_bytes([7; 16]);
        Arc::new(LoginAttempt {
            request_id: Some(request.to_owned()),
            ..LoginAttempt::open(id, company, AttemptKind::Saml, [0; 32], NOW)
        })
    }

    #[test]
    fn each_is_given_out_once_and_to_its_company() {
        let (ours, theirs) = (
            CompanyId::from_bytes([1; 16]),
            CompanyId::from_bytes([2; 16]),
        );
        let attempts = AttemptCache::default();
        let kept = attempt(ours, "_1");
        attempts.keep(Arc::clone(&kept));
        assert_eq!(attempts.take(theirs, "_1"), None);
        assert_eq!(attempts.take(ours, "_2"), None);
        assert_eq!(attempts.take(ours, "_1"), Some(kept));
        assert_eq!(attempts.take(ours, "_1"), None);
    }

    #[test]
    fn the_oldest_goes() {
        let ours = CompanyId::from_bytes([1; 16]);
        let attempts = AttemptCache::default();
        for number in 0..=MOST {
            attempts.keep(attempt(ours, &format!("_{number}")));
        }
        assert_eq!(attempts.take(ours, "_0"), None);
        assert!(attempts.take(ours, "_1").is_some());
        assert!(attempts.take(ours, &format!("_{MOST}")).is_some());
    }
}

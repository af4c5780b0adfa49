//! Tokens of applications: opaque, bound to the application, what was consented to, and the clock.

use super::permission::{GrantedPermissions, GraphPermission};
use crate::demo_idp::OidcApp;
use crate::demo_idp::oidc::opaque;
use crate::demo_idp::{Random, guid};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

const MOST: usize = 1_000;
/// How long a token lasts.
const LIFETIME: Duration = Duration::seconds(3_599);

/// What a token is good for.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct AppGrant {
    pub(in crate::demo_idp) client_id: String,
    pub(super) permissions: GrantedPermissions,
    until: OffsetDateTime,
}

/// The tokens that were given.
#[derive(Default)]
pub(in crate::demo_idp) struct AppTokens {
    given: Mutex<VecDeque<(String, Arc<AppGrant>)>>,
    requests: AtomicUsize,
}

impl AppTokens {
    /// Notes that one was asked for.
    pub(in crate::demo_idp) fn note_request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// A new token, and how many seconds it lasts.
    pub(in crate::demo_idp) fn issue(
        &self,
        app: &OidcApp,
        now: OffsetDateTime,
        random: &Random,
    ) -> (String, i64) {
        let consented = app.permissions.iter().filter(|(_, is_granted)| *is_granted);
        let permissions = consented.filter_map(|(name, _)| GraphPermission::named(name));
        let grant = AppGrant {
            client_id: app.client_id.clone(),
            permissions: GrantedPermissions(permissions.collect()),
            until: now + LIFETIME,
        };
        let token = format!("app.{}.{}", guid(random), opaque(random, 600));
        let mut tokens = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MOST {
            tokens.pop_front();
        }
        tokens.push_back((token.clone(), Arc::new(grant)));
        (token, LIFETIME.whole_seconds())
    }

    pub(in crate::demo_idp) fn find(
        &self,
        token: &str,
        now: OffsetDateTime,
    ) -> Option<Arc<AppGrant>> {
        let tokens = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, grant) = tokens.iter().find(|(found, _)| found == token)?;
        (now < grant.until).then(|| Arc::clone(grant))
    }

    /// No token that was given counts any more.
    pub(super) fn revoke(&self) {
        self.given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

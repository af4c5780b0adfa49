//! What the OpenID Connect face remembers: registrations, codes, tokens, and which assertions were used.

use super::id_token::opaque;
use super::{OidcApp, OidcVariant};
use crate::demo_idp::shelf::Shelf;
use crate::demo_idp::{IdpUser, KeepOidc, Random};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use time::OffsetDateTime;

/// How many used assertions are remembered.
const MOST_ASSERTIONS: usize = 10_000;

/// All of it. Invariant: bounded, as the shelves are.
pub(in crate::demo_idp) struct OidcDesk {
    apps: RwLock<Vec<Arc<OidcApp>>>,
    keep: OnceLock<KeepOidc>,
    codes: Shelf<Labelled<IssuedCode>>,
    access_tokens: Shelf<Labelled<IdpGrant>>,
    refresh_tokens: Shelf<Labelled<IdpGrant>>,
    used_assertions: Mutex<VecDeque<String>>,
}

/// What an application was given for whom.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct IdpGrant {
    pub(in crate::demo_idp) app: Arc<OidcApp>,
    pub(in crate::demo_idp) user: Arc<IdpUser>,
    pub(in crate::demo_idp) scopes: Vec<String>,
    pub(in crate::demo_idp) nonce: Option<String>,
    pub(in crate::demo_idp) sid: String,
    pub(in crate::demo_idp) auth_time: OffsetDateTime,
    pub(in crate::demo_idp) max_age: Option<i64>,
    pub(in crate::demo_idp) variant: OidcVariant,
}

/// A code and what it has to be redeemed with.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct IssuedCode {
    pub(in crate::demo_idp) grant: IdpGrant,
    pub(in crate::demo_idp) redirect_uri: String,
    pub(in crate::demo_idp) challenge: Option<String>,
    pub(in crate::demo_idp) issued: OffsetDateTime,
    used: Arc<AtomicBool>,
}

/// A thing with the part of its token that is not its handle.
#[derive(Debug, Clone)]
struct Labelled<T> {
    label: String,
    thing: T,
}

impl OidcDesk {
    pub(in crate::demo_idp) fn new() -> Self {
        Self {
            apps: RwLock::new(Vec::new()),
            keep: OnceLock::new(),
            codes: Shelf::new(),
            access_tokens: Shelf::new(),
            refresh_tokens: Shelf::new(),
            used_assertions: Mutex::new(VecDeque::new()),
        }
    }

    pub(super) fn apps(&self) -> Vec<Arc<OidcApp>> {
        self.apps
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn register(&self, app: OidcApp) {
        let app = Arc::new(app);
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        match apps
            .iter_mut()
            .find(|found| found.client_id == app.client_id)
        {
            Some(found) => *found = app,
            None => apps.push(app),
        }
        if let Some(keep) = self.keep.get() {
            keep(&apps);
        }
    }

    pub(super) fn keep(&self, keep: KeepOidc) {
        let _ = self.keep.set(keep);
    }

    /// Entra's codes are long: more than a kilobyte.
    pub(in crate::demo_idp) fn put_code(&self, code: IssuedCode, random: &Random) -> String {
        put(&self.codes, "1.", code, &opaque(random, 800), random)
    }

    pub(in crate::demo_idp) fn find_code(&self, code: &str) -> Option<IssuedCode> {
        find(&self.codes, "1.", code)
    }

    pub(in crate::demo_idp) fn put_access_token(&self, grant: IdpGrant, random: &Random) -> String {
        let label = opaque(random, 1_000);
        put(&self.access_tokens, "EwB4.", grant, &label, random)
    }

    pub(in crate::demo_idp) fn find_access_token(&self, token: &str) -> Option<IdpGrant> {
        find(&self.access_tokens, "EwB4.", token)
    }

    pub(in crate::demo_idp) fn put_refresh_token(
        &self,
        grant: IdpGrant,
        random: &Random,
    ) -> String {
        let label = opaque(random, 900);
        put(&self.refresh_tokens, "1.R.", grant, &label, random)
    }

    /// A refresh token stays good after it was used, as at Entra.
    pub(in crate::demo_idp) fn find_refresh_token(&self, token: &str) -> Option<IdpGrant> {
        find(&self.refresh_tokens, "1.R.", token)
    }

    /// Whether an assertion is new; from now on it is not.
    pub(in crate::demo_idp) fn use_assertion(&self, id: String) -> bool {
        let mut used = self
            .used_assertions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if used.contains(&id) {
            return false;
        }
        if used.len() >= MOST_ASSERTIONS {
            used.pop_front();
        }
        used.push_back(id);
        true
    }
}

impl IdpGrant {
    pub(in crate::demo_idp) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|found| found == scope)
    }

    /// The scopes of the access token, which is where `offline_access` does not belong.
    pub(in crate::demo_idp) fn granted_scope(&self) -> String {
        let scopes = self.scopes.iter().map(String::as_str);
        let scopes: Vec<&str> = scopes.filter(|scope| *scope != "offline_access").collect();
        scopes.join(" ")
    }
}

impl IssuedCode {
    pub(in crate::demo_idp) fn new(
        grant: IdpGrant,
        redirect_uri: String,
        challenge: Option<String>,
        issued: OffsetDateTime,
    ) -> Self {
        Self {
            grant,
            redirect_uri,
            challenge,
            issued,
            used: Arc::default(),
        }
    }

    /// Whether it was new; from now on it is not.
    pub(in crate::demo_idp) fn take(&self) -> bool {
        !self.used.swap(true, Ordering::SeqCst)
    }
}

fn put<T: Clone>(
    shelf: &Shelf<Labelled<T>>,
    prefix: &str,
    thing: T,
    label: &str,
    random: &Random,
) -> String {
    let labelled = Labelled {
        label: label.to_owned(),
        thing,
    };
    let handle = shelf.put(labelled, random);
    format!("{prefix}{handle}.{label}")
}

fn find<T: Clone>(shelf: &Shelf<Labelled<T>>, prefix: &str, token: &str) -> Option<T> {
    let (handle, label) = token.strip_prefix(prefix)?.split_once('.')?;
    let found = shelf.find(handle)?;
    (found.label == label).then_some(found.thing)
}

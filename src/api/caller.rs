//! Who asks: a bearer token (RFC 6750) of the company of the host, with the scope that a handler needs.
//!
//! Invariants: nothing but the one `Authorization` header is looked at; a token counts at its own company only; a request is
//! within its limits before the database is asked, and before its body is read. What a handler reads needs no more than this;
//! what it changes, and what depends on the thing that is changed, `admin::authority` decides in the transaction.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use time::OffsetDateTime;

use crate::admin::{Actor, Admin, token_hash};
use crate::app::App;
use crate::domain::token::{LAST_USE_EXACT_TO, TokenState};
use crate::domain::{CompanyId, Scope, Token};
use crate::http::client_address::ClientAddress;
use crate::http::current_site::CurrentSite;
use crate::http::problem::Problem;
use crate::site::Site;
use crate::store::KeyedRequest;

/// A request with a token that has the scope `S`. It is counted when it is extracted.
#[derive(Debug)]
pub(super) struct Caller<S> {
    pub(super) app: Arc<App>,
    pub(super) site: Arc<Site>,
    pub(super) token: Arc<Token>,
    pub(super) client: Option<IpAddr>,
    /// The request, when it has a key and makes something.
    request: Option<Arc<KeyedRequest>>,
    scope: PhantomData<fn() -> S>,
}

/// A scope as a type, so that a handler cannot run without it.
pub(super) trait Needs {
    const SCOPE: Scope;
}

macro_rules! scopes {
    ($($name:ident),+ $(,)?) => {
        /// Every scope as a type.
        pub(super) mod needs {$(
            #[derive(Debug)]
            pub(in crate::api) enum $name {}

            impl super::Needs for $name {
                const SCOPE: super::Scope = super::Scope::$name;
            }
        )+}
    };
}

scopes! {
    CompanyRead,
    UsersRead,
    UsersWrite,
    GroupsRead,
    GroupsWrite,
    ConnectionsRead,
    ConnectionsWrite,
    SessionsRead,
    SessionsWrite,
    AttemptsRead,
    AuditRead,
}

impl<S> Clone for Caller<S> {
    fn clone(&self) -> Self {
        Self {
            app: Arc::clone(&self.app),
            site: Arc::clone(&self.site),
            token: Arc::clone(&self.token),
            client: self.client,
            request: self.request.clone(),
            scope: PhantomData,
        }
    }
}

impl<S> Caller<S> {
    /// The administrator's functions on this company.
    pub(super) fn admin(&self) -> Admin<'_> {
        Admin {
            store: &self.app.desk,
            keys: &self.app.keys,
            company: self.company(),
            actor: Actor {
                name: format!("token: {}", self.token.name),
                user: None,
                token: Some(self.token.id),
                client: self.client,
                over_administrators: self.token.scopes.has(Scope::AdminsWrite),
                for_good: false,
            },
            now: self.now(),
            once: self.request.as_deref(),
        }
    }

    /// The same caller, whose request makes something once.
    pub(super) fn with_request(&self, request: KeyedRequest) -> Self {
        Self {
            request: Some(Arc::new(request)),
            ..self.clone()
        }
    }

    /// The same caller, whose request is answered with something that cannot be read again from what it makes.
    pub(super) fn with_notes(&self, notes: String) -> Self {
        let request = self.request.as_deref().map(|request| {
            Arc::new(KeyedRequest {
                notes,
                ..request.clone()
            })
        });
        Self {
            request,
            ..self.clone()
        }
    }

    pub(super) fn company(&self) -> CompanyId {
        self.site.company.id
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.app.clock.now()
    }

    /// Makes sure that the requests after this one see what was changed.
    pub(super) async fn catch_up(&self) -> Result<(), Problem> {
        Ok(self.app.catch_up().await?)
    }
}

impl<S: Needs> FromRequestParts<Arc<App>> for Caller<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let CurrentSite(site) = CurrentSite::from_request_parts(parts, app).await?;
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, app).await;
        app.throttle.admit_to_api(client, &site.company)?;
        let token = authenticated(app, &site, &parts.headers).await?;
        app.throttle.admit_token(token.id, &site.company)?;
        if !token.scopes.has(S::SCOPE) {
            return Err(Problem::scope(S::SCOPE));
        }
        Ok(Self {
            app: Arc::clone(app),
            site,
            token: Arc::new(token),
            client,
            request: None,
            scope: PhantomData,
        })
    }
}

/// The token of a request, when it counts here and now.
async fn authenticated(app: &App, site: &Site, headers: &HeaderMap) -> Result<Token, Problem> {
    let hash = match bearer_token(headers)? {
        Some(text) => token_hash(text).ok_or_else(Problem::unknown_token)?,
        None => {
            return Err(Problem::unauthorized(
                "Bearer realm=\"vestibule\"",
                "Send a token: Authorization: Bearer vestibule_… Administrators make tokens at /admin/tokens.",
            ));
        }
    };
    let found = app.desk.token_of(&hash).await?;
    let token = found.filter(|token| token.company_id == site.company.id);
    let token = token.ok_or_else(Problem::unknown_token)?;
    let now = app.clock.now();
    if token.state(now) != TokenState::Active {
        return Err(Problem::unknown_token());
    }
    let recently = now.saturating_sub(LAST_USE_EXACT_TO);
    if token.last_used_at.is_none_or(|last| last <= recently) {
        app.desk.token_used(token.id, now, recently).await?;
    }
    Ok(token)
}

/// What stands behind `Bearer`; none when there is no such header.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    let text = line.to_str().map_err(|_| Problem::unknown_token())?;
    let (scheme, rest) = text.split_once(' ').ok_or_else(Problem::unknown_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") || lines.next().is_some() {
        return Err(Problem::unknown_token());
    }
    Ok(Some(rest.trim_matches(' ')))
}

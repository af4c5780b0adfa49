//! Who is there at an application's host (rules Q54 to Q56 and Q64).

use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderMap;

use super::{gate_cookie, identity};
use crate::app::{App, Brought, SessionError};
use crate::domain::SessionKey;
use crate::http::cookies::Cookie;
use crate::http::session::secret_of;
use crate::policy::{KnownVisitor, RequestOrigin};
use crate::site::ReadyApplication;

/// How long a check waits for a slow database, of the 200 milliseconds that Envoy waits for the check.
const PATIENCE: Duration = Duration::from_millis(150);

/// What a browser shows, and where.
#[derive(Clone, Copy)]
pub(super) struct Browser<'r> {
    pub(super) origin: &'r RequestOrigin,
    pub(super) headers: &'r HeaderMap,
    pub(super) client: Option<IpAddr>,
    /// Whether it was let in before, and only whether it may stay is asked: that is no use of a session.
    pub(super) is_open: bool,
}

impl<'r> Browser<'r> {
    pub(super) fn new(
        origin: &'r RequestOrigin,
        headers: &'r HeaderMap,
        client: Option<IpAddr>,
    ) -> Self {
        Self {
            origin,
            headers,
            client,
            is_open: false,
        }
    }
}

/// Whose session a browser shows at an origin, and what the application is told of them.
pub(super) async fn find(
    app: &App,
    application: &ReadyApplication,
    browser: Browser<'_>,
) -> KnownVisitor {
    match tokio::time::timeout(PATIENCE, known(app, application, browser)).await {
        Ok(Ok(known)) => known,
        Ok(Err(SessionError::TooMany(_))) => KnownVisitor::Unasked,
        Ok(Err(SessionError::Store(cause))) => {
            tracing::error!(%cause, "a check could not find out who is there");
            KnownVisitor::Unasked
        }
        Err(_) => {
            tracing::error!("the database is too slow for a check");
            KnownVisitor::Unasked
        }
    }
}

async fn known(
    app: &App,
    application: &ReadyApplication,
    browser: Browser<'_>,
) -> Result<KnownVisitor, SessionError> {
    let Browser {
        origin,
        headers,
        client,
        is_open,
    } = browser;
    let Some(parent) = parent(app, application, origin, headers, client).await? else {
        return Ok(KnownVisitor::Nobody);
    };
    let describe = |signed_in: &_| identity::describe(app, application, signed_in);
    let brought = if is_open {
        Brought::Open
    } else if application.is_at_site() {
        Brought::Session
    } else {
        Brought::GateSession
    };
    let known = app.visitor(parent, application.id(), brought, client, describe);
    let known = known.await?.unwrap_or(KnownVisitor::Nobody);
    // A company's session counts on its own host and on no other's.
    let is_elsewhere = application.is_at_site() && !is_own_site(app, origin, &known);
    Ok(if is_elsewhere {
        KnownVisitor::Nobody
    } else {
        known
    })
}

/// Whether the site at an origin is that of somebody's company.
fn is_own_site(app: &App, origin: &RequestOrigin, known: &KnownVisitor) -> bool {
    let company = match known {
        KnownVisitor::Allowed(identity) => identity.company(),
        KnownVisitor::Refused { company } => company,
        KnownVisitor::Nobody | KnownVisitor::UnusableToken | KnownVisitor::Unasked => return true,
    };
    let site = app.directory.site_named(company);
    site.is_some_and(|site| {
        let mut origins = site.company.origins();
        origins.any(|own| own.as_str() == origin.as_str())
    })
}

/// The session on the company's site that stands behind the browser's cookie at an origin.
pub(super) async fn parent(
    app: &App,
    application: &ReadyApplication,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    client: Option<IpAddr>,
) -> Result<Option<SessionKey>, SessionError> {
    let https = origin.is_https();
    if application.is_at_site() {
        let id = Cookie::Session.read(headers, https).and_then(secret_of);
        return Ok(id.map(|id| app.store.session_key(&id)));
    }
    let Some(key) = gate_cookie::shown(headers, https) else {
        return Ok(None);
    };
    let gate = app.gate_session(key, client).await?;
    // A cookie counts where it was set, for the application that it was set for.
    let gate =
        gate.filter(|it| it.application_id == application.id() && it.origin == origin.as_str());
    Ok(gate.map(|it| it.parent))
}

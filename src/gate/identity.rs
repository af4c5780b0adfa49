//! What an application is told of somebody with a session (rules Q33, Q35, Q40, R33 and V3).
//!
//! Invariant: an address whose domain another company has verified is told nobody, and one that nobody has verified only where there
//! is one company or the operator says so.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use time::Duration;

use crate::app::{App, DescribedVisitor};
use crate::domain::{Email, Session};
use crate::keys;
use crate::policy::{
    ForwardedIdentity, ForwardedIdentityParts, IdentityClaims, IdentityClaimsParts, KnownVisitor,
};
use crate::site::{ReadyApplication, Site};
use crate::store::SignedIn;

/// How long it is remembered that somebody may not.
const RENEWED: Duration = Duration::minutes(1);

/// Who has a session, for an application; none where that could not be found out.
pub(super) fn describe(
    app: &App,
    application: &ReadyApplication,
    signed_in: &SignedIn,
) -> Option<DescribedVisitor> {
    let session = &signed_in.session;
    let Some(site) = app.directory.site_of(session.company_id) else {
        // Deleted a moment ago, or made just now on another node.
        return None;
    };
    let now = app.clock.now();
    let company = site.company.slug.to_string();
    let revision = site.company.revision;
    let may = site.company.suspended_at.is_none()
        && application.application.companies.has(site.company.id)
        && site.allows(application.id(), &signed_in.groups);
    if !may {
        return Some(DescribedVisitor {
            known: KnownVisitor::Refused { company },
            revision,
            renew_at: now.saturating_add(RENEWED),
        });
    }
    let seconds = application.application.settings.token_seconds;
    let token = match token(app, application, &site, signed_in) {
        Ok(token) => token,
        Err(cause) => {
            tracing::error!(application = %application.application.name, cause, "no identity token could be made");
            return None;
        }
    };
    let identity = ForwardedIdentity::new(ForwardedIdentityParts {
        subject: signed_in.user.id.to_string(),
        company,
        email: told_email(app, application, &site, signed_in).map(|(email, _)| email),
        name: Some(name(signed_in)).filter(|name| !name.is_empty()),
        groups: told_groups(application, signed_in),
        token,
    });
    match identity {
        Ok(identity) => Some(DescribedVisitor {
            known: KnownVisitor::Allowed(identity),
            revision,
            renew_at: now.saturating_add(Duration::seconds(i64::from(seconds) / 2)),
        }),
        Err(cause) => {
            tracing::error!(%cause, "somebody's identity cannot be told");
            None
        }
    }
}

fn token(
    app: &App,
    application: &ReadyApplication,
    site: &Site,
    signed_in: &SignedIn,
) -> Result<String, String> {
    let (user, session) = (&signed_in.user, &signed_in.session);
    let settings = &application.application.settings;
    let now = app.clock.now();
    let connection = session.connection_id.and_then(|id| site.connection(id));
    let parts = IdentityClaimsParts {
        issuer: issuer(app, site),
        audience: application.audience.clone(),
        subject: user.id.to_string(),
        now: now.unix_timestamp(),
        seconds: settings.token_seconds.into(),
        session_ends: session.expires_at.unix_timestamp(),
        token_id: BASE64_URL_SAFE_NO_PAD.encode(keys::random::<16>()),
        session_id: session_name(app, signed_in),
        email: told_email(app, application, site, signed_in),
        given_name: user.first_name.clone(),
        family_name: user.last_name.clone(),
        company: [
            site.company.id.to_string(),
            site.company.slug.to_string(),
            site.company.name.clone(),
        ],
        groups: told_groups(application, signed_in),
        connection: connection.map(|it| it.connection.name.to_string()),
        auth_time: authenticated_at(session),
        acr: session.authn_context.clone(),
    };
    let claims = IdentityClaims::within(parts, settings.headers.token_limit.into())
        .ok_or("it does not fit into token_limit")?;
    let signed = app.identity_keys.sign(&claims, now);
    signed.map_err(|cause| cause.to_string())
}

/// Rule V2: the installation's one issuer; the company's where it has none.
pub(super) fn issuer(app: &App, site: &Site) -> String {
    let hub = app.hub.as_ref();
    hub.unwrap_or(&site.company.origin).to_string()
}

/// A name for the session that opens nothing.
fn session_name(app: &App, signed_in: &SignedIn) -> String {
    app.keys.token("identity sid", &signed_in.key.0)
}

fn authenticated_at(session: &Session) -> Option<i64> {
    let password = session.connection_id.is_none();
    let at = session
        .authn_instant
        .or(password.then_some(session.signed_in_at));
    at.map(time::OffsetDateTime::unix_timestamp)
}

/// Rule R33: the address, and whether it is verified.
pub(super) fn told_email(
    app: &App,
    application: &ReadyApplication,
    site: &Site,
    signed_in: &SignedIn,
) -> Option<(String, bool)> {
    let email: &Email = &signed_in.user.email;
    let verified = app.applications.verified_company(&email.domain_name());
    let is_named = signed_in.session.connection_id.is_some();
    let told = |is_verified| Some((email.as_str().to_owned(), is_verified));
    let may_be_told =
        application.application.settings.danger_unverified_email || app.directory.is_single();
    match verified {
        Some(company) if company == site.company.id => told(is_named),
        None if may_be_told => told(false),
        Some(_) | None => None,
    }
}

pub(super) fn name(signed_in: &SignedIn) -> String {
    let user = &signed_in.user;
    format!("{} {}", user.first_name, user.last_name)
        .trim()
        .to_owned()
}

/// Rule Q40: those that the application asks for.
pub(super) fn told_groups(application: &ReadyApplication, signed_in: &SignedIn) -> Vec<String> {
    let wanted = &application.application.settings.groups;
    let titles = signed_in.groups.iter().map(|group| &group.title);
    titles
        .filter(|title| wanted.contains(title))
        .cloned()
        .collect()
}

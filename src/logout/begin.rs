//! Single logout that begins here: the session ends, then the identity provider is told (Profiles 4.4.3.1, rule T2).
//!
//! Tests: `tests/it/slo/begun.rs`. The other half, logout that begins elsewhere, is `receive.rs`.

use time::Duration;

use super::oidc::relying_party::{self, EndedSession};
use super::outgoing::{LogoutDraft, Outgoing, send};
use crate::app::App;
use crate::domain::{NameId, Protocol, Session, SessionId, SessionKey};
use crate::keys;
use crate::saml::assertion;
use crate::saml::authn_request::message_id;
use crate::saml::binding::MessageKind;
use crate::saml::logout::LogoutRequest;
use crate::saml::names;
use crate::site::{Site, SiteConnection};
use crate::store::{self, EndedHere};

/// How long our request may be honoured.
const VALID: Duration = Duration::minutes(5);

/// How long a browser may take from an application's host to the company's site.
const ON_ITS_WAY: Duration = Duration::minutes(1);

/// Ends a session here, and makes the request to the identity provider where the connection wants one.
pub async fn sign_out(
    app: &App,
    site: &Site,
    id: SessionId,
) -> Result<Option<Outgoing>, store::Error> {
    match end_session(app, app.store.session_key(&id)).await? {
        Some(ended) => Ok(tell(app, site, ended).await),
        None => Ok(None),
    }
}

/// Ends a session here; what was known of it, when it was live.
pub async fn end_session(app: &App, key: SessionKey) -> Result<Option<EndedHere>, store::Error> {
    let known = app.store.signed_in(key, app.clock.now()).await;
    // With the session it is gone.
    let hint = app.store.logout_hint(key).await;
    app.sessions.end(key).await?;
    let Some(signed_in) = known? else {
        return Ok(None);
    };
    Ok(Some(EndedHere {
        session: signed_in.session,
        hint: hint?,
    }))
}

/// Makes the request to the identity provider of a session that has ended here, where the connection wants one.
pub async fn tell(app: &App, site: &Site, ended: EndedHere) -> Option<Outgoing> {
    let session = &ended.session;
    let SiteConnection { connection, .. } = recipient(site, session)?;
    match &connection.settings.protocol {
        Protocol::Saml(_) => saml_request(app, site, session),
        Protocol::Oidc(oidc) => {
            let ended = EndedSession {
                connection,
                oidc,
                attempt: session.attempt_id,
                sealed_hint: ended.hint,
            };
            relying_party::request(app, site, ended).await
        }
    }
}

/// Where the browser goes on at the company's site, after its session was ended at an application's host (rule Q53).
pub async fn address_of_end(app: &App, ended: &EndedHere) -> Result<Option<String>, store::Error> {
    let Some(site) = app.directory.site_of(ended.session.company_id) else {
        return Ok(None);
    };
    let (handle, hash) = keys::new_secret();
    let until = app.clock.now().saturating_add(ON_ITS_WAY);
    app.store.keep_ended(&hash, ended, until).await?;
    Ok(Some(format!(
        "{}/sso/logout?handle={handle}",
        site.company.origin
    )))
}

/// The session of this company that has ended a moment ago, by a handle that is taken once; none for any other.
pub async fn ended_by_handle(
    app: &App,
    site: &Site,
    handle: &str,
) -> Result<Option<EndedHere>, store::Error> {
    let Some(hash) = keys::secret_hash(handle) else {
        return Ok(None);
    };
    let ended = app.store.take_ended(&hash, app.clock.now()).await?;
    Ok(ended.filter(|it| it.session.company_id == site.company.id))
}

/// Whether a sign-out of this session leads to the identity provider, and whether it may do so over plain http; none when it ends
/// here only.
pub fn leads_over_plain_http(site: &Site, session: &Session) -> Option<bool> {
    let SiteConnection { connection, .. } = recipient(site, session)?;
    Some(match &connection.settings.protocol {
        Protocol::Saml(saml) => {
            session.name_id.as_ref()?;
            saml.logout_request_url()?.starts_with("http:")
        }
        // Its address is not asked for yet; only a provider on this machine has one without https.
        Protocol::Oidc(oidc) => oidc.issuer.of_document().starts_with("http:"),
    })
}

fn saml_request(app: &App, site: &Site, session: &Session) -> Option<Outgoing> {
    let SiteConnection { connection, .. } = recipient(site, session)?;
    let name_id = session.name_id.as_ref()?;
    let now = app.clock.now();
    let request = LogoutRequest {
        id: message_id(now, &keys::random()),
        issue_instant: now,
        destination: connection.settings.saml().logout_request_url()?.to_owned(),
        issuer: site.company.entity_id(),
        not_on_or_after: Some(now + VALID),
        reason: Some(names::LOGOUT_USER.to_owned()),
        name_id: saml_name_id(name_id),
        session_indexes: session.session_index.iter().cloned().collect(),
    };
    let draft = LogoutDraft {
        kind: MessageKind::Request,
        id: &request.id,
        xml: &request.to_xml(),
        destination: &request.destination,
        relay_state: None,
    };
    send(app, connection, &draft)
}

/// The connection that wants to be told.
fn recipient<'s>(site: &'s Site, session: &Session) -> Option<&'s SiteConnection> {
    let connection = site.connection(session.connection_id?)?;
    let wants = connection.is_enabled() && connection.connection.settings.single_logout;
    wants.then_some(connection)
}

/// Rule D6: with every qualifier, as it came.
fn saml_name_id(name_id: &NameId) -> assertion::SamlNameId {
    assertion::SamlNameId {
        value: name_id.value.clone(),
        format: name_id.format.clone(),
        name_qualifier: name_id.name_qualifier.clone(),
        sp_name_qualifier: name_id.sp_name_qualifier.clone(),
        sp_provided_id: name_id.sp_provided_id.clone(),
    }
}

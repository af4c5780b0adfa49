//! Single logout that begins here: the session ends, then the identity provider is told (Profiles 4.4.3.1, rule T2).
//!
//! Tests: `tests/it/slo/begun.rs`. The other half, logout that begins elsewhere, is `receive.rs`.

use time::Duration;

use super::oidc::relying_party::{self, EndedSession};
use super::outgoing::{LogoutDraft, Outgoing, send};
use crate::app::App;
use crate::domain::{NameId, Protocol, Session, SessionId};
use crate::keys;
use crate::saml::assertion;
use crate::saml::authn_request::message_id;
use crate::saml::binding::MessageKind;
use crate::saml::logout::LogoutRequest;
use crate::saml::names;
use crate::site::{Site, SiteConnection};
use crate::store;

/// How long our request may be honoured.
const VALID: Duration = Duration::minutes(5);

/// Ends a session here, and makes the request to the identity provider where the connection wants one.
pub async fn sign_out(
    app: &App,
    site: &Site,
    id: SessionId,
) -> Result<Option<Outgoing>, store::Error> {
    let known = app.sessions.signed_in(id).await;
    // With the session it is gone.
    let hint = app.store.logout_hint(app.store.session_key(&id)).await;
    super::local(app, id).await?;
    let Some(signed_in) = known? else {
        return Ok(None);
    };
    let session = &signed_in.session;
    let Some(SiteConnection { connection, .. }) = recipient(site, session) else {
        return Ok(None);
    };
    Ok(match &connection.settings.protocol {
        Protocol::Saml(_) => saml_request(app, site, session),
        Protocol::Oidc(oidc) => {
            let ended = EndedSession {
                connection,
                oidc,
                attempt: session.attempt_id,
                sealed_hint: hint?,
            };
            relying_party::request(app, site, ended).await
        }
    })
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

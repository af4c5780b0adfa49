//! Single logout that begins here: the session ends, then the identity provider is told (Profiles 4.4.3.1).
//!
//! Tests: `tests/it/slo/begun.rs`. The other half, logout that begins elsewhere, is `receive.rs`.

use time::Duration;

use super::outgoing::{LogoutDraft, Outgoing, send};
use crate::app::App;
use crate::domain::{NameId, Session, SessionId};
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
    super::local(app, id).await?;
    Ok(known?.and_then(|signed_in| request(app, site, &signed_in.session)))
}

/// The identity provider's address that a sign-out of this session leads to; none when it ends here only.
pub fn single_logout_url<'s>(site: &'s Site, session: &Session) -> Option<&'s str> {
    let (connection, _) = recipient(site, session)?;
    connection.connection.settings.saml().logout_request_url()
}

fn request(app: &App, site: &Site, session: &Session) -> Option<Outgoing> {
    let (SiteConnection { connection, .. }, name_id) = recipient(site, session)?;
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

/// The connection that wants to be told, and the name that it knows the session by.
fn recipient<'s, 'n>(
    site: &'s Site,
    session: &'n Session,
) -> Option<(&'s SiteConnection, &'n NameId)> {
    let connection = session
        .connection_id
        .and_then(|id| site.connection(id))
        .filter(|it| it.is_enabled() && it.connection.settings.single_logout)?;
    connection.connection.settings.saml().logout_request_url()?;
    Some((connection, session.name_id.as_ref()?))
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

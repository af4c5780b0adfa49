//! Who am I: the session as JSON, for scripts and tests.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use time::OffsetDateTime;

use crate::app::App;
use crate::domain::{Attributes, UserId};
use crate::http::client_address::ClientAddress;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::response::body;
use crate::http::session::PresentedSession;
use crate::site::Site;
use crate::store::SignedIn;
use crate::text;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NOBODY: Bytes = Bytes::from_static(br#"{"title":"Not signed in","status":401}"#);

/// `GET /sso/session`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    PresentedSession(presented): PresentedSession,
) -> Result<Response, Error> {
    let answer = match presented {
        Some(id) => {
            let describe = |signed_in: &SignedIn| describe(signed_in, &site);
            let asker = app.asker(&site.company, client);
            app.sessions.answer(id, asker, describe).await?
        }
        None => None,
    };
    Ok(if let Some(answer) = answer {
        body(JSON, answer)
    } else {
        let mut response = body(JSON, NOBODY);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    })
}

fn describe(signed_in: &SignedIn, site: &Site) -> serde_json::Result<Bytes> {
    let (user, session) = (&signed_in.user, &signed_in.session);
    let connection = session.connection_id.and_then(|id| site.connection(id));
    let who = Who {
        id: user.id,
        email: user.email.as_str(),
        first_name: &user.first_name,
        last_name: &user.last_name,
        company: site.company.slug.as_str(),
        company_name: match user.company_name.as_str() {
            "" => &site.company.name,
            named => named,
        },
        attributes: &user.attributes,
        groups: signed_in
            .groups
            .iter()
            .map(|group| group.title.as_str())
            .collect(),
        connection: connection.map(|it| it.connection.name.as_str()),
        signed_in_at: session.signed_in_at,
        auth_time: session.authn_instant,
        acr: session.authn_context.as_deref(),
        expires_at: session.expires_at,
    };
    let written = serde_json::to_string(&who)?;
    Ok(Bytes::from(text::json(&written).into_owned()))
}

/// Scripts rely on these names.
#[derive(Debug, Serialize)]
struct Who<'a> {
    /// The user's identifier: the same for ever, and never another user's.
    id: UserId,
    /// It may change.
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    /// The company's slug.
    company: &'a str,
    /// The company's name as the user's directory says it; ours where it says nothing.
    company_name: &'a str,
    /// What else the user's directory says, by the administrator's names; missing where it says nothing.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    attributes: &'a Attributes,
    groups: Vec<&'a str>,
    /// The connection's name; none for a password.
    connection: Option<&'a str>,
    #[serde(with = "time::serde::rfc3339")]
    signed_in_at: OffsetDateTime,
    /// When the user was authenticated, at the identity provider or by a password here; null where the identity provider does not say.
    #[serde(with = "time::serde::rfc3339::option")]
    auth_time: Option<OffsetDateTime>,
    /// How, in the identity provider's words (`AuthnContextClassRef`); null where nobody says.
    acr: Option<&'a str>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

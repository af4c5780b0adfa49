//! Who am I: the session as JSON, for scripts and tests.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::extract::CurrentSite;
use super::session::CurrentSession;

/// `GET /sso/session`
pub(super) async fn show(
    CurrentSite(site): CurrentSite,
    CurrentSession(signed_in): CurrentSession,
) -> Response {
    let Some(signed_in) = signed_in else {
        let problem = json!({ "title": "Not signed in", "status": 401 });
        return (StatusCode::UNAUTHORIZED, Json(problem)).into_response();
    };
    let (user, session) = (&signed_in.user, &signed_in.session);
    let connection = session.connection_id.and_then(|id| site.connection(id));
    Json(Who {
        email: user.email.as_str(),
        first_name: &user.first_name,
        last_name: &user.last_name,
        company: site.company.slug.as_str(),
        company_name: match user.company_name.as_str() {
            "" => &site.company.name,
            named => named,
        },
        groups: signed_in
            .groups
            .iter()
            .map(|group| group.title.as_str())
            .collect(),
        connection: connection.map(|it| it.connection.name.as_str()),
        signed_in_at: session.signed_in_at,
        expires_at: session.expires_at,
    })
    .into_response()
}

/// Scripts rely on these names.
#[derive(Debug, Serialize)]
struct Who<'a> {
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    /// The company's slug.
    company: &'a str,
    /// The company's name as the user's directory says it; ours where it says nothing.
    company_name: &'a str,
    groups: Vec<&'a str>,
    /// The connection's name; none for a password.
    connection: Option<&'a str>,
    #[serde(with = "time::serde::rfc3339")]
    signed_in_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

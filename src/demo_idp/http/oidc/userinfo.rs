//! The userinfo endpoint, which at Entra is Microsoft Graph's.

use crate::demo_idp::oidc::{IdpGrant, subject};
use crate::demo_idp::{DemoIdp, OidcVariant};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// `GET` and `POST /oidc/userinfo`
pub(super) async fn show(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    let grant = bearer(&headers).and_then(|token| idp.oidc().find_access_token(token));
    match grant {
        Some(grant) => Json(claims(&idp, &grant)).into_response(),
        None => unauthorized(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let found = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = found.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// These claims and never others.
fn claims(idp: &DemoIdp, grant: &IdpGrant) -> Value {
    let user = &grant.user;
    let client_id = match grant.variant {
        OidcVariant::UserInfoOtherSubject => "somebody else",
        _ => &grant.app.client_id,
    };
    let found = [
        ("sub", subject(idp.tenant(), client_id, user)),
        ("name", user.display_name.clone()),
        ("given_name", user.given_name.clone()),
        ("family_name", user.surname.clone()),
        ("email", user.email.clone()),
        (
            "picture",
            "https://graph.microsoft.com/v1.0/me/photo/$value".to_owned(),
        ),
    ];
    let present = found.into_iter().filter(|(_, value)| !value.is_empty());
    let claims: Map<String, Value> = present
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    claims.into()
}

fn unauthorized() -> Response {
    let message = "Access token is empty, unknown or expired.";
    let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": message}});
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
    (StatusCode::UNAUTHORIZED, challenge, Json(body)).into_response()
}

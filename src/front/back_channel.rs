//! Where a provider of OpenID Connect posts that somebody signed out (rule T4).
//!
//! No CSRF token here: a token counts by its signature.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::front_channel::find_connection;
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::form::Encoding;
use crate::http::rate_limit::{Logouts, Within};
use crate::http::request_body::RequestBody;
use crate::http::response::AttemptCode;
use crate::logout::{self, TokenEnding};

/// `POST /sso/oidc/backchannel/{connection}`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Logouts>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, Error> {
    find_connection(&site, &name)?;
    if Encoding::Urlencoded.expect(&headers).is_err() {
        return Ok(invalid_request());
    }
    let (shared, length, company) = (Arc::clone(&app), body.octets().len(), site.company.id);
    let judgement = async move {
        let ready = find_connection(&site, &name)?;
        let ending = logout::receive_token(&app, &site, ready, body.octets(), client).await?;
        let company = &site.company.slug;
        match ending {
            TokenEnding::Ended(ended) => {
                tracing::info!(%company, ended, "the identity provider ended sessions");
                Ok(StatusCode::OK.into_response())
            }
            TokenEnding::Refused { refusal, code } => {
                // As a quoted text: a part of it may be the sender's.
                let cause = refusal.to_string();
                tracing::warn!(%company, ?cause, "a logout token was refused");
                let mut response = invalid_request();
                let code = AttemptCode(code.to_string());
                response.extensions_mut().insert(code);
                Ok(response)
            }
            TokenEnding::TooMany(wait) => Err(wait.into()),
        }
    };
    let turns = &shared.turns;
    turns.judge(length, company, client, judgement).await?
}

/// Back-Channel Logout 1.0, section 2.8.
fn invalid_request() -> Response {
    let body = Json(json!({ "error": "invalid_request" }));
    (StatusCode::BAD_REQUEST, body).into_response()
}

//! `GET /.vestibule/who`: who is there, as JSON, for scripts and for languages without a library (rule V14).
//!
//! Invariant: it shows claims, never a token.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::place::CurrentPlace;
use super::visitor;
use super::visitor::Browser;
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::error::Error;
use crate::http::response::body;
use crate::policy::KnownVisitor;
use crate::text;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NOBODY: Bytes = Bytes::from_static(br#"{"title":"Not signed in","status":401}"#);
const REFUSED: Bytes =
    Bytes::from_static(br#"{"title":"May not use this application","status":403}"#);

pub(super) async fn show(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    CurrentPlace(place): CurrentPlace,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let application = &place.application;
    let known = visitor::find(
        &app,
        application,
        Browser::new(&place.origin, &headers, client),
    )
    .await;
    let (status, content) = match known {
        KnownVisitor::Allowed(identity) => {
            let who = json!({
                "sub": identity.subject(),
                "company": identity.company(),
                "email": identity.email(),
                "name": identity.name(),
                "groups": identity.groups(),
                "application": application.application.name,
            });
            let written = text::json(&who.to_string()).into_owned();
            (StatusCode::OK, Bytes::from(written))
        }
        KnownVisitor::Nobody | KnownVisitor::UnusableToken => (StatusCode::UNAUTHORIZED, NOBODY),
        KnownVisitor::Refused { .. } => (StatusCode::FORBIDDEN, REFUSED),
        KnownVisitor::Unasked => {
            return Err(Error::Unavailable(
                "who is there could not be found out".into(),
            ));
        }
    };
    let mut response = body(JSON, content);
    *response.status_mut() = status;
    Ok(response)
}

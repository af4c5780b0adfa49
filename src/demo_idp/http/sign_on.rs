//! SAML sign-on: requests in.

use super::{cookies, logout, sign_in};
use crate::demo_idp::DemoIdp;
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::request::{Incoming, ReceivedMessage, SignOnRequest};
use crate::demo_idp::site::{Flow, FlowPurpose, ResponseFlow};
use crate::saml::binding::{decode_post, decode_redirect};
use axum::body::Bytes;
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// The longest form that is read, in octets.
const LONGEST_FORM: usize = 256 * 1024;

/// What may stand beside a message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Options {
    login_hint: Option<String>,
    variant: Option<String>,
}

/// `GET /{tenant}/saml2`
pub(super) async fn redirect(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    Query(options): Query<Options>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let received = ReceivedMessage::from(decode_redirect(&query.unwrap_or_default())?);
    match received.message()? {
        Incoming::SignOn(request) => {
            let awaited = check_request(&idp, request, received)?;
            let flow = flow(awaited, options, &headers);
            sign_in::proceed(&idp, &flow, &headers)
        }
        Incoming::Logout(request) => logout::answer(&idp, &request, &received, &headers),
        Incoming::LoggedOut => Ok(logout::signed_out(&idp, Vec::new(), None)),
    }
}

/// `POST /{tenant}/saml2`
///
/// A form from another site comes without the session's cookie, so the flow goes on after a redirect to ourselves.
pub(super) async fn post(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    Query(options): Query<Options>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let received = ReceivedMessage::from(decode_post(&body, LONGEST_FORM)?);
    let Incoming::SignOn(request) = received.message()? else {
        return Err(IdpRefusal::new(
            75_003,
            "Logout is supported by the HTTP-Redirect binding only.",
        ));
    };
    let awaited = check_request(&idp, request, received)?;
    let handle = idp
        .flows()
        .put(flow(awaited, options, &headers), idp.random());
    let next = format!("/{tenant}/saml2/continue?flow={handle}");
    Ok(Redirect::to(&next).into_response())
}

fn check_request(
    idp: &DemoIdp,
    request: SignOnRequest,
    received: ReceivedMessage,
) -> Result<ResponseFlow, IdpRefusal> {
    let app = idp.app_of_issuer(&request.issuer)?;
    received.check_signature(&app)?;
    let acs_url = request.reply_url(&app)?;
    Ok(ResponseFlow {
        request: Arc::new(request),
        app,
        acs_url,
        relay_state: received.relay_state,
    })
}

/// The variant: of the address, else of the cookie, else of the application.
fn flow(awaited: ResponseFlow, options: Options, headers: &HeaderMap) -> Flow {
    Flow {
        variant: options
            .variant
            .and_then(|name| name.parse().ok())
            .or_else(|| cookies::variant(headers))
            .unwrap_or(awaited.app.variant),
        login_hint: options.login_hint,
        purpose: FlowPurpose::Response(awaited),
    }
}

//! Single logout: what identity providers send here through the browser.
//!
//! No CSRF token here: a request counts by its signature, and an answer changes nothing.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::pages::{Repost, SignOutReach, SignedOutPage};
use crate::app::App;
use crate::domain::{Code, SessionKey};
use crate::http::client_address::ClientAddress;
use crate::http::cookies::Cookie;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::form::Encoding;
use crate::http::pages::Frame;
use crate::http::rate_limit::{Logouts, Within};
use crate::http::request_body::RequestBody;
use crate::http::response::{AttemptCode, Page};
use crate::http::send_off::{MessageField, PostBinding};
use crate::http::session::{self, CurrentSession};
use crate::logout::{self, LogoutArrival, LogoutEnding, LogoutRefusal, LogoutVisit, Outgoing};
use crate::saml::binding::{
    BindingError, EncodedMessage, MessageKind, decode_post, decode_redirect,
};
use crate::site::Site;

/// `GET /sso/slo`
pub(super) async fn redirected(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Logouts>,
    session: CurrentSession,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    // The signature covers the query as it was received (rule A2).
    let message = decode_redirect(&query.unwrap_or_default()).map_err(unreadable)?;
    let visit = LogoutVisit {
        arrival: LogoutArrival::Redirect(&message),
        session: session.0.as_ref(),
        may_repost: false,
        client,
    };
    receive(&app, &site, visit, &headers).await
}

/// `HEAD /sso/slo`: a look ends nobody's session (RFC 9110 9.2.1).
pub(super) async fn head(_: CurrentSite) -> Response {
    let allowed = [(header::ALLOW, HeaderValue::from_static("GET,POST"))];
    (allowed, Error::MethodNotAllowed).into_response()
}

/// `POST /sso/slo`
pub(super) async fn posted(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Logouts>,
    session: CurrentSession,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, Error> {
    Encoding::Urlencoded.expect(&headers)?;
    let (shared, length, company) = (Arc::clone(&app), body.octets().len(), site.company.id);
    let judgement = async move {
        let limit = app.config.limits.body_bytes;
        let message = decode_post(body.octets(), limit).map_err(unreadable)?; // rule A1
        // The session's cookie does not come with the form of another site.
        let has_cookie = session::session_id(&headers, &site).is_some();
        let visit = LogoutVisit {
            arrival: LogoutArrival::Post(&message),
            session: session.0.as_ref(),
            may_repost: !has_cookie && is_page(&headers) && message.reposted.is_none(),
            client,
        };
        receive(&app, &site, visit, &headers).await
    };
    let turns = &shared.turns;
    turns.judge(length, company, client, judgement).await?
}

/// Takes a message of ours to the identity provider.
pub(super) fn deliver(site: &Site, outgoing: Outgoing) -> Result<Response, Error> {
    match outgoing.message {
        EncodedMessage::Redirect(location) => {
            let location = HeaderValue::try_from(location).map_err(Error::internal)?;
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
        }
        EncodedMessage::Post(page) => {
            let plain_http = page.action.starts_with("http:");
            Ok(Page::new(PostBinding {
                frame: Frame::of(&site.company),
                destination: page.action,
                destination_name: outgoing.to,
                message: match outgoing.kind {
                    MessageKind::Request => MessageField::Request,
                    MessageKind::Response => MessageField::Response,
                },
                encoded: page.value,
                relay_state: page.relay_state,
            })
            .leading_to_identity_provider(plain_http)
            .into_response())
        }
    }
}

async fn receive(
    app: &App,
    site: &Site,
    visit: LogoutVisit<'_>,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let company = &site.company.slug;
    let is_signed_in = visit.session.is_some();
    match logout::receive(app, site, visit).await? {
        LogoutEnding::Ended { sessions, answer } => {
            tracing::info!(%company, ended = sessions.len(), "the identity provider ended sessions");
            let mut response = match answer {
                Some(answer) => deliver(site, answer)?,
                None => signed_out(site, SignOutReach::Here).into_response(),
            };
            if is_own(app, site, &sessions, headers) {
                response
                    .headers_mut()
                    .append(header::SET_COOKIE, Cookie::Session.clear(site.is_https()));
            }
            Ok(response)
        }
        LogoutEnding::Unknown { answer, code } => {
            tracing::warn!(%company, "a logout request names nobody who is signed in here");
            let response = match answer {
                Some(answer) => deliver(site, answer)?,
                None => answer_page(site, true, SignOutReach::Unconfirmed, StatusCode::OK),
            };
            Ok(with_code(response, &code))
        }
        LogoutEnding::Repost => {
            tracing::info!(%company, "a logout request fits nobody, and came without cookies; the browser sends it again");
            Ok(repost(site, &visit.arrival))
        }
        LogoutEnding::Answered { everywhere } => {
            let reach = if everywhere {
                SignOutReach::Everywhere
            } else {
                SignOutReach::Unconfirmed
            };
            Ok(answer_page(site, is_signed_in, reach, StatusCode::OK))
        }
        LogoutEnding::Refused { refusal, code } => {
            // As a quoted text: a part of it may be the sender's.
            let cause = refusal.to_string();
            tracing::warn!(%company, ?cause, "a logout message was refused");
            match visit.arrival.kind() {
                MessageKind::Request => Err(refusal_error(&refusal, &code)),
                MessageKind::Response => {
                    let status = StatusCode::FORBIDDEN;
                    let response =
                        answer_page(site, is_signed_in, SignOutReach::Unconfirmed, status);
                    Ok(with_code(response, &code))
                }
            }
        }
        LogoutEnding::TooMany(wait) => Err(wait.into()),
    }
}

/// Whether the answer will be a page of its own: in a frame none of ours is shown, and no cookie comes either.
fn is_page(headers: &HeaderMap) -> bool {
    let goes_to = headers.get("sec-fetch-dest");
    goes_to.is_some_and(|it| it.as_bytes() == b"document")
}

/// The page that sends a request again from our own site, with the browser's cookies.
fn repost(site: &Site, arrival: &LogoutArrival<'_>) -> Response {
    Page::new(Repost {
        frame: Frame::of(&site.company),
        action: "/sso/slo".to_owned(),
        message: MessageField::Request,
        encoded: arrival.to_base64(),
        relay_state: arrival.relay_state().map(str::to_owned),
        handle: "1".to_owned(),
    })
    .leading_to_identity_provider(!site.is_https())
    .into_response()
}

fn with_code(mut response: Response, code: &Code) -> Response {
    let code = AttemptCode(code.to_string());
    response.extensions_mut().insert(code);
    response
}

/// The page after our own request was answered. It never says "signed out" to a browser that is signed in.
fn answer_page(
    site: &Site,
    is_signed_in: bool,
    reach: SignOutReach,
    status: StatusCode,
) -> Response {
    if is_signed_in {
        return Redirect::to("/sso/logout").into_response();
    }
    signed_out(site, reach).with_status(status).into_response()
}

fn signed_out(site: &Site, reach: SignOutReach) -> Page<SignedOutPage> {
    Page::new(SignedOutPage {
        frame: Frame::of(&site.company),
        reach,
    })
}

fn is_own(app: &App, site: &Site, ended: &[SessionKey], headers: &HeaderMap) -> bool {
    session::session_id(headers, site).is_some_and(|id| ended.contains(&app.store.session_key(&id)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn unreadable(cause: BindingError) -> Error {
    Error::BadRequest(format!("The sign-out message cannot be read: {cause}.").into())
}

fn refusal_error(refusal: &LogoutRefusal, code: &Code) -> Error {
    let what = match refusal {
        LogoutRefusal::Unreadable => {
            return Error::BadRequest(
                "The sign-out message cannot be read: it is not SAML.".into(),
            );
        }
        unsigned if unsigned.is_unsigned() => {
            "A request to sign you out came without a signature. Such a request is never followed."
        }
        LogoutRefusal::Repeated => {
            "A request to sign you out came a second time. It was followed the first time only."
        }
        _ => "A request to sign you out came, and it could not be accepted.",
    };
    Error::SignOutRefused {
        what,
        code: code.to_string(),
    }
}

//! The assertion consumer service.
//!
//! No CSRF token here: the request ID and the login cookie protect it (rules E1 and E2).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use memchr::memmem;

use super::cookies::Cookie;
use super::error::Error;
use super::extract::{ClientAddress, CurrentSite};
use super::limit::{Responses, Within};
use super::pages::{Frame, Repost};
use super::posted::Posted;
use super::response::{AttemptCode, Page};
use super::session;
use super::start::{address, known_browser};
use crate::app::App;
use crate::domain::{Code, SessionId};
use crate::login::{self, Advice, Arrival, Ending, KnownBrowser};
use crate::saml::binding::{EncodedResponse, PostForm};
use crate::site::Site;

/// `POST /sso/acs`
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    ClientAddress(client): ClientAddress,
    _: Within<Responses>,
    headers: HeaderMap,
    body: Posted,
) -> Result<Response, Error> {
    if !is_form(&headers) {
        return Err(Error::UnsupportedMediaType);
    }
    let (shared, length) = (Arc::clone(&app), body.octets().len());
    let judgement = judge(app, site, client, headers, body);
    shared.turns.judge(length, judgement).await?
}

async fn judge(
    app: Arc<App>,
    site: Arc<Site>,
    client: Option<IpAddr>,
    headers: HeaderMap,
    body: Posted,
) -> Result<Response, Error> {
    let body = body.octets();
    let form = EncodedResponse::from_form(body, app.config.limits.body_bytes).map_err(|cause| {
        Error::BadRequest(format!("The sign-in message cannot be read: {cause}.").into())
    })?; // rule A1
    let browser = known_browser(&site, &headers);
    let arrival = Arrival {
        response: &form.response,
        relay_state: form.relay_state.as_deref(),
        browser: browser.as_ref(),
        session: session::session_id(&headers, &site),
        client,
        // As our own page sends it; the body is decoded once, above.
        reposted: memmem::find_iter(body, b"&reposted=1")
            .any(|at| matches!(body.get(at + b"&reposted=1".len()), None | Some(b'&'))),
        bounced: Cookie::Bounced.read(&headers, site.is_https()).is_some(),
    };
    match login::finish(&app, &site, arrival).await? {
        Ending::SignedIn {
            session,
            return_to,
            code,
            known,
        } => signed_in(&site, session, &return_to, &code, known.as_ref()),
        Ending::AlreadySignedIn { return_to } => see_other(&return_to),
        Ending::Bounce { connection } => bounce(&site, &connection),
        Ending::Repost => Ok(repost(&site, &form)),
        Ending::Refused { code, advice, .. } => Err(refused(&code, advice)),
        // To the console, which asks who is there.
        Ending::Tested { code, .. } => tested(&code),
        Ending::TooMany(wait) => Err(wait.into()),
    }
}

/// The answer that begins a session in the browser.
pub(super) fn signed_in(
    site: &Site,
    session: SessionId,
    return_to: &str,
    code: &Code,
    known: Option<&KnownBrowser>,
) -> Result<Response, Error> {
    let mut response = see_other(return_to)?;
    let known = known.and_then(|it| Cookie::Known.set(it.cookie(), site.is_https()));
    for cookie in session::begin(session, site).into_iter().chain(known) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
        .extensions_mut()
        .insert(AttemptCode(code.to_string()));
    Ok(response)
}

fn tested(code: &Code) -> Result<Response, Error> {
    let mut response = see_other(&format!("/admin/sign-ins/{code}"))?;
    let extensions = response.extensions_mut();
    extensions.insert(AttemptCode(code.to_string()));
    Ok(response)
}

fn see_other(target: &str) -> Result<Response, Error> {
    let location = HeaderValue::try_from(target).map_err(Error::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Rule E5: a fresh start; the next unsolicited Response within a moment is not bounced again.
fn bounce(site: &Site, connection: &str) -> Result<Response, Error> {
    let mut response = see_other(&address("/sso/login", &[("connection", Some(connection))]))?;
    let cookie = Cookie::Bounced.set("1", site.is_https());
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Rule E2: nothing is decided yet, but this request is refused; the page sends it again from our own site.
fn repost(site: &Site, form: &PostForm) -> Response {
    Page::new(Repost {
        frame: Frame::of(&site.company.name),
        action: "/sso/acs".to_owned(),
        saml_response: form.response.to_base64(),
        relay_state: form.relay_state.clone(),
    })
    .with_status(StatusCode::FORBIDDEN)
    .leading_to_identity_provider(!site.is_https())
    .into_response()
}

fn refused(code: &Code, advice: Advice) -> Error {
    let mut next: Vec<&str> = match advice {
        Advice::TryAgain => vec!["Start again from the application or from the sign-in page."],
        Advice::AllowCookies => vec![
            "Start again, and stay in the same browser until you are signed in.",
            "Allow cookies for this site.",
        ],
        Advice::AskForAccount => vec!["Ask your administrator for access."],
        Advice::CheckPassword | Advice::UseSingleSignOn => {
            vec!["Check your e-mail address and sign in again."]
        }
    };
    next.push("If it fails again, give your administrator the code below.");
    Error::SignInRefused {
        next: next.into_iter().map(str::to_owned).collect(),
        code: Some(code.to_string()),
    }
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

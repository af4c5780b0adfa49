//! The answer to who has just signed in: the cookies, and where the browser goes.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::domain::{Code, SessionId};
use crate::http::cookies::Cookie;
use crate::http::error::Error;
use crate::http::response::AttemptCode;
use crate::http::session;
use crate::login::KnownBrowser;
use crate::site::Site;

/// The answer that begins a session in the browser.
pub(super) fn signed_in(
    site: &Site,
    headers: &HeaderMap,
    session: SessionId,
    return_to: &str,
    code: &Code,
    known: Option<&KnownBrowser>,
) -> Result<Response, Error> {
    let mut response = send_on(site, headers, return_to)?;
    let known = known.and_then(|it| Cookie::Known.set(it.cookie(), site.is_https()));
    for cookie in session::begin(session, site).into_iter().chain(known) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
        .extensions_mut()
        .insert(AttemptCode(code.to_string()));
    Ok(response)
}

/// Who is signed in goes to a target. The mark of a bounce ends here (rule E5): it has not led round.
pub(super) fn send_on(site: &Site, headers: &HeaderMap, target: &str) -> Result<Response, Error> {
    let mut response = see_other(target)?;
    if Cookie::Bounced.read(headers, site.is_https()).is_some() {
        let over = Cookie::Bounced.clear(site.is_https());
        response.headers_mut().append(header::SET_COOKIE, over);
    }
    Ok(response)
}

/// A redirect after a form (RFC 9110 15.4.4).
pub(super) fn see_other(target: &str) -> Result<Response, Error> {
    let location = HeaderValue::try_from(target).map_err(Error::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

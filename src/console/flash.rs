//! What a form has done, told once by the page after it, with the next step as a link.
//!
//! Invariant: only a text that this server made for this session is shown. It travels in a cookie, because a message in the
//! address would be shown again by each reload, and one in the database would make a GET change something.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::Console;
use crate::app::App;
use crate::http::cookies::Cookie;
use crate::http::error::Error;
use crate::keys;

/// Longest text, in bytes; what is longer is cut.
const LONGEST: usize = 300;

/// What the page before has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flash {
    pub(super) text: String,
    /// Where to go on, and how the way there is called.
    pub(super) next: Option<(String, String)>,
}

/// Between the parts of a message; no text holds it.
const BETWEEN: char = '\u{1f}';

/// After a form: the page at `path`, which says what was done.
pub(super) fn done(console: &Console, path: &str, what: &str) -> Result<Response, Error> {
    tell(console, path, &cut(what))
}

/// The same, with the next step: where it is, and how it is called.
pub(super) fn done_then(
    console: &Console,
    path: &str,
    what: &str,
    (href, name): (&str, &str),
) -> Result<Response, Error> {
    tell(
        console,
        path,
        &format!("{}{BETWEEN}{href}{BETWEEN}{name}", cut(what)),
    )
}

/// After something was deleted, which no other request is to find any more: the list that it was in.
pub(super) async fn deleted(console: &Console, list: &str, what: &str) -> Result<Response, Error> {
    console.changed().await?;
    done(console, list, what)
}

fn cut(what: &str) -> String {
    let text = &what[..what.floor_char_boundary(LONGEST)];
    text.replace(BETWEEN, " ")
}

fn tell(console: &Console, path: &str, text: &str) -> Result<Response, Error> {
    let location = HeaderValue::try_from(path).map_err(Error::internal)?;
    let mut answer = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    let value = format!(
        "{}_{}",
        mac(&console.app, &console.csrf, text),
        BASE64_URL_SAFE_NO_PAD.encode(text)
    );
    if let Some(cookie) = Cookie::Flash.set(&value, console.site.is_https()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// The message that the request brings.
pub(super) fn read(app: &App, headers: &HeaderMap, https: bool, csrf: &str) -> Option<Flash> {
    let value = Cookie::Flash.read(headers, https)?;
    // A MAC has 43 characters, and may hold an underscore.
    let (mac_sent, text) = value.split_at_checked(43)?;
    let text = BASE64_URL_SAFE_NO_PAD
        .decode(text.strip_prefix('_')?)
        .ok()?;
    let text = String::from_utf8(text).ok()?;
    if !keys::same(mac(app, csrf, &text).as_bytes(), mac_sent.as_bytes()) {
        return None;
    }
    let mut parts = text.split(BETWEEN).map(str::to_owned);
    Some(Flash {
        text: parts.next()?,
        next: parts.next().zip(parts.next()),
    })
}

/// A page that showed the text takes it away.
pub(super) fn taken(mut answer: Response, was_there: bool, https: bool) -> Response {
    let is_page = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if was_there && is_page {
        let clear = Cookie::Flash.clear(https);
        answer.headers_mut().append(header::SET_COOKIE, clear);
    }
    answer
}

fn mac(app: &App, csrf: &str, text: &str) -> String {
    // The token names the session.
    app.keys
        .token("console message", format!("{csrf}\0{text}").as_bytes())
}

//! Forms of the console.
//!
//! Invariants: nothing of a form reaches a handler before it is known to come from a page of this console in this browser. A
//! private key that was pasted reaches none.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::Console;
use super::kept_form::{self, KeptForm};
use crate::app::App;
use crate::http::csrf::is_same_origin;
use crate::http::error::Error;
use crate::http::private_key::refusal_of_private_key;
use crate::http::request_body::RequestBody;
use crate::http::request_body::is_form;
use crate::import::holds_private_key;
use crate::keys;

/// The most fields that a form may have.
const FIELDS: usize = 4096;

/// Names and values, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// A form of the console and who sent it. A field that comes several times becomes a list. One whose session is another one by
/// now is shown again; anything else is answered 403.
#[derive(Debug)]
pub(super) struct ConsoleForm<T>(pub(crate) Console, pub(crate) T);

/// The answer to a form that does not reach its handler.
#[derive(Debug)]
pub(crate) struct Unsent(Box<Response>);

impl IntoResponse for Unsent {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Error> for Unsent {
    fn from(error: Error) -> Self {
        Self(Box::new(error.into_response()))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for ConsoleForm<T> {
    type Rejection = Unsent;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Unsent> {
        let (mut parts, body) = request.into_parts();
        let console = Console::from_request_parts(&mut parts, app).await?;
        check_origin(&parts.headers)?;
        if !is_form(&parts.headers) {
            return Err(Error::UnsupportedMediaType.into());
        }
        let posted = RequestBody::read(&mut parts, body, app).await?;
        let fields = fields(posted.octets())?;
        admit(&console, parts, fields, None).await?;
        let form = parse(posted.octets())?;
        Ok(Self(console, form))
    }
}

/// The fields of a form. None of them is there to take a private key.
pub(super) fn fields(octets: &[u8]) -> Result<Fields, Error> {
    let fields: Fields = form_urlencoded::parse(octets)
        .into_owned()
        .take(FIELDS + 1)
        .collect();
    if fields.len() > FIELDS {
        return Err(Error::TooLarge);
    }
    let holds = |text: &String| holds_private_key(text.as_bytes());
    let private = |(name, value): &&(String, String)| holds(value) || holds(name);
    match fields.iter().find(private) {
        Some((name, _)) => Err(Error::Unprocessable(refusal_of_private_key(name).into())),
        None => Ok(fields),
    }
}

/// Reads fields of a form as the handler wants them.
pub(super) fn parse<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Error> {
    serde_html_form::from_bytes(octets).map_err(|_| {
        Error::BadRequest("A field of the form is missing, or holds what it cannot.".into())
    })
}

/// Browsers say where a form comes from.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Error> {
    is_same_origin(headers)
        .then_some(())
        .ok_or(Error::ForeignForm)
}

/// Lets a form pass that has exactly one token, and the right one. What was filled in before the session ended, and is sent in the
/// next one, is shown again to who filled it in.
pub(super) async fn admit(
    console: &Console,
    parts: Parts,
    fields: Fields,
    files: Option<usize>,
) -> Result<Fields, Unsent> {
    if has_token(console, &fields) {
        return Ok(fields);
    }
    let kept = KeptForm::of(&console.app, console.company(), &parts.uri, fields, files);
    let kept = kept.ok_or(Error::ForeignForm)?;
    let mut page = kept_form::show(console, parts, kept, kept_form::SIGNED_IN_AGAIN).await?;
    *page.status_mut() = Error::ForeignForm.status();
    Err(Unsent(Box::new(page)))
}

fn has_token(console: &Console, fields: &Fields) -> bool {
    let mut tokens = fields.iter().filter(|(name, _)| name == "csrf");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return false;
    };
    keys::same(console.csrf.as_bytes(), token.as_bytes())
}

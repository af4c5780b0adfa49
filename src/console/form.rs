//! Forms of the console.
//!
//! Invariants: nothing of a form reaches a handler before it is known to come from a page of this console in this browser. A
//! private key that was pasted reaches none.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Console;
use super::form_fields::{Fields, check_origin, fields, parse};
use super::kept_form::{self, KeptForm};
use crate::app::App;
use crate::http::error::Error;
use crate::http::request_body::RequestBody;
use crate::http::request_body::is_form;
use crate::keys;

/// A form of the console and who sent it. A field that comes several times becomes a list. One whose session is another one by
/// now is shown again; anything else is answered 403.
#[derive(Debug)]
pub(super) struct ConsoleForm<T>(pub(crate) Console, pub(crate) T);

/// A form with nothing in it but its token.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

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

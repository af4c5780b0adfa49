//! Forms of the console.
//!
//! Invariant: nothing of a form reaches a handler before it is known to come from a page of this console in this browser.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Console;
use super::form_reader::read_form;
use super::kept_form::{self, KeptForm};
use crate::app::App;
use crate::http::csrf::{check_origin, has_token};
use crate::http::error::Error;
use crate::http::form::{Encoding, PostedForm};

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
        let limit = app.config.limits.body_bytes;
        let (console, form) = admit(request, app, Encoding::Urlencoded, limit).await?;
        Ok(Self(console, form.parse()?))
    }
}

/// Reads a form in this encoding, and lets it pass when it has exactly one token, and the right one. What was filled in before the
/// session ended, and is sent in the next one, is shown again to who filled it in.
pub(super) async fn admit(
    request: Request,
    app: &Arc<App>,
    encoding: Encoding,
    limit: usize,
) -> Result<(Console, PostedForm), Unsent> {
    let (mut parts, body) = request.into_parts();
    let console = Console::from_request_parts(&mut parts, app).await?;
    check_origin(&parts.headers)?;
    encoding.expect(&parts.headers)?;
    let form = read_form(&mut parts, body, app, limit).await?;
    if has_token(&form, [console.csrf.to_string()]) {
        return Ok((console, form));
    }
    let kept = KeptForm::of(app, console.company(), &parts.uri, form);
    let kept = kept.ok_or(Error::ForeignForm)?;
    let mut page = kept_form::show(&console, parts, kept, kept_form::SIGNED_IN_AGAIN).await?;
    *page.status_mut() = Error::ForeignForm.status();
    Err(Unsent(Box::new(page)))
}

//! Forms of the console.
//!
//! Invariant: nothing of a form is looked at before it is known to come from a page of this console in this browser.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use super::Console;
use crate::app::App;
use crate::http::acs::is_form;
use crate::http::error::Error;
use crate::http::extract::is_same_origin;
use crate::http::posted::Posted;
use crate::keys;

/// The most fields that a form may have.
const FIELDS: usize = 4096;

/// A form of the console and who sent it; anything else is answered 403. A field that comes several times becomes a list.
#[derive(Debug)]
pub(super) struct ConsoleForm<T>(pub(in crate::http) Console, pub(in crate::http) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for ConsoleForm<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let console = Console::from_request_parts(&mut parts, app).await?;
        check_origin(&parts.headers)?;
        if !is_form(&parts.headers) {
            return Err(Error::UnsupportedMediaType);
        }
        let posted = Posted::read(body, app).await?;
        let octets = posted.octets();
        let mut fields = 0;
        let mut tokens = Vec::new();
        for (name, value) in form_urlencoded::parse(octets) {
            fields += 1;
            if name == "csrf" {
                tokens.push(value);
            }
            if fields > FIELDS {
                return Err(Error::TooLarge);
            }
        }
        check_token(&console, tokens.iter().map(AsRef::as_ref))?;
        let form = parse(octets)?;
        Ok(Self(console, form))
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

/// Exactly one token, and the right one.
pub(super) fn check_token<'t>(
    console: &Console,
    mut tokens: impl Iterator<Item = &'t str>,
) -> Result<(), Error> {
    let (Some(token), None) = (tokens.next(), tokens.next()) else {
        return Err(Error::ForeignForm);
    };
    keys::same(console.csrf.as_bytes(), token.as_bytes())
        .then_some(())
        .ok_or(Error::ForeignForm)
}

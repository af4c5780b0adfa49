//! The fields of a form: names and values.

use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::http::csrf::is_same_origin;
use crate::http::error::Error;
use crate::http::private_key::refusal_of_private_key;
use crate::import::holds_private_key;

/// The most fields that a form may have.
const FIELDS: usize = 4096;

/// Names and values, in their order.
pub(super) type Fields = Vec<(String, String)>;

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

//! Reads the forms of the console, of whoever sends them.
//!
//! Invariant: a private key that was pasted goes no further, into no handler, no page and no log.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;

use crate::app::App;
use crate::http::error::Error;
use crate::http::form::{Encoding, PostedForm};
use crate::http::private_key::refusal_of_private_key;
use crate::import::holds_private_key;

/// The field beside which it is told that a private key is no certificate: the one where it is taken for one.
const CERTIFICATE: &str = "certificate";
/// What stands in the place of a private key from here on: enough to be refused for what it is.
pub(super) const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----";

/// Reads a form of at most so many octets, of whoever sends it. None of its fields is there to take a private key.
pub(super) async fn read_form(
    parts: &mut Parts,
    body: Body,
    app: &Arc<App>,
    limit: usize,
) -> Result<PostedForm, Error> {
    let mut form = PostedForm::read(parts, body, app, limit).await?;
    let holds = |text: &str| holds_private_key(text.as_bytes());
    for (name, value) in &mut form.fields {
        if form.encoding == Encoding::Multipart && name == CERTIFICATE && holds(value) {
            PRIVATE.clone_into(value);
        } else if holds(value) || holds(name) {
            return Err(Error::Unprocessable(refusal_of_private_key(name).into()));
        }
    }
    Ok(form)
}

//! What a form has done, told once by the page after it, with the next step as a link.
//!
//! Invariant: only a text that this server made for this session is shown, once, on the page that the form leads to. It waits in
//! the session's data ([`super::session_data`]), because a message in the address would be shown again by each reload.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::Console;
use crate::http::error::Error;

/// Longest text, in bytes; what is longer is cut.
const LONGEST: usize = 300;

/// What the page before has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flash {
    pub(super) text: String,
    /// Where to go on, and how the way there is called.
    pub(super) next: Option<(String, String)>,
}

/// After a form: the page at `path`, which says what was done.
pub(super) fn tell_at(console: &Console, path: &str, what: &str) -> Result<Response, Error> {
    lead_to(console, path, what, None)
}

/// The same, with the next step: where it is, and how it is called.
pub(super) fn tell_at_with(
    console: &Console,
    path: &str,
    what: &str,
    (href, name): (&str, &str),
) -> Result<Response, Error> {
    lead_to(
        console,
        path,
        what,
        Some((href.to_owned(), name.to_owned())),
    )
}

/// After something was deleted, which no other request is to find any more: the list that it was in.
pub(super) async fn tell_deletion(
    console: &Console,
    list: &str,
    what: &str,
) -> Result<Response, Error> {
    console.changed().await?;
    tell_at(console, list, what)
}

fn lead_to(
    console: &Console,
    path: &str,
    what: &str,
    next: Option<(String, String)>,
) -> Result<Response, Error> {
    let location = HeaderValue::try_from(path).map_err(Error::internal)?;
    let text = what[..what.floor_char_boundary(LONGEST)].to_owned();
    let flash = Flash { text, next };
    console.data.tell(path, flash, console.now());
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

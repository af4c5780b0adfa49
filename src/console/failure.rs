//! Failures within the console: the same words as elsewhere, with the way back.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{Console, ConsoleFrame, Section};
use crate::admin::Refused;
use crate::http::error::Error;
use crate::http::response::Page;

/// What happened and what to do next.
#[derive(Debug, Template)]
#[template(path = "console/failure.html")]
struct ConsoleFailure {
    frame: ConsoleFrame,
    what: String,
    next: Vec<String>,
    /// The way back, and how it is called.
    back: (&'static str, &'static str),
}

/// Gives a refusal the console's frame. Defects and outages keep the page that needs nothing.
pub(super) fn in_frame(answer: Response, console: &Console) -> Response {
    let Some(error) = error_of(&answer) else {
        return answer;
    };
    let (title, what, mut next) = error.text();
    if matches!(error, Error::NotFound) {
        next = vec![
            "It may have been deleted. Check the address, or choose a page of the console.".into(),
        ];
    }
    let page = Page::new(ConsoleFailure {
        frame: console.frame(Section::None, title),
        what: what.into_owned(),
        next,
        back: match error {
            Error::ReviewGone => ("/admin/connections", "Go to the connections"),
            _ => ("/admin", "Go to the overview"),
        },
    });
    let mut framed = page.with_status(error.status()).into_response();
    for name in [header::ALLOW, header::SET_COOKIE, header::RETRY_AFTER] {
        for value in answer.headers().get_all(&name) {
            framed.headers_mut().append(name.clone(), value.clone());
        }
    }
    framed
}

/// The error behind a client's failure; none where a handler has written the page itself.
fn error_of(answer: &Response) -> Option<Error> {
    if !answer.status().is_client_error() {
        return None;
    }
    if let Some(error) = answer.extensions().get::<Error>() {
        return Some(error.clone());
    }
    // The framework's own refusals, such as a number in an address that is none, are bare text.
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match answer.status() {
        StatusCode::BAD_REQUEST if bare => Some(Error::NotFound),
        status if bare => Error::from_status(status),
        _ => None,
    }
}

/// A refusal that no field of a form is to blame for, or that no form shows.
impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::NotFound,
            Refused::Invalid(_) | Refused::Taken(_) => {
                Self::Unprocessable(refused.to_string().into())
            }
            Refused::Changed { .. }
            | Refused::InTheWay(_)
            | Refused::Full(_)
            | Refused::LastBreakGlass
            | Refused::LacksScope(_)
            | Refused::TokenEnded => Self::Conflict(refused.to_string().into()),
            Refused::Store(cause) => cause.into(),
        }
    }
}

//! The answer to a request that failed: a page, JSON, or a problem document.
//!
//! Invariant: the cause of a defect is logged once, here, and is in no answer.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::error::Error;
use super::manner::Failures;
use super::pages::{FailurePage, Frame, Link};
use super::problem;
use super::response::{AttemptCode, Page};
use crate::site::Site;
use crate::text;

/// How a failure is told to one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureForm {
    Page,
    Json,
    Problem,
}

impl FailureForm {
    /// Of a route whose failures have this form, to a client that sent these headers.
    pub(crate) fn of(failures: Failures, headers: &HeaderMap) -> Self {
        match failures {
            Failures::Problem => Self::Problem,
            Failures::Page if prefers_json(headers) => Self::Json,
            Failures::Page => Self::Page,
        }
    }
}

/// Seconds after which another try is worth it. A database that starts again needs about as long.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
/// Gives every failure its page, or its JSON problem when the client asks for JSON.
pub(crate) fn render(
    response: Response,
    form: FailureForm,
    site: Option<&Site>,
    base: &'static str,
) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let error = response.extensions().get::<Error>().cloned().or_else(|| {
        // An answer that a handler wrote itself says what it is.
        let is_bare = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
        if is_bare {
            Error::from_status(response.status())
        } else {
            None
        }
    });
    let Some(error) = error else { return response };
    match &error {
        Error::Internal(cause) | Error::Unavailable(cause) => {
            tracing::error!(%cause, "a request failed");
        }
        _ => {}
    }
    let answer = match form {
        FailureForm::Problem => problem::of(&error),
        FailureForm::Json => json_of(&error),
        FailureForm::Page => page_of(&error, site, base),
    };
    let mut answer = with_headers(&error, answer);
    for name in [header::ALLOW, header::SET_COOKIE, header::RETRY_AFTER] {
        for value in response.headers().get_all(&name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer
}

fn json_of(error: &Error) -> Response {
    let (title, what, _) = error.text();
    let mut problem = json!({ "title": title, "status": error.status().as_u16(), "detail": what });
    if let (Some(code), Some(members)) = (error.code(), problem.as_object_mut()) {
        members.insert("code".to_owned(), json!(code));
    }
    let kind = HeaderValue::from_static(problem::MEDIA_TYPE);
    let body = text::json(&problem.to_string()).into_owned();
    let response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    with_code(error, response)
}

fn page_of(error: &Error, site: Option<&Site>, base: &'static str) -> Response {
    let (title, what, next) = error.text();
    let page = Page::new(FailurePage {
        frame: site.filter(|_| base.is_empty()).map_or_else(
            || Frame::at_application(base),
            |site| Frame::of(&site.company),
        ),
        title: title.to_owned(),
        what: what.into_owned(),
        next,
        code: error.code().map(str::to_owned),
        link: link_of(error).filter(|_| site.is_some() && base.is_empty()),
        other_link: other_link_of(error).filter(|_| site.is_some() && base.is_empty()),
    });
    with_code(error, page.into_response())
}

/// With the status, and the code for the log.
fn with_code(error: &Error, mut response: Response) -> Response {
    *response.status_mut() = error.status();
    if let Some(code) = error.code() {
        let code = AttemptCode(code.to_owned());
        response.extensions_mut().insert(code);
    }
    response
}

/// What some failures tell the client in headers.
fn with_headers(error: &Error, mut response: Response) -> Response {
    let headers = response.headers_mut();
    match error {
        // RFC 9110 10.2.3.
        Error::Unavailable(_) => drop(headers.insert(header::RETRY_AFTER, RETRY_AFTER)),
        // RFC 9110 15.5.9: what is left of the request is not waited for.
        Error::TooSlow => drop(headers.insert(header::CONNECTION, CLOSE)),
        _ => {}
    }
    response
}

/// The way on from a failure.
fn link_of(error: &Error) -> Option<Link> {
    match error {
        Error::UnknownSite(_)
        | Error::Suspended
        | Error::Internal(_)
        | Error::Unavailable(_)
        | Error::TooMany { .. } => None,
        Error::SignOutRefused { .. } => Some(Link::sign_out()),
        Error::NotAdministrator => Some(Link::landing()),
        Error::SignInRefused { .. } => Some(Link::sign_in_again()),
        _ => Some(Link::sign_in()),
    }
}

fn other_link_of(error: &Error) -> Option<Link> {
    match error {
        Error::SignInRefused {
            another_account: Some(href),
            ..
        } => Some(Link::another_account(href)),
        _ => None,
    }
}

/// Whether the client asks for JSON and not for HTML.
pub(crate) fn prefers_json(headers: &HeaderMap) -> bool {
    let accepts = |kind: &str| {
        headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|range| {
                range
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .eq_ignore_ascii_case(kind)
            })
    };
    (accepts("application/json") || accepts("application/problem+json")) && !accepts("text/html")
}

//! Every way in which a request fails, its status and its text. [`super::failure`] makes the answer.
//!
//! Invariant: the public text gives an attacker nothing.

use std::borrow::Cow;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::login;

/// What went wrong with a request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// 400: the request cannot be read. The text says what was expected.
    #[error("bad request: {0}")]
    BadRequest(Cow<'static, str>),
    /// 400: after the sign-in the browser would go to where this company sends nobody (rule E3).
    #[error("the target is no path of this site and at no origin that the company allows")]
    ForeignTarget,
    /// 403: the form did not come from a page of this site in this browser.
    #[error("the form's token is missing, wrong or of another browser")]
    ForeignForm,
    /// 403: another account filled in the form.
    #[error("the form of another account")]
    OthersForm,
    /// 409: what a review has shown is not kept any more, or never was in this session.
    #[error("no review that this session keeps")]
    ReviewGone,
    /// 403: the console is for administrators.
    #[error("not an administrator")]
    NotAdministrator,
    /// 403: a sign-in was refused. The record of the attempt holds the reason.
    #[error("sign-in refused")]
    SignInRefused {
        /// What the user can do, most likely first.
        next: Vec<String>,
        /// The attempt's code, when there is an attempt.
        code: Option<String>,
        /// Where the user chooses another account of the identity provider, if it can be asked for that (rule L6).
        another_account: Option<String>,
    },
    /// 403: a request for single logout was refused. The log holds the reason.
    #[error("sign-out request refused: {what}")]
    SignOutRefused {
        /// What happened.
        what: &'static str,
        /// By which the record is found.
        code: String,
    },
    /// 403: the company's site is closed.
    #[error("the company is suspended")]
    Suspended,
    /// 404: nothing is at this address.
    #[error("not found")]
    NotFound,
    /// 405: the address is there, this method is not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// 408: the body did not come within `connections.body_timeout`.
    #[error("the body came too slowly")]
    TooSlow,
    /// 409: something else stands in the way. The text says what.
    #[error("conflict: {0}")]
    Conflict(Cow<'static, str>),
    /// 413: the body is larger than `limits.body_bytes`.
    #[error("body too large")]
    TooLarge,
    /// 431: the head is larger than this server reads.
    #[error("head too large")]
    HeadTooLarge,
    /// 415: the body is not a form.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// 421: no company uses this host name, or the request names two hosts (RFC 9110 15.5.20). The host name that came.
    #[error("no site at this host")]
    UnknownSite(Option<String>),
    /// 422: what was sent is well-formed, and not what is needed. The text says what.
    #[error("unprocessable: {0}")]
    Unprocessable(Cow<'static, str>),
    /// 429: more than a limit allows.
    #[error("too many")]
    TooMany {
        /// Seconds until the next may come.
        retry_after: u64,
    },
    /// 500: a defect, or something that this server depends on.
    #[error("internal error: {0}")]
    Internal(Cow<'static, str>),
    /// 502: an application behind our own proxy cannot be reached, or what it says cannot be read; 504: it does not answer in time.
    #[error("the application does not answer")]
    NoAnswer {
        /// Whether it took no longer than it may.
        in_time: bool,
    },
    /// 503: the answer took longer than `limits.request_timeout`, or the database does not answer.
    #[error("unavailable: {0}")]
    Unavailable(Cow<'static, str>),
}

impl Error {
    /// An internal error, with its cause for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(Cow::Owned(cause.to_string()))
    }

    /// With the way to another account of the identity provider, where a sign-in was refused.
    #[must_use]
    pub fn with_another_account(mut self, address: Option<String>) -> Self {
        if let Self::SignInRefused {
            another_account, ..
        } = &mut self
        {
            *another_account = address;
        }
        self
    }

    /// The answer's status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::ForeignTarget => StatusCode::BAD_REQUEST,
            Self::ForeignForm
            | Self::OthersForm
            | Self::NotAdministrator
            | Self::SignInRefused { .. }
            | Self::SignOutRefused { .. }
            | Self::Suspended => StatusCode::FORBIDDEN,
            Self::Conflict(_) | Self::ReviewGone => StatusCode::CONFLICT,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnknownSite(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoAnswer { in_time: true } => StatusCode::BAD_GATEWAY,
            Self::NoAnswer { in_time: false } => StatusCode::GATEWAY_TIMEOUT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the framework answers by a bare status.
    pub(crate) fn from_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Self::BadRequest(UNREADABLE.into())
            }
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable("the request timed out".into()),
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal("a handler failed".into()),
            _ => return None,
        })
    }

    /// Title, what happened, and what to do next.
    pub(crate) fn text(&self) -> (&'static str, Cow<'static, str>, Vec<String>) {
        let (title, what, next): (_, Cow<'static, str>, Vec<&str>) = match self {
            Self::BadRequest(what) => (
                "This request cannot be read",
                what.clone(),
                vec!["Go back and try again."],
            ),
            Self::ForeignForm => (
                "This form was not accepted",
                "It was open for too long, or this browser sent no cookie with it. Nothing was changed."
                    .into(),
                vec![
                    "Open the page again and repeat what you did.",
                    "If this happens every time, allow cookies for this site in your browser.",
                ],
            ),
            Self::OthersForm
            | Self::NotAdministrator
            | Self::Conflict(_)
            | Self::ReviewGone
            | Self::Unprocessable(_) => {
                return self.text_of_console();
            }
            Self::SignInRefused { .. }
            | Self::SignOutRefused { .. }
            | Self::ForeignTarget
            | Self::NoAnswer { .. }
            | Self::Suspended => return self.text_of_refusal(),
            Self::NotFound => (
                "Page not found",
                "There is nothing at this address.".into(),
                vec!["Check the address, or start again from the sign-in page."],
            ),
            Self::MethodNotAllowed => (
                "This page cannot be opened this way",
                "It is a step in the middle of something, and cannot be typed, bookmarked or reloaded."
                    .into(),
                vec!["Start again from the sign-in page."],
            ),
            Self::TooSlow => (
                "This request took too long",
                "Your browser did not send all of it in time. Nothing was changed.".into(),
                vec!["Check your connection, then go back and try again."],
            ),
            Self::TooLarge => (
                "This request is too large",
                "It was not read.".into(),
                vec!["Go back and try again."],
            ),
            Self::HeadTooLarge => (
                "This request is too large",
                "Its address and its headers, cookies among them, are longer than this server reads."
                    .into(),
                vec!["Delete this site's cookies in your browser, then try again."],
            ),
            Self::UnsupportedMediaType => (
                "This request cannot be read",
                "A form was expected.".into(),
                vec!["Go back and try again."],
            ),
            Self::UnknownSite(host) => (
                "There is no site at this address",
                host.as_ref().map_or_else(
                    || "The request does not name one host.".into(),
                    |host| format!("This server has no company with the host name {host}.").into(),
                ),
                vec![
                    "Check the address. Your administrator knows the right one.",
                    "For the operator: if this is not the name in the browser’s address bar, the reverse proxy has to pass the Host header on. If it is, it has to be the origin of a company, or one of its aliases.",
                ],
            ),
            Self::TooMany { retry_after } => {
                let wait = match retry_after {
                    1 => "Wait a second, then try again.".to_owned(),
                    seconds => format!("Wait {seconds} seconds, then try again."),
                };
                return (
                    "Too many tries",
                    "So many came lately that this one was not looked at.".into(),
                    vec![wait],
                );
            }
            Self::Internal(_) => (
                "Something went wrong here",
                "This is not your fault. The server has noted it.".into(),
                vec![
                    "Try again in a moment.",
                    "If it goes on, tell your administrator when it happened.",
                ],
            ),
            Self::Unavailable(_) => (
                "Not available right now",
                "The server cannot reach its database, or is too busy.".into(),
                vec![
                    "Wait a few seconds, then try again.",
                    "If it goes on, tell your administrator when it happened.",
                ],
            ),
        };
        (title, what, next.into_iter().map(str::to_owned).collect())
    }

    /// The same of a message of an identity provider that was refused, of a company that is suspended, and of an application that is away.
    fn text_of_refusal(&self) -> (&'static str, Cow<'static, str>, Vec<String>) {
        match self {
            Self::SignOutRefused { what, .. } => (
                "Sign-out request refused",
                (*what).into(),
                vec![
                    "If you want to sign out of this site, do it here.".to_owned(),
                    "If this happens every time, give your administrator the code below."
                        .to_owned(),
                ],
            ),
            Self::SignInRefused { next, .. } => (
                "Sign-in failed",
                "This sign-in was refused.".into(),
                next.clone(),
            ),
            Self::ForeignTarget => (
                "You cannot be sent there",
                "The link asks to be sent on to an address that this company does not know.".into(),
                vec![
                    "Open your application, and sign in from there.".to_owned(),
                    "For its developers: return_to is a path of this site, or an address at one of the company’s return_origins, which the operator sets."
                        .to_owned(),
                ],
            ),
            Self::NoAnswer { .. } => (
                "The application does not answer",
                "Its server cannot be reached, or takes too long.".into(),
                vec![
                    "Wait a moment, then load the page again.".to_owned(),
                    "If it goes on, tell whoever runs the application.".to_owned(),
                ],
            ),
            _ => (
                "This site is closed for now",
                "Nobody can sign in here, and nobody is signed in. Nothing was deleted.".into(),
                vec![
                    "Ask whoever runs this service for your company when it opens again."
                        .to_owned(),
                ],
            ),
        }
    }

    /// The same of what happens in the console only.
    fn text_of_console(&self) -> (&'static str, Cow<'static, str>, Vec<String>) {
        let (title, what, next) = match self {
            Self::Conflict(what) => (
                "This cannot be done now",
                what.clone(),
                "Nothing was changed. Go back, look at how it is now, and try again.",
            ),
            Self::ReviewGone => (
                "This cannot be saved any more",
                "It is not what was shown to you since you signed in, or it was shown more than an hour ago, or much else was shown since. Nothing was saved.".into(),
                "Open the connection again, and begin the change anew.",
            ),
            Self::Unprocessable(what) => (
                "This was not saved",
                what.clone(),
                "Nothing was changed. Go back and correct it.",
            ),
            Self::OthersForm => (
                "Somebody else filled in this form",
                "It was filled in by another account of this company, and is not shown to yours. Nothing was changed.".into(),
                "Sign in with that account to go on with it, or open the page again and fill it in yourself.",
            ),
            _ => (
                "This page is for administrators",
                "You are signed in, but not as an administrator of this company.".into(),
                "Ask an administrator for what you need. If you have an administrator's account as well, sign out and sign in with it.",
            ),
        };
        (title, what, vec![next.to_owned()])
    }

    /// By which the record of what was refused is found.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::SignInRefused { code, .. } => code.as_deref(),
            Self::SignOutRefused { code, .. } => Some(code),
            _ => None,
        }
    }
}

const UNREADABLE: &str = "A part of it is missing, double or not in the right form.";

impl IntoResponse for Error {
    /// The bare status, with the error beside it: [`super::failure::render`] makes the page, because it knows the request.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::TooMany { retry_after } = self {
            // RFC 6585 4.
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, retry_after.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<login::Error> for Error {
    fn from(cause: login::Error) -> Self {
        match cause {
            login::Error::Store(cause) => cause.into(),
            login::Error::Provider(cause) => {
                tracing::warn!(%cause, "a sign-in could not begin");
                Self::Conflict(
                    "The identity provider of this way to sign in does not answer as it should."
                        .into(),
                )
            }
            other => Self::internal(other),
        }
    }
}

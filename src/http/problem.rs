//! Problem documents (RFC 9457): every failure of the API, each kind with a type that stays.
//!
//! Invariant: a problem tells what the caller did and can do; the cause of a defect goes to the log only.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Error;
use crate::admin::Refused;
use crate::app::Wait;
use crate::domain::Scope;
use crate::store;
use crate::text;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// What the type of every kind begins with.
const TYPE: &str = "urn:vestibule:problem:";

/// Declares the kinds with the last part of their type, their status and their title.
macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $kind:literal, $status:ident, $title:literal;)+) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[$meta])* $name,)+ }

        impl Kind {
            /// Every kind, by its status.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => $kind,)+ }
            }

            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

kinds! {
    Malformed = "malformed", BAD_REQUEST, "The request cannot be read";
    Unauthorized = "unauthorized", UNAUTHORIZED, "A token is needed";
    Forbidden = "insufficient-scope", FORBIDDEN, "The token may not do this";
    Suspended = "suspended", FORBIDDEN, "The company is suspended";
    NotFound = "not-found", NOT_FOUND, "There is no such thing here";
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The address does not take this method";
    TooSlow = "too-slow", REQUEST_TIMEOUT, "The request took too long to come";
    Taken = "taken", CONFLICT, "Another one has it already";
    InTheWay = "conflict", CONFLICT, "This cannot be done now";
    Full = "quota-reached", CONFLICT, "A quota of the company has no room for it";
    LastAdministrator = "last-administrator", CONFLICT, "The last way in without single sign-on";
    Changed = "changed", PRECONDITION_FAILED, "It was changed since it was read";
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    MediaType = "media-type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON";
    Misdirected = "no-site", MISDIRECTED_REQUEST, "No company uses this host name";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "A value is not what is needed";
    KeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The key was used for another request";
    NoVersion = "precondition-required", PRECONDITION_REQUIRED, "If-Match is needed";
    TooMany = "rate-limited", TOO_MANY_REQUESTS, "Too many requests";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available right now";
}

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum Problem {
    /// As the API tells it.
    Told(Box<ProblemAnswer>),
    /// What may happen to every request of this server; the edge logs and tells it.
    Server(Error),
}

/// A problem with its headers.
#[derive(Debug)]
pub(crate) struct ProblemAnswer {
    kind: Kind,
    document: Document,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document {
    /// The kind of problem: `urn:vestibule:problem:` and a word that stays the same. Programs decide by this one.
    #[serde(rename = "type")]
    #[schema(example = "urn:vestibule:problem:not-found")]
    kind: String,
    /// The kind, for people.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened and what to do next, for people.
    detail: String,
    /// What is wrong with which member or parameter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Wrong>,
    /// Of `insufficient-scope`: the scope that is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scope: Option<&'static str>,
}

/// What is wrong with one member or parameter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub(crate) struct Wrong {
    /// Its name.
    pub(crate) field: String,
    /// One sentence.
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        Self::Told(Box::new(ProblemAnswer {
            kind,
            document: Document {
                kind: format!("{TYPE}{}", kind.name()),
                title: kind.title(),
                status: kind.status().as_u16(),
                detail: text::line(&detail).into_owned(),
                errors: Vec::new(),
                scope: None,
            },
            headers: Vec::new(),
        }))
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            Kind::NotFound,
            "There is nothing at this address, or it belongs to another company.",
        )
    }

    /// Something is wrong with a parameter of the address.
    pub(crate) fn parameter(name: &str, message: &str) -> Self {
        Self::new(
            Kind::Malformed,
            format!("The parameter {name} is not what is needed. {message}"),
        )
        .with_error(name, message)
    }

    /// The token lacks a scope (RFC 6750 3.1).
    pub(crate) fn scope(scope: Scope) -> Self {
        let mut problem = Self::new(
            Kind::Forbidden,
            format!(
                "The token lacks the scope {scope}. Make a token with it at /admin/tokens; a token never gets another scope."
            ),
        );
        let challenge =
            format!("Bearer realm=\"vestibule\", error=\"insufficient_scope\", scope=\"{scope}\"");
        if let Self::Told(told) = &mut problem {
            told.document.scope = Some(scope.as_str());
            told.headers.extend(
                HeaderValue::from_str(&challenge)
                    .ok()
                    .map(|value| (header::WWW_AUTHENTICATE, value)),
            );
        }
        problem
    }

    /// No token, or one that does not count (RFC 6750 3).
    pub(crate) fn unauthorized(challenge: &'static str, detail: &'static str) -> Self {
        let mut problem = Self::new(Kind::Unauthorized, detail);
        if let Self::Told(told) = &mut problem {
            let value = HeaderValue::from_static(challenge);
            told.headers.push((header::WWW_AUTHENTICATE, value));
        }
        problem
    }

    /// The token does not count. The same for all that do not: who guesses learns nothing.
    pub(crate) fn unknown_token() -> Self {
        Self::unauthorized(
            "Bearer realm=\"vestibule\", error=\"invalid_token\"",
            "This token does not count here: it is unknown, expired, revoked, or another company's. Administrators make tokens at /admin/tokens.",
        )
    }

    pub(crate) fn with_error(
        mut self,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let message: String = message.into();
        if let Self::Told(told) = &mut self {
            told.document.errors.push(Wrong {
                field: field.into(),
                message: text::line(&message).into_owned(),
            });
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Told(told) => told.into_response(),
            Self::Server(error) => error.into_response(),
        }
    }
}

impl IntoResponse for ProblemAnswer {
    fn into_response(self) -> Response {
        let Ok(body) = serde_json::to_string(&self.document) else {
            return Error::internal("a problem cannot be written").into_response();
        };
        let body = text::json(&body).into_owned();
        let kind = HeaderValue::from_static(MEDIA_TYPE);
        let mut response =
            (self.kind.status(), [(header::CONTENT_TYPE, kind)], body).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The answer to a failure that the API did not tell itself; the edge adds what it has to.
pub(crate) fn of(error: &Error) -> Response {
    let (_, what, _) = error.text();
    let (kind, detail) = match error {
        Error::BadRequest(_) | Error::ForeignTarget => (Kind::Malformed, what),
        Error::NotFound => return Problem::not_found().into_response(),
        Error::MethodNotAllowed => (
            Kind::MethodNotAllowed,
            "Allow says which methods it takes.".into(),
        ),
        Error::TooSlow => (
            Kind::TooSlow,
            "Not all of it was there in time. Nothing was changed.".into(),
        ),
        Error::TooLarge | Error::HeadTooLarge => (Kind::TooLarge, "It was not read.".into()),
        Error::UnsupportedMediaType => (Kind::MediaType, "Send application/json.".into()),
        Error::Suspended => (Kind::Suspended, what),
        Error::UnknownSite(_) => (Kind::Misdirected, what),
        Error::TooMany { .. } => (
            Kind::TooMany,
            "Wait as many seconds as Retry-After says.".into(),
        ),
        Error::Unavailable(_) | Error::NoAnswer { .. } => (
            Kind::Unavailable,
            "The server cannot reach its database, or is too busy. Try again in a few seconds."
                .into(),
        ),
        Error::Internal(_) => (
            Kind::Internal,
            "This is a defect, and the server has noted it.".into(),
        ),
        Error::Conflict(what) => (Kind::InTheWay, what.clone()),
        Error::Unprocessable(what) => (Kind::Invalid, what.clone()),
        Error::ForeignForm
        | Error::OthersForm
        | Error::ReviewGone
        | Error::NotAdministrator
        | Error::SignInRefused { .. }
        | Error::SignOutRefused { .. } => (Kind::Forbidden, what),
    };
    Problem::new(kind, detail).into_response()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl From<store::Error> for Problem {
    fn from(cause: store::Error) -> Self {
        Self::Server(cause.into())
    }
}

impl From<Wait> for Problem {
    fn from(wait: Wait) -> Self {
        Self::Server(wait.into())
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let kind = match &refused {
            Refused::NotFound => return Self::not_found(),
            Refused::LacksScope(scope) => return Self::scope(*scope),
            Refused::TokenEnded => return Self::unknown_token(),
            Refused::Store(_) => Kind::Internal,
            Refused::Invalid(_) => Kind::Invalid,
            Refused::Taken(_) => Kind::Taken,
            Refused::Changed { .. } => Kind::Changed,
            Refused::InTheWay(_) => Kind::InTheWay,
            Refused::Full(_) => Kind::Full,
            Refused::LastBreakGlass => Kind::LastAdministrator,
        };
        if let Refused::Store(cause) = refused {
            return cause.into();
        }
        let detail = match &refused {
            Refused::Changed { by, .. } if by.is_empty() => {
                "Something changed it since you read it. Read it again.".to_owned()
            }
            Refused::Changed { .. } => format!("{refused} Read it again."),
            _ => refused.to_string(),
        };
        let problems = refused.problems().0.into_iter();
        problems.fold(Self::new(kind, detail), |problem, one| {
            problem.with_error(one.field, one.what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_differ() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

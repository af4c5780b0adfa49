//! Answers: a page, and what it tells the edge around it.

use askama::Template;
use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cookies::Cookie;
use super::error::Error;
use super::policy;

/// A page, its status, its cookies and where its forms may lead.
#[derive(Debug)]
pub struct Page<T> {
    template: T,
    status: StatusCode,
    cookies: Vec<HeaderValue>,
    policy: Option<HeaderValue>,
}

impl<T: Template> Page<T> {
    /// A page with status 200, whose forms stay with this site.
    pub fn new(template: T) -> Self {
        Self {
            template,
            status: StatusCode::OK,
            cookies: Vec::new(),
            policy: None,
        }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Cookie, value: &str, https: bool) -> Self {
        self.cookies.extend(cookie.set(value, https));
        self
    }

    /// Whose forms lead to identity providers.
    #[must_use]
    pub fn leading_to_identity_provider(mut self, plain_http: bool) -> Self {
        self.policy = Some(policy::to_identity_provider(plain_http));
        self
    }
}

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let html = match self.template.render() {
            Ok(html) => html,
            Err(cause) => return Error::internal(cause).into_response(),
        };
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], html).into_response();
        let headers = response.headers_mut();
        for cookie in self.cookies {
            headers.append(header::SET_COOKIE, cookie);
        }
        if let Some(policy) = self.policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// An answer for machines, which is there already as it was written before.
pub(crate) fn body(kind: HeaderValue, content: Bytes) -> Response {
    let mut response = Response::new(content.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy::NO_PAGE);
    response
}

/// The code of the sign-in that an answer is about, for the log line.
#[derive(Debug, Clone)]
pub struct AttemptCode(pub String);

/// Beside an answer that an application gave, and we hand on as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FromApplication;

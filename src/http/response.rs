//! Answers: a page, and what it tells the middleware around it.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::cookies::Cookie;
use super::error::Error;

/// A page, its status, its cookies and where its forms may lead.
#[derive(Debug)]
pub struct Page<T> {
    template: T,
    status: StatusCode,
    cookies: Vec<HeaderValue>,
    form_action: FormAction,
}

impl<T: Template> Page<T> {
    /// A page with status 200, whose forms stay with this site.
    pub fn new(template: T) -> Self {
        Self {
            template,
            status: StatusCode::OK,
            cookies: Vec::new(),
            form_action: FormAction::Site,
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
        self.form_action = FormAction::IdentityProvider { plain_http };
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
        for cookie in self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response.extensions_mut().insert(self.form_action);
        response
    }
}

/// Where a page's forms may lead. Chromium applies this to the redirects after a form as well, so a page whose form ends in
/// a redirect elsewhere must say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormAction {
    /// To this site, and from there to the origins that the company allows (rule E3).
    #[default]
    Site,
    /// To any identity provider, directly or by a redirect.
    IdentityProvider {
        /// Also to one without TLS.
        plain_http: bool,
    },
}

/// The code of the sign-in that an answer is about, for the log line.
#[derive(Debug, Clone)]
pub struct AttemptCode(pub String);

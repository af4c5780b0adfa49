//! The request that a check is about (rules Q11 to Q14 and Q28).
//!
//! Invariant: an [`OriginalRequest`] was read from the one place that the application's kind has for each field, each of them there
//! exactly once, and is for an origin of the application and no address of ours. There is no second place to look at.

use http::HeaderMap;

use super::application::ApplicationRules;
use super::application_origin::Fit;
use super::field::{self, Found};
use super::kind::ProxyKind;
use super::misreport::{Misreport, ReportedField};
use super::origin::{RequestOrigin, RequestOriginError, WebScheme, split_address};
use super::path;

/// A request as a proxy reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalRequest {
    method: String,
    origin: RequestOrigin,
    /// The slug in the place of `{company}`.
    company: Option<String>,
    uri: Vec<u8>,
    path_length: usize,
    /// The path that rules are matched against, unless it is ambiguous.
    plain_path: Option<String>,
}

/// The check, as it came.
#[derive(Debug, Clone, Copy)]
pub struct ProxyCheck<'c> {
    /// Its own method.
    pub method: &'c str,
    /// What follows the application's name in the raw request target.
    pub rest: &'c [u8],
    /// Its headers.
    pub headers: &'c HeaderMap,
}

impl OriginalRequest {
    /// Reads the request that a proxy asks about.
    pub fn read(application: &ApplicationRules, check: &ProxyCheck<'_>) -> Result<Self, Misreport> {
        let kind = application.kind;
        // The client's query string follows where Caddy's `uri` has none of its own; it says nothing.
        let is_path_after_name = !check.rest.is_empty() && !check.rest.starts_with(b"?");
        if kind != ProxyKind::Envoy && is_path_after_name {
            return Err(Misreport::PathAfterName);
        }
        let headers = check.headers;
        match kind {
            ProxyKind::Nginx => {
                let method = told(headers, ReportedField::OriginalMethod)?;
                let url = told(headers, ReportedField::OriginalUrl)?;
                let (origin, uri) =
                    split_address(url).ok_or(Misreport::Unreadable(ReportedField::OriginalUrl))?;
                Self::place(
                    application,
                    (method, ReportedField::OriginalMethod),
                    origin,
                    uri,
                )
            }
            ProxyKind::Forwarded => {
                let method = told(headers, ReportedField::ForwardedMethod)?;
                let scheme = told_scheme(headers)?;
                let origin = told_origin(headers, scheme, ReportedField::ForwardedHost)?;
                let uri = uri(
                    told(headers, ReportedField::ForwardedUri)?,
                    ReportedField::ForwardedUri,
                )?;
                Self::place(
                    application,
                    (method, ReportedField::ForwardedMethod),
                    origin,
                    uri,
                )
            }
            ProxyKind::Envoy => {
                let scheme = told_scheme(headers)?;
                let origin = told_origin(headers, scheme, ReportedField::Host)?;
                let uri = uri(check.rest, ReportedField::Target)?;
                let method = check.method.as_bytes();
                Self::place(application, (method, ReportedField::Method), origin, uri)
            }
            ProxyKind::BuiltIn => Err(Misreport::NoCheck),
        }
    }

    /// Reads a request that our own proxy got itself. Its target is in origin form.
    pub fn read_own(
        application: &ApplicationRules,
        scheme: WebScheme,
        method: &str,
        target: &[u8],
        headers: &HeaderMap,
    ) -> Result<Self, Misreport> {
        let origin = told_origin(headers, scheme, ReportedField::Host)?;
        let uri = uri(target, ReportedField::Target)?;
        let method = (method.as_bytes(), ReportedField::Method);
        Self::place(application, method, origin, uri)
    }

    fn place(
        application: &ApplicationRules,
        (method, field): (&[u8], ReportedField),
        origin: RequestOrigin,
        uri: &[u8],
    ) -> Result<Self, Misreport> {
        let method = str::from_utf8(method)
            .ok()
            .filter(|method| field::is_method(method))
            .ok_or(Misreport::Unreadable(field))?;
        let company = match application.fit(&origin) {
            Some(Fit::Exact) => None,
            Some(Fit::Company(slug)) => Some(slug.to_owned()),
            None => return Err(Misreport::ForeignOrigin(origin)),
        };
        let query_from = uri.iter().position(|&octet| octet == b'?');
        let path_length = query_from.unwrap_or(uri.len());
        let path = uri.get(..path_length).unwrap_or_default();
        if application.owns(path) {
            return Err(Misreport::OwnAddress);
        }
        Ok(Self {
            method: method.to_owned(),
            origin,
            company,
            plain_path: path::plain(path),
            uri: uri.to_owned(),
            path_length,
        })
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The origin, one of the application's.
    pub const fn origin(&self) -> &RequestOrigin {
        &self.origin
    }

    /// The company whose slug the host has: the session must be of it.
    pub fn company(&self) -> Option<&str> {
        self.company.as_deref()
    }

    /// Path and query, as they came.
    pub fn uri(&self) -> &[u8] {
        &self.uri
    }

    /// The path, as it came.
    pub fn path(&self) -> &[u8] {
        self.uri.get(..self.path_length).unwrap_or_default()
    }

    /// The query, as it came.
    pub fn query(&self) -> Option<&[u8]> {
        self.uri.get(self.path_length + 1..)
    }

    /// The path that a rule can be matched against; none when it is ambiguous (rule Q50).
    pub(super) fn plain_path(&self) -> Option<&str> {
        self.plain_path.as_deref()
    }

    /// Whether the method only asks for something.
    pub(super) fn only_reads(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

fn told(headers: &HeaderMap, field: ReportedField) -> Result<&[u8], Misreport> {
    match field::find(headers, field.name()) {
        Found::Nothing => Err(Misreport::Missing(field)),
        Found::Twice => Err(Misreport::Doubled(field)),
        Found::Once(value) => Ok(value),
    }
}

fn told_text(headers: &HeaderMap, field: ReportedField) -> Result<&str, Misreport> {
    let value = told(headers, field)?;
    str::from_utf8(value).map_err(|_| Misreport::Unreadable(field))
}

fn told_scheme(headers: &HeaderMap) -> Result<WebScheme, Misreport> {
    let field = ReportedField::ForwardedProto;
    WebScheme::of_proxy(told_text(headers, field)?).ok_or(Misreport::Unreadable(field))
}

fn told_origin(
    headers: &HeaderMap,
    scheme: WebScheme,
    host: ReportedField,
) -> Result<RequestOrigin, Misreport> {
    RequestOrigin::new(scheme, told_text(headers, host)?).map_err(|error| match error {
        RequestOriginError::PlainHttp => Misreport::Unreadable(ReportedField::ForwardedProto),
        _ => Misreport::Unreadable(host),
    })
}

/// A path with query, and nothing before it: neither another host nor `*`.
fn uri(text: &[u8], field: ReportedField) -> Result<&[u8], Misreport> {
    match text.first() {
        None => Err(Misreport::Missing(field)),
        Some(b'/') => Ok(text),
        Some(_) => Err(Misreport::Unreadable(field)),
    }
}

#[cfg(test)]
mod tests;

//! What happens around every request: its site is found, its answer gets the security headers, and one line is logged.
//!
//! Invariant: the line holds the route's pattern, never the address, a query, a cookie or a body.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::error::Error;
use super::extract::{CameByAlias, CurrentSite, FoundSite, host_of};
use super::response::{AttemptCode, FormAction};
use crate::app::App;
use crate::site::Site;

/// Finds the site of the request's host, for everything within.
pub(super) async fn find_site(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(site) = host_of(&request).and_then(|host| app.directory.site(&host)) {
        request.extensions_mut().insert(FoundSite(site));
    }
    next.run(request).await
}

/// Logs one line when the answer is ready.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let company = request
        .extensions()
        .get::<FoundSite>()
        .map(|found| found.0.company.slug.to_string());
    let response = next.run(request).await;

    let status = response.status().as_u16();
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let route = route.as_deref().unwrap_or("-");
    let company = company.as_deref().unwrap_or("-");
    let attempt = response
        .extensions()
        .get::<AttemptCode>()
        .map_or("-", |code| code.0.as_str());
    match route {
        // Load balancers ask every few seconds, and every page brings its assets.
        "/healthz" | "/readyz" | "/assets/{file}" | "/favicon.ico" if status < 400 => {
            tracing::debug!(%method, route, status, ms, company, attempt, "request");
        }
        // The limit tells of all of them together: a flood must not fill the log.
        _ if status == 429 => {
            tracing::debug!(%method, route, status, ms, company, attempt, "request");
        }
        _ => tracing::info!(%method, route, status, ms, company, attempt, "request"),
    }
    response
}

/// Cookies and the assertion consumer service live at the public origin only: who comes by another one is led there first.
pub(super) async fn lead_to_public_origin(
    alias: Result<CameByAlias, Error>,
    site: Result<CurrentSite, Error>,
    request: Request,
    next: Next,
) -> Response {
    match (alias, site) {
        (Ok(CameByAlias(true)), Ok(CurrentSite(site))) if request.method() == Method::GET => {
            let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
            Redirect::to(&format!("{}{path}", site.company.origin)).into_response()
        }
        _ => next.run(request).await,
    }
}

/// Sets the headers that every answer carries.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let site = request
        .extensions()
        .get::<FoundSite>()
        .map(|found| Arc::clone(&found.0));
    let mut response = next.run(request).await;
    let form_action = response
        .extensions()
        .get::<FormAction>()
        .copied()
        .unwrap_or_default();
    let policy = content_security_policy(site.as_deref(), form_action);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if site.is_some_and(|site| site.is_https()) {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // A page of a sign-in is nothing to find, and a crawler that came back would begin another.
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    // The origin and no more: an identity provider's form check may want an `Origin`, which stricter policies turn to `null`.
    (header::REFERRER_POLICY, "strict-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

fn content_security_policy(site: Option<&Site>, form_action: FormAction) -> HeaderValue {
    let mut policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        .to_owned();
    match form_action {
        FormAction::Site => {
            for origin in site
                .into_iter()
                .flat_map(|site| site.company.origins().chain(&site.company.return_origins))
            {
                let _ = write!(policy, " {origin}");
            }
        }
        // By the matching rule for schemes, `http:` includes https (CSP 3, 6.7.2.9).
        FormAction::IdentityProvider { plain_http: true } => policy.push_str(" http:"),
        FormAction::IdentityProvider { plain_http: false } => policy.push_str(" https:"),
    }
    // An origin is checked when it is set, and has no character that a header cannot hold.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

//! The page that a provider of OpenID Connect loads to sign somebody out (rule T3).
//!
//! No cookie is read or set, and what the page is asked changes nothing of it. It is empty, so that nothing in it can be clicked.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::policy;
use crate::http::rate_limit::{Logouts, Within};
use crate::logout;
use crate::site::{Site, SiteConnection};

/// `GET /sso/oidc/logout/{connection}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    _: Within<Logouts>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let ready = find_connection(&site, &name)?;
    let query = query.unwrap_or_default();
    let only = |name: &str| {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut values = pairs.filter(|(it, _)| it == name).map(|(_, value)| value);
        (values.next(), values.next().is_some())
    };
    // One that comes twice says nothing.
    if let ((Some(sid), false), (iss, false)) = (only("sid"), only("iss")) {
        let ended = logout::end_by_sid(&app, ready, &sid, iss.as_deref()).await?;
        if ended > 0 {
            let company = &site.company.slug;
            tracing::info!(%company, ended, "the identity provider ended sessions");
        }
    }
    let policy = policy::of_empty_frame(&logout::frame_ancestors(&app, ready));
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, "").into_response())
}

/// `HEAD /sso/oidc/logout/{connection}`: a look ends nobody's session (RFC 9110 9.2.1).
pub(super) async fn head(_: CurrentSite) -> Response {
    let allowed = [(header::ALLOW, HeaderValue::from_static("GET"))];
    (allowed, Error::MethodNotAllowed).into_response()
}

/// A connection of the site that speaks OpenID Connect. One that is switched off begins no session, and its sessions that live
/// still end.
pub(super) fn find_connection<'s>(site: &'s Site, name: &str) -> Result<&'s SiteConnection, Error> {
    site.connection_named(name)
        .filter(|ready| ready.connection.settings.oidc().is_some())
        .ok_or(Error::NotFound)
}

//! The end of a session that an application asks for.

use super::super::logout;
use crate::demo_idp::DemoIdp;
use crate::demo_idp::oidc::ReadParameters;
use crate::demo_idp::refusal::IdpRefusal;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

/// `GET /{tenant}/oauth2/v2.0/logout`
///
/// Whoever asks for an address that no application has registered stays here.
pub(super) async fn get(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let parameters = ReadParameters::parse(query.unwrap_or_default().as_bytes());
    Ok(logout::end(&idp, &headers, next(&idp, &parameters)))
}

/// Where the user goes afterwards: a redirect URI of an application.
fn next(idp: &DemoIdp, parameters: &ReadParameters) -> Option<String> {
    let wanted = parameters.get("post_logout_redirect_uri")?;
    let apps = idp.oidc_apps();
    let mut apps = apps.iter().filter(|app| {
        let client_id = parameters.get("client_id");
        client_id.is_none_or(|named| named.eq_ignore_ascii_case(&app.client_id))
    });
    if !apps.any(|app| app.redirect_uris.iter().any(|known| known == wanted)) {
        return None;
    }
    let Some(state) = parameters.get("state") else {
        return Some(wanted.to_owned());
    };
    let mark = if wanted.contains('?') { '&' } else { '?' };
    let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
    Some(format!("{wanted}{mark}state={state}"))
}

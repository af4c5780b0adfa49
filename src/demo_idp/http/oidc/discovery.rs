//! The metadata document and the key set, which anybody may read.

use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, OidcVariant, oidc};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

/// The query of the metadata document's address.
#[derive(Debug, Deserialize)]
pub(super) struct ConfigurationQuery {
    appid: Option<String>,
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
///
/// The document is the same for every application, so a variant of any changes it, unless the address names one.
pub(super) async fn configuration(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    Query(query): Query<ConfigurationQuery>,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    let variant = match &query.appid {
        Some(id) => idp.oidc_app(id)?.variant,
        None => idp
            .oidc_apps()
            .iter()
            .map(|app| app.variant)
            .find(|variant| *variant == OidcVariant::DiscoveryIssuerV1)
            .unwrap_or_default(),
    };
    Ok(publish(oidc::configuration(idp.tenant(), variant)))
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(super) async fn keys(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
) -> Result<Response, IdpRefusal> {
    idp.check_tenant(&tenant)?;
    Ok(publish(oidc::keys(&idp)))
}

fn publish(document: Value) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "max-age=86400, private"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, Json(document)).into_response()
}

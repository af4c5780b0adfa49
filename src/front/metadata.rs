//! Our SAML metadata; its address is the entity ID.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::response::Response;
use serde::Deserialize;

use crate::app::App;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::rate_limit::{MetadataReaders, Within};
use crate::http::response::body;

#[derive(Debug, Deserialize)]
pub(super) struct MetadataFormat {
    /// For a federation that takes signed metadata only.
    #[serde(default)]
    signed: bool,
}

/// `GET /sso/metadata`, and `?signed=true`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    _: Within<MetadataReaders>,
    Query(wanted): Query<MetadataFormat>,
) -> Result<Response, Error> {
    let document = if wanted.signed {
        site.signed_metadata(&app.sp_keys())
            .map_err(Error::internal)?
    } else {
        site.metadata(&app.sp_keys())
    };
    Ok(body(KIND, document.clone()))
}

// saml-metadata 4.1.1.
const KIND: HeaderValue = HeaderValue::from_static("application/samlmetadata+xml");

//! Our SAML metadata; its address is the entity ID.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::error::Error;
use super::extract::CurrentSite;
use super::limit::{MetadataReaders, Within};
use crate::app::App;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// For a federation that takes signed metadata only.
    #[serde(default)]
    signed: bool,
}

/// `GET /sso/metadata`, and `?signed=true`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    _: Within<MetadataReaders>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let document = if wanted.signed {
        site.signed_metadata(&app.sp_keys)
            .map_err(Error::internal)?
    } else {
        site.metadata()
    };
    // saml-metadata 4.1.1.
    let kind = HeaderValue::from_static("application/samlmetadata+xml");
    Ok(([(header::CONTENT_TYPE, kind)], document.to_owned()).into_response())
}

//! Files of forms; "Upload metadata file": Basic SAML Configuration from a service provider's metadata.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::stream;
use multer::Multipart;

use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, IdpApp};

/// `POST /applications/{app}/metadata`. The Sign on URL is not in metadata and stays as it is.
pub(super) async fn metadata(
    State(idp): State<DemoIdp>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, IdpRefusal> {
    let before = idp.app(&id)?;
    let file = uploaded_file(&headers, body).await;
    let file = file.ok_or_else(|| IdpRefusal::new(90_014, "No metadata file was chosen."))?;
    let read = IdpApp::from_metadata(&before.id, &before.name, &file)
        .map_err(|error| IdpRefusal::new(90_014, error.to_string()))?;
    idp.register(IdpApp {
        sign_on_url: before.sign_on_url.clone(),
        relay_state: before.relay_state.clone(),
        require_signed_requests: before.require_signed_requests,
        variant: before.variant,
        ..read
    });
    let next = format!("/applications/{}", before.id);
    Ok(Redirect::to(&next).into_response())
}

/// The file of a form, in its field `file`.
pub(super) async fn uploaded_file(headers: &HeaderMap, body: Bytes) -> Option<Bytes> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = multer::parse_boundary(kind).ok()?;
    let whole = stream::iter([Ok::<_, Infallible>(body)]);
    let mut form = Multipart::new(whole, boundary);
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("file") {
            let content = field.bytes().await.ok()?;
            return Some(content).filter(|content| !content.is_empty());
        }
    }
    None
}

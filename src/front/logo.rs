//! The company's logo, for its pages.
//!
//! Invariants: only at the company's own host, and only the logo that it has now: its address holds its hash, so that a browser may
//! keep it for ever. Whatever else its octets may be, to a browser they are a picture of this kind and nothing else.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::rate_limit::{LogoReaders, Within};
use crate::http::{policy, response};

/// `GET /logo/{file}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    CurrentSite(site): CurrentSite,
    Path(file): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let logo = site.company.logo.as_ref();
    let logo = logo
        .filter(|logo| logo.file() == file)
        .ok_or(Error::NotFound)?;
    let tag = format!("\"{}\"", logo.sha256());
    if is_known(request.headers(), &tag) {
        return Ok(described(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    let (mut parts, _) = request.into_parts();
    Within::<LogoReaders>::from_request_parts(&mut parts, &app).await?;
    // A sign-in never waits for a picture.
    let octets = app.desk.logo(site.company.id, &logo.hash).await?;
    let kind = HeaderValue::from_static(logo.picture.kind.media_type());
    let answer = response::body(kind, octets.ok_or(Error::NotFound)?.into());
    Ok(described(answer, &tag))
}

/// Whether the browser says that it has it (RFC 9110 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|known| known.trim().trim_start_matches("W/"));
    known.any(|known| known == tag || known == "*")
}

fn described(mut answer: Response, tag: &str) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy::PICTURE);
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    // Hexadecimal digits in quotation marks.
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

//! The company's logo, for its pages.
//!
//! Invariants: only at the company's own host, and only the logo that it has now: its address holds its hash, so that a browser may
//! keep it for ever. Whatever else its octets may be, to a browser they are a picture of this kind and nothing else.

use std::sync::Arc;

use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::current_site::CurrentSite;
use super::error::Error;
use super::rate_limit::{LogoReaders, Within};
use super::{policy, response};
use crate::app::App;
use crate::domain::{Company, Logo};

/// The most room that a logo takes on a page, in CSS pixels; smaller ones are shown as they are.
const PAGE: (u32, u32) = (240, 48);
/// In the console, beside the company's name.
const CONSOLE: (u32, u32) = (96, 30);

/// A logo as a page shows it. Width and height are told, so that nothing moves when it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub(super) path: String,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Shown {
    /// On the pages of the site.
    pub(super) fn on_page(company: &Company) -> Option<Self> {
        company.logo.as_ref().map(|logo| Self::within(logo, PAGE))
    }

    /// In the console.
    pub(super) fn in_console(company: &Company) -> Option<Self> {
        company
            .logo
            .as_ref()
            .map(|logo| Self::within(logo, CONSOLE))
    }

    fn within(logo: &Logo, (width, height): (u32, u32)) -> Self {
        let (width, height) = logo.within(width, height);
        Self {
            path: logo.path(),
            width,
            height,
        }
    }
}

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

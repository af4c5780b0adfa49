//! The stylesheet, the script and the icon, compiled in.
//!
//! Invariant: a file's name holds the hash of its content, so a browser may keep it for ever. Only the icon has an address that
//! stays the same as well, for a day.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::keys;

/// A file that pages refer to.
#[derive(Debug)]
pub struct Asset {
    path: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let hash = keys::hex(&keys::hash(content.as_bytes())[..8]);
        Self {
            path: format!("/assets/{name}.{hash}.{extension}"),
            content_type,
            content,
        }
    }

    /// Its address on every site.
    pub fn path(&self) -> &str {
        &self.path
    }
}

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "site",
        "css",
        "text/css; charset=utf-8",
        concat!(
            include_str!("../../assets/site.css"),
            include_str!("../../assets/console/frame.css"),
            include_str!("../../assets/console/users.css"),
            include_str!("../../assets/console/tokens.css"),
            include_str!("../../assets/console/trust.css"),
            include_str!("../../assets/console/sign_ins.css"),
            include_str!("../../assets/console/touch.css"),
        ),
    )
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "site",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/site.js"),
    )
});
static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("../../assets/icon.svg"),
    )
});

/// The one stylesheet.
pub fn stylesheet() -> &'static Asset {
    &STYLESHEET
}

/// The one script: it submits the forms that carry SAML messages, and is of some comfort in the console.
pub fn script() -> &'static Asset {
    &SCRIPT
}

/// The icon in the browser's tab.
pub fn icon() -> &'static Asset {
    &ICON
}

/// `GET /favicon.ico`: browsers ask for it where no page names an icon, such as beside JSON.
pub(crate) async fn favicon() -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(ICON.content_type),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=86400"),
        ),
    ];
    (headers, ICON.content).into_response()
}

/// `GET /robots.txt`: there is nothing to index, and each link that a crawler follows would begin a sign-in.
pub(crate) async fn robots() -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=86400"),
        ),
    ];
    (headers, "User-agent: *\nDisallow: /\n").into_response()
}

/// `GET /assets/{file}`
pub(crate) async fn serve(Path(file): Path<String>) -> Response {
    let found = [&STYLESHEET, &SCRIPT, &ICON]
        .into_iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(file.as_str()));
    let Some(asset) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(asset.content_type),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, asset.content).into_response()
}

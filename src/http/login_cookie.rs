//! The login cookie: which browser it is before anybody is signed in (rules E1 and E2).

use axum::http::{HeaderMap, HeaderValue};

use super::cookies::Cookie;
use crate::login::Browser;
use crate::site::Site;

/// The browser of a request, and its login cookie, renewed.
pub(crate) fn browser(site: &Site, headers: &HeaderMap) -> (Browser, Option<HeaderValue>) {
    let browser = known_browser(site, headers).unwrap_or_default();
    let cookie = Cookie::Login.set(browser.cookie(), site.is_https());
    (browser, cookie)
}

/// The browser of a request, when it has a login cookie of ours.
pub(crate) fn known_browser(site: &Site, headers: &HeaderMap) -> Option<Browser> {
    Cookie::Login
        .read(headers, site.is_https())
        .and_then(Browser::from_cookie)
}

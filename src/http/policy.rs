//! `Content-Security-Policy` and `Cross-Origin-Opener-Policy`: what a browser may do with an answer.
//!
//! Invariant: nothing from elsewhere is loaded or run, and no other site frames an answer but the empty one of a provider's logout;
//! answers differ only in where a form may lead.

use std::collections::BTreeSet;

use axum::http::HeaderValue;

use super::manner::Opener;
use crate::site::Site;

macro_rules! page {
    ($form_action:literal) => {
        concat!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
            $form_action
        )
    };
}

/// Of an answer that is no page: a browser that takes it for one does nothing with it.
pub(crate) const NO_PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
);
/// Of an empty page that nobody but these origins has in a frame. Each is written as a URL's origin is.
pub(crate) fn of_empty_frame(ancestors: &BTreeSet<String>) -> HeaderValue {
    let ancestors: Vec<_> = ancestors.iter().map(String::as_str).collect();
    let ancestors = match ancestors.as_slice() {
        [] => "'none'".to_owned(),
        origins => origins.join(" "),
    };
    let policy = format!(
        "default-src 'none'; base-uri 'none'; frame-ancestors {ancestors}; form-action 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(NO_PAGE)
}

/// Of a picture that somebody else has made: opened by itself, it is a page without rights.
pub(crate) const PICTURE: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// Of a page whose forms stay here.
const HERE: HeaderValue = HeaderValue::from_static(page!(""));
const TO_HTTPS: HeaderValue = HeaderValue::from_static(page!(" https:"));
/// By the matching rule for schemes, `http:` includes https (CSP 3, 6.7.2.9).
const TO_HTTP: HeaderValue = HeaderValue::from_static(page!(" http:"));

/// Of a page whose forms lead to an identity provider, directly or by a redirect; Chromium applies this to the redirects
/// after a form as well.
pub(crate) fn to_identity_provider(plain_http: bool) -> HeaderValue {
    if plain_http { TO_HTTP } else { TO_HTTPS }
}

/// `Cross-Origin-Opener-Policy` of a route.
pub(crate) fn of_opener(opener: Opener) -> HeaderValue {
    HeaderValue::from_static(match opener {
        Opener::Keeps => "unsafe-none",
        Opener::CutOff => "same-origin",
    })
}

/// Of every other page of a site: its forms lead to the site and, by a redirect, to the origins that the company allows
/// (rule E3).
pub(crate) fn of(site: Option<&Site>) -> HeaderValue {
    let Some(site) = site else { return HERE };
    let policy = site.content_security_policy(|site| {
        let mut policy = page!("").to_owned();
        for origin in site.targets() {
            policy.push(' ');
            policy.push_str(origin.as_str());
        }
        policy
    });
    // An origin is checked when it is set, and has no character that a header cannot hold.
    HeaderValue::from_maybe_shared(policy).unwrap_or(NO_PAGE)
}

//! The page with the ways to sign in and the password form.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::pages::{AlreadySignedIn, ConnectionChoice, Discovery, PasswordForm, SignInForms};
use crate::app::App;
use crate::http::address::address;
use crate::http::cookies::Cookie;
use crate::http::csrf::{Purpose, csrf_token};
use crate::http::login_cookie::browser;
use crate::http::pages::Frame;
use crate::http::response::Page;
use crate::site::Site;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ReturnTarget {
    /// Where to go afterwards.
    pub(super) return_to: Option<String>,
    /// Who is looking for the connection of its domain.
    pub(super) email: Option<String>,
}

/// What the password form sends.
#[derive(Deserialize)]
pub(super) struct PasswordFields {
    pub(super) email: String,
    pub(super) password: String,
    pub(super) return_to: Option<String>,
}

impl Purpose for PasswordFields {
    const PURPOSE: &'static str = "password sign-in";
}

/// The page.
pub(super) fn page(
    app: &App,
    site: &Site,
    headers: &HeaderMap,
    wanted: ReturnTarget,
    notice: Option<String>,
    signed_in: Option<AlreadySignedIn>,
) -> Page<SignInForms> {
    let (browser, _) = browser(site, headers);
    let return_to = wanted.return_to.filter(|target| !target.is_empty());
    let choices = site.enabled_connections().map(|ready| {
        let parameters = [
            ("connection", Some(ready.connection.name.as_str())),
            ("return_to", return_to.as_deref()),
        ];
        ConnectionChoice {
            display_name: ready.connection.display_name.clone(),
            href: address("/sso/login", &parameters),
        }
    });
    let discoverable = site.domains().iter().any(|it| it.connection_id.is_some());
    let several = site.enabled_connections().nth(1).is_some();
    Page::new(SignInForms {
        frame: Frame::of(&site.company),
        signed_in,
        notice,
        choices: choices.collect(),
        discovery: (discoverable && several).then(|| Discovery {
            return_to: return_to.clone(),
        }),
        password: Some(PasswordForm {
            action: "/sign-in".to_owned(),
            csrf: csrf_token(
                app,
                PasswordFields::PURPOSE,
                Cookie::Login,
                browser.cookie(),
            ),
            email: wanted.email.unwrap_or_default(),
            return_to,
        }),
    })
    .with_cookie(Cookie::Login, browser.cookie(), site.is_https())
}

/// The page once more, for somebody whose new password came too late.
pub(super) fn again(
    app: &App,
    site: &Site,
    headers: &HeaderMap,
    email: String,
    return_to: Option<String>,
) -> Response {
    let wanted = ReturnTarget {
        return_to,
        email: Some(email),
    };
    let notice = "That took too long, or the password was changed in the meantime. Sign in again.";
    page(app, site, headers, wanted, Some(notice.to_owned()), None)
        .with_status(StatusCode::FORBIDDEN)
        .into_response()
}

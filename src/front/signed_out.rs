//! Where a provider of OpenID Connect sends a browser that has signed out there (rule T2).
//!
//! Invariant: nothing that comes with it leads anywhere, and the page is the same whatever comes: the session ended before.

use axum::response::{IntoResponse as _, Redirect, Response};

use super::pages::{SignOutReach, SignedOutPage};
use crate::http::current_site::CurrentSite;
use crate::http::pages::Frame;
use crate::http::response::Page;
use crate::http::session::CurrentSession;

/// `GET /sso/oidc/signed-out`. It never says "signed out" to a browser that is signed in again.
pub(super) async fn show(
    CurrentSite(site): CurrentSite,
    CurrentSession(signed_in): CurrentSession,
) -> Response {
    if signed_in.is_some() {
        return Redirect::to("/sso/logout").into_response();
    }
    Page::new(SignedOutPage {
        frame: Frame::of(&site.company),
        reach: SignOutReach::Here,
    })
    .into_response()
}

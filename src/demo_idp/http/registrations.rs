//! "App registrations": the pages that an administrator of the directory copies from and pastes into.
//!
//! Nobody signs in for them, as for "Set up single sign-on": the demo is for one machine.

mod credentials;
mod new;
mod permissions;
mod settings;

use super::sign_in;
use crate::demo_idp::pages::registrations::{RegistrationHead, RegistrationTab};
use crate::demo_idp::{DemoIdp, OidcApp, pages};
use axum::Router;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

/// What comes back after a form.
#[derive(Debug, Deserialize)]
struct SavedQuery {
    saved: Option<String>,
}

pub(super) fn routes() -> Router<DemoIdp> {
    Router::new()
        .route("/registrations", get(new::list))
        .route("/registrations/new", get(new::show).post(new::register))
        .route("/registrations/{client}", get(settings::overview))
        .route("/registrations/{client}/manifest", get(settings::manifest))
        .route(
            "/registrations/{client}/branding",
            get(settings::branding).post(settings::save_branding),
        )
        .route(
            "/registrations/{client}/authentication",
            get(settings::authentication).post(settings::save_authentication),
        )
        .route(
            "/registrations/{client}/token-configuration",
            get(settings::claims).post(settings::save_claims),
        )
        .route(
            "/registrations/{client}/variants",
            get(settings::variants).post(settings::save_variant),
        )
        .route(
            "/registrations/{client}/credentials",
            get(credentials::show),
        )
        .route(
            "/registrations/{client}/secrets",
            get(credentials::show).post(credentials::add_secret),
        )
        .route(
            "/registrations/{client}/permissions",
            get(permissions::show).post(permissions::add),
        )
        .route(
            "/registrations/{client}/permissions/consent",
            get(permissions::show).post(permissions::consent),
        )
        .route(
            "/registrations/{client}/certificates",
            get(credentials::show).post(credentials::upload),
        )
}

fn frame(idp: &DemoIdp, headers: &HeaderMap) -> pages::IdpFrame {
    let session = sign_in::session(idp, headers);
    pages::IdpFrame::of(idp, session.as_ref().map(|session| session.user.as_ref()))
}

fn head(
    idp: &DemoIdp,
    headers: &HeaderMap,
    app: &OidcApp,
    tab: RegistrationTab,
) -> RegistrationHead {
    RegistrationHead::new(frame(idp, headers), app, tab)
}

/// The same, where it may come back after a form.
fn saved_head(
    idp: &DemoIdp,
    headers: &HeaderMap,
    app: &OidcApp,
    tab: RegistrationTab,
    query: &SavedQuery,
) -> RegistrationHead {
    RegistrationHead {
        saved: query.saved.is_some(),
        ..head(idp, headers, app, tab)
    }
}

/// Registers the changed application, and shows the page again.
fn save(idp: &DemoIdp, app: OidcApp, tab: RegistrationTab) -> Response {
    let next = format!("{}?saved=yes", tab.path(&app.client_id));
    idp.register_oidc(app);
    Redirect::to(&next).into_response()
}

/// What was typed, if anything was.
fn text(typed: &str) -> Option<String> {
    let typed = typed.trim();
    (!typed.is_empty()).then(|| typed.to_owned())
}

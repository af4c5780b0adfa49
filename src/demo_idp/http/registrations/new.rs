//! The list, and "Register an application".

use super::{frame, text};
use crate::demo_idp::oidc::check_redirect_uri;
use crate::demo_idp::pages::registrations::{
    NewRegistrationPage, RegistrationRow, RegistrationTab, RegistrationsPage,
};
use crate::demo_idp::{DemoIdp, OidcApp, guid, pages};
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The form.
#[derive(Debug, Default, Deserialize)]
pub(super) struct NewRegistration {
    #[serde(default)]
    name: String,
    #[serde(default)]
    redirect_uri: String,
}

/// `GET /registrations`
pub(super) async fn list(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    let apps = idp.oidc_apps();
    let row = |app: &OidcApp| RegistrationRow {
        name: app.name.clone(),
        client_id: app.client_id.clone(),
    };
    pages::show(&RegistrationsPage {
        frame: frame(&idp, &headers),
        registrations: apps.iter().map(|app| row(app)).collect(),
    })
}

/// `GET /registrations/new`
pub(super) async fn show(State(idp): State<DemoIdp>, headers: HeaderMap) -> Response {
    page(&idp, &headers, NewRegistration::default(), None)
}

/// `POST /registrations/new`
pub(super) async fn register(
    State(idp): State<DemoIdp>,
    headers: HeaderMap,
    Form(typed): Form<NewRegistration>,
) -> Response {
    let Some(name) = text(&typed.name) else {
        let error = "Name: a value is required.".to_owned();
        return page(&idp, &headers, typed, Some(error));
    };
    let mut app = OidcApp::unconfigured(guid(idp.random()), name);
    if let Some(uri) = text(&typed.redirect_uri) {
        if let Err(error) = check_redirect_uri(&uri) {
            let error = format!("Redirect URI: {error}");
            return page(&idp, &headers, typed, Some(error));
        }
        app.redirect_uris.push(uri);
    }
    let next = RegistrationTab::Overview.path(&app.client_id);
    idp.register_oidc(app);
    Redirect::to(&next).into_response()
}

fn page(
    idp: &DemoIdp,
    headers: &HeaderMap,
    typed: NewRegistration,
    error: Option<String>,
) -> Response {
    pages::show(&NewRegistrationPage {
        frame: frame(idp, headers),
        name: typed.name,
        redirect_uri: typed.redirect_uri,
        error,
    })
}

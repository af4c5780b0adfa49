//! `ANY /.vestibule/refused`: the page that nginx shows for a 403 of the check, whose own it drops (rule Q24).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::pages;
use super::place::CurrentPlace;
use super::visitor;
use super::visitor::Browser;
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::response::Page;
use crate::policy::{CheckRefusal, KnownVisitor};

pub(super) async fn show(
    State(app): State<Arc<App>>,
    ClientAddress(client): ClientAddress,
    CurrentPlace(place): CurrentPlace,
    headers: HeaderMap,
) -> Response {
    let application = &place.application;
    let known = visitor::find(
        &app,
        application,
        Browser::new(&place.origin, &headers, client),
    )
    .await;
    // Somebody who may was refused for what the request was.
    let refusal = match known {
        KnownVisitor::Allowed(_) => CheckRefusal::CrossSite,
        _ => CheckRefusal::NotAllowed,
    };
    let page = pages::refused(refusal, &application.application.display_name);
    Page::new(page)
        .with_status(StatusCode::FORBIDDEN)
        .into_response()
}

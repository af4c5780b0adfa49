//! The addresses, and what stands around every answer.

mod answer;
mod control;
mod cookies;
mod graph;
mod logout;
mod oidc;
mod portal;
mod registrations;
mod sign_in;
mod sign_on;
mod upload;

use super::DemoIdp;
use super::pages;
use super::refusal::IdpRefusal;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

/// Marks an answer whose form leaves this site.
#[derive(Clone, Copy)]
struct PostsElsewhere;

/// Marks a page that frames pages of applications.
#[derive(Clone, Copy)]
struct FramesOthers;

pub(super) fn router(idp: DemoIdp) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/myapps")))
        .route(
            "/{tenant}/saml2",
            get(sign_on::redirect).post(sign_on::post),
        )
        .route("/{tenant}/saml2/continue", get(sign_in::resume))
        .route("/{tenant}/login", post(sign_in::sign_in))
        .route(
            "/{tenant}/federationmetadata/2007-06/federationmetadata.xml",
            get(portal::metadata),
        )
        .route(
            "/{tenant}/FederationMetadata/2007-06/FederationMetadata.xml",
            get(portal::metadata),
        )
        .route("/myapps", get(portal::my_apps))
        .route("/myapps/launch/{app}", get(portal::launch))
        .route(
            "/applications/{app}",
            get(portal::set_up).post(portal::choose_variant),
        )
        .route("/applications/{app}/basic", post(portal::configure))
        .route("/applications/{app}/metadata", post(upload::metadata))
        .route(
            "/applications/{app}/certificate-base64.cer",
            get(portal::certificate_base64),
        )
        .route(
            "/applications/{app}/certificate-raw.cer",
            get(portal::certificate_raw),
        )
        .merge(oidc::routes())
        .merge(registrations::routes())
        .merge(graph::routes())
        .merge(control::routes())
        .route("/signout", get(logout::sign_out).post(logout::sign_out))
        .route("/static/contoso.css", get(stylesheet))
        .route("/static/contoso.js", get(script))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "There is nothing here. Go to /myapps.",
            )
        })
        .layer(from_fn_with_state(idp.clone(), frame))
        .with_state(idp)
}

/// Renders refusals, and sets the headers that every answer carries.
async fn frame(State(idp): State<DemoIdp>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions().get::<IdpRefusal>() {
        let page = pages::show(&pages::IdpErrorPage::of(&idp, refusal.to_string()));
        response = (StatusCode::BAD_REQUEST, page).into_response();
    }
    // A browser holds the redirects that follow a form to `form-action` too, so the application's next stop counts.
    let policy = if response.extensions().get::<PostsElsewhere>().is_some() {
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action http: https:"
    } else if response.extensions().get::<FramesOthers>().is_some() {
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self'; frame-src http: https:"
    } else {
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self'"
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn stylesheet() -> impl IntoResponse {
    let content = include_str!("../../assets/demo_idp/contoso.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], content)
}

async fn script() -> impl IntoResponse {
    let content = include_str!("../../assets/demo_idp/contoso.js");
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        content,
    )
}

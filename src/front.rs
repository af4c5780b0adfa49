//! The company's site for people: sign-on, choice, start, assertion consumer service, logout, set-up link, who am I, metadata.
//!
//! Invariant: a GET changes nothing but that it begins a sign-in, or brings a provider's message that somebody signed out there.

mod acs;
mod back_channel;
mod callback;
mod ending;
mod front_channel;
mod hand_over;
mod health;
mod home;
mod hub;
mod initiate;
mod logo;
mod logout;
mod metadata;
mod new_password;
pub(crate) mod pages;
mod set_up;
mod sign_in;
mod sign_in_page;
mod signed_in;
mod signed_out;
mod slo;
mod start;
mod who;

use std::sync::Arc;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use crate::app::App;
use crate::http::assets;
use crate::http::manner::{Manner, Routine};
use crate::http::public_origin::lead_to_public_origin;
use crate::http::routes::Routes;

/// Every address of the site.
pub(crate) fn routes(app: &Arc<App>) -> Routes {
    steps(app)
        .merge(set_up())
        .merge(for_programs())
        .merge(always())
}

/// The steps of a sign-in and of a sign-out.
fn steps(app: &Arc<App>) -> Routes {
    let at_hub = |methods: MethodRouter<Arc<App>>| {
        methods.layer(from_fn_with_state(Arc::clone(app), hub::answer_at_hub))
    };
    Routes::of(Manner::STEP)
        .route("/", at_hub(entry(get(home::show).head(start::head))))
        .route("/sign-in", entry(get(sign_in::show).post(sign_in::submit)))
        .route("/sign-in/password", entry(post(new_password::submit)))
        .route("/sso/login", entry(get(start::show).head(start::head)))
        .route(
            "/sso/hand-over",
            at_hub(entry(get(hand_over::show).post(hand_over::nobody))),
        )
        .route("/sso/acs", post(acs::receive))
        .route(
            "/sso/oidc/callback/{code}",
            get(callback::redirected).post(callback::posted),
        )
        .route(
            "/sso/oidc/initiate/{connection}",
            entry(get(initiate::show).post(initiate::submit)),
        )
        .route(
            "/sso/oidc/logout/{connection}",
            get(front_channel::show).head(front_channel::head),
        )
        .route(
            "/sso/oidc/backchannel/{connection}",
            post(back_channel::submit),
        )
        .route("/sso/oidc/signed-out", get(signed_out::show))
        .route("/sso/logout", get(logout::show).post(logout::submit))
        .route(
            "/sso/slo",
            get(slo::redirected).post(slo::posted).head(slo::head),
        )
}

/// An administrator who is to come by single sign-on later comes to the public origin.
fn set_up() -> Routes {
    Routes::of(Manner::PAGE).route(
        "/setup/{secret}",
        entry(get(set_up::show).post(set_up::submit)),
    )
}

/// What identity providers and applications ask for again and again.
fn for_programs() -> Routes {
    let metadata = Manner::PAGE.with_routine(Routine::Success);
    let who = Manner::PAGE.with_routine(Routine::SuccessOrUnauthorized);
    Routes::of(metadata)
        .route("/sso/metadata", get(metadata::show))
        .merge(Routes::of(who).route("/sso/session", get(who::show)))
}

/// Probes, and what pages are made of.
fn always() -> Routes {
    Routes::of(Manner::ALWAYS)
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/assets/{file}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/logo/{file}", get(logo::show))
        .route("/robots.txt", get(assets::robots))
}

/// Where a browser may come in: at the public origin.
fn entry(methods: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
    methods.layer(from_fn(lead_to_public_origin))
}

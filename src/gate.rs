//! The face at applications' hosts: what a proxy asks about each request, and what is ours on such a host.
//!
//! ```text
//! proxy ──► /sso/check/NAME ── who asks (entry) ── what is asked (policy) ── who is there (visitor) ──► policy's answer
//! doctor ──► the operator's proxy ──► the same check, and what arrived there is noted (probe)
//! browser ──► /.vestibule/start ──► the company's /sso/hand-over ──► /.vestibule/finish ──► the page that was asked for
//! ```
//!
//! Invariants: a check is answered to the application's own proxy only (rule Q15), and 2xx is only what `policy` makes; nothing in an
//! address says who somebody is (rule Q32). Where we are the proxy ourselves, `proxy` asks the same and hands the request on. Rules Q11
//! to Q61, V8 and V14. Tests: `tests/it/gate`.

mod check;
mod entry;
mod finish;
mod gate_cookie;
mod identity;
mod jwks;
mod pages;
mod place;
mod probe;
mod proxy;
mod refused;
mod sign_out;
mod start;
mod start_cookie;
mod visitor;
mod who;

use std::sync::Arc;

use axum::extract::Request;
use axum::routing::{any, get};

use crate::app::App;
use crate::http::assets;
use crate::http::edge::Answering;
use crate::http::manner::{Manner, Routine};
use crate::http::routes::{Routes, not_allowed};
use crate::site::ApplicationPlace;

/// What is ours on an application's host (rule Q28).
const BASE: &str = "/.vestibule";

/// What the address of a check begins with.
const CHECKS: &str = "/sso/check/";

/// What answers for applications whose proxy we are.
pub(crate) fn pass(app: Arc<App>, place: ApplicationPlace, request: Request) -> Answering {
    proxy::pass(app, place, request)
}

/// Every address of the face.
pub(crate) fn routes() -> Routes {
    checks().merge(own()).merge(for_programs())
}

/// What proxies ask.
fn checks() -> Routes {
    Routes::beneath(CHECKS, Manner::CHECK)
        .route("/sso/check/{application}", any(check::answer))
        .route("/sso/check/{application}/", any(check::answer))
        .route("/sso/check/{application}/{*rest}", any(check::answer))
}

/// What browsers open.
fn own() -> Routes {
    Routes::of(Manner::STEP.with_base(BASE))
        .route("/.vestibule/start", get(start::show))
        // Whoever only looks at a code does not spend it.
        .route("/.vestibule/finish", get(finish::show).head(not_allowed))
        .route(
            "/.vestibule/sign-out",
            get(sign_out::show).post(sign_out::submit),
        )
        .route("/.vestibule/refused", any(refused::show))
}

/// What is asked for again and again.
fn for_programs() -> Routes {
    let who = Manner::PAGE.with_base(BASE);
    Routes::of(who.with_routine(Routine::SuccessOrUnauthorized))
        .route("/.vestibule/who", get(who::show))
        .merge(
            Routes::of(Manner::ALWAYS.with_base(BASE))
                .route("/.vestibule/jwks.json", get(jwks::show))
                .route("/.well-known/jwks.json", get(jwks::show))
                .route("/.vestibule/assets/{file}", get(assets::serve)),
        )
}

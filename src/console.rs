//! The company's console: its pages by what an administrator thinks of, and what all of them share.
//!
//! Invariants: the [`guard`] is around every address beneath `/admin`, so that nothing there runs for anyone but an
//! administrator of the company of the host; a GET changes nothing; a POST is read by [`ConsoleForm`] or [`ConsoleUpload`],
//! which want the console's token.

mod banner;
mod company;
mod confirmation;
mod conflict;
mod connection;
mod failure;
mod flash;
mod form;
mod form_fields;
mod form_token;
mod frame;
mod guard;
mod kept_form;
mod multipart;
mod overview;
mod parts;
mod people;
mod sign_ins;
mod steps;
mod times;
mod upload;
mod visitor;

use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::routing::any;

use crate::app::App;
use crate::http::error::Error;
use crate::http::manner::Manner;
use crate::http::routes::Routes;

use banner::{Banner, Tone};
use flash::{deleted, done, done_then};
use form::{ConsoleForm, Nothing};
use frame::{ConsoleFrame, Section};
use parts::Item;
use upload::{ConsoleUpload, UPLOAD_BYTES};
use visitor::{Console, corrected, refused};

/// A file is read only after the console knows who sends it; each reader of a body has a bound of its own.
const MANNER: Manner = Manner::PAGE.with_body(UPLOAD_BYTES);

/// The families of pages, by the order of the navigation.
const FAMILIES: &[fn(Routes) -> Routes] = &[
    overview::routes,
    people::users::routes,
    people::user_import::routes,
    people::user::routes,
    people::user_actions::routes,
    people::user_delete::routes,
    people::groups::routes,
    people::group::routes,
    people::group_delete::routes,
    connection::group_first::routes,
    people::sessions::routes,
    connection::connections::routes,
    connection::connection_delete::routes,
    connection::new_connection::routes,
    company::domains::routes,
    connection::review::routes,
    connection::saml_settings::routes,
    connection::claims::routes,
    connection::certificates::routes,
    connection::metadata_import::routes,
    connection::copy_into::routes,
    connection::guides::routes,
    connection::versions::routes,
    sign_ins::routes,
    sign_ins::sign_in::routes,
    sign_ins::link_person::routes,
    company::audit::routes,
    connection::test_connection::routes,
    company::account::routes,
    company::logo::routes,
    kept_form::routes,
    company::tokens::routes,
];

/// Every address of the console.
pub(crate) fn routes(app: &Arc<App>) -> Routes {
    let routes = families().route("/admin/{*rest}", any(nothing));
    let guard = from_fn_with_state(Arc::clone(app), guard::admit);
    routes.around_all(|router| router.layer(guard))
}

fn families() -> Routes {
    FAMILIES
        .iter()
        .fold(Routes::of(MANNER), |routes, family| family(routes))
}

async fn nothing() -> Error {
    Error::NotFound
}

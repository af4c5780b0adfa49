//! The company's console: one file per family of pages.
//!
//! Invariants: the [`guard`] is around every address beneath `/admin`, so that nothing there runs for anyone but an
//! administrator of the company of the host; a GET changes nothing; a POST is read by [`ConsoleForm`] or [`ConsoleUpload`],
//! which want the console's token.

mod account;
mod account_words;
mod attempt;
mod audit;
mod audit_words;
mod banner;
mod certificate_days;
mod certificate_view;
mod certificates;
mod claims;
mod conflict;
mod connections;
mod console;
mod copy_into;
mod domains;
mod failure;
mod findings;
mod flash;
mod form;
mod form_token;
mod frame;
mod group;
mod group_first;
mod groups;
mod guard;
mod guides;
mod kept;
mod link_person;
mod logo;
mod metadata_import;
mod new_connection;
mod overview;
mod parts;
mod people;
mod review;
mod saml_controls;
mod saml_fields;
mod saml_settings;
mod sessions;
mod settings_form;
mod sign_ins;
mod steps;
mod sure;
mod test_connection;
mod tokens;
mod upload;
mod user;
mod user_actions;
mod user_delete;
mod user_import;
mod users;
mod versions;

use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::routing::any;

use super::error::Error;
use super::manner::Manner;
use super::routes::Routes;
use crate::app::App;

use banner::{Banner, Tone};
use console::{Console, corrected, refused};
use flash::{done, done_then};
use form::ConsoleForm;
use frame::{ConsoleFrame, Section};
use parts::Item;
use upload::ConsoleUpload;

pub(super) use form::private_key;
use upload::UPLOAD_BYTES;

/// A file is read only after the console knows who sends it; each reader of a body has a bound of its own.
const MANNER: Manner = Manner::PAGE.with_body(UPLOAD_BYTES);

/// The families of pages, by the order of the navigation.
const FAMILIES: &[fn(Routes) -> Routes] = &[
    overview::routes,
    users::routes,
    user_import::routes,
    user::routes,
    groups::routes,
    group::routes,
    group_first::routes,
    sessions::routes,
    connections::routes,
    new_connection::routes,
    domains::routes,
    review::routes,
    saml_settings::routes,
    claims::routes,
    certificates::routes,
    metadata_import::routes,
    copy_into::routes,
    guides::routes,
    versions::routes,
    sign_ins::routes,
    attempt::routes,
    audit::routes,
    test_connection::routes,
    account::routes,
    logo::routes,
    kept::routes,
    tokens::routes,
];

/// Every address of the console.
pub(super) fn routes(app: &Arc<App>) -> Routes {
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

//! The company's console: its pages by what an administrator thinks of, and what all of them share.
//!
//! Invariants: the [`guard`] is around every address beneath `/admin`, so that nothing there runs for anyone but an
//! administrator of the company of the host; a GET changes nothing but that it tells a message once; a POST is read by [`ConsoleForm`] or [`ConsoleUpload`],
//! which want the console's token.

mod banner;
mod company;
mod confirmation;
mod conflict;
mod connection;
mod failure;
mod flash;
mod form;
mod form_reader;
mod form_token;
mod frame;
mod guard;
mod kept_form;
mod overview;
mod parts;
mod people;
mod session_data;
mod sign_ins;
mod steps;
mod time_list;
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
use flash::{tell_at, tell_at_with, tell_deletion};
use form::{ConsoleForm, Nothing};
use frame::{ConsoleFrame, Section};
use parts::Item;
use upload::{ConsoleUpload, UPLOAD_BYTES};
use visitor::{Console, refusal_page, unprocessable_page};

/// What every address of the console begins with.
const ROOT: &str = "/admin/";

/// A file is read only after the console knows who sends it; each reader of a body has a bound of its own.
const MANNER: Manner = Manner::PAGE.with_body(UPLOAD_BYTES);

/// The families of pages, by the order of the navigation.
const FAMILIES: &[fn(Routes) -> Routes] = &[
    overview::routes,
    people::routes,
    connection::routes,
    sign_ins::routes,
    company::routes,
    kept_form::routes,
];

/// Every address of the console.
pub(crate) fn routes(app: &Arc<App>) -> Routes {
    let guard = from_fn_with_state(Arc::clone(app), guard::admit);
    addresses().around_all(|router| router.layer(guard))
}

/// The pages, and what is none of them, in the manner of the console.
fn addresses() -> Routes {
    Routes::beneath(ROOT, MANNER)
        .merge(families())
        .route("/admin/{*rest}", any(nothing))
}

fn families() -> Routes {
    FAMILIES
        .iter()
        .fold(Routes::of(MANNER), |routes, family| family(routes))
}

async fn nothing() -> Error {
    Error::NotFound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_console_has_its_manner() {
        let (_, known) = addresses().into_parts();
        for path in [
            "/admin",
            "/admin/",
            "/admin/account",
            "/admin/nothing",
            "/admin/no/such/page",
        ] {
            let manner = known.at(path).manner;
            assert_eq!(manner.body_bytes, UPLOAD_BYTES, "{path}");
        }
    }
}

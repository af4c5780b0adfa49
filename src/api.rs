//! `/api/v1`: what administrators do, for scripts.
//!
//! Invariants: nothing but a bearer token opens it, cookies are not looked at, and no other origin may read it; every handler
//! names the scope it needs in the type of its [`Caller`], which [`methods`] demands; every failure is a problem document with a type; every route is in
//! the [`mod@document`], and every operation of the document is a route.

mod answer;
mod applications;
mod attempts;
mod audit;
mod caller;
mod client_keys;
mod company;
mod connection;
mod connections;
mod directory;
mod directory_sync;
mod document;
mod domains;
mod group;
mod groups;
mod idempotency;
mod json_body;
mod logo;
mod methods;
mod paging;
mod path;
mod query;
mod quota;
mod sessions;
mod user;
mod user_actions;
mod users;
mod version;

use crate::http::manner::Manner;
use crate::http::problem::Problem;
use crate::http::routes::Routes;

use caller::Caller;
use methods::{delete, get, open, post, put};

pub use document::text as document;

/// What every address of the API begins with.
const ROOT: &str = "/api/";

/// The result of a handler.
type Answer = Result<axum::response::Response, Problem>;

/// Every address of the API.
pub(crate) fn routes() -> Routes {
    of_connections(Routes::beneath(ROOT, Manner::API))
        .route("/api/v1/openapi.json", open(document::show))
        .route("/api/v1/company", get(company::show).patch(company::edit))
        .route(
            "/api/v1/company/logo",
            get(logo::show).put(logo::set).delete(logo::remove),
        )
        .route("/api/v1/company/quota", get(quota::show))
        .route("/api/v1/domains", get(domains::list))
        .route(
            "/api/v1/domains/{domain}",
            get(domains::show).put(domains::set).delete(domains::remove),
        )
        .route("/api/v1/domains/{domain}/check", post(domains::check))
        .route("/api/v1/users", get(users::list).post(users::create))
        .route(
            "/api/v1/users/{id}",
            get(users::show)
                .patch(users::edit)
                .delete(user_actions::delete),
        )
        .route("/api/v1/users/export", get(users::all))
        .route("/api/v1/users/{id}/deletion", get(user_actions::deletion))
        .route("/api/v1/users/{id}/activate", post(user_actions::activate))
        .route(
            "/api/v1/users/{id}/deactivate",
            post(user_actions::deactivate),
        )
        .route("/api/v1/users/{id}/sign-out", post(user_actions::sign_out))
        .route(
            "/api/v1/users/{id}/password",
            put(user_actions::set_password).delete(user_actions::remove_password),
        )
        .route(
            "/api/v1/users/{id}/groups/{group}",
            put(user_actions::add_to_group).delete(user_actions::take_from_group),
        )
        .route(
            "/api/v1/users/{id}/identities",
            get(user_actions::identities),
        )
        .route(
            "/api/v1/users/{id}/identities/{connection}",
            delete(user_actions::unlink),
        )
        .route("/api/v1/groups", get(groups::list).post(groups::create))
        .route(
            "/api/v1/groups/{id}",
            get(groups::show).patch(groups::edit).delete(groups::delete),
        )
        .route("/api/v1/applications", get(applications::list))
        .route("/api/v1/applications/{name}", get(applications::show))
        .route(
            "/api/v1/applications/{name}/allowed-groups",
            put(applications::set_allowed),
        )
        .route(
            "/api/v1/sessions",
            get(sessions::list).delete(sessions::end_all),
        )
        .route("/api/v1/sessions/{id}", delete(sessions::end))
        .route("/api/v1/attempts", get(attempts::list))
        .route("/api/v1/attempts/{code}", get(attempts::show))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/audit/export", get(audit::all))
}

fn of_connections(routes: Routes) -> Routes {
    routes
        .route(
            "/api/v1/connections",
            get(connections::list).post(connections::create),
        )
        .route("/api/v1/connections/{id}/verify", post(connections::verify))
        .route(
            "/api/v1/connections/{id}/check-manifest",
            post(connections::check_manifest),
        )
        .route(
            "/api/v1/connections/{id}/provider/accept",
            post(connections::accept_provider),
        )
        .route(
            "/api/v1/connections/{id}/keys",
            get(client_keys::list).post(client_keys::make),
        )
        .route(
            "/api/v1/connections/{id}/keys/{sha1}",
            get(client_keys::show).delete(client_keys::delete),
        )
        .route(
            "/api/v1/connections/{id}/keys/{sha1}/use",
            post(client_keys::put_in_use),
        )
        .route(
            "/api/v1/connections/{id}/directory",
            get(directory::show)
                .put(directory::set)
                .delete(directory::remove),
        )
        .route(
            "/api/v1/connections/{id}/directory/check",
            post(directory::check),
        )
        .route(
            "/api/v1/connections/{id}/directory/users",
            get(directory::find_users),
        )
        .route(
            "/api/v1/connections/{id}/directory/status",
            get(directory_sync::status),
        )
        .route(
            "/api/v1/connections/{id}/directory/synchronise",
            post(directory_sync::synchronise),
        )
        .route(
            "/api/v1/connections/{id}",
            get(connections::show)
                .patch(connections::edit)
                .delete(connections::delete),
        )
}

//! A new redirect URI, and the end of the old one (rule L8).

use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;

use super::protocol::provider_connection;
use crate::console::{Console, ConsoleForm, Nothing, tell_at};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/redirect-uri/new", post(renew))
        .route("/admin/connections/{id}/redirect-uri/retire", post(retire))
}

/// `POST /admin/connections/{id}/redirect-uri/new`
async fn renew(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let after = console.admin().with_new_callback(&connection)?;
    save(
        &console,
        &after,
        "There is a new redirect URI. Enter it at the provider now: sign-ins use it from this moment on.",
    )
    .await
}

/// `POST /admin/connections/{id}/redirect-uri/retire`
async fn retire(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    let after = console.admin().with_callback_retired(&connection)?;
    save(
        &console,
        &after,
        "The old redirect URI is retired. Remove it at the provider, too.",
    )
    .await
}

async fn save(console: &Console, after: &Connection, what: &str) -> Result<Response, Error> {
    console
        .admin()
        .change_connection(after, AuditAction::ConnectionSet, None)
        .await?;
    console.changed().await?;
    tell_at(console, &format!("/admin/connections/{}", after.id), what)
}

//! "Test the directory": what may be read of it, line by line, with the exact permission that is missing; and the way to the
//! tenant's page of consent.
//!
//! Invariant: what the page of consent answers is not believed: a token is asked for, and the lines say what it may read.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::directory::page;
use super::directory_view::DirectoryLook;
use crate::console::{Console, ConsoleForm, Nothing};
use crate::domain::{Connection, ConnectionId, ObjectId};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/directory/check", post(check))
        .route(
            "/admin/connections/{id}/directory/consented",
            get(consented),
        )
}

/// `POST /admin/connections/{id}/directory/check`
async fn check(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    tested(&console, id).await
}

/// `GET /admin/connections/{id}/directory/consented`: where the page of consent leads back to. Nothing of its answer is read.
async fn consented(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    tested(&console, id).await
}

async fn tested(console: &Console, id: ConnectionId) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    if connection.settings.directory.is_none() {
        return Err(Error::NotFound);
    }
    let look = look(console, &connection).await?;
    Ok(Page::new(page(console, &connection, Some(look))).into_response())
}

async fn look(console: &Console, connection: &Connection) -> Result<DirectoryLook, Error> {
    let (app, company) = (&console.app, &console.site.company);
    let turn = match app.provider_turn(company) {
        Ok(turn) => turn,
        Err(cause) => {
            return Ok(DirectoryLook {
                tone: "warn",
                sentence: format!("{cause} Try again in a few seconds."),
                lines: Vec::new(),
            });
        }
    };
    let me = own_object_id(console, connection).await?;
    let look = match app.directory_keeper(company).open(connection) {
        Ok(directory) => DirectoryLook::of(&directory.check(me.as_ref()).await),
        Err(cause) => DirectoryLook::failed(&cause),
    };
    drop(turn);
    Ok(look)
}

/// By what the directory knows the administrator who asks, where this connection has signed them in.
async fn own_object_id(
    console: &Console,
    connection: &Connection,
) -> Result<Option<ObjectId>, Error> {
    let mine = console.app.desk.identities_of(console.me.user.id).await?;
    let subject = mine
        .into_iter()
        .find(|identity| identity.connection_id == connection.id);
    let prefix = connection.settings.directory_prefix();
    let id = subject.and_then(|it| it.subject.strip_prefix(&prefix)?.parse().ok());
    Ok(id)
}

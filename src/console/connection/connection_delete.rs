//! The end of a connection: what goes with it is said first.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::head::{ConnectionHead, ConnectionTab};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, tell_deletion};
use crate::domain::ConnectionId;
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::ConnectionUse;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/connections/{id}/delete", get(ask).post(delete))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_delete.html")]
struct ConnectionDeletePage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    uses: ConnectionUse,
    revision: i64,
    /// Whether the session of this administrator would end.
    own: bool,
}

/// `GET /admin/connections/{id}/delete`
async fn ask(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    let uses = admin.connection_use(id).await?;
    Ok(Page::new(ConnectionDeletePage {
        frame: console.frame(
            Section::Connections,
            format!("Delete {}?", connection.display_name),
        ),
        own: console.me.session.connection_id == Some(id),
        revision: connection.revision,
        head: ConnectionHead::of(&connection, ConnectionTab::Other),
        uses,
    })
    .into_response())
}

#[derive(Debug, Deserialize)]
struct ConnectionDeleteForm {
    revision: i64,
}

/// `POST /admin/connections/{id}/delete`
async fn delete(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, fields): ConsoleForm<ConnectionDeleteForm>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = admin.connection(id).await?;
    admin.remove_connection(id, fields.revision).await?;
    tell_deletion(
        &console,
        "/admin/connections",
        &format!("{} is deleted.", connection.display_name),
    )
    .await
}

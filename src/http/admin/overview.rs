//! Overview: is sign-in working, and what is left to do?

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::{Console, ConsoleFrame, Section};
use crate::http::edge::Routes;
use crate::http::error::Error;
use crate::http::response::Page;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin", get(show))
}

#[derive(Debug, Template)]
#[template(path = "admin/overview.html")]
struct Overview {
    frame: ConsoleFrame,
    connections: Vec<Connection>,
}

/// One connection and how it does.
#[derive(Debug)]
struct Connection {
    href: String,
    display_name: String,
    is_enabled: bool,
}

/// `GET /admin`
async fn show(console: Console) -> Result<Response, Error> {
    let connections = console.app.store.connections(console.company()).await?;
    let connections = connections.into_iter().map(|connection| Connection {
        href: format!("/admin/connections/{}", connection.id),
        display_name: connection.display_name,
        is_enabled: connection.enabled,
    });
    Ok(Page::new(Overview {
        connections: connections.collect(),
        frame: console.frame(Section::Overview, "Overview"),
    })
    .into_response())
}

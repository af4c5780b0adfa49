//! Claims: which attribute says what of a person, and which permission groups its groups stand for.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::conflict::Conflict;
use super::connections::{ConnectionHead, Tab};
use super::saml_controls::{Control, Field};
use super::saml_fields::Values;
use super::{Console, ConsoleForm, ConsoleFrame, Item, Section, corrected, done_then};
use crate::admin::{Problems, Refused};
use crate::domain::{Connection, ConnectionId, Group};
use crate::http::edge::Routes;
use crate::http::error::Error;
use crate::http::response::Page;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/connections/{id}/claims", get(show).post(save))
}

/// Empty rows of the group mapping that the form offers.
const SPARE_ROWS: usize = 3;

#[derive(Debug, Template)]
#[template(path = "admin/claims.html")]
struct ClaimsPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    problems: Problems,
    conflict: Option<Conflict>,
    mapping: Vec<MappingRow>,
    claims: Vec<Field>,
    revision: i64,
}

/// A row of the group mapping.
#[derive(Debug)]
struct MappingRow {
    value: String,
    groups: Vec<Item>,
}

/// `GET /admin/connections/{id}/claims`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    let groups = console.app.desk.groups(console.company()).await?;
    let values = Values::of(&connection);
    let page = page(&console, &connection, &groups, &values, Problems::default());
    Ok(Page::new(page).into_response())
}

/// `POST /admin/connections/{id}/claims`
async fn save(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, fields): ConsoleForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let before = admin.connection(id).await?;
    let groups = console.app.desk.groups(console.company()).await?;
    let values = Values::sent_claims(fields, &before);
    if values.text("revision") != before.revision.to_string() {
        return conflict(&console, &before, &groups, &values).await;
    }
    let wrong =
        |problems| corrected(page(&console, &before, &groups, &values, problems)).into_response();
    let after = match values.applied(&before, &groups) {
        Ok(after) => after,
        Err(problems) => return Ok(wrong(problems)),
    };
    match admin
        .change_connection(&after, "connection.set", None)
        .await
    {
        Ok(_) => {
            console.changed().await?;
            let at = format!("/admin/connections/{id}");
            done_then(
                &console,
                &format!("{at}/claims"),
                "Saved.",
                (&format!("{at}/test"), "Next: test the connection"),
            )
        }
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => Ok(wrong(refused.problems())),
        Err(Refused::Changed { .. }) => {
            let now = admin.connection(id).await?;
            conflict(&console, &now, &groups, &values).await
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn conflict(
    console: &Console,
    stored: &Connection,
    groups: &[Group],
    values: &Values,
) -> Result<Response, Error> {
    let page = ClaimsPage {
        conflict: Some(Conflict::of(console, values, stored, groups).await?),
        ..page(console, stored, groups, values, Problems::default())
    };
    Ok(Page::new(page)
        .with_status(StatusCode::CONFLICT)
        .into_response())
}

fn page(
    console: &Console,
    connection: &Connection,
    groups: &[Group],
    values: &Values,
    problems: Problems,
) -> ClaimsPage {
    let spare = (0..SPARE_ROWS).map(|_| (String::new(), String::new()));
    let rows = values.mapping.iter().cloned().chain(spare);
    ClaimsPage {
        frame: console.frame(Section::Connections, connection.display_name.as_str()),
        head: ConnectionHead::of(connection, Tab::Claims),
        conflict: None,
        mapping: rows
            .map(|(value, chosen)| MappingRow {
                value,
                groups: every_group(groups, &chosen),
            })
            .collect(),
        claims: values.claims(&problems),
        revision: connection.revision,
        problems,
    }
}

fn every_group(groups: &[Group], chosen: &str) -> Vec<Item> {
    let options = groups
        .iter()
        .map(|group| (group.id.to_string(), group.title.clone()));
    let first = std::iter::once((String::new(), "No group".to_owned()));
    Item::list(first.chain(options), chosen)
}

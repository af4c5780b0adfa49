//! Claims: which attribute says what of a person, and which permission groups its groups stand for.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::claims_preview::ClaimsPreview;
use super::head::{ConnectionHead, ConnectionTab};
use super::setting_controls::{Control, Field};
use super::setting_values::SettingValues;
use super::settings_form::{self, SettingsForm};
use crate::admin::Problems;
use crate::console::conflict::Conflict;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Item, Section, unprocessable_page};
use crate::domain::{Connection, ConnectionId, Group};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/connections/{id}/claims", get(show).post(save))
}

/// Empty rows of the group mapping that the form offers.
const SPARE_ROWS: usize = 3;

#[derive(Debug, Template)]
#[template(path = "console/connection/claims.html")]
struct ClaimsPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    problems: Problems,
    conflict: Option<Conflict>,
    mapping: Vec<MappingRow>,
    claims: Vec<Field>,
    revision: i64,
    /// What the mapping makes of the claims of the last test; none where the form is only corrected.
    preview: Option<ClaimsPreview>,
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
    let values = SettingValues::of(&connection);
    let problems = Problems::default();
    let mut page = ClaimsPage::page(&console, &connection, &groups, values, problems, None);
    page.preview = Some(ClaimsPreview::of(&console, &connection).await?);
    Ok(Page::new(page).into_response())
}

/// `POST /admin/connections/{id}/claims`
async fn save(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, fields): ConsoleForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    if fields.iter().any(|(name, _)| name == "preview") {
        return look(&console, id, fields).await;
    }
    settings_form::save::<ClaimsPage>(&console, id, fields).await
}

/// What was typed is looked at, and not saved.
async fn look(
    console: &Console,
    id: ConnectionId,
    fields: Vec<(String, String)>,
) -> Result<Response, Error> {
    let stored = console.admin().connection(id).await?;
    let groups = console.app.desk.groups(console.company()).await?;
    let seen = fields.iter().find(|(name, _)| name == "revision");
    let seen = seen.and_then(|(_, value)| value.parse().ok());
    let values = ClaimsPage::sent(fields, &stored);
    let (typed, problems) = match values.applied(&stored, &groups) {
        Ok(typed) => (Some(typed), Problems::default()),
        Err(problems) => (None, problems),
    };
    let mut page = ClaimsPage::page(console, &stored, &groups, values, problems, None);
    // Who saves it afterwards saves what was begun, and not what somebody else has made of it.
    page.revision = seen.unwrap_or(page.revision);
    let Some(typed) = typed else {
        return Ok(unprocessable_page(page).into_response());
    };
    page.preview = Some(ClaimsPreview::of(console, &typed).await?);
    Ok(Page::new(page).into_response())
}

impl SettingsForm for ClaimsPage {
    fn sent(fields: Vec<(String, String)>, stored: &Connection) -> SettingValues {
        SettingValues::sent_claims(fields, stored)
    }

    fn page(
        console: &Console,
        connection: &Connection,
        groups: &[Group],
        values: SettingValues,
        problems: Problems,
        conflict: Option<Conflict>,
    ) -> Self {
        let claims = values.claims(&connection.settings, &problems);
        let spare = (0..SPARE_ROWS).map(|_| (String::new(), String::new()));
        let rows = values.mapping.into_iter().chain(spare);
        Self {
            frame: console.frame(Section::Connections, connection.display_name.as_str()),
            head: ConnectionHead::of(connection, ConnectionTab::Claims),
            conflict,
            mapping: rows
                .map(|(value, chosen)| MappingRow {
                    value,
                    groups: every_group(groups, &chosen),
                })
                .collect(),
            claims,
            revision: connection.revision,
            preview: None,
            problems,
        }
    }

    fn saved(after: &Connection) -> (String, String, &'static str) {
        let at = format!("/admin/connections/{}", after.id);
        (
            format!("{at}/claims"),
            format!("{at}/test"),
            "Next: test the connection",
        )
    }
}

fn every_group(groups: &[Group], chosen: &str) -> Vec<Item> {
    let options = groups
        .iter()
        .map(|group| (group.id.to_string(), group.title.clone()));
    let first = std::iter::once((String::new(), "No group".to_owned()));
    Item::list(first.chain(options), chosen)
}

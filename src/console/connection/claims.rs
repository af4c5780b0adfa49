//! Claims: which attribute says what of a person, and which permission groups its groups stand for.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::claims_preview::ClaimsPreview;
use super::further_attributes;
use super::head::{ConnectionHead, ConnectionTab};
use super::setting_controls::{Control, Field};
use super::setting_values::SettingValues;
use super::settings_form::{self, SettingsForm};
use crate::admin::Problems;
use crate::console::conflict::Conflict;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Item, Section, unprocessable_page};
use crate::domain::{Connection, ConnectionId, Group, ObjectId};
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
    /// The further attributes: a name, and its sources on lines.
    further: Vec<(String, String)>,
    /// Values of the group claim that came with the last test: each, and what the directory calls it (seed 000-43).
    offered: Vec<(String, String)>,
    claims: Vec<Field>,
    revision: i64,
    /// What the mapping makes of the claims of the last test; none where the form is only corrected.
    preview: Option<ClaimsPreview>,
}

/// A row of the group mapping.
#[derive(Debug)]
struct MappingRow {
    value: String,
    /// What the directory calls the group of this Object ID; empty when that is not known.
    name: String,
    groups: Vec<Item>,
}

/// `GET /admin/connections/{id}/claims`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    let groups = console.app.desk.groups(console.company()).await?;
    let values = SettingValues::of(&connection);
    let problems = Problems::default();
    let mut page = ClaimsPage::page(&console, &connection, &groups, values, problems, None);
    page.look_at(&console, &connection).await?;
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
    page.look_at(console, &typed).await?;
    Ok(Page::new(page).into_response())
}

impl ClaimsPage {
    /// What the mapping makes of the last test, and what its values and those of the mapping are called.
    async fn look_at(&mut self, console: &Console, connection: &Connection) -> Result<(), Error> {
        let preview = ClaimsPreview::of(console, connection).await?;
        let values = self.mapping.iter().map(|row| &row.value);
        let ids: Vec<ObjectId> = values
            .chain(&preview.groups)
            .filter_map(|value| value.parse().ok())
            .collect();
        let admin = console.admin();
        let names = admin.directory_group_names(connection.id, &ids).await?;
        let name = |value: &str| -> String {
            let id: Option<ObjectId> = value.parse().ok();
            id.and_then(|id| names.get(&id).cloned())
                .unwrap_or_default()
        };
        for row in &mut self.mapping {
            row.name = name(&row.value);
        }
        let offered = preview.groups.iter();
        self.offered = offered.map(|it| (it.clone(), name(it))).collect();
        self.preview = Some(preview);
        Ok(())
    }
}

impl SettingsForm for ClaimsPage {
    const TAB: ConnectionTab = ConnectionTab::Claims;

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
        let rows = with_spare(values.mapping, SPARE_ROWS);
        Self {
            frame: console.frame(Section::Connections, connection.display_name.as_str()),
            head: ConnectionHead::of(connection, ConnectionTab::Claims),
            conflict,
            further: with_spare(values.further, further_attributes::SPARE_ROWS),
            mapping: rows
                .into_iter()
                .map(|(value, chosen)| MappingRow {
                    value,
                    name: String::new(),
                    groups: every_group(groups, &chosen),
                })
                .collect(),
            offered: Vec::new(),
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

/// Rows of a form, and empty ones behind them.
fn with_spare(mut rows: Vec<(String, String)>, spare: usize) -> Vec<(String, String)> {
    rows.resize_with(rows.len() + spare, Default::default);
    rows
}

fn every_group(groups: &[Group], chosen: &str) -> Vec<Item> {
    let options = groups
        .iter()
        .map(|group| (group.id.to_string(), group.title.clone()));
    let first = std::iter::once((String::new(), "No group".to_owned()));
    Item::list(first.chain(options), chosen)
}

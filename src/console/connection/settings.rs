//! The settings of a connection, whatever it speaks: one address, and a page for each protocol.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::provider_settings::ProviderSettingsPage;
use super::review::ReviewForm;
use super::saml_settings::SamlSettingsPage;
use super::setting_values::SettingValues;
use super::settings_form::{self, load};
use crate::admin::Problems;
use crate::console::{Console, ConsoleForm, unprocessable_page};
use crate::domain::{Connection, ConnectionId, Protocol};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}", get(show).post(save))
        .route("/admin/connections/{id}/change", post(change))
}

/// `GET /admin/connections/{id}`
async fn show(Path(id): Path<ConnectionId>, console: Console) -> Result<Response, Error> {
    let connection = console.admin().connection(id).await?;
    let values = SettingValues::of(&connection);
    let problems = Problems::default();
    Ok(match connection.settings.protocol {
        Protocol::Saml(_) => {
            let page = load::<SamlSettingsPage>(&console, &connection, values, problems).await?;
            Page::new(page).into_response()
        }
        Protocol::Oidc(_) => {
            let page =
                load::<ProviderSettingsPage>(&console, &connection, values, problems).await?;
            Page::new(page).into_response()
        }
    })
}

/// `POST /admin/connections/{id}`
async fn save(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, fields): ConsoleForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    // What a connection speaks never changes.
    let connection = console.admin().connection(id).await?;
    match connection.settings.protocol {
        Protocol::Saml(_) => settings_form::save::<SamlSettingsPage>(&console, id, fields).await,
        Protocol::Oidc(_) => {
            settings_form::save::<ProviderSettingsPage>(&console, id, fields).await
        }
    }
}

/// `POST /admin/connections/{id}/change`: the form as it was filled in before its review.
async fn change(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, shown): ConsoleForm<ReviewForm>,
) -> Result<Response, Error> {
    let (connection, typed) = shown.of(&console, id).await?;
    let values = SettingValues::of(&typed);
    let problems = Problems::default();
    Ok(match connection.settings.protocol {
        Protocol::Saml(_) => {
            let page = load::<SamlSettingsPage>(&console, &connection, values, problems).await?;
            Page::new(page.of_revision(typed.revision)).into_response()
        }
        Protocol::Oidc(_) => {
            let page =
                load::<ProviderSettingsPage>(&console, &connection, values, problems).await?;
            Page::new(page.of_proposal(&typed)).into_response()
        }
    })
}

/// The page of a connection that cannot be enabled yet, with what is missing.
pub(super) async fn incomplete(
    console: &Console,
    connection: &Connection,
    problems: Problems,
) -> Result<Response, Error> {
    let values = SettingValues::of(connection);
    Ok(match connection.settings.protocol {
        Protocol::Saml(_) => {
            let page = load::<SamlSettingsPage>(console, connection, values, problems).await?;
            unprocessable_page(page).into_response()
        }
        Protocol::Oidc(_) => {
            let page = load::<ProviderSettingsPage>(console, connection, values, problems).await?;
            unprocessable_page(page).into_response()
        }
    })
}

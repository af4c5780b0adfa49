//! Our secret at a provider: one more beside the one in use, and the end of the old one (rules N1, N6 and N7).
//!
//! Invariant: what was typed is sealed or forgotten; no page, flash or log has it.

use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use time::macros::{format_description, time};
use time::{Date, OffsetDateTime};

use super::protocol::provider_connection;
use super::provider_settings;
use crate::admin::{FieldProblem, Refused};
use crate::console::{Console, ConsoleForm, Nothing, tell_at, tell_at_with};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/secret", post(add))
        .route("/admin/connections/{id}/secret/retire", post(retire))
}

#[derive(Deserialize)]
struct SecretForm {
    client_secret: String,
    #[serde(default)]
    expires_on: String,
}

/// `POST /admin/connections/{id}/secret`
async fn add(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, form): ConsoleForm<SecretForm>,
) -> Result<Response, Error> {
    let connection = provider_connection(&console, id).await?;
    match save(&console, &connection, &form).await {
        Ok(()) => {
            console.changed().await?;
            let at = format!("/admin/connections/{id}");
            let next = format!("{at}/verify");
            tell_at_with(
                &console,
                &at,
                "The client secret is saved. It is shown nowhere.",
                (&next, "Next: verify the provider"),
            )
        }
        Err(refused @ Refused::Invalid(_)) => {
            let problems = refused.problems();
            provider_settings::wrong_secret(&console, &connection, problems, form.expires_on).await
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn save(
    console: &Console,
    connection: &Connection,
    form: &SecretForm,
) -> Result<(), Refused> {
    let admin = console.admin();
    let expires_at = last_moment(form.expires_on.trim())?;
    let after = admin.with_client_secret(connection, form.client_secret.trim(), expires_at)?;
    admin
        .change_connection(&after, AuditAction::ConnectionSet, None)
        .await?;
    Ok(())
}

/// The end of a day, as the provider's page names it.
fn last_moment(day: &str) -> Result<Option<OffsetDateTime>, Refused> {
    if day.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(day, format_description!("[year]-[month]-[day]"));
    let day =
        day.map_err(|_| FieldProblem::new("expires_on", "Write a day such as 2027-06-30."))?;
    Ok(Some(day.with_time(time!(23:59:59)).assume_utc()))
}

/// `POST /admin/connections/{id}/secret/retire`
async fn retire(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let connection = provider_connection(&console, id).await?;
    let after = admin.with_secret_retired(&connection)?;
    admin
        .change_connection(&after, AuditAction::ConnectionSet, None)
        .await?;
    console.changed().await?;
    let at = format!("/admin/connections/{id}");
    tell_at(&console, &at, "The old client secret is forgotten.")
}

//! Another provider for a connection: what was typed leads to a review, and only the review saves.

use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;

use super::head::ConnectionTab;
use super::new_provider::ProviderFields;
use super::protocol::provider_connection;
use super::provider_settings;
use super::review::Review;
use crate::admin::Refused;
use crate::console::{Console, ConsoleForm, Nothing, tell_at};
use crate::domain::{AuditAction, Connection, ConnectionId};
use crate::http::error::Error;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/{id}/provider", post(propose))
        .route("/admin/connections/{id}/provider/held", post(propose_held))
}

/// `POST /admin/connections/{id}/provider/held`: shows the addresses that are held beside those in force, and saves nothing.
async fn propose_held(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let before = provider_connection(&console, id).await?;
    let after = console.admin().with_held_accepted(&before)?;
    Review {
        proposal: console
            .admin()
            .propose(&after, AuditAction::ConnectionAcceptProvider, None),
        before: Some(&before),
        after: &after,
        title: "Has the provider moved?".to_owned(),
        lead: "The provider's document names addresses at another host. They are not used yet.".to_owned(),
        warnings: vec!["Whoever answers there can sign in as anybody of this provider, and is sent our secret. Ask the provider whether it has moved, on another way than by its document.".to_owned()],
        button: "Accept the new addresses",
        change: None,
        back: format!("/admin/connections/{id}"),
        tab: ConnectionTab::Settings,
    }
    .page(&console)
    .await
}

/// `POST /admin/connections/{id}/provider`: shows what would change, and saves nothing.
async fn propose(
    Path(id): Path<ConnectionId>,
    ConsoleForm(console, fields): ConsoleForm<ProviderFields>,
) -> Result<Response, Error> {
    let before = provider_connection(&console, id).await?;
    match fields.find(&console).await {
        Ok(chosen) => {
            let after = console.admin().with_provider(&before, chosen.issuer)?;
            if after == before {
                let at = format!("/admin/connections/{id}");
                return tell_at(
                    &console,
                    &at,
                    "This is the provider already. Nothing was changed.",
                );
            }
            review(&console, &before, &after, chosen.note).await
        }
        Err(refused @ Refused::Invalid(_)) => {
            provider_settings::wrong_provider(&console, &before, refused.problems(), fields).await
        }
        Err(refused) => Err(refused.into()),
    }
}

async fn review(
    console: &Console,
    before: &Connection,
    after: &Connection,
    note: Option<String>,
) -> Result<Response, Error> {
    let (old, new) = (
        before.settings.provider_name(),
        after.settings.provider_name(),
    );
    let ours = if after.settings.keeps_client_of(&before.settings) {
        format!("Our client ID and secret stay as they are, and are {old}'s.")
    } else {
        format!(
            "Our client ID, secrets and keys at {old} are forgotten, and the connection is off until it has those of {new}."
        )
    };
    let people = people_after(before, after);
    let warning = format!(
        "The connection belongs to {old} now. {people} {ours} If you only want to add a second provider, add a new connection instead."
    );
    let note = note.into_iter();
    Review {
        proposal: console
            .admin()
            .propose(after, AuditAction::ConnectionSet, None),
        before: Some(before),
        after,
        title: "Another identity provider?".to_owned(),
        lead: "You chose another provider. Nothing is saved yet.".to_owned(),
        warnings: note.chain([warning]).collect(),
        button: "Save all the same",
        change: Some(format!("/admin/connections/{}/change", before.id)),
        back: format!("/admin/connections/{}", before.id),
        tab: ConnectionTab::Settings,
    }
    .page(console)
    .await
}

/// What becomes of the accounts where a connection belongs to another identity provider (rule R1).
pub(super) fn people_after(before: &Connection, after: &Connection) -> String {
    let (old, new) = (
        before.settings.provider_name(),
        after.settings.provider_name(),
    );
    match before.settings.oidc() {
        None => format!("The accounts bound to {old} would answer to {new}."),
        Some(oidc) if oidc.issuer.is_entra() => {
            format!("The accounts keep the object IDs that they have at {old}.")
        }
        Some(_) => format!(
            "The names by which {old} knows people count no more, until the connection comes back to it. Who comes is found by the address, as at a first sign-in."
        ),
    }
}

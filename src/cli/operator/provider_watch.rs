//! While the server runs: an hourly look at what the providers of connections in use say of themselves (rule
//! J6), and the question whether their sign-ins still count (rule T6).
//!
//! Invariants: sign-ins wait for nothing of it, and a company's providers have their share of what is asked; what cannot be read
//! changes nothing. Every node looks: who comes second finds nothing new.

use std::sync::Arc;
use std::time::Duration;

use crate::admin::{Actor, Admin, LookError};
use crate::app::{App, DueLook};
use crate::logout::check_again;
use crate::store;

/// How often it is asked which looks are due, and how many of them are made then.
const TURN: Duration = Duration::from_secs(30);
const MOST: usize = 64;
/// How often it is asked which sessions are checked again, and how many of them are at once.
const PAUSE: Duration = Duration::from_secs(10);
const SESSIONS: i64 = 64;

/// Looks, until the process ends.
pub(super) async fn watch_providers(app: Arc<App>) {
    loop {
        tokio::time::sleep(TURN).await;
        look_again(&app, MOST).await;
    }
}

/// Asks providers again about the sessions that are due (rule T6), until the process ends.
pub(super) async fn check_sessions_again(app: Arc<App>) {
    loop {
        match check_again(&app, SESSIONS).await {
            // There may be more, which had no place beside their company's others.
            Ok(1..) => {}
            Ok(0) => tokio::time::sleep(PAUSE).await,
            Err(cause) => {
                tracing::warn!(%cause, "sessions cannot be checked again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Makes the looks that are due, one after the other.
async fn look_again(app: &App, most: usize) {
    for due in app.due_looks(most) {
        if let Err(cause) = look(app, &due).await {
            tracing::warn!(connection = %due.connection, %cause, "a provider's document cannot be followed");
        }
    }
}

async fn look(app: &App, due: &DueLook) -> Result<(), LookError> {
    let store = &app.desk;
    let Some(connection) = store.connection(due.connection).await.map_err(stored)? else {
        return Ok(());
    };
    let Some(company) = store.company(connection.company_id).await.map_err(stored)? else {
        return Ok(());
    };
    if !connection.enabled {
        return Ok(());
    }
    let turn = app.provider_turn(&company)?;
    let admin = Admin {
        store,
        keys: &app.keys,
        company: company.id,
        actor: Actor::server(),
        now: app.clock.now(),
        once: None,
    };
    let way = (app.provider_client(), app.reach(&company));
    let (etag, own_keys) = (due.etag.clone(), due.application_keys);
    let looked = admin.look_at_provider(&connection, etag, own_keys, way);
    let etag = looked.await?;
    drop(turn);
    app.note_look(connection.id, etag);
    Ok(())
}

fn stored(cause: store::Error) -> LookError {
    LookError::Refused(cause.into())
}

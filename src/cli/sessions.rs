//! `user sessions`, `user sign-out`.

use serde_json::json;

use super::error::Result;
use super::installation::Installation;
use super::output::{Listing, Output, timestamp};
use super::text::count;
use super::user::{Named, find};
use crate::domain::{Connection, Session, SessionKey};

/// Lists a user's live sessions.
pub(super) async fn list(
    installation: &Installation,
    named: &Named,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = find(installation, named).await?;
    let sessions = installation
        .store
        .sessions_of(user.id, installation.now)
        .await?;
    let connections = installation.store.connections(company.id).await?;
    let set_ups = installation.store.set_up_sign_ins(company.id).await?;
    let through = |session: &Session| {
        let id = session.connection_id?;
        let found = connections.iter().find(|connection| connection.id == id);
        found.map(|connection: &Connection| connection.name.to_string())
    };
    let listing = Listing {
        json,
        describe: &|(_, session): &(SessionKey, Session)| {
            json!({
                "connection": through(session),
                "signed_in_at": timestamp(session.signed_in_at),
                "last_seen_at": timestamp(session.last_seen_at),
                "ends_at": timestamp(session.ends_at()),
                "expires_at": timestamp(session.expires_at),
            })
        },
        header: ["THROUGH", "SIGNED IN", "LAST SEEN", "ENDS IF UNUSED"],
        row: &|(_, session)| {
            [
                through(session).unwrap_or_else(|| {
                    let is_set_up = set_ups.contains(&session.attempt_id);
                    if is_set_up { "set-up link" } else { "password" }.to_owned()
                }),
                timestamp(session.signed_in_at),
                timestamp(session.last_seen_at),
                timestamp(session.ends_at()),
            ]
        },
        none: format!("{} is not signed in anywhere.", user.email),
    };
    out.list(&sessions, &listing)
}

/// Ends every session of a user.
pub(super) async fn end(
    installation: &Installation,
    named: &Named,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = find(installation, named).await?;
    let keys = installation.keys().await?;
    let admin = installation.admin(&keys, company.id);
    let ended = admin.sign_out_user(user.id, None).await?;
    if ended == 0 {
        return out.line(format!("{} is not signed in anywhere.", user.email));
    }
    let sessions = count(ended, "session");
    out.line(format!("Ended {sessions} of {}.", user.email))
}

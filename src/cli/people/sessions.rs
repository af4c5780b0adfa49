//! `user sessions`, `user sign-out`.

use std::io::Write as _;

use serde_json::json;

use super::named_user::NamedUser;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, timestamp};
use crate::cli::text::count;
use crate::domain::{Connection, Session, SessionKey};

/// Lists a user's live sessions.
pub(in crate::cli) async fn list(
    installation: &Installation,
    named: &NamedUser,
    limit: usize,
    json: bool,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let newest = installation
        .store
        .newest_sessions_of(user.id, installation.now, limit);
    let (sessions, has_older) = newest.await?;
    let connections = installation.store.connections(company.id).await?;
    let set_ups = installation.store.set_up_sign_ins(company.id).await?;
    let through = |session: &Session| {
        let id = session.connection_id?;
        let found = connections.iter().find(|connection| connection.id == id);
        found.map(|connection: &Connection| connection.name.to_string())
    };
    let listing = Listing {
        form: ListForm::new(json),
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
    listing.write(&sessions, out)?;
    if has_older {
        let more = format!(
            "There are older ones. See them too: vestibule user sessions --company {} --email {} --limit {}",
            company.slug,
            user.email,
            (limit * 10).min(MOST)
        );
        if json {
            // The document stays whole. The command goes on when nobody can read this.
            let _ = writeln!(std::io::stderr(), "{more}");
        } else {
            out.line(more)?;
        }
    }
    Ok(())
}

/// The most that are listed at once.
const MOST: usize = 100_000;

/// How many are wanted.
pub(in crate::cli) fn limit(text: &str) -> std::result::Result<usize, String> {
    let number = text.parse().ok().filter(|it| (1..=MOST).contains(it));
    number.ok_or_else(|| format!("use a number from 1 to {MOST}"))
}

/// Ends every session of a user.
pub(in crate::cli) async fn end(
    installation: &Installation,
    named: &NamedUser,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let admin = installation.admin(company.id).await?;
    let ended = admin.sign_out_user(user.id, None).await?;
    if ended == 0 {
        return out.line(format!("{} is not signed in anywhere.", user.email));
    }
    let sessions = count(ended, "session");
    out.line(format!("Ended {sessions} of {}.", user.email))
}

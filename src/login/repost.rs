//! A Response that came without a cookie that it needs: our own page sends it again, from this site, once (rule E2).
//!
//! Invariants: what never comes back is seen. While the sign-in is open its own record says so, and what comes back writes over
//! that; a Response to a sign-in that has ended is a refusal of its own at once, and what comes back takes its place. Neither ends
//! a sign-in that is open: whoever has no cookie may be a stranger.
//!
//! ```text
//! Response without its cookie ─▶ our page ─▶ the same Response, from this site ─▶ judged
//!                                   └─ it never comes back: a refusal on record
//! ```
//!
//! Tests: `tests/it/sign_in/reposts.rs`. The page is the sign-in's, in `http`.

use super::arrival::Arrival;
use super::record::{SignInRefusal, refuse_apart};
use super::refusal_reason::RefusalReason;
use super::{Ending, Error};
use crate::app::App;
use crate::domain::{AttemptId, ConnectionId, LoginAttempt, Outcome};
use crate::site::Site;

const PURPOSE: &str = "sent again";
/// What an identifier takes in the handle.
const CHARACTERS: usize = 26;

/// What our page says when it sends a Response again.
#[derive(Debug, Clone, Copy)]
pub struct Reposted<'a>(pub &'a str);

/// Asks for a Response once more.
pub(super) async fn ask(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    attempt: &LoginAttempt,
) -> Result<Ending, Error> {
    if attempt.outcome == Outcome::Open {
        // Once is enough, however often it comes.
        if attempt.summary.is_empty() {
            let refusal = SignInRefusal::new(&RefusalReason::NoCookieYet { ended: false });
            app.store
                .note_attempt(attempt.id, &refusal.summary, &refusal.record)
                .await?;
        }
        return Ok(Ending::Repost { record: None });
    }
    let refusal = SignInRefusal::new(match arrival.browser {
        None => &RefusalReason::NoCookieYet { ended: true },
        Some(_) => &RefusalReason::EndedWithoutCookie,
    });
    apart(app, site, arrival, attempt.connection_id, refusal).await
}

/// Asks for a Response once more that is refused if it does not come back.
pub(super) async fn apart(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    connection: Option<ConnectionId>,
    refusal: SignInRefusal,
) -> Result<Ending, Error> {
    let record = match refuse_apart(app, site, connection, arrival.from(), refusal).await? {
        Ending::Refused { attempt, .. } => Some(attempt),
        // Too many to write down. The user may still be one who pressed Back.
        _ => None,
    };
    Ok(Ending::Repost { record })
}

/// What the page carries of the record that its Response is to replace.
pub fn handle(app: &App, site: &Site, record: AttemptId) -> String {
    format!(
        "{record}{}",
        app.keys.token(PURPOSE, &message(site, record))
    )
}

/// The record that a Response which came back replaces, if our page says so.
pub(super) fn replaced_record(
    app: &App,
    site: &Site,
    reposted: Option<Reposted<'_>>,
) -> Option<AttemptId> {
    let (record, token) = reposted?.0.split_at_checked(CHARACTERS)?;
    let record = record.parse().ok()?;
    app.keys
        .verify_token(PURPOSE, &message(site, record), token)
        .then_some(record)
}

fn message(site: &Site, record: AttemptId) -> Vec<u8> {
    [site.company.id.to_bytes(), record.to_bytes()].concat()
}

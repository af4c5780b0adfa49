//! A password that somebody else has set is good for one thing: to set another one.
//!
//! Invariant: between the two there is no session. What the browser holds meanwhile is a code over the account, the time and the
//! password that it has typed: it counts for ten minutes, and no longer than that password is the account's.
//!
//! Rule F6. Tests: `tests/it/console/first_password.rs`.

use time::{Duration, OffsetDateTime};

use super::Error;
use crate::app::App;
use crate::domain::{CompanyId, User, UserId};
use crate::keys;

/// How long the page may stay open.
const OPEN: Duration = Duration::minutes(10);
const PURPOSE: &str = "first password";

/// Whoever has typed a password that somebody else has set.
#[derive(Debug)]
pub struct FirstUse {
    /// The account.
    pub user: User,
    /// The sealed hash of that password.
    pub stored: Vec<u8>,
}

/// What the page holds.
pub(super) fn ticket(app: &App, user: &User, stored: &[u8]) -> String {
    let until = (app.clock.now() + OPEN).unix_timestamp();
    let code = app.keys.token(PURPOSE, &message(user.id, until, stored));
    format!("{}.{until}.{code}", user.id)
}

/// Who has typed it; none when that was too long ago, or the password is another one by now.
pub async fn first_use(
    app: &App,
    company: CompanyId,
    ticket: &str,
) -> Result<Option<FirstUse>, Error> {
    let mut parts = ticket.splitn(3, '.');
    let id: Option<UserId> = parts.next().and_then(|id| id.parse().ok());
    let until: Option<i64> = parts.next().and_then(|until| until.parse().ok());
    let (Some(id), Some(until), Some(code)) = (id, until, parts.next()) else {
        return Ok(None);
    };
    let ends = OffsetDateTime::from_unix_timestamp(until);
    if !ends.is_ok_and(|ends| app.clock.now() < ends) {
        return Ok(None);
    }
    let Some(stored) = app.store.password(id).await? else {
        return Ok(None);
    };
    if !app
        .keys
        .verify_token(PURPOSE, &message(id, until, &stored), code)
    {
        return Ok(None);
    }
    let user = app.store.user(id).await?;
    let user = user.filter(|user| user.company_id == company);
    Ok(user.map(|user| FirstUse { user, stored }))
}

fn message(id: UserId, until: i64, stored: &[u8]) -> Vec<u8> {
    let hash = keys::hash(stored);
    [id.to_string().as_bytes(), &until.to_be_bytes(), &hash].concat()
}

//! Logout at the back: the provider itself posts a logout token (OpenID Connect Back-Channel Logout 1.0; rules T4 and T5).
//!
//! Invariants: a token ends only sessions of the connection whose provider signed it; it counts once. What came of it is written down,
//! as far as the limits allow, as of SAML's messages.
//!
//! Tests: `tests/it/oidc_sign_in/logout/back_channel.rs`.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::sign_out::sign_out;
use crate::app::{App, Wait};
use crate::domain::{Check, Code, Session, SessionKey};
use crate::keys;
use crate::logout::judge::{LogoutRefusal, RefusedLogout};
use crate::logout::record::{self, RecordedRefusal};
use crate::oidc::{Checks, LogoutToken, Rejection, Requirement};
use crate::outbound::DocumentError;
use crate::site::{Site, SiteConnection, client, record_check};
use crate::store::{self, UsedMessage};

/// What came of a logout token.
#[derive(Debug)]
pub enum TokenEnding {
    /// So many sessions have ended; none, when there were none.
    Ended(usize),
    /// Nothing has changed.
    Refused {
        /// Why.
        refusal: LogoutRefusal,
        /// By which the record is found.
        code: Code,
    },
    /// Nothing has changed, and nothing is written down.
    TooMany(Wait),
}

/// Judges what a provider has posted, and ends the sessions that it names.
pub async fn receive_token(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    form: &[u8],
    sender: Option<IpAddr>,
) -> Result<TokenEnding, store::Error> {
    let mut checks = Checks::new();
    let judged = judge(app, site, ready, form, &mut checks).await;
    let checks: Vec<Check> = checks.into_vec().into_iter().map(record_check).collect();
    let refusal = match judged {
        Ok(token) => {
            if let Some(ended) = end_named(app, ready, &token, checks.clone()).await? {
                return Ok(TokenEnding::Ended(ended));
            }
            LogoutRefusal::Repeated
        }
        Err(rejection) => LogoutRefusal::Token(Box::new(rejection)),
    };
    let refused = RefusedLogout {
        refusal,
        connection: Some(ready.connection.id),
        checks,
    };
    Ok(match record::refuse(app, site, sender, refused).await? {
        Ok(RecordedRefusal { refusal, code }) => TokenEnding::Refused { refusal, code },
        Err(wait) => TokenEnding::TooMany(wait),
    })
}

async fn judge(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    form: &[u8],
    checks: &mut Checks,
) -> Result<LogoutToken, Rejection> {
    let token = read_field(form, checks)?;
    let (company, connection) = (&site.company, &ready.connection);
    let Some(oidc) = connection.settings.oidc() else {
        let expected = "a connection that speaks OpenID Connect";
        return Err(checks.fail(Requirement::KnownKey, expected, "another"));
    };
    let discovery = match app.discovery(company, connection, oidc).await {
        Ok(discovery) => discovery,
        Err(cause) => return Err(undelivered(&cause, checks)),
    };
    let kid = LogoutToken::kid(&token);
    let keys = app.provider_keys(company, connection, &discovery, kid.as_deref());
    let keys = match keys.await {
        Ok(keys) => keys,
        Err(cause) => return Err(undelivered(&cause, checks)),
    };
    let client = client(connection, oidc, &discovery);
    LogoutToken::validate(&token, &keys, &client, false, app.clock.now(), checks)
}

/// The field of the form; others are not looked at.
fn read_field(form: &[u8], checks: &mut Checks) -> Result<String, Rejection> {
    let fields = form_urlencoded::parse(form).filter(|(name, _)| name == "logout_token");
    let mut tokens: Vec<_> = fields.map(|(_, token)| token).take(2).collect();
    let received = match tokens.len() {
        0 => "none",
        1 => "one",
        _ => "more",
    };
    checks.require(
        tokens.len() == 1,
        Requirement::TokenShape,
        "one logout_token",
        received,
    )?;
    Ok(tokens.pop().unwrap_or_default().into_owned())
}

fn undelivered(cause: &DocumentError, checks: &mut Checks) -> Rejection {
    let expected = "the provider's keys";
    checks.fail(Requirement::KnownKey, expected, cause.to_string())
}

/// Ends what a token names, when it comes for the first time; how many sessions that were.
async fn end_named(
    app: &App,
    ready: &SiteConnection,
    token: &LogoutToken,
    checks: Vec<Check>,
) -> Result<Option<usize>, store::Error> {
    let (connection, now) = (ready.connection.id, app.clock.now());
    // Entra has another key of identities, and no back channel (rule R1).
    let subject = token.subject().map(|subject| format!("sub:{subject}"));
    let found: Vec<(SessionKey, Session)> = match (token.session(), subject.as_deref()) {
        (Some(sid), subject) => {
            let found = app.store.sessions_by_sid(connection, sid, subject, now);
            found.await?
        }
        (None, Some(subject)) => {
            let found = app.store.sessions_by_subject(connection, subject, now);
            found.await?
        }
        // `oidc` takes no such token.
        (None, None) => Vec::new(),
    };
    let ended = found.len();
    // Its hash: a `jti` may be as long as a token.
    let used = UsedMessage {
        id: BASE64_URL_SAFE_NO_PAD.encode(keys::hash(token.id().as_bytes())),
        expires_at: token.remembered_until(),
    };
    let is_first = sign_out(app, &ready.connection, found, Some(used), checks).await?;
    Ok(is_first.then_some(ended))
}

//! The token of every form of the console: that a page of this session holds it, and whose session that was.
//!
//! Invariant: the first part counts for one session and no longer. The second outlives it and lets nobody do anything: by it a
//! form finds back to who filled it in ([`super::kept_form`]).

use crate::app::App;
use crate::domain::{CompanyId, UserId};
use crate::http::cookies::Cookie;
use crate::http::csrf::csrf_token;
use crate::keys;

/// The purpose of the console's one token.
const PURPOSE: &str = "console";

/// The token of a session, by its cookie, and of whose it is.
pub(super) fn of(app: &App, session: &str, company: CompanyId, user: UserId) -> String {
    let session = csrf_token(app, PURPOSE, Cookie::Session, session);
    format!("{session}.{}", mark(app, company, user))
}

/// Who was shown the form with this token, whatever became of the session.
pub(super) fn author(app: &App, company: CompanyId, token: &str) -> Option<UserId> {
    let (_, sent) = token.split_once('.')?;
    let user = sent.split_once('.')?.0.parse().ok()?;
    keys::same(mark(app, company, user).as_bytes(), sent.as_bytes()).then_some(user)
}

fn mark(app: &App, company: CompanyId, user: UserId) -> String {
    let whose = format!("{company}\0{user}");
    let code = app.keys.token("console form of", whose.as_bytes());
    format!("{user}.{code}")
}

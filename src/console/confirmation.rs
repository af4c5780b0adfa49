//! Asked once more: whether somebody is to become an administrator.
//!
//! Invariant: nothing is done before the answer. The page holds the form that was sent, and the answer sends it again.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use super::{Console, ConsoleFrame, Section};
use crate::domain::{Group, GroupKind, UserId};
use crate::http::error::Error;
use crate::http::response::Page;

/// The question, and the form that it is about.
#[derive(Debug, Template)]
#[template(path = "console/confirmation.html")]
struct ConfirmationPage {
    frame: ConsoleFrame,
    /// The group's title, and whether it is to become one of administrators.
    group: String,
    becomes: bool,
    /// Where the form goes.
    action: String,
    fields: Vec<(&'static str, String)>,
    /// What the button says.
    button: String,
    cancel: String,
}

/// A form that makes somebody an administrator: the fields it was sent with, where to, and where to go instead.
#[derive(Debug)]
pub(super) struct Confirmation<'a> {
    /// "Make B. Simon an administrator?"
    pub(super) title: String,
    /// As it is now.
    pub(super) group: &'a Group,
    pub(super) action: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) button: &'a str,
    pub(super) cancel: String,
}

impl Confirmation<'_> {
    /// The page that asks.
    pub(super) fn page(self, console: &Console) -> Response {
        Page::new(ConfirmationPage {
            frame: console.frame(Section::Users, self.title),
            group: self.group.title.clone(),
            becomes: self.group.kind != GroupKind::Administrator,
            action: self.action,
            fields: self.fields,
            button: self.button.to_owned(),
            cancel: self.cancel,
        })
        .into_response()
    }
}

/// The question about one person.
pub(super) fn of_one(who: &str) -> String {
    format!("Make {who} an administrator?")
}

/// Whether a membership in this group makes the user what it is not yet: an administrator.
pub(super) async fn promotes(
    console: &Console,
    user: UserId,
    group: &Group,
) -> Result<bool, Error> {
    if group.kind != GroupKind::Administrator {
        return Ok(false);
    }
    let store = &console.app.desk;
    let groups = store.groups_of(user).await?;
    Ok(!groups
        .iter()
        .any(|group| group.kind == GroupKind::Administrator))
}

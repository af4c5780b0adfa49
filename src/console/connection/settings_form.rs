//! The walk of a form of a connection's settings, whichever page it stands on: what was seen, what was typed, its review, the change, and
//! who was first.
//!
//! Invariant: a form of a state that is not there any more is not even looked at; it is shown beside what is there now.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::head::ConnectionTab;
use super::review::Review;
use super::set_up_steps;
use super::setting_values::SettingValues;
use crate::admin::{Problems, Refused, missing};
use crate::console::conflict::Conflict;
use crate::console::{Console, tell_at, tell_at_with, unprocessable_page};
use crate::domain::{AuditAction, Connection, ConnectionId, Group};
use crate::http::error::Error;
use crate::http::response::Page;

/// A page with such a form.
pub(super) trait SettingsForm: Template + Sized {
    /// The page's tab.
    const TAB: ConnectionTab;

    /// What the form sent; what it has no field for is as it is stored.
    fn sent(fields: Vec<(String, String)>, stored: &Connection) -> SettingValues;

    /// The page with these values.
    fn page(
        console: &Console,
        connection: &Connection,
        groups: &[Group],
        values: SettingValues,
        problems: Problems,
        conflict: Option<Conflict>,
    ) -> Self;

    /// What has to be looked at before it is saved, if anything has.
    fn review<'a>(_: &Console, _: &'a Connection, _: &'a Connection) -> Option<Review<'a>> {
        None
    }

    /// Where it goes on: the page of the form, and the next step with its name.
    fn saved(after: &Connection) -> (String, String, &'static str);
}

/// The page of a connection, with the problems of what was tried.
pub(super) async fn load<P: SettingsForm>(
    console: &Console,
    connection: &Connection,
    values: SettingValues,
    problems: Problems,
) -> Result<P, Error> {
    let groups = console.app.desk.groups(console.company()).await?;
    Ok(P::page(
        console, connection, &groups, values, problems, None,
    ))
}

/// What a connection still needs before it can be enabled; nothing where it is enabled.
pub(super) fn still_missing(connection: &Connection) -> Vec<String> {
    if connection.enabled {
        return Vec::new();
    }
    missing(connection).into_iter().map(|it| it.what).collect()
}

/// Saves a form.
pub(super) async fn save<P: SettingsForm>(
    console: &Console,
    id: ConnectionId,
    fields: Vec<(String, String)>,
) -> Result<Response, Error> {
    let admin = console.admin();
    let before = admin.connection(id).await?;
    let groups = console.app.desk.groups(console.company()).await?;
    let goes_on = set_up_steps::goes_on(&fields);
    let values = P::sent(fields, &before);
    if values.text("revision") != before.revision.to_string() {
        return conflict::<P>(console, &before, &groups, values).await;
    }
    let wrong = |values, problems| {
        unprocessable_page(P::page(console, &before, &groups, values, problems, None))
            .into_response()
    };
    let after = match values.applied(&before, &groups) {
        Ok(after) => after,
        Err(problems) => return Ok(wrong(values, problems)),
    };
    if let Some(review) = P::review(console, &before, &after) {
        return review.page(console).await;
    }
    match admin
        .change_connection(&after, AuditAction::ConnectionSet, None)
        .await
    {
        Ok(_) => {
            console.changed().await?;
            let (page, next, name) = P::saved(&after);
            if goes_on {
                let next = set_up_steps::next_page(&after, P::TAB).unwrap_or(next);
                return tell_at(console, &next, "Saved.");
            }
            tell_at_with(console, &page, "Saved.", (&next, name))
        }
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => {
            Ok(wrong(values, refused.problems()))
        }
        Err(Refused::Changed { .. }) => {
            let now = admin.connection(id).await?;
            conflict::<P>(console, &now, &groups, values).await
        }
        Err(refused) => Err(refused.into()),
    }
}

/// The form as it was filled in, beside what somebody else saved in the meantime. The next save is about that.
async fn conflict<P: SettingsForm>(
    console: &Console,
    stored: &Connection,
    groups: &[Group],
    values: SettingValues,
) -> Result<Response, Error> {
    let conflict = Conflict::of(console, &values, stored, groups).await?;
    let page = P::page(
        console,
        stored,
        groups,
        values,
        Problems::default(),
        Some(conflict),
    );
    let answer = Page::new(page).with_status(StatusCode::CONFLICT);
    Ok(answer.into_response())
}

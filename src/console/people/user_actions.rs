//! What is done to one user by a button.

use std::fmt::Write as _;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use super::user::UserPage;
use super::words::{counted, id, name_of};
use crate::admin::{Added, Problems, Refused};
use crate::console::confirmation::{self, promotes};
use crate::console::{Console, ConsoleForm, Nothing, tell_at, unprocessable_page};
use crate::domain::{ConnectionId, GroupId, SessionKey, UserId};
use crate::http::error::Error;
use crate::http::rate_limit::in_password_turn;
use crate::http::routes::Routes;
use crate::login::confirm_password;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/users/{id}/deactivate", post(deactivate))
        .route("/admin/users/{id}/activate", post(activate))
        .route("/admin/users/{id}/sign-out", post(sign_out))
        .route("/admin/users/{id}/password", post(set_password))
        .route("/admin/users/{id}/password/remove", post(remove_password))
        .route("/admin/users/{id}/groups", post(add_to_group))
        .route("/admin/users/{id}/groups/remove", post(take_from_group))
        .route("/admin/users/{id}/unlink", post(unlink))
        .route("/admin/users/{id}/wait-for", post(wait_for))
}

/// `POST /admin/users/{id}/deactivate`
async fn deactivate(
    Path(user): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let told = match console.admin().deactivate_user(user).await? {
        Some(0) => "Deactivated.".to_owned(),
        Some(ended) => format!("Deactivated. {} ended.", sessions(ended)),
        None => "It was deactivated already.".to_owned(),
    };
    back(&console, user, &told).await
}

/// `POST /admin/users/{id}/activate`
async fn activate(
    Path(user): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let told = if console.admin().activate_user(user).await? {
        "Activated."
    } else {
        "It was active already."
    };
    back(&console, user, told).await
}

/// `POST /admin/users/{id}/sign-out`. An administrator's own session of this moment goes on.
async fn sign_out(
    Path(user): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let own = own_session(&console, user);
    let told = match console.admin().sign_out_user(user, own).await? {
        0 if own.is_some() => "You were signed in nowhere else.".to_owned(),
        0 => "There was no session to end.".to_owned(),
        ended => format!("{} ended.", sessions(ended)),
    };
    back(&console, user, &told).await
}

#[derive(Debug, Deserialize)]
struct NewPasswordForm {
    password: String,
    /// Of the own account: the one that it has.
    #[serde(default)]
    present: String,
}

/// `POST /admin/users/{id}/password`
async fn set_password(
    Path(user): Path<String>,
    ConsoleForm(console, fields): ConsoleForm<NewPasswordForm>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let own = own_session(&console, user);
    let mut confirmed = None;
    if let Some(session) = own.filter(|_| console.me.user.has_password) {
        let (me, present) = (&console.me, &fields.present);
        let sealed = confirm_password(&console.app, &console.site.company, me, present).await??;
        let Some(sealed) = sealed else {
            let refused = Refused::invalid("present", "This is not your present password.");
            return again(&console, user, refused.problems()).await;
        };
        confirmed = Some((session, sealed));
    }
    let working = console.clone();
    let work = async move {
        let (admin, new) = (working.admin(), fields.password);
        match confirmed {
            Some((session, sealed)) => admin.set_own_password(user, new, session, &sealed).await,
            None => admin.set_password(user, new, own).await,
        }
    };
    match in_password_turn(&console.app, console.company(), work).await? {
        Ok(ended) => {
            let mut told = "Set the password.".to_owned();
            if own.is_none() {
                told.push_str(" The next sign-in with it asks for another one.");
            }
            if ended > 0 {
                let _ = write!(told, " {} ended.", sessions(ended));
            }
            back(&console, user, &told).await
        }
        Err(refused @ Refused::Invalid(_)) => again(&console, user, refused.problems()).await,
        Err(other) => Err(other.into()),
    }
}

/// `POST /admin/users/{id}/password/remove`
async fn remove_password(
    Path(user): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let own = own_session(&console, user);
    let told = match console.admin().remove_password(user, own).await? {
        Some(0) => "Removed the password.".to_owned(),
        Some(ended) => format!("Removed the password. {} ended.", sessions(ended)),
        None => "There was no password.".to_owned(),
    };
    back(&console, user, &told).await
}

#[derive(Debug, Deserialize)]
struct ChosenGroup {
    #[serde(default)]
    group: String,
    /// That it makes an administrator was read, and is meant.
    #[serde(default)]
    sure: String,
}

/// `POST /admin/users/{id}/groups`
async fn add_to_group(
    Path(user): Path<String>,
    ConsoleForm(console, chosen): ConsoleForm<ChosenGroup>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let Ok(group) = chosen.group.parse::<GroupId>() else {
        let mut problems = Problems::default();
        problems.add("group", "Choose a group first.");
        return again(&console, user, problems).await;
    };
    if chosen.sure.is_empty() {
        let (who, _) = console.admin().user(user).await?;
        let (wanted, _) = console.admin().group(group).await?;
        if promotes(&console, user, &wanted).await? {
            let href = format!("/admin/users/{user}");
            let question = confirmation::Confirmation {
                title: confirmation::of_one(&name_of(&who)),
                group: &wanted,
                action: format!("{href}/groups"),
                fields: vec![("group", chosen.group)],
                button: "Make an administrator",
                cancel: href,
            };
            return Ok(question.page(&console));
        }
    }
    let told = match console.admin().add_to_group(user, group).await? {
        Added::Now => "Added to the group.",
        Added::WithoutPassword => {
            "Added to the group. The password is gone, because an API token had set it: set a new one."
        }
        Added::Already => "It was in the group already.",
    };
    back(&console, user, told).await
}

/// `POST /admin/users/{id}/groups/remove`
async fn take_from_group(
    Path(user): Path<String>,
    ConsoleForm(console, chosen): ConsoleForm<ChosenGroup>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let group: GroupId = id(&chosen.group)?;
    let told = if console.admin().take_from_group(user, group).await? {
        "Removed from the group."
    } else {
        "No administrator had put it into the group."
    };
    back(&console, user, told).await
}

#[derive(Debug, Deserialize)]
struct ChosenIdentity {
    connection: String,
    /// One name; all of them without it.
    #[serde(default)]
    subject: Option<String>,
}

/// `POST /admin/users/{id}/unlink`
async fn unlink(
    Path(user): Path<String>,
    ConsoleForm(console, chosen): ConsoleForm<ChosenIdentity>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let connection: ConnectionId = id(&chosen.connection)?;
    let only = chosen.subject.as_deref();
    console
        .admin()
        .unlink_identity(user, connection, only)
        .await?;
    back(&console, user, "Unlinked.").await
}

/// `POST /admin/users/{id}/wait-for`
async fn wait_for(
    Path(user): Path<String>,
    ConsoleForm(console, chosen): ConsoleForm<ChosenIdentity>,
) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    if chosen.connection.is_empty() {
        let mut problems = Problems::default();
        problems.add("connection", "Choose a connection first.");
        return again(&console, user, problems).await;
    }
    let connection: ConnectionId = id(&chosen.connection)?;
    match console.admin().wait_for(user, connection).await {
        Ok(_) => back(&console, user, "Saved.").await,
        Err(refused @ Refused::Invalid(_)) => again(&console, user, refused.problems()).await,
        Err(other) => Err(other.into()),
    }
}

/// The session that asks, when it is this user's.
fn own_session(console: &Console, user: UserId) -> Option<SessionKey> {
    (console.me.user.id == user).then_some(console.me.key)
}

async fn back(console: &Console, user: UserId, told: &str) -> Result<Response, Error> {
    // The next request already finds what was changed.
    console.changed().await?;
    tell_at(console, &format!("/admin/users/{user}"), told)
}

async fn again(console: &Console, user: UserId, problems: Problems) -> Result<Response, Error> {
    let page = UserPage::of(console, user).await?;
    Ok(unprocessable_page(page.with(problems)).into_response())
}

fn sessions(count: usize) -> String {
    counted(count as u64, "session", "sessions")
}

//! The end of a user: what goes and what stays is said first.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::words::{ConnectionNames, counted, id, name_of};
use crate::console::{Console, ConsoleForm, ConsoleFrame, Nothing, Section, tell_deletion};
use crate::domain::UserId;
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::store::UserUse;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/users/{id}/delete", get(ask).post(delete))
}

#[derive(Debug, Template)]
#[template(path = "console/people/user_delete.html")]
struct UserDeletePage {
    frame: ConsoleFrame,
    href: String,
    name: String,
    goes: Vec<String>,
    /// That a sign-in may make a new account.
    comes_back: String,
}

/// `GET /admin/users/{id}/delete`
async fn ask(console: Console, Path(user): Path<String>) -> Result<Response, Error> {
    let user: UserId = id(&user)?;
    let (found, _) = console.admin().user(user).await?;
    let loss = console.admin().user_use(user).await?;
    let name = name_of(&found);
    let connections = ConnectionNames::of(&console);
    let making: Vec<&str> = connections
        .all()
        .filter(|it| it.enabled && it.settings.jit.is_some())
        .map(|it| it.display_name.as_str())
        .collect();
    Ok(Page::new(UserDeletePage {
        frame: console.frame(Section::Users, format!("Delete {name}?")),
        href: format!("/admin/users/{user}"),
        goes: goes(loss, found.has_password),
        comes_back: if making.is_empty() {
            String::new()
        } else {
            format!(
                "Whoever signs in through {} again gets a new account. To keep somebody out, deactivate the account instead.",
                making.join(" or ")
            )
        },
        name,
    })
    .into_response())
}

/// `POST /admin/users/{id}/delete`
async fn delete(
    Path(user): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let (name, _) = console.admin().delete_user(id(&user)?).await?;
    let told = format!("Deleted. The audit log says \"{name}\" from now on.");
    tell_deletion(&console, "/admin/users", &told).await
}

fn goes(loss: UserUse, has_password: bool) -> Vec<String> {
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let mut goes = vec![format!(
        "The account: address, names{}.",
        if has_password { " and password" } else { "" }
    )];
    for (count, one, many) in [
        (
            loss.sessions,
            "session, which ends at once",
            "sessions, which end at once",
        ),
        (
            loss.groups,
            "membership in a permission group",
            "memberships in permission groups",
        ),
        (
            loss.identities,
            "link to an identity provider",
            "links to identity providers",
        ),
        (loss.sign_ins, "record of a sign-in", "records of sign-ins"),
    ] {
        if count > 0 {
            goes.push(format!("{}.", counted(number(count), one, many)));
        }
    }
    goes
}

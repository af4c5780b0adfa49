//! "Add from directory": a person is looked up by name or e-mail address, and a user made of them (seed 004-14).
//!
//! Invariant: what the page shows proves nothing; the directory is asked once more when the user is made. Tests:
//! `tests/it/console/directory.rs`.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::words::{group_choice, id};
use crate::admin::{NewDirectoryUser, Problems, Refused};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Section, refusal_page, tell_at_with,
};
use crate::directory::FoundPerson;
use crate::domain::{Connection, ConnectionId, Group, GroupKind};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

const PATH: &str = "/admin/users/directory";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route(PATH, get(show).post(add))
}

#[derive(Debug, Template)]
#[template(path = "console/people/directory_users.html")]
struct DirectoryUsersPage {
    frame: ConsoleFrame,
    /// The directories to search; none where no connection has one.
    connections: Vec<Item>,
    connection: String,
    q: String,
    /// Who was found; none before a search.
    found: Option<Vec<PersonLine>>,
    groups: Vec<Item>,
    problems: Problems,
    /// What stands in the way.
    obstacle: String,
}

/// Somebody who was found.
#[derive(Debug)]
struct PersonLine {
    object_id: String,
    name: String,
    email: String,
    principal_name: String,
    is_disabled: bool,
    is_guest: bool,
    is_chosen: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
    connection: String,
}

#[derive(Debug, Deserialize)]
struct AddForm {
    #[serde(default)]
    q: String,
    connection: ConnectionId,
    #[serde(default)]
    person: String,
    #[serde(default)]
    group: String,
}

/// Whether a company has a directory to look people up in.
pub(super) fn has_directory(console: &Console) -> bool {
    directories(console).next().is_some()
}

fn directories(console: &Console) -> impl Iterator<Item = &Connection> {
    let connections = console.site.connections().map(|it| &*it.connection);
    connections.filter(|it| it.settings.directory.is_some())
}

/// `GET /admin/users/directory`
async fn show(console: Console, Query(asked): Query<Search>) -> Result<Response, Error> {
    let connection = match asked.connection.as_str() {
        "" => directories(&console).next().map(|it| it.id),
        text => Some(id(text)?),
    };
    let page = page(&console, connection, asked.q, "", None).await?;
    Ok(Page::new(page).into_response())
}

/// `POST /admin/users/directory`
async fn add(ConsoleForm(console, form): ConsoleForm<AddForm>) -> Result<Response, Error> {
    match save(&console, &form).await {
        Ok((address, href)) => tell_at_with(
            &console,
            &href,
            &format!(
                "Created {address}. The first single sign-on of this person finds the account."
            ),
            (PATH, "Add another from the directory"),
        ),
        Err(why @ (Refused::Invalid(_) | Refused::Taken(_) | Refused::Full(_))) => {
            let page = page(
                &console,
                Some(form.connection),
                form.q,
                &form.person,
                Some(&why),
            )
            .await?;
            Ok(refusal_page(page, &why.obstacle()).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn save(console: &Console, form: &AddForm) -> Result<(String, String), Refused> {
    let admin = console.admin();
    let connection = admin.connection(form.connection).await?;
    let object_id = form
        .person
        .parse()
        .map_err(|_| Refused::invalid("person", "Choose somebody."))?;
    let group = form
        .group
        .parse()
        .map_err(|_| Refused::invalid("group", "Choose a permission group."))?;
    let (app, company) = (&console.app, &console.site.company);
    let turn = app.provider_turn(company);
    let _turn = turn.map_err(|cause| Refused::invalid("person", format!("{cause}")))?;
    let keeper = app.directory_keeper(company);
    let directory = keeper
        .open(&connection)
        .map_err(|cause| Refused::invalid("person", cause.to_string()))?;
    let new = NewDirectoryUser {
        object_id,
        groups: vec![group],
    };
    let user = admin.add_directory_user(&directory, new).await?;
    Ok((user.email.to_string(), format!("/admin/users/{}", user.id)))
}

async fn page(
    console: &Console,
    connection: Option<ConnectionId>,
    q: String,
    chosen: &str,
    refused: Option<&Refused>,
) -> Result<DirectoryUsersPage, Error> {
    let groups = console.app.desk.groups(console.company()).await?;
    // Administrators are made where that is asked once more.
    let groups = groups.iter();
    let members = groups.filter(|group: &&Group| group.kind != GroupKind::Administrator);
    let groups = group_choice(members);
    let current = connection.map(|id| id.to_string()).unwrap_or_default();
    let connections = directories(console).map(|it| (it.id.to_string(), it.display_name.clone()));
    let (found, failure) = match directories(console).find(|it| Some(it.id) == connection) {
        Some(connection) if !q.trim().is_empty() => search(console, connection, &q, chosen).await,
        _ => (None, String::new()),
    };
    let obstacle = refused.map(Refused::obstacle).unwrap_or_default();
    Ok(DirectoryUsersPage {
        frame: console.frame(Section::Users, "Add from directory"),
        connections: Item::list(connections, &current),
        connection: current,
        q,
        found,
        groups,
        problems: refused.map(Refused::problems).unwrap_or_default(),
        obstacle: if obstacle.is_empty() {
            failure
        } else {
            obstacle
        },
    })
}

/// Who is found, or why nobody can be looked up.
async fn search(
    console: &Console,
    connection: &Connection,
    q: &str,
    chosen: &str,
) -> (Option<Vec<PersonLine>>, String) {
    let (app, company) = (&console.app, &console.site.company);
    let _turn = match app.provider_turn(company) {
        Ok(turn) => turn,
        Err(cause) => return (None, format!("{cause} Try again in a few seconds.")),
    };
    let found = match app.directory_keeper(company).open(connection) {
        Ok(directory) => directory.find_people(q).await,
        Err(cause) => Err(cause),
    };
    match found {
        Ok(found) => {
            let line = |person| PersonLine::of(person, chosen);
            (Some(found.into_iter().map(line).collect()), String::new())
        }
        Err(cause) => {
            let advice = cause.advice().unwrap_or_default();
            (None, format!("{cause} {advice}").trim_end().to_owned())
        }
    }
}

impl PersonLine {
    fn of(found: FoundPerson, chosen: &str) -> Self {
        let object_id = found.user.id.to_string();
        Self {
            is_chosen: object_id == chosen,
            name: found.user.display_name.unwrap_or_else(|| object_id.clone()),
            email: found.email.unwrap_or_default(),
            principal_name: found.user.principal_name.unwrap_or_default(),
            is_disabled: found.is_disabled,
            is_guest: found.is_guest,
            object_id,
        }
    }

    /// Whether a user can be made of this person.
    fn is_usable(&self) -> bool {
        !self.is_disabled && !self.email.is_empty()
    }
}

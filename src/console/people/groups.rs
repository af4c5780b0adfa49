//! Permission groups: the list, and a new one ("Create New Permission").

use askama::Template;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::directory_groups::{DirectoryPanel, panels};
use super::group_form::{GroupFields, empty, form};
use super::words::{kind_text, number};
use crate::admin::Refused;
use crate::console::connection::group_first;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Section, refusal_page, tell_at_with};
use crate::domain::GroupKind;
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/groups", get(show))
        .route("/admin/groups/new", get(new).post(create))
}

#[derive(Debug, Template)]
#[template(path = "console/people/groups.html")]
struct GroupsPage {
    frame: ConsoleFrame,
    rows: Vec<GroupLine>,
    directories: Vec<DirectoryPanel>,
}

#[derive(Debug)]
struct GroupLine {
    href: String,
    title: String,
    kind: &'static str,
    is_administrator: bool,
    sso_only: bool,
    members: String,
    members_href: String,
}

/// `GET /admin/groups`
async fn show(console: Console) -> Result<Response, Error> {
    let groups = console.app.desk.list_groups(console.company()).await?;
    let rows = groups.iter().map(|listed| GroupLine {
        href: format!("/admin/groups/{}", listed.group.id),
        title: listed.group.title.clone(),
        kind: kind_text(listed.group.kind),
        is_administrator: listed.group.kind == GroupKind::Administrator,
        sso_only: listed.group.sso_only,
        members: number(listed.members),
        members_href: format!("/admin/users?group={}", listed.group.id),
    });
    Ok(Page::new(GroupsPage {
        rows: rows.collect(),
        directories: panels(&console).await?,
        frame: console.frame(Section::Users, "Users & Permissions"),
    })
    .into_response())
}

/// `GET /admin/groups/new`
async fn new(console: Console) -> Response {
    empty(&console, String::new()).into_response()
}

/// `POST /admin/groups/new`
async fn create(
    parts: Parts,
    ConsoleForm(console, fields): ConsoleForm<GroupFields>,
) -> Result<Response, Error> {
    let text = fields.text();
    match console.admin().create_group(&text).await {
        Ok(group) => {
            console.changed().await?;
            if !fields.kept.is_empty() {
                return group_first::go_on(&console, parts, &fields.kept, &group).await;
            }
            let told = format!("Created the permission group \"{}\".", group.title);
            let next = if console.site.connections().next().is_none() {
                ("/admin/connections/add", "Next: add a connection")
            } else {
                ("/admin/users/new", "Create SSO User")
            };
            tell_at_with(
                &console,
                &format!("/admin/groups/{}", group.id),
                &told,
                next,
            )
        }
        Err(why @ (Refused::Invalid(_) | Refused::Taken(_) | Refused::Full(_))) => {
            let page = form(&console, text, fields.kept, Some(&why));
            Ok(refusal_page(page, &why.obstacle()).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

//! The end of a permission group: who loses what it gives is said first.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::group::{GroupUseLine, MemberLine, group_use_line, member};
use super::words::{ConnectionNames, counted, id, number};
use crate::admin::COUNTED;
use crate::console::{Console, ConsoleForm, ConsoleFrame, Nothing, Section, tell_deletion};
use crate::domain::{GroupId, GroupKind};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/groups/{id}/delete", get(ask).post(delete))
}

#[derive(Debug, Template)]
#[template(path = "console/people/group_delete.html")]
struct GroupDeletePage {
    frame: ConsoleFrame,
    href: String,
    title: String,
    uses: Vec<GroupUseLine>,
    members: String,
    has_members: bool,
    left_without: String,
    is_administrator: bool,
    first: Vec<MemberLine>,
    more: String,
    /// Which applications nobody could use any more; empty where there is none.
    nobody_left: String,
}

/// `GET /admin/groups/{id}/delete`
async fn ask(console: Console, Path(group): Path<String>) -> Result<Response, Error> {
    let group: GroupId = id(&group)?;
    let (found, _) = console.admin().group(group).await?;
    let loss = console.admin().loss_of_group(group).await?;
    let connections = ConnectionNames::of(&console);
    let store = &console.app.desk;
    let listed = store.list_members(console.company(), group, 1).await?;
    let more = loss.members.saturating_sub(listed.rows.len() as u64);
    Ok(Page::new(GroupDeletePage {
        frame: console.frame(Section::Users, format!("Delete \"{}\"?", found.title)),
        href: format!("/admin/groups/{group}"),
        uses: loss.uses.iter().map(group_use_line).collect(),
        has_members: loss.members > 0,
        members: counted(loss.members, "member", "members"),
        left_without: match loss.left_without {
            0 => String::new(),
            1 => "One of them is in no other group.".to_owned(),
            many if many >= u64::from(COUNTED) => {
                format!("{} of them or more are in no other group.", number(many))
            }
            many => format!("{} of them are in no other group.", number(many)),
        },
        is_administrator: found.kind == GroupKind::Administrator,
        first: listed
            .rows
            .iter()
            .map(|row| member(row, &found, &connections))
            .collect(),
        more: if more > 0 {
            format!("and {} more", number(more))
        } else {
            String::new()
        },
        nobody_left: match loss.applications.join(", ").as_str() {
            "" => String::new(),
            names => format!(
                "Nobody of your company could use {names} any more: no other group may. Say who may under Applications."
            ),
        },
        title: found.title,
    })
    .into_response())
}

/// `POST /admin/groups/{id}/delete`
async fn delete(
    Path(group): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let group = console.admin().delete_group(id(&group)?).await?;
    let told = format!("Deleted the permission group \"{}\".", group.title);
    tell_deletion(&console, "/admin/groups", &told).await
}

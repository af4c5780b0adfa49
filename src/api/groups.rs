//! Permission groups: listed, made, read, changed, deleted.

use super::caller::needs::{GroupsRead, GroupsWrite};
use super::group::{GroupChangeIn, GroupOut, NewGroupIn};
use super::idempotency::{
    CreatedResource, IdempotencyKey, IdempotencyKeyHeader, create_once, stored_id,
};
use super::json_body::{JsonBody, UnreadJsonBody};
use super::paging::{ListRequest, PageOut, PageQuery};
use super::path::Ids;
use super::query::NoParameters;
use super::version::{IfMatch, IfMatchHeader};
use super::{Answer, Caller, answer};
use crate::domain::{Group, GroupId};
use crate::http::problem::Problem;

const PATH: &str = "/api/v1/groups";

/// Lists permission groups, by title.
#[utoipa::path(get, path = "/api/v1/groups", tag = "Groups", operation_id = "listGroups",
    params(PageQuery), security(("token" = ["groups:read"])),
    responses((status = 200, description = "A page of permission groups.", body = PageOut<GroupOut>)))]
pub(super) async fn list(
    caller: Caller<GroupsRead>,
    list: ListRequest<NoParameters, String>,
) -> Answer {
    let admin = caller.admin();
    let page = admin.groups_after(list.after.clone(), list.limit).await?;
    let items = page
        .rows
        .iter()
        .map(|listed| GroupOut::new(&listed.group, listed.members))
        .collect();
    list.answer(&caller, items, page.next.as_ref())
}

/// Makes a permission group.
#[utoipa::path(post, path = "/api/v1/groups", tag = "Groups", operation_id = "createGroup",
    params(IdempotencyKeyHeader), request_body = NewGroupIn, security(("token" = ["groups:write"])),
    responses((status = 201, description = "The group that was made.", body = GroupOut,
        headers(("ETag" = String, description = "The version."), ("Location" = String, description = "The address.")))))]
pub(super) async fn create(
    caller: Caller<GroupsWrite>,
    key: IdempotencyKey,
    JsonBody { value, octets }: JsonBody<NewGroupIn>,
) -> Answer {
    let making = |caller| make(caller, value);
    let reading = |caller, id, _| load_created(caller, id);
    create_once(caller, key, PATH, &octets, making, reading).await
}

async fn make(caller: Caller<GroupsWrite>, new: NewGroupIn) -> Result<CreatedResource, Problem> {
    let group = caller.admin().create_group(&new.text()).await?;
    caller.catch_up().await?;
    load_created(caller, group.id.to_string()).await
}

/// A group that was made.
async fn load_created(caller: Caller<GroupsWrite>, id: String) -> Result<CreatedResource, Problem> {
    let (group, version) = caller.admin().group(stored_id(&id)?).await?;
    Ok(CreatedResource {
        location: format!("{PATH}/{id}"),
        version,
        body: answer::text(&GroupOut::new(&group, 0))?,
    })
}

/// Shows a permission group.
#[utoipa::path(get, path = "/api/v1/groups/{id}", tag = "Groups", operation_id = "showGroup",
    params(("id" = String, Path, description = "The group.")), security(("token" = ["groups:read"])),
    responses((status = 200, description = "The group.", body = GroupOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn show(caller: Caller<GroupsRead>, Ids((id,)): Ids<(GroupId,)>) -> Answer {
    let (group, version) = caller.admin().group(id).await?;
    answer_group(&caller, &group, &version).await
}

/// Changes a permission group.
///
/// One of administrators, before or after, only with `admins:write`; so is how the members of one sign in that has an
/// administrator in it.
#[utoipa::path(patch, path = "/api/v1/groups/{id}", tag = "Groups", operation_id = "changeGroup",
    params(("id" = String, Path, description = "The group."), IfMatchHeader),
    request_body = GroupChangeIn, security(("token" = ["groups:write"])),
    responses((status = 200, description = "The group as it is now.", body = GroupOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn edit(
    caller: Caller<GroupsWrite>,
    Ids((id,)): Ids<(GroupId,)>,
    if_match: IfMatch,
    sent: UnreadJsonBody<GroupChangeIn>,
) -> Answer {
    let admin = caller.admin();
    let (group, now) = admin.group(id).await?;
    let version = if_match.against(now);
    admin.check_group_version(id, &version).await?;
    let text = sent.value()?.on(&group);
    let _ = admin.edit_group(id, &version, &text).await?;
    caller.catch_up().await?;
    let (group, version) = admin.group(id).await?;
    answer_group(&caller, &group, &version).await
}

/// Deletes a permission group and every membership in it.
///
/// Refused while a connection puts users into it. One of administrators needs `admins:write`; so does one that keeps an
/// administrator from passwords.
#[utoipa::path(delete, path = "/api/v1/groups/{id}", tag = "Groups", operation_id = "deleteGroup",
    params(("id" = String, Path, description = "The group.")), security(("token" = ["groups:write"])),
    responses((status = 204, description = "The group is gone.")))]
pub(super) async fn delete(caller: Caller<GroupsWrite>, Ids((id,)): Ids<(GroupId,)>) -> Answer {
    caller.admin().delete_group(id).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

async fn answer_group<S>(caller: &Caller<S>, group: &Group, version: &str) -> Answer {
    let members = caller.app.desk.count_members(group.id).await?;
    answer::versioned(&GroupOut::new(group, members), version)
}

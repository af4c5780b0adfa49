//! What a user may do: activity, password, groups, identities, sessions.

use super::caller::needs::{UsersRead, UsersWrite};
use super::json_body::JsonBody;
use super::path::Ids;
use super::user::{DeletionOut, EndedSessions, IdentityOut, NewMembership, NewPasswordIn, UserOut};
use super::users::read;
use super::{Answer, Caller, answer};
use crate::admin::Added;
use crate::domain::{ConnectionId, GroupId, UserId};
use crate::http::rate_limit::in_password_turn;

async fn answer_user(caller: &Caller<UsersWrite>, id: UserId) -> Answer {
    caller.catch_up().await?;
    let (out, version) = read(caller, id).await?;
    answer::versioned(&out, &version)
}

/// Lets a deactivated user in again.
#[utoipa::path(post, path = "/api/v1/users/{id}/activate", tag = "Users", operation_id = "activateUser",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:write"])),
    responses((status = 200, description = "The user, active.", body = UserOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn activate(caller: Caller<UsersWrite>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    caller.admin().activate_user(id).await?;
    answer_user(&caller, id).await
}

/// Deactivates a user and ends the user's sessions.
#[utoipa::path(post, path = "/api/v1/users/{id}/deactivate", tag = "Users", operation_id = "deactivateUser",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:write"])),
    responses((status = 200, description = "The user, deactivated.", body = UserOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn deactivate(caller: Caller<UsersWrite>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    caller.admin().deactivate_user(id).await?;
    answer_user(&caller, id).await
}

/// Shows what would go with a user.
#[utoipa::path(get, path = "/api/v1/users/{id}/deletion", tag = "Users", operation_id = "showUserDeletion",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:read"])),
    responses((status = 200, description = "What would go. Nothing is changed.", body = DeletionOut)))]
pub(super) async fn deletion(caller: Caller<UsersRead>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    let uses = caller.admin().user_use(id).await?;
    answer::json(&DeletionOut::from(uses))
}

/// Deletes a user for good.
///
/// The user's sessions end; identities, memberships, password and the records of sign-ins go. In the audit log and in versions
/// of trust a name that tells nobody stands in the user's place. Who signs in through a connection that makes accounts gets a new
/// one: to keep somebody out, deactivate. An administrator is deleted with `admins:write` only.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "Users", operation_id = "deleteUser",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:write"])),
    responses((status = 204, description = "The user is gone.")))]
pub(super) async fn delete(caller: Caller<UsersWrite>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    caller.admin().delete_user(id).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// Ends every session of a user.
#[utoipa::path(post, path = "/api/v1/users/{id}/sign-out", tag = "Users", operation_id = "signOutUser",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:write"])),
    responses((status = 200, description = "How many sessions ended.", body = EndedSessions)))]
pub(super) async fn sign_out(caller: Caller<UsersWrite>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    let ended = caller.admin().sign_out_user(id, None).await?;
    caller.catch_up().await?;
    answer::json(&EndedSessions {
        sessions_ended: ended as u64,
    })
}

/// Sets a user's password and ends the user's sessions.
#[utoipa::path(put, path = "/api/v1/users/{id}/password", tag = "Users", operation_id = "setPassword",
    params(("id" = String, Path, description = "The user.")), request_body = NewPasswordIn, security(("token" = ["users:write"])),
    responses((status = 204, description = "The password is set.")))]
pub(super) async fn set_password(
    caller: Caller<UsersWrite>,
    Ids((id,)): Ids<(UserId,)>,
    JsonBody { value, .. }: JsonBody<NewPasswordIn>,
) -> Answer {
    let working = caller.clone();
    let work = async move {
        let admin = working.admin();
        admin.set_password(id, value.password, None).await
    };
    in_password_turn(&caller.app, caller.company(), work).await??;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// Removes a user's password and ends the user's sessions.
#[utoipa::path(delete, path = "/api/v1/users/{id}/password", tag = "Users", operation_id = "removePassword",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:write"])),
    responses((status = 204, description = "There is no password.")))]
pub(super) async fn remove_password(
    caller: Caller<UsersWrite>,
    Ids((id,)): Ids<(UserId,)>,
) -> Answer {
    caller.admin().remove_password(id, None).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// Puts a user into a permission group.
///
/// A group of administrators needs `admins:write`. Whoever becomes an administrator loses a password that a token without it has set.
#[utoipa::path(put, path = "/api/v1/users/{id}/groups/{group}", tag = "Users", operation_id = "addToGroup",
    params(("id" = String, Path, description = "The user."), ("group" = String, Path, description = "The group.")),
    security(("token" = ["users:write"])),
    responses((status = 200, description = "The user is in the group.", body = NewMembership)))]
pub(super) async fn add_to_group(
    caller: Caller<UsersWrite>,
    Ids((id, group)): Ids<(UserId, GroupId)>,
) -> Answer {
    let added = caller.admin().add_to_group(id, group).await?;
    caller.catch_up().await?;
    answer::json(&NewMembership {
        password_removed: added == Added::WithoutPassword,
    })
}

/// Takes a user out of a permission group, as far as an administrator put the user there.
///
/// What an identity provider says stays until the user's next sign-in. A group of administrators needs `admins:write`.
#[utoipa::path(delete, path = "/api/v1/users/{id}/groups/{group}", tag = "Users", operation_id = "takeFromGroup",
    params(("id" = String, Path, description = "The user."), ("group" = String, Path, description = "The group.")),
    security(("token" = ["users:write"])),
    responses((status = 204, description = "No administrator's word puts the user into the group.")))]
pub(super) async fn take_from_group(
    caller: Caller<UsersWrite>,
    Ids((id, group)): Ids<(UserId, GroupId)>,
) -> Answer {
    caller.admin().take_from_group(id, group).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// Lists by what connections know a user.
#[utoipa::path(get, path = "/api/v1/users/{id}/identities", tag = "Users", operation_id = "listIdentities",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:read"])),
    responses((status = 200, description = "The names by which connections know the user; there may be several of one connection.", body = Vec<IdentityOut>)))]
pub(super) async fn identities(caller: Caller<UsersRead>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    let (user, _) = caller.admin().user(id).await?;
    let identities = caller.app.desk.identities_of(user.id).await?;
    let identities: Vec<IdentityOut> = identities.iter().map(IdentityOut::from).collect();
    answer::json(&identities)
}

/// Forgets by what a connection knows a user.
///
/// The sessions that began through it end. The next sign-in through it with the same e-mail address may bind another identity.
#[utoipa::path(delete, path = "/api/v1/users/{id}/identities/{connection}", tag = "Users", operation_id = "unlinkIdentity",
    params(("id" = String, Path, description = "The user."), ("connection" = String, Path, description = "The connection.")),
    security(("token" = ["users:write"])),
    responses((status = 204, description = "The connection does not know the user.")))]
pub(super) async fn unlink(
    caller: Caller<UsersWrite>,
    Ids((id, connection)): Ids<(UserId, ConnectionId)>,
) -> Answer {
    caller.admin().unlink_identity(id, connection, None).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

//! Users: listed, made, read, changed.

use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::needs::{UsersRead, UsersWrite};
use super::idempotency::{
    CreatedResource, IdempotencyKey, IdempotencyKeyHeader, create_once, stored_id,
};
use super::json_body::{JsonBody, UnreadJsonBody};
use super::paging::{self, ListRequest, PageOut, PageQuery};
use super::path::Ids;
use super::user::{ChangedUser, CreatedBy, NewUserIn, UserChangeIn, UserOut};
use super::version::{IfMatch, IfMatchHeader};
use super::{Answer, Caller, answer};
use crate::admin;
use crate::domain::{ConnectionId, GrantSource, Group, GroupId, UserId};
use crate::http::export;
use crate::http::problem::Problem;
use crate::http::rate_limit::in_password_turn;
use crate::store::{SignInMethod, UserFilter};

const PATH: &str = "/api/v1/users";

/// Which users to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UserQuery {
    /// Words, each of which is a part of the e-mail address, a name or the company.
    #[param(max_length = 200, nullable = false)]
    search: Option<String>,
    /// In this permission group.
    #[param(nullable = false)]
    group: Option<String>,
    /// Active, or deactivated.
    #[param(nullable = false)]
    active: Option<bool>,
    #[param(nullable = false)]
    created_by: Option<CreatedBy>,
    /// By how the user signs in.
    #[param(nullable = false, inline)]
    way: Option<WayOut>,
}

/// How a user signs in: with a password, by single sign-on, or not yet.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WayOut {
    Password,
    Sso,
    Waiting,
}

/// Lists users, by e-mail address.
#[utoipa::path(get, path = "/api/v1/users", tag = "Users", operation_id = "listUsers",
    params(UserQuery, PageQuery), security(("token" = ["users:read"])),
    responses((status = 200, description = "A page of users.", body = PageOut<UserOut>)))]
pub(super) async fn list(
    caller: Caller<UsersRead>,
    list: ListRequest<UserQuery, String>,
) -> Answer {
    let filter = list.query.filter()?;
    let (admin, after) = (caller.admin(), list.after.clone());
    let page = admin.users_after(&filter, after, list.limit).await?;
    let items = page
        .rows
        .iter()
        .map(|listed| UserOut::new(&listed.user, listed.bound, &listed.grants))
        .collect();
    list.answer(&caller, items, page.next.as_ref())
}

impl UserQuery {
    fn filter(&self) -> Result<UserFilter, Problem> {
        Ok(UserFilter {
            search: paging::text("search", self.search.as_deref(), paging::LONGEST_SEARCH)?
                .unwrap_or_default(),
            group: paging::id(
                "group",
                self.group.as_deref(),
                "Use the identifier of a group.",
            )?,
            active: self.active,
            created_by: self.created_by.map(Into::into),
            method: self.way.map(|way| match way {
                WayOut::Password => SignInMethod::Password,
                WayOut::Sso => SignInMethod::SingleSignOn,
                WayOut::Waiting => SignInMethod::Waiting,
            }),
        })
    }
}

/// Exports all users as one file.
///
/// It is made while it is sent, and has the form that an import takes. That it was asked for stands in the audit log.
#[utoipa::path(get, path = "/api/v1/users/export", tag = "Users", operation_id = "exportUsers",
    security(("token" = ["users:read"])),
    responses((status = 200, description = "Every user of the company, by e-mail address. Where the connection breaks before the end, the file is not whole.",
        body = String, content_type = "text/csv; charset=utf-8; header=present")))]
pub(super) async fn all(caller: Caller<UsersRead>) -> Answer {
    Ok(export::users(&caller.app, &caller.site, &caller.admin()).await?)
}

/// Makes a user.
///
/// Without a password the user waits for the first single sign-on.
#[utoipa::path(post, path = "/api/v1/users", tag = "Users", operation_id = "createUser",
    params(IdempotencyKeyHeader), request_body = NewUserIn, security(("token" = ["users:write"])),
    responses((status = 201, description = "The user that was made.", body = UserOut,
        headers(("ETag" = String, description = "The version."), ("Location" = String, description = "The address.")))))]
pub(super) async fn create(
    caller: Caller<UsersWrite>,
    key: IdempotencyKey,
    JsonBody { value, octets }: JsonBody<NewUserIn>,
) -> Answer {
    let making = |caller| make(caller, value);
    let reading = |caller, id, _| load_created(caller, id);
    create_once(caller, key, PATH, &octets, making, reading).await
}

async fn make(caller: Caller<UsersWrite>, new: NewUserIn) -> Result<CreatedResource, Problem> {
    let mut groups = Vec::new();
    for text in &new.groups {
        let group = text.parse::<GroupId>();
        let Ok(group) = group else {
            let problem = admin::Refused::invalid(
                "groups",
                "Use identifiers of this company's permission groups.",
            );
            return Err(problem.into());
        };
        groups.push(group);
    }
    let user = admin::NewUser {
        text: admin::UserText {
            email: new.email,
            first_name: new.first_name,
            last_name: new.last_name,
            company_name: new.company_name,
        },
        groups,
        password: new.password,
        connection: first_through(&caller.admin(), new.connection.as_deref()).await?,
    };
    let has_password = user.password.is_some();
    let working = caller.clone();
    let work = async move { working.admin().create_user(user).await };
    let made = if has_password {
        in_password_turn(&caller.app, caller.company(), work).await?
    } else {
        work.await
    };
    let user = made.map_err(by_member)?;
    caller.catch_up().await?;
    load_created(caller, user.id.to_string()).await
}

/// A user that was made.
async fn load_created(caller: Caller<UsersWrite>, id: String) -> Result<CreatedResource, Problem> {
    let (out, version) = read(&caller, stored_id(&id)?).await?;
    Ok(CreatedResource {
        location: format!("{PATH}/{id}"),
        version,
        body: answer::text(&out)?,
    })
}

/// The connection of a first single sign-on, where one is said.
async fn first_through(
    admin: &admin::Admin<'_>,
    connection: Option<&str>,
) -> Result<Option<ConnectionId>, Problem> {
    match connection {
        Some(text) => Ok(Some(super::domains::connection(admin, text).await?)),
        None => Ok(None),
    }
}

/// The console's form calls the groups of a new user by another name.
fn by_member(mut refused: admin::Refused) -> admin::Refused {
    if let admin::Refused::Invalid(problems) = &mut refused {
        for problem in problems.0.iter_mut().filter(|it| it.field == "group") {
            problem.field = "groups";
        }
    }
    refused
}

/// Shows a user.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "Users", operation_id = "showUser",
    params(("id" = String, Path, description = "The user.")), security(("token" = ["users:read"])),
    responses((status = 200, description = "The user.", body = UserOut, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn show(caller: Caller<UsersRead>, Ids((id,)): Ids<(UserId,)>) -> Answer {
    let (out, version) = read(&caller, id).await?;
    answer::versioned(&out, &version)
}

/// Changes a user's address and names, and the connection of a first single sign-on that has not come yet.
///
/// Of an administrator, and the connection, only with `admins:write`. Without it, another address also forgets by what connections know the user and
/// ends the user's sessions: whoever signs in with the new address next is the user.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "Users", operation_id = "changeUser",
    params(("id" = String, Path, description = "The user."), IfMatchHeader),
    request_body = UserChangeIn, security(("token" = ["users:write"])),
    responses((status = 200, description = "The user as it is now.", body = ChangedUser, headers(("ETag" = String, description = "The version.")))))]
pub(super) async fn edit(
    caller: Caller<UsersWrite>,
    Ids((id,)): Ids<(UserId,)>,
    if_match: IfMatch,
    sent: UnreadJsonBody<UserChangeIn>,
) -> Answer {
    let admin = caller.admin();
    let (user, now) = admin.user(id).await?;
    let version = if_match.against(now);
    admin.check_user_version(id, &version).await?;
    let change = sent.value()?;
    let connection = first_through(&admin, change.connection.as_deref()).await?;
    let text = change.on(&user);
    let edited = admin.edit_user(id, &version, &text, connection).await?;
    caller.catch_up().await?;
    let (out, version) = read(&caller, id).await?;
    answer::versioned(&ChangedUser::new(out, &edited.lost), &version)
}

/// A user of the company as it is told, and its version.
pub(super) async fn read<S>(caller: &Caller<S>, id: UserId) -> Result<(UserOut, String), Problem> {
    let (user, version) = caller.admin().user(id).await?;
    let store = &caller.app.desk;
    let groups = store.groups_and_grants(caller.company(), id).await?;
    let of = |(group, sources): (Group, Vec<GrantSource>)| {
        let with = move |source| (group.clone(), source);
        sources.into_iter().map(with)
    };
    let grants: Vec<(Group, GrantSource)> = groups.into_iter().flat_map(of).collect();
    let bound = !store.identities_of(id).await?.is_empty();
    Ok((UserOut::new(&user, bound, &grants), version))
}

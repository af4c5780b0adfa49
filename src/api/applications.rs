//! The applications that serve the company: listed, shown, and who may use each.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::{GroupsRead, GroupsWrite};
use super::json_body::{UnreadJsonBody, present};
use super::path::Ids;
use super::version::{IfMatch, IfMatchHeader};
use super::{Answer, Caller, answer};
use crate::admin::{Admin, CompanyApplication, Refused, titles_of};
use crate::domain::{AllowedUsers, ApplicationName, Group};
use crate::http::problem::Problem;

/// An application that serves the company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Application)]
pub(super) struct ApplicationOut {
    /// Its name in addresses.
    name: String,
    /// Its name for people.
    display_name: String,
    description: String,
    /// Where it is for users of the company, the first one first.
    origins: Vec<String>,
    /// Whom its tokens are for (`aud`).
    audience: String,
    /// The permission groups that it is told of, by title, whether the company has them or not.
    told_groups: Vec<String>,
    /// What it is told of whoever opens it.
    headers: Vec<ToldHeaderOut>,
    allowed: AllowedUsersOut,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A header that an application gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ToldHeader)]
pub(super) struct ToldHeaderOut {
    /// What it tells: `user`, `email`, `name`, `groups`, `groups_omitted`, `company` or `identity` (a signed token).
    tells: &'static str,
    /// Its name.
    name: String,
}

/// Which users of the company may use an application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllowedUsers)]
pub(super) struct AllowedUsersOut {
    /// All of them.
    everybody: bool,
    /// Otherwise those of these permission groups, by title; nobody where there is none.
    groups: Vec<String>,
}

/// Which users of the company are to use an application: `everybody`, or `groups`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = AllowedUsersChange)]
#[serde(deny_unknown_fields)]
pub(super) struct AllowedUsersIn {
    /// All of them. Then there are no `groups`.
    #[serde(default)]
    #[schema(default = false)]
    everybody: bool,
    /// Those of these permission groups, by title, and nobody else; nobody at all where it is empty.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    groups: Option<Vec<String>>,
}

/// Lists the applications that serve the company, by name.
#[utoipa::path(get, path = "/api/v1/applications", tag = "Applications", operation_id = "listApplications",
    security(("token" = ["groups:read"])),
    responses((status = 200, description = "All of them.", body = Vec<ApplicationOut>)))]
pub(super) async fn list(caller: Caller<GroupsRead>) -> Answer {
    let all = caller.admin().applications().await?;
    let groups = caller.app.desk.groups(caller.company()).await?;
    let slug = caller.site.company.slug.as_str();
    let all = all.iter();
    let all: Vec<ApplicationOut> = all
        .map(|it| ApplicationOut::new(it, slug, &groups))
        .collect();
    answer::json(&all)
}

/// Shows an application.
#[utoipa::path(get, path = "/api/v1/applications/{name}", tag = "Applications", operation_id = "showApplication",
    params(("name" = String, Path, description = "The application.")), security(("token" = ["groups:read"])),
    responses((status = 200, description = "The application.", body = ApplicationOut,
        headers(("ETag" = String, description = "The version of who may use it.")))))]
pub(super) async fn show(
    caller: Caller<GroupsRead>,
    Ids((name,)): Ids<(ApplicationName,)>,
) -> Answer {
    answer_application(&caller, &name).await
}

/// Says which users of the company may use an application: exactly these from now on.
///
/// It counts at once, also for who is signed in there. Whoever is in none of the groups may not use it, an administrator neither.
#[utoipa::path(put, path = "/api/v1/applications/{name}/allowed-groups", tag = "Applications", operation_id = "setAllowedGroups",
    params(("name" = String, Path, description = "The application."), IfMatchHeader),
    request_body = AllowedUsersIn, security(("token" = ["groups:write"])),
    responses((status = 200, description = "The application as it is now.", body = ApplicationOut,
        headers(("ETag" = String, description = "The version of who may use it.")))))]
pub(super) async fn set_allowed(
    caller: Caller<GroupsWrite>,
    Ids((name,)): Ids<(ApplicationName,)>,
    if_match: IfMatch,
    sent: UnreadJsonBody<AllowedUsersIn>,
) -> Answer {
    let admin = caller.admin();
    let it = admin.application_named(&name).await?;
    let version = if_match.against(it.version());
    admin.check_allowed_version(&it, &version).await?;
    let wanted = sent.value()?.allowed(&admin).await?;
    let id = it.application.id;
    let _ = admin.set_allowed(id, &version, &wanted).await?;
    caller.catch_up().await?;
    answer_application(&caller, &name).await
}

async fn answer_application<S>(caller: &Caller<S>, name: &ApplicationName) -> Answer {
    let it = caller.admin().application_named(name).await?;
    let groups = caller.app.desk.groups(caller.company()).await?;
    let slug = caller.site.company.slug.as_str();
    answer::versioned(&ApplicationOut::new(&it, slug, &groups), &it.version())
}

impl AllowedUsersIn {
    async fn allowed(self, admin: &Admin<'_>) -> Result<AllowedUsers, Problem> {
        match (self.everybody, self.groups) {
            (true, None) => Ok(AllowedUsers::Everybody),
            // As it is shown.
            (true, Some(none)) if none.is_empty() => Ok(AllowedUsers::Everybody),
            (true, Some(_)) => Err(Refused::invalid(
                "groups",
                "Everybody, or some permission groups: not both.",
            )
            .into()),
            (false, Some(titles)) => {
                let groups = admin.groups_titled(&titles).await?;
                Ok(AllowedUsers::Groups(groups))
            }
            (false, None) => Err(Refused::invalid(
                "groups",
                "Say that it is for everybody, or for which permission groups.",
            )
            .into()),
        }
    }
}

impl ApplicationOut {
    fn new(it: &CompanyApplication, slug: &str, known: &[Group]) -> Self {
        let CompanyApplication {
            application,
            allowed,
        } = it;
        let settings = &application.settings;
        let headers = settings.header_names().into_iter();
        let headers = headers.map(|(tells, name)| ToldHeaderOut {
            tells,
            name: name.to_owned(),
        });
        Self {
            name: application.name.to_string(),
            display_name: application.display_name.clone(),
            description: settings.description.clone(),
            origins: settings.origins_of(slug),
            audience: settings.audience(),
            told_groups: settings.groups.clone(),
            headers: headers.collect(),
            allowed: AllowedUsersOut {
                everybody: *allowed == AllowedUsers::Everybody,
                groups: match allowed {
                    AllowedUsers::Everybody => Vec::new(),
                    AllowedUsers::Groups(ids) => titles_of(ids, known),
                },
            },
            created_at: application.created_at,
        }
    }
}

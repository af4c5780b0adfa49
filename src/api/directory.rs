//! A connection's directory: shown, set, switched off, tested, and people looked up in it.
//!
//! Invariants: a secret is taken and never told; what a directory is asked with is set with `admins:write` only, as the rest of the
//! connection. Tests: `tests/it/api/directory.rs`.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::caller::needs::{ConnectionsRead, ConnectionsWrite, UsersRead};
use super::connection::ClientSecretOut;
use super::json_body::{JsonBody, present};
use super::path::Ids;
use super::query::QueryParameters;
use super::{Answer, Caller, answer};
use crate::admin::{DirectoryEdit, Obstacle, Refused};
use crate::app::Turn;
use crate::directory::{
    DirectoryCheck, DirectoryError, DirectoryLine, DirectoryOutcome, FoundPerson,
};
use crate::domain::{ConnectionId, DirectoryCredential, DirectorySettings, GraphCloud};
use crate::http::problem::{Kind, Problem};

/// The directory that a connection is looked up in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Directory)]
struct DirectoryOut {
    /// The Directory (tenant) ID.
    tenant: String,
    cloud: CloudOut,
    credential: CredentialOut,
    /// The client ID of its own registration; null where the client of the sign-ins asks.
    #[schema(required = true)]
    client_id: Option<String>,
    /// The secrets of its own, the newest first: never what they are.
    client_secrets: Vec<ClientSecretOut>,
    synchronise: bool,
    every_minutes: u16,
    remove_gone_groups: bool,
}

/// A cloud of Microsoft.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Cloud)]
#[serde(rename_all = "snake_case")]
enum CloudOut {
    Global,
    UsGovernment,
    UsGovernmentDod,
    China,
}

/// What a directory is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DirectoryCredential)]
#[serde(rename_all = "snake_case")]
enum CredentialOut {
    /// The client of the sign-ins.
    SignIn,
    /// A registration of its own.
    Own,
}

/// A directory to set. What is missing stays, or is what a new one begins with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = DirectorySettings)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectoryIn {
    /// The Directory (tenant) ID; the tenant of the sign-ins where nothing is said.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 36, nullable = false)]
    tenant: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    cloud: Option<CloudOut>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    credential: Option<CredentialOut>,
    /// The Application (client) ID of a registration of its own.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 36, nullable = false)]
    client_id: Option<String>,
    /// Its secret, the Value. Write-only; the one before it is kept beside it.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 1024, nullable = false, write_only)]
    client_secret: Option<String>,
    /// When that secret ends.
    #[serde(default, with = "time::serde::rfc3339::option")]
    client_secret_expires_at: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    synchronise: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 5, maximum = 1440, nullable = false)]
    every_minutes: Option<u16>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    remove_gone_groups: Option<bool>,
}

/// What a test of a directory found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryCheck)]
struct DirectoryCheckOut {
    /// Whether the directory can be used.
    passed: bool,
    /// The application permissions to add, by their exact names.
    missing: Vec<&'static str>,
    lines: Vec<DirectoryLineOut>,
}

/// One question of the test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryLine)]
struct DirectoryLineOut {
    question: &'static str,
    state: DirectoryStateOut,
    /// The permission that is missing.
    #[schema(required = true)]
    permission: Option<&'static str>,
    found: String,
    /// What to do.
    #[schema(required = true)]
    advice: Option<String>,
}

/// How a question of the test ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = DirectoryState)]
#[serde(rename_all = "snake_case")]
enum DirectoryStateOut {
    Passed,
    Missing,
    NotNeeded,
    NotAsked,
    Failed,
}

/// Somebody in a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryPerson)]
struct PersonOut {
    object_id: String,
    #[schema(required = true)]
    display_name: Option<String>,
    /// The address that an account would get.
    #[schema(required = true)]
    email: Option<String>,
    #[schema(required = true)]
    user_principal_name: Option<String>,
    /// Whether the sign-in is blocked there.
    disabled: bool,
    guest: bool,
}

/// Who is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PersonSearch {
    /// A name, an e-mail address, a user principal name or an object ID. Without one nobody is found.
    #[serde(default)]
    #[param(max_length = 256, required = false)]
    search: String,
}

/// Shows a connection's directory.
#[utoipa::path(get, path = "/api/v1/connections/{id}/directory", tag = "Connections", operation_id = "showDirectory",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:read"])),
    responses((status = 200, description = "The directory.", body = DirectoryOut)))]
pub(super) async fn show(
    caller: Caller<ConnectionsRead>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let connection = caller.admin().connection(id).await?;
    let directory = connection.settings.directory.as_deref();
    answer::json(&DirectoryOut::of(directory.ok_or(Refused::NotFound)?))
}

/// Sets a connection's directory, or changes it.
///
/// It needs `admins:write` as well.
#[utoipa::path(put, path = "/api/v1/connections/{id}/directory", tag = "Connections", operation_id = "setDirectory",
    params(("id" = String, Path, description = "The connection.")),
    request_body = DirectoryIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "The directory as it is now.", body = DirectoryOut)))]
pub(super) async fn set(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
    JsonBody { value, .. }: JsonBody<DirectoryIn>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    admin.check_over_administrators()?;
    let after = admin.with_directory(&connection, &value.into(), caller.app.cloud())?;
    let after = admin.change_directory(&after).await?;
    caller.catch_up().await?;
    let directory = after.settings.directory.as_deref();
    answer::json(&DirectoryOut::of(directory.ok_or(Refused::NotFound)?))
}

/// Switches a connection's directory off.
///
/// What it gave to users is taken back; groups and users stay. It needs `admins:write` as well.
#[utoipa::path(delete, path = "/api/v1/connections/{id}/directory", tag = "Connections", operation_id = "removeDirectory",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:write"])),
    responses((status = 204, description = "The directory is off.")))]
pub(super) async fn remove(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    admin.check_over_administrators()?;
    admin.remove_directory(&connection).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

/// Tests a connection's directory, line by line.
///
/// It needs `admins:write` as well.
#[utoipa::path(post, path = "/api/v1/connections/{id}/directory/check", tag = "Connections", operation_id = "checkDirectory",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:write"])),
    responses((status = 200, description = "What was found.", body = DirectoryCheckOut)))]
pub(super) async fn check(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    admin.check_over_administrators()?;
    let _turn = turn(&caller)?;
    let keeper = caller.app.directory_keeper(&caller.site.company);
    let directory = keeper.open(&connection).map_err(|cause| refusal(&cause))?;
    let out = DirectoryCheckOut::of(&directory.check(None).await);
    Ok(answer::written(StatusCode::OK, answer::text(&out)?))
}

/// Looks people up in a connection's directory: at most 25.
#[utoipa::path(get, path = "/api/v1/connections/{id}/directory/users", tag = "Connections", operation_id = "findDirectoryUsers",
    params(("id" = String, Path, description = "The connection."), PersonSearch), security(("token" = ["users:read"])),
    responses((status = 200, description = "Who was found, who is meant exactly first.", body = Vec<PersonOut>)))]
pub(super) async fn find_users(
    caller: Caller<UsersRead>,
    Ids((id,)): Ids<(ConnectionId,)>,
    QueryParameters(wanted, _): QueryParameters<PersonSearch>,
) -> Answer {
    let connection = caller.admin().connection(id).await?;
    if connection.settings.directory.is_none() {
        return Err(refusal(&DirectoryError::NoDirectory));
    }
    let _turn = turn(&caller)?;
    let keeper = caller.app.directory_keeper(&caller.site.company);
    let directory = keeper.open(&connection).map_err(|cause| refusal(&cause))?;
    let found = directory
        .find_people(&wanted.search)
        .await
        .map_err(|cause| refusal(&cause))?;
    let all: Vec<PersonOut> = found.into_iter().map(PersonOut::from).collect();
    answer::json(&all)
}

/// A turn to ask; a company asks a few at a time.
fn turn<S>(caller: &Caller<S>) -> Result<Turn, Problem> {
    let turn = caller.app.provider_turn(&caller.site.company);
    turn.map_err(|_| Refused::from(Obstacle::OtherAddressesAsked).into())
}

/// Why a directory does not answer, with what to do.
fn refusal(cause: &DirectoryError) -> Problem {
    let advice = cause.advice().unwrap_or_default();
    let told = format!("{cause} {advice}");
    Problem::new(Kind::InTheWay, told.trim_end().to_owned())
}

impl From<DirectoryIn> for DirectoryEdit {
    fn from(value: DirectoryIn) -> Self {
        Self {
            tenant: value.tenant,
            cloud: value.cloud.map(GraphCloud::from),
            is_own: value.credential.map(|it| it == CredentialOut::Own),
            client_id: value.client_id,
            client_secret: value.client_secret,
            secret_expires: value.client_secret_expires_at,
            synchronise: value.synchronise,
            every_minutes: value.every_minutes,
            remove_gone_groups: value.remove_gone_groups,
        }
    }
}

impl From<CloudOut> for GraphCloud {
    fn from(cloud: CloudOut) -> Self {
        match cloud {
            CloudOut::Global => Self::Global,
            CloudOut::UsGovernment => Self::UsGovernment,
            CloudOut::UsGovernmentDod => Self::UsGovernmentDod,
            CloudOut::China => Self::China,
        }
    }
}

impl From<GraphCloud> for CloudOut {
    fn from(cloud: GraphCloud) -> Self {
        match cloud {
            GraphCloud::Global => Self::Global,
            GraphCloud::UsGovernment => Self::UsGovernment,
            GraphCloud::UsGovernmentDod => Self::UsGovernmentDod,
            GraphCloud::China => Self::China,
        }
    }
}

impl DirectoryOut {
    fn of(directory: &DirectorySettings) -> Self {
        let (credential, client_id, secrets) = match &directory.credential {
            DirectoryCredential::SignIn => (CredentialOut::SignIn, None, &[][..]),
            DirectoryCredential::Own {
                client_id,
                client_secrets,
            } => (
                CredentialOut::Own,
                Some(client_id.clone()),
                &client_secrets[..],
            ),
        };
        Self {
            tenant: directory.tenant.to_string(),
            cloud: directory.cloud.into(),
            credential,
            client_id,
            client_secrets: secrets
                .iter()
                .map(|it| ClientSecretOut::new(it, None))
                .collect(),
            synchronise: directory.synchronise,
            every_minutes: directory.every_minutes,
            remove_gone_groups: directory.remove_gone_groups,
        }
    }
}

impl DirectoryCheckOut {
    fn of(check: &DirectoryCheck) -> Self {
        Self {
            passed: check.is_passed(),
            missing: check.missing(),
            lines: check.lines.iter().map(DirectoryLineOut::of).collect(),
        }
    }
}

impl DirectoryLineOut {
    fn of(line: &DirectoryLine) -> Self {
        let (state, permission) = match line.outcome {
            DirectoryOutcome::Passed => (DirectoryStateOut::Passed, None),
            DirectoryOutcome::Missing(name) => (DirectoryStateOut::Missing, Some(name)),
            DirectoryOutcome::NotNeeded => (DirectoryStateOut::NotNeeded, None),
            DirectoryOutcome::NotAsked => (DirectoryStateOut::NotAsked, None),
            DirectoryOutcome::Failed => (DirectoryStateOut::Failed, None),
        };
        Self {
            question: line.question.title(),
            state,
            permission,
            found: line.found.clone(),
            advice: line.advice.clone(),
        }
    }
}

impl From<FoundPerson> for PersonOut {
    fn from(found: FoundPerson) -> Self {
        Self {
            object_id: found.user.id.to_string(),
            display_name: found.user.display_name,
            email: found.email,
            user_principal_name: found.user.principal_name,
            disabled: found.is_disabled,
            guest: found.is_guest,
        }
    }
}

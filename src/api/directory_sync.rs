//! The synchronisation of a connection's directory: how far it is, what the first one would do, its start.
//!
//! Invariant: every number is the database's. Tests: `tests/it/api/directory.rs`.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::{ConnectionsRead, ConnectionsWrite};
use super::json_body::JsonBody;
use super::path::Ids;
use super::{Answer, Caller, answer};
use crate::admin::{Admin, Refused};
use crate::domain::{
    Connection, ConnectionId, DirectoryCounts, GroupPlan, HeldRemoval, ObjectId, PlannedGroup,
    RemovalCount, SyncResult, SyncState,
};
use crate::http::problem::Problem;

/// How far a synchronisation is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryStatus)]
struct StatusOut {
    /// Whether it runs, or begins within moments.
    under_way: bool,
    /// `idle`, `groups`, `people`, `settling` or `applying`.
    phase: &'static str,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    last_at: Option<OffsetDateTime>,
    /// `done`, `previewed`, `held`, `waiting` or `failed`.
    #[schema(required = true)]
    last_result: Option<&'static str>,
    /// The same in a sentence.
    last_text: String,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    next_at: Option<OffsetDateTime>,
    /// What is worth a look.
    remarks: Vec<String>,
    /// Groups in the directory.
    groups: u64,
    /// Of these, those that lead to a permission group.
    linked_groups: u64,
    people: u64,
    people_without_email: u64,
    /// What the first synchronisation would do; null once it was started.
    #[schema(required = true)]
    preview: Option<PreviewOut>,
    /// Removals that wait for a word.
    #[schema(required = true)]
    held: Option<HeldOut>,
}

/// What a synchronisation would do to permission groups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryPreview)]
struct PreviewOut {
    add: Vec<PlannedGroupOut>,
    /// A permission group of the same title is there: name those in `adopt` where the same one is meant.
    clash: Vec<PlannedGroupOut>,
    adopt: Vec<PlannedGroupOut>,
    detach: Vec<PlannedGroupOut>,
}

/// A group in a preview.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlannedGroup)]
struct PlannedGroupOut {
    object_id: String,
    name: String,
    /// The title of the permission group.
    title: String,
}

/// Removals that wait.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldRemoval)]
struct HeldOut {
    people: u64,
    memberships: u64,
    groups: u64,
    /// The first of them.
    names: Vec<String>,
}

/// A synchronisation to begin.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = Synchronisation)]
#[serde(deny_unknown_fields)]
pub(super) struct SynchronisationIn {
    /// The first time: object IDs of groups that are the permission groups of the same title.
    #[serde(default)]
    #[schema(max_items = 1000)]
    adopt: Vec<String>,
    /// That the removals that wait are meant: how many they are, as `held` of the status says it.
    confirm_removal: Option<RemovalIn>,
}

/// How much is removed.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = SeenRemoval)]
#[serde(deny_unknown_fields)]
struct RemovalIn {
    /// Users to deactivate.
    people: u64,
    /// Memberships to take.
    memberships: u64,
    /// Groups that are gone.
    groups: u64,
}

impl From<RemovalIn> for RemovalCount {
    fn from(seen: RemovalIn) -> Self {
        let RemovalIn {
            people,
            memberships,
            groups,
        } = seen;
        Self {
            people,
            memberships,
            groups,
        }
    }
}

/// Shows how far a directory's synchronisation is.
#[utoipa::path(get, path = "/api/v1/connections/{id}/directory/status", tag = "Connections", operation_id = "showDirectoryStatus",
    params(("id" = String, Path, description = "The connection.")), security(("token" = ["connections:read"])),
    responses((status = 200, description = "How far it is.", body = StatusOut)))]
pub(super) async fn status(
    caller: Caller<ConnectionsRead>,
    Ids((id,)): Ids<(ConnectionId,)>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    answer::json(&status_of(&admin, &connection).await?)
}

/// Asks for a synchronisation at once.
///
/// The first time it starts what the preview shows, which needs `admins:write` as well; so does allowing removals that wait.
#[utoipa::path(post, path = "/api/v1/connections/{id}/directory/synchronise", tag = "Connections", operation_id = "synchroniseDirectory",
    params(("id" = String, Path, description = "The connection.")),
    request_body = SynchronisationIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "How far it is.", body = StatusOut)))]
pub(super) async fn synchronise(
    caller: Caller<ConnectionsWrite>,
    Ids((id,)): Ids<(ConnectionId,)>,
    JsonBody { value, .. }: JsonBody<SynchronisationIn>,
) -> Answer {
    let admin = caller.admin();
    let connection = admin.connection(id).await?;
    let adopt: Result<Vec<ObjectId>, _> = value.adopt.iter().map(|it| it.parse()).collect();
    let adopt = adopt.map_err(|_| Refused::invalid("adopt", "Use object IDs of the preview."))?;
    if let Some(seen) = value.confirm_removal {
        admin.confirm_removal(&connection, seen.into()).await?;
    } else {
        admin.start_synchronisation(&connection, &adopt).await?;
    }
    let out = status_of(&admin, &connection).await?;
    Ok(answer::written(StatusCode::OK, answer::text(&out)?))
}

async fn status_of(admin: &Admin<'_>, connection: &Connection) -> Result<StatusOut, Problem> {
    if connection.settings.directory.is_none() {
        return Err(Refused::NotFound.into());
    }
    let state = admin.store.sync_state(connection.id).await?;
    let counts = admin.store.directory_counts(connection.id).await?;
    let preview = match &state {
        Some(state) if state.has_preview() => {
            let plan = admin.synchronisation_preview(connection).await?;
            Some(PreviewOut::of(&plan))
        }
        _ => None,
    };
    Ok(StatusOut::of(admin, state, counts, preview))
}

impl StatusOut {
    fn of(
        admin: &Admin<'_>,
        state: Option<SyncState>,
        counts: DirectoryCounts,
        preview: Option<PreviewOut>,
    ) -> Self {
        let known = state.as_ref();
        Self {
            under_way: known.is_some_and(|it| it.is_under_way(admin.now)),
            phase: known.map_or("idle", |it| it.phase.as_str()),
            last_at: known.and_then(|it| it.last_at),
            last_result: known.and_then(|it| it.last_result).map(SyncResult::as_str),
            last_text: known.map_or_else(String::new, |it| it.last_text.clone()),
            next_at: known.map(|it| it.next_at),
            remarks: known.map_or_else(Vec::new, |it| it.remarks.clone()),
            groups: counts.groups,
            linked_groups: counts.linked,
            people: counts.people,
            people_without_email: counts.without_email,
            preview,
            held: state.and_then(|it| it.held).map(HeldOut::from),
        }
    }
}

impl PreviewOut {
    fn of(plan: &GroupPlan) -> Self {
        let adopt = plan.adopt.iter().map(|(it, _)| PlannedGroupOut::from(it));
        let detach = plan.detach.iter().map(|(it, _)| PlannedGroupOut::from(it));
        Self {
            add: plan.add.iter().map(PlannedGroupOut::from).collect(),
            clash: plan.clash.iter().map(PlannedGroupOut::from).collect(),
            adopt: adopt.collect(),
            detach: detach.collect(),
        }
    }
}

impl From<&PlannedGroup> for PlannedGroupOut {
    fn from(group: &PlannedGroup) -> Self {
        Self {
            object_id: group.object_id.to_string(),
            name: group.name.clone(),
            title: group.title.clone(),
        }
    }
}

impl From<HeldRemoval> for HeldOut {
    fn from(held: HeldRemoval) -> Self {
        Self {
            people: held.count.people,
            memberships: held.count.memberships,
            groups: held.count.groups,
            names: held.names,
        }
    }
}

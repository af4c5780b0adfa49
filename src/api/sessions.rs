//! Live sessions: listed, ended.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::{SessionsRead, SessionsWrite};
use super::paging::{ListRequest, PageOut, PageQuery};
use super::path::Ids;
use super::query::NoParameters;
use super::user::EndedSessions;
use super::{Answer, Caller, answer};
use crate::domain::SessionKey;
use crate::store::{Cursor, ListedSession};

/// A live session. What its cookie holds is never told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionOut {
    id: String,
    /// The user.
    user: String,
    email: String,
    /// The connection that it began through; null for a password or a set-up link.
    #[schema(required = true)]
    connection: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    signed_in_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    last_seen_at: OffsetDateTime,
    /// When it ends if nobody uses it.
    #[serde(with = "time::serde::rfc3339")]
    ends_at: OffsetDateTime,
}

/// Lists live sessions, the newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "Sessions", operation_id = "listSessions",
    params(PageQuery), security(("token" = ["sessions:read"])),
    responses((status = 200, description = "A page of sessions.", body = PageOut<SessionOut>)))]
pub(super) async fn list(
    caller: Caller<SessionsRead>,
    list: ListRequest<NoParameters, Cursor<SessionKey>>,
) -> Answer {
    let admin = caller.admin();
    let page = admin.sessions_after(list.after, list.limit).await?;
    let items = page.rows.iter().map(SessionOut::from).collect();
    list.answer(&caller, items, page.next.as_ref())
}

/// Ends every session of the company.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "Sessions", operation_id = "endAllSessions",
    security(("token" = ["sessions:write"])),
    responses((status = 200, description = "How many sessions ended.", body = EndedSessions)))]
pub(super) async fn end_all(caller: Caller<SessionsWrite>) -> Answer {
    let sessions_ended = caller.admin().sign_out_everyone(None).await?;
    caller.catch_up().await?;
    answer::json(&EndedSessions { sessions_ended })
}

/// Ends a session.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "Sessions", operation_id = "endSession",
    params(("id" = String, Path, description = "The session.")), security(("token" = ["sessions:write"])),
    responses((status = 204, description = "The session has ended.")))]
pub(super) async fn end(caller: Caller<SessionsWrite>, Ids((id,)): Ids<(SessionKey,)>) -> Answer {
    caller.admin().end_session(id).await?;
    caller.catch_up().await?;
    Ok(answer::done())
}

impl From<&ListedSession> for SessionOut {
    fn from(listed: &ListedSession) -> Self {
        let session = &listed.session;
        Self {
            id: listed.key.to_string(),
            user: session.user_id.to_string(),
            email: listed.email.to_string(),
            connection: session.connection_id.map(|id| id.to_string()),
            signed_in_at: session.signed_in_at,
            last_seen_at: session.last_seen_at,
            ends_at: session.ends_at(),
        }
    }
}

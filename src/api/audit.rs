//! The audit log.

use axum::http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::caller::needs::AuditRead;
use super::paging::{self, Page, PageParams};
use super::query::Parameters;
use super::{Answer, Caller};
use crate::admin::Form;
use crate::domain::AuditEvent;
use crate::http::export;
use crate::http::problem::Problem;
use crate::store::AuditFilter;

const PATH: &str = "/api/v1/audit";

/// Which entries to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// What it was done to, the first half of the action: `user`, `connection`.
    #[param(nullable = false, max_length = 50, pattern = "^[a-z_]{1,50}$")]
    noun: Option<String>,
    /// Text in who did it, what it was done to, or the details.
    #[param(nullable = false, max_length = 200)]
    text: Option<String>,
    /// At this moment or later.
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    from: Option<OffsetDateTime>,
    /// Before this moment.
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    until: Option<OffsetDateTime>,
    #[param(ignore)]
    limit: Option<u32>,
    #[param(ignore)]
    cursor: Option<String>,
}

/// Which entries to export, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskedOfAll {
    /// What it was done to, the first half of the action: `user`, `connection`.
    #[param(nullable = false, max_length = 50, pattern = "^[a-z_]{1,50}$")]
    noun: Option<String>,
    /// Text in who did it, what it was done to, or the details.
    #[param(nullable = false, max_length = 200)]
    text: Option<String>,
    /// At this moment or later.
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    from: Option<OffsetDateTime>,
    /// Before this moment.
    #[serde(with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    until: Option<OffsetDateTime>,
    /// A table, which is usual, or one JSON object a line.
    #[param(nullable = false, inline)]
    form: Option<FileForm>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FileForm {
    Csv,
    Jsonl,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct EntryOut {
    id: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Who: a user's e-mail address, `command line`, or `token: NAME`.
    actor: String,
    /// From where; null for a command.
    #[schema(required = true)]
    client: Option<String>,
    /// What, as `noun.verb`.
    action: String,
    /// To what: a name for people.
    subject: String,
    detail: String,
    /// What changed, as it was before.
    #[schema(required = true, value_type = Option<Object>)]
    before: Option<Value>,
    /// The same, as it was afterwards.
    #[schema(required = true, value_type = Option<Object>)]
    after: Option<Value>,
}

/// Lists the audit log, the newest first.
///
/// A page looks at a bounded number of entries: it may hold none, and go on.
#[utoipa::path(get, path = "/api/v1/audit", tag = "Audit", operation_id = "listAudit",
    params(Asked, PageParams), security(("token" = ["audit:read"])),
    responses((status = 200, description = "A page of entries.", body = Page<EntryOut>)))]
pub(super) async fn list(
    caller: Caller<AuditRead>,
    uri: Uri,
    Parameters(asked): Parameters<Asked>,
) -> Answer {
    let limit = paging::limit(asked.limit)?;
    let filter = AuditFilter {
        noun: noun(asked.noun)?,
        text: paging::text("text", asked.text, 200)?,
        from: asked.from,
        until: asked.until,
        after: paging::place(asked.cursor.as_deref())?,
    };
    let page = caller.admin().audit_log(&filter, limit).await?;
    let items = page.rows.into_iter().map(EntryOut::from).collect();
    paging::page(&caller, PATH, uri.query(), items, page.next.as_ref())
}

/// Exports the audit log as one file, the newest first.
///
/// It is made while it is sent. That it was asked for stands in the audit log, and is not in the file.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "Audit", operation_id = "exportAudit",
    params(AskedOfAll), security(("token" = ["audit:read"])),
    responses((status = 200, description = "Every entry that was asked for. Where the connection breaks before the end, the file is not whole.",
        content((String = "text/csv; charset=utf-8; header=present"), (String = "application/jsonl")))))]
pub(super) async fn all(
    caller: Caller<AuditRead>,
    Parameters(asked): Parameters<AskedOfAll>,
) -> Answer {
    let filter = AuditFilter {
        noun: noun(asked.noun)?,
        text: paging::text("text", asked.text, 200)?,
        from: asked.from,
        until: asked.until,
        after: None,
    };
    let form = match asked.form {
        None | Some(FileForm::Csv) => Form::Csv,
        Some(FileForm::Jsonl) => Form::JsonLines,
    };
    let asked = (&filter, form);
    Ok(export::audit_log(&caller.app, &caller.site, &caller.admin(), asked).await?)
}

/// The noun that was asked for. The store takes what is none for none at all.
fn noun(asked: Option<String>) -> Result<Option<String>, Problem> {
    let noun = paging::text("noun", asked, 50)?;
    if noun.as_deref().is_some_and(|noun| !is_noun(noun)) {
        let message = "Use the first half of an action, such as user or connection.";
        return Err(Problem::parameter("noun", message));
    }
    Ok(noun)
}

fn is_noun(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

impl From<AuditEvent> for EntryOut {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id.to_string(),
            at: event.at,
            actor: event.actor,
            client: event.client.map(|client| client.to_string()),
            action: event.action,
            subject: event.subject,
            detail: event.detail,
            before: event.before,
            after: event.after,
        }
    }
}

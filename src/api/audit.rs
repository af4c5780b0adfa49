//! The audit log.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::caller::needs::AuditRead;
use super::paging::{self, ListRequest, PageOut, PageQuery};
use super::query::QueryParameters;
use super::{Answer, Caller};
use crate::admin::ExportForm;
use crate::domain::{AuditEvent, AuditId};
use crate::http::export;
use crate::http::problem::Problem;
use crate::store::{AuditFilter, Cursor};

/// Which entries to list or to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// What it was done to, the first half of the action: `user`, `connection`.
    #[param(nullable = false, max_length = 50, pattern = "^[a-z_]{1,50}$")]
    noun: Option<String>,
    /// Text in who did it, what it was done to, or the details.
    #[param(nullable = false, max_length = 200)]
    text: Option<String>,
    /// At this moment or later.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    from: Option<OffsetDateTime>,
    /// Before this moment.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(nullable = false)]
    until: Option<OffsetDateTime>,
}

/// How to export them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditFileQuery {
    /// A table, which is usual, or one JSON object a line.
    #[param(nullable = false, inline)]
    form: Option<AuditFileForm>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuditFileForm {
    Csv,
    Jsonl,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct AuditEntryOut {
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
    params(AuditQuery, PageQuery), security(("token" = ["audit:read"])),
    responses((status = 200, description = "A page of entries.", body = PageOut<AuditEntryOut>)))]
pub(super) async fn list(
    caller: Caller<AuditRead>,
    list: ListRequest<AuditQuery, Cursor<AuditId>>,
) -> Answer {
    let filter = list.query.filter(list.after)?;
    let page = caller.admin().audit_log(&filter, list.limit).await?;
    let items = page.rows.into_iter().map(AuditEntryOut::from).collect();
    list.answer(&caller, items, page.next.as_ref())
}

/// Exports the audit log as one file, the newest first.
///
/// It is made while it is sent. That it was asked for stands in the audit log, and is not in the file.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "Audit", operation_id = "exportAudit",
    params(AuditQuery, AuditFileQuery), security(("token" = ["audit:read"])),
    responses((status = 200, description = "Every entry that was asked for. Where the connection breaks before the end, the file is not whole.",
        content((String = "text/csv; charset=utf-8; header=present"), (String = "application/jsonl")))))]
pub(super) async fn all(
    caller: Caller<AuditRead>,
    QueryParameters(query, file): QueryParameters<AuditQuery, AuditFileQuery>,
) -> Answer {
    let filter = query.filter(None)?;
    let form = match file.form {
        None | Some(AuditFileForm::Csv) => ExportForm::Csv,
        Some(AuditFileForm::Jsonl) => ExportForm::JsonLines,
    };
    let what = (&filter, form);
    Ok(export::audit_log(&caller.app, &caller.site, &caller.admin(), what).await?)
}

impl AuditQuery {
    fn filter(&self, after: Option<Cursor<AuditId>>) -> Result<AuditFilter, Problem> {
        let noun = paging::text("noun", self.noun.as_deref(), 50)?;
        // The store takes what is no noun for none at all.
        if noun.as_deref().is_some_and(|noun| !is_noun(noun)) {
            let message = "Use the first half of an action, such as user or connection.";
            return Err(Problem::parameter("noun", message));
        }
        Ok(AuditFilter {
            noun,
            text: paging::text("text", self.text.as_deref(), paging::LONGEST_SEARCH)?,
            from: self.from,
            until: self.until,
            after,
        })
    }
}

fn is_noun(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

impl From<AuditEvent> for AuditEntryOut {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id.to_string(),
            at: event.at,
            actor: event.actor,
            client: event.client.map(|client| client.to_string()),
            action: event.action.to_string(),
            subject: event.subject,
            detail: event.detail,
            before: event.before,
            after: event.after,
        }
    }
}

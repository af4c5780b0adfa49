//! Exports: the files that the console and the API give away.
//!
//! Invariant: who has no turn is told so before anything is made or written down.

use std::sync::Arc;

use axum::response::Response;

use super::download::DownloadFile;
use super::error::Error;
use crate::admin::{Admin, ExportForm};
use crate::app::App;
use crate::site::Site;
use crate::store::AuditFilter;

/// The media type of a table. Its first line names the columns (RFC 7111).
const CSV: &str = "text/csv; charset=utf-8; header=present";
/// One JSON object a line.
const JSON_LINES: &str = "application/jsonl";

/// Every user of the company.
pub(crate) async fn users(
    app: &Arc<App>,
    site: &Site,
    admin: &Admin<'_>,
) -> Result<Response, Error> {
    let company = &site.company;
    let turn = app.turns.export(company.id).await?;
    let file = DownloadFile {
        kind: CSV,
        name: format!("users-{}.csv", company.slug),
        parts: admin.export_users().await?,
        turn,
    };
    file.answer(app, company.id).await
}

/// The entries of the company's audit log that a filter wants.
pub(crate) async fn audit_log(
    app: &Arc<App>,
    site: &Site,
    admin: &Admin<'_>,
    (filter, form): (&AuditFilter, ExportForm),
) -> Result<Response, Error> {
    let (kind, ending) = match form {
        ExportForm::Csv => (CSV, "csv"),
        ExportForm::JsonLines => (JSON_LINES, "jsonl"),
    };
    let company = &site.company;
    let turn = app.turns.export(company.id).await?;
    let file = DownloadFile {
        kind,
        name: format!("{}-audit-{}.{ending}", company.slug, admin.now.date()),
        parts: admin.export_audit_log(filter, form).await?,
        turn,
    };
    file.answer(app, company.id).await
}

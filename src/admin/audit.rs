//! The audit log: who changed what, when, from where.

use std::io::Write as _;

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::user_export::ExportParts;
use super::user_file::harmless;
use super::{Admin, Refused};
use crate::domain::{AuditAction, AuditEvent, AuditId, CompanyId};
use crate::store::{self, AuditFilter, Cursor, LogPage, Store};

/// About the octets of what changed that a part of an export holds; one entry may have more.
const PART: i64 = 256 * 1024;

/// The header of a spreadsheet.
const COLUMNS: [&str; 8] = [
    "at", "actor", "from", "action", "subject", "detail", "before", "after",
];

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// For a spreadsheet.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Admin<'_> {
    /// A page of the company's audit log, the newest first.
    pub async fn audit_log(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<LogPage<AuditEvent, AuditId>, Refused> {
        Ok(self.store.audit_page(self.company, filter, limit).await?)
    }

    /// The entries as a file, the newest first. The export itself is written down, and is not in it.
    pub async fn export_audit_log(
        &self,
        filter: &AuditFilter,
        form: ExportForm,
    ) -> Result<AuditExport, Refused> {
        let event = self.event(AuditAction::AuditExport, "audit log");
        self.store.add_audit_event(&event).await?;
        Ok(AuditExport {
            company: self.company,
            form,
            // What is older than the entry of the export itself: what is written meanwhile moves nothing.
            rest: Some(AuditFilter {
                after: Some(Cursor {
                    at: event.at,
                    id: event.id,
                }),
                ..filter.clone()
            }),
            has_begun: false,
        })
    }
}

/// The file of a company's audit log, made part by part.
#[derive(Debug)]
pub struct AuditExport {
    company: CompanyId,
    form: ExportForm,
    /// What is still to come; nothing at the end.
    rest: Option<AuditFilter>,
    has_begun: bool,
}

impl ExportParts for AuditExport {
    async fn next(&mut self, store: &Store) -> Result<Option<Vec<u8>>, store::Error> {
        let Some(filter) = &mut self.rest else {
            return Ok(None);
        };
        let page = store.audit_part(self.company, filter, PART).await?;
        let mut file = AuditFile::new(self.form, !self.has_begun);
        self.has_begun = true;
        for entry in &page.rows {
            file.add(entry);
        }
        match page.next {
            Some(next) => filter.after = Some(next),
            None => self.rest = None,
        }
        Ok(Some(file.into_octets()))
    }
}

/// A part of the file in the making. Writing into memory does not fail.
enum AuditFile {
    /// No cell is read as a formula.
    Csv(Box<Writer<Vec<u8>>>),
    JsonLines(Vec<u8>),
}

impl AuditFile {
    fn new(form: ExportForm, with_header: bool) -> Self {
        match form {
            ExportForm::JsonLines => Self::JsonLines(Vec::new()),
            ExportForm::Csv => {
                let mut writer = WriterBuilder::new()
                    .terminator(Terminator::CRLF)
                    .from_writer(Vec::new());
                if with_header {
                    let _ = writer.write_record(COLUMNS);
                }
                Self::Csv(Box::new(writer))
            }
        }
    }

    fn add(&mut self, entry: &AuditEvent) {
        let at = entry.at.format(&Rfc3339).unwrap_or_default();
        let client = entry.client.map(|client| client.to_string());
        match self {
            Self::Csv(writer) => {
                let object = |value: &Option<Value>| {
                    let text = value.as_ref().map(ToString::to_string);
                    text.unwrap_or_default()
                };
                let _ = writer.write_record([
                    at,
                    harmless(&entry.actor),
                    client.unwrap_or_default(),
                    harmless(entry.action.as_str()),
                    harmless(&entry.subject),
                    harmless(&entry.detail),
                    object(&entry.before),
                    object(&entry.after),
                ]);
            }
            Self::JsonLines(octets) => {
                let object = json!({
                    "at": at,
                    "actor": entry.actor,
                    "from": client,
                    "action": entry.action.as_str(),
                    "subject": entry.subject,
                    "detail": entry.detail,
                    "before": entry.before,
                    "after": entry.after,
                });
                let _ = writeln!(octets, "{object}");
            }
        }
    }

    fn into_octets(self) -> Vec<u8> {
        match self {
            Self::Csv(writer) => writer.into_inner().unwrap_or_default(),
            Self::JsonLines(octets) => octets,
        }
    }
}

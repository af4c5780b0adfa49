//! The audit log: who changed what, when, from where.

use std::io::Write as _;

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::user_file::harmless;
use super::{Admin, Refused};
use crate::domain::AuditEvent;
use crate::store::{AuditFilter, AuditPage};

/// The most entries of one export, and the most octets: the file is made in memory.
const MOST: usize = 50_000;
const MOST_OCTETS: usize = 32 * 1024 * 1024;
/// Entries that are read at once.
const PORTION: u32 = 1_000;

/// The header of a spreadsheet.
const COLUMNS: [&str; 8] = [
    "at", "actor", "from", "action", "subject", "detail", "before", "after",
];

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For a spreadsheet.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Admin<'_> {
    /// A page of the company's audit log, the newest first.
    pub async fn audit_log(&self, filter: &AuditFilter, limit: u32) -> Result<AuditPage, Refused> {
        Ok(self.store.audit_page(self.company, filter, limit).await?)
    }

    /// The entries that fit, the newest first: all of them, or a refusal when they are too many. The export itself is written
    /// down.
    pub async fn export_audit_log(
        &self,
        filter: &AuditFilter,
        form: Form,
    ) -> Result<Vec<u8>, Refused> {
        let mut file = File::new(form);
        let (mut filter, mut written) = (filter.clone(), 0);
        loop {
            let page = self
                .store
                .audit_page(self.company, &filter, PORTION)
                .await?;
            written += page.entries.len();
            for entry in &page.entries {
                file.add(entry);
            }
            if written > MOST || file.octets() > MOST_OCTETS {
                return Err(Refused::InTheWay(TOO_MANY.to_owned()));
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        let event = self.event("audit.export", "audit log");
        self.store.add_audit_event(&event).await?;
        Ok(file.into_octets())
    }
}

const TOO_MANY: &str = "These are more than 50,000 entries, or more than 32 MiB, which one file does not hold. \
     Search for a shorter time with From and Until, then export again.";

/// A file in the making. Writing into memory does not fail.
enum File {
    /// No cell is read as a formula.
    Csv(Box<Writer<Vec<u8>>>),
    JsonLines(Vec<u8>),
}

impl File {
    fn new(form: Form) -> Self {
        match form {
            Form::JsonLines => Self::JsonLines(Vec::new()),
            Form::Csv => {
                let mut writer = WriterBuilder::new()
                    .terminator(Terminator::CRLF)
                    .from_writer(Vec::new());
                let _ = writer.write_record(COLUMNS);
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
                    harmless(&entry.action),
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
                    "action": entry.action,
                    "subject": entry.subject,
                    "detail": entry.detail,
                    "before": entry.before,
                    "after": entry.after,
                });
                let _ = writeln!(octets, "{object}");
            }
        }
    }

    /// How many octets there are so far; of a spreadsheet, without a last few that wait.
    fn octets(&self) -> usize {
        match self {
            Self::Csv(writer) => writer.get_ref().len(),
            Self::JsonLines(octets) => octets.len(),
        }
    }

    fn into_octets(self) -> Vec<u8> {
        match self {
            Self::Csv(writer) => writer.into_inner().unwrap_or_default(),
            Self::JsonLines(octets) => octets,
        }
    }
}

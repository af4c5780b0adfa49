//! `audit list`, `audit export`: what was changed, by whom, from where. They work for a suspended company too, whose console and API are closed.

use clap::Subcommand;
use serde_json::{Value, json};

use super::error::Result;
use super::export;
use super::installation::{Installation, Setting};
use super::output::{Output, timestamp};
use crate::admin::Form;
use crate::domain::AuditEvent;
use crate::store::AuditFilter;

/// Entries that are read at once.
const PORTION: u32 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// List the audit log of a company, or of the installation, the newest first
    List(List),
    /// Write the whole of a company's audit log as a file, the newest first, to standard output
    Export(Export),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The company's slug, such as acme
    #[arg(long, required_unless_present = "installation")]
    company: Option<String>,
    /// What is about no company: the keys
    #[arg(long, conflicts_with_all = ["company", "about", "search"])]
    installation: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Only what was done to one kind of thing, such as `user` or `connection`
    #[arg(long, value_name = "NOUN")]
    about: Option<String>,
    /// Only entries with this text: a name, an address, an action
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Print one JSON object a line, with what was changed
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// Only what was done to one kind of thing, such as `user` or `connection`
    #[arg(long, value_name = "NOUN")]
    about: Option<String>,
    /// Only entries with this text: a name, an address, an action
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Write one JSON object a line, and not CSV
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(super) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let installation = setting.open().await?;
        match self {
            Self::List(list) => list.run(&installation, out).await,
            Self::Export(export) => export.run(&installation, out).await,
        }
    }
}

impl List {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let Some(company) = &self.company else {
            return self.of_the_installation(installation, out).await;
        };
        let company = installation.company(company).await?;
        let keys = installation.keys().await?;
        let admin = installation.admin(&keys, company.id);
        let mut filter = AuditFilter {
            noun: self.about,
            text: self.search,
            ..AuditFilter::default()
        };
        let (mut told, mut left) = (Told::of(self.json), self.limit);
        while left > 0 {
            let page = admin.audit_log(&filter, left.min(PORTION)).await?;
            left = left.saturating_sub(u32::try_from(page.rows.len()).unwrap_or(u32::MAX));
            for entry in &page.rows {
                told.entry(entry, out)?;
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        told.end(&format!("{} has no such entry.", company.name), out)
    }

    async fn of_the_installation(
        &self,
        installation: &Installation,
        out: &mut Output,
    ) -> Result<()> {
        let entries = installation.store.installation_events(self.limit).await?;
        let mut told = Told::of(self.json);
        for entry in &entries {
            told.entry(entry, out)?;
        }
        told.end("The installation has no entry yet.", out)
    }
}

/// Entries as they are told: each on a line of JSON at once, or all in a table at the end.
struct Told {
    json: bool,
    rows: Vec<[String; 6]>,
}

impl Told {
    fn of(json: bool) -> Self {
        let rows = Vec::new();
        Self { json, rows }
    }

    fn entry(&mut self, entry: &AuditEvent, out: &mut Output) -> Result<()> {
        if self.json {
            return out.json_line(&described(entry));
        }
        self.rows.push(row(entry));
        Ok(())
    }

    fn end(self, none: &str, out: &mut Output) -> Result<()> {
        match (self.json, self.rows.is_empty()) {
            (true, _) => Ok(()),
            (false, true) => out.line(none),
            (false, false) => out.table(HEADER, &self.rows),
        }
    }
}

impl Export {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let keys = installation.keys().await?;
        let admin = installation.admin(&keys, company.id);
        let filter = AuditFilter {
            noun: self.about,
            text: self.search,
            ..AuditFilter::default()
        };
        let form = if self.json {
            Form::JsonLines
        } else {
            Form::Csv
        };
        let parts = admin.export_audit_log(&filter, form).await?;
        export::write(installation, parts, out).await
    }
}

const HEADER: [&str; 6] = ["AT", "WHO", "FROM", "ACTION", "SUBJECT", "DETAIL"];

fn row(entry: &AuditEvent) -> [String; 6] {
    [
        timestamp(entry.at),
        entry.actor.clone(),
        entry
            .client
            .map_or_else(|| "-".to_owned(), |client| client.to_string()),
        entry.action.clone(),
        entry.subject.clone(),
        entry.detail.clone(),
    ]
}

fn described(entry: &AuditEvent) -> Value {
    json!({
        "at": timestamp(entry.at),
        "actor": entry.actor,
        "from": entry.client.map(|client| client.to_string()),
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "before": entry.before,
        "after": entry.after,
    })
}

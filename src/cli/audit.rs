//! `audit list`, `audit export`: what was changed, by whom, from where. They work for a suspended company too, whose console and API are closed.

use clap::Subcommand;
use serde_json::{Value, json};

use super::error::Result;
use super::export;
use super::installation::Installation;
use super::invocation::Invocation;
use super::listing::{ListForm, Listing};
use super::output::{Output, timestamp};
use crate::admin::ExportForm;
use crate::domain::AuditEvent;
use crate::store::AuditFilter;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// List the audit log of a company, or of the installation, the newest first
    List(ListAudit),
    /// Write the whole of a company's audit log as a file, the newest first, to standard output
    Export(ExportAudit),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListAudit {
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
pub(super) struct ExportAudit {
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

impl AuditCommand {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::List(list) => list.run(&installation, out).await,
            Self::Export(export) => export.run(&installation, out).await,
        }
    }
}

impl ListAudit {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let Some(company) = &self.company else {
            return self.of_the_installation(installation, out).await;
        };
        let company = installation.company(company).await?;
        let admin = installation.admin(company.id).await?;
        let read = async |after, limit| {
            let filter = AuditFilter {
                noun: self.about.clone(),
                text: self.search.clone(),
                after,
                ..AuditFilter::default()
            };
            let page = admin.audit_log(&filter, limit).await?;
            Ok((page.rows, page.next))
        };
        let none = format!("{} has no such entry.", company.name);
        let listing = listing(self.json, none);
        listing.write_pages(Some(self.limit), read, out).await
    }

    async fn of_the_installation(
        &self,
        installation: &Installation,
        out: &mut Output,
    ) -> Result<()> {
        let entries = installation.store.installation_events(self.limit).await?;
        let none = "The installation has no entry yet.".to_owned();
        listing(self.json, none).write(&entries, out)
    }
}

/// Entries in a table, or each on a line of JSON.
fn listing(json: bool, none: String) -> Listing<'static, AuditEvent, 6> {
    Listing {
        form: if json {
            ListForm::JsonLines
        } else {
            ListForm::Table
        },
        describe: &describe,
        header: ["AT", "WHO", "FROM", "ACTION", "SUBJECT", "DETAIL"],
        row: &row,
        none,
    }
}

impl ExportAudit {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let admin = installation.admin(company.id).await?;
        let filter = AuditFilter {
            noun: self.about,
            text: self.search,
            ..AuditFilter::default()
        };
        let form = if self.json {
            ExportForm::JsonLines
        } else {
            ExportForm::Csv
        };
        let parts = admin.export_audit_log(&filter, form).await?;
        export::write(installation, parts, out).await
    }
}

fn row(entry: &AuditEvent) -> [String; 6] {
    [
        timestamp(entry.at),
        entry.actor.clone(),
        entry
            .client
            .map_or_else(|| "-".to_owned(), |client| client.to_string()),
        entry.action.to_string(),
        entry.subject.clone(),
        entry.detail.clone(),
    ]
}

fn describe(entry: &AuditEvent) -> Value {
    json!({
        "at": timestamp(entry.at),
        "actor": entry.actor,
        "from": entry.client.map(|client| client.to_string()),
        "action": entry.action.as_str(),
        "subject": entry.subject,
        "detail": entry.detail,
        "before": entry.before,
        "after": entry.after,
    })
}

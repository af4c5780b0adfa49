//! `attempts list`, `attempts show`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::error::{CliError, Result};
use super::installation::{Installation, Setting};
use super::output::{Output, maybe_timestamp, timestamp};
use crate::domain::{self, Code, Company, LoginAttempt, Outcome};
use crate::store::AttemptFilter;

#[derive(Debug, Subcommand)]
pub(super) enum Attempts {
    /// List a company's sign-ins, the newest first
    List(List),
    /// Show every check of one sign-in
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those that ended so: `open`, `signed_in` or `refused`
    #[arg(long)]
    outcome: Option<Outcome>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The code on the user's page, such as K7QF-3XHD
    code: String,
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Attempts {
    pub(super) async fn run(self, setting: &Setting, out: &mut Output) -> Result<()> {
        let installation = setting.open().await?;
        match self {
            Self::List(list) => list.run(&installation, out).await,
            Self::Show(show) => show.run(&installation, out).await,
        }
    }
}

impl List {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let filter = AttemptFilter {
            outcome: self.outcome,
            ..AttemptFilter::default()
        };
        let attempts = installation
            .store
            .attempts(company.id, &filter, self.limit)
            .await?;
        let people = People::of(installation, &company).await?;
        if self.json {
            let all: Vec<Value> = attempts.iter().map(|it| people.summary(it)).collect();
            return out.json(&all);
        }
        if attempts.is_empty() {
            return out.line(format!("{} has no such sign-in yet.", company.name));
        }
        let rows: Vec<_> = attempts
            .iter()
            .map(|attempt| {
                [
                    attempt.code.to_string(),
                    timestamp(attempt.started_at),
                    outcome(attempt),
                    people.connection(attempt),
                    people.user(attempt),
                    attempt.summary.clone(),
                ]
            })
            .collect();
        out.table(
            ["CODE", "STARTED", "OUTCOME", "THROUGH", "USER", "SUMMARY"],
            &rows,
        )
    }
}

impl Show {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let code: Code = self.code.parse().map_err(|_| {
            CliError::unusable(
                format!("\"{}\" is not a sign-in's code.", self.code),
                "It has eight characters, such as K7QF-3XHD, and stands on the user's page.",
            )
        })?;
        let attempt = installation
            .store
            .attempt_by_code(company.id, &code, installation.now)
            .await?
            .ok_or_else(|| {
                CliError::refused(
                    format!("{} has no sign-in with the code {code}.", company.name),
                    format!(
                        "Records are kept for {} days. List them: vestibule attempts list --company {}",
                        installation.config.attempts.retention_days, company.slug
                    ),
                )
            })?;
        let people = People::of(installation, &company).await?;
        if self.json {
            let mut value = people.summary(&attempt);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("checks".into(), json!(attempt.record.checks));
                fields.insert("advice".into(), json!(attempt.record.advice));
                fields.insert("request_id".into(), json!(attempt.request_id));
                fields.insert("return_to".into(), json!(attempt.return_to));
            }
            return out.json(&value);
        }
        print(&attempt, &people, out)
    }
}

fn print(attempt: &LoginAttempt, people: &People, out: &mut Output) -> Result<()> {
    for (label, value) in [
        ("Sign-in", attempt.code.to_string()),
        ("Outcome", outcome(attempt)),
        ("Through", people.connection(attempt)),
        ("User", people.user(attempt)),
        ("Started", timestamp(attempt.started_at)),
        ("Finished", maybe_timestamp(attempt.finished_at)),
        (
            "Request",
            attempt.request_id.clone().unwrap_or_else(|| "-".to_owned()),
        ),
    ] {
        out.line(format!("{label:<10}{value}"))?;
    }
    if !attempt.record.checks.is_empty() {
        out.line("")?;
    }
    print_checks(&attempt.record.checks, out)?;
    if !attempt.summary.is_empty() {
        out.line("")?;
        out.line(&attempt.summary)?;
    }
    print_advice(&attempt.record.advice, out)
}

/// Every check on three lines: mark, rule and subject; expected; received.
pub(super) fn print_checks(checks: &[domain::Check], out: &mut Output) -> Result<()> {
    for check in checks {
        let mark = if check.passed { '✓' } else { '✗' };
        out.line(format!("{mark} {:<3} {}", check.rule, check.subject))?;
        out.line(format!("      expected  {}", check.expected))?;
        out.line(format!("      received  {}", check.received))?;
    }
    Ok(())
}

/// What to do, one line each.
pub(super) fn print_advice(advice: &[String], out: &mut Output) -> Result<()> {
    for line in advice {
        out.line(format!("→ {line}"))?;
    }
    Ok(())
}

fn outcome(attempt: &LoginAttempt) -> String {
    match &attempt.rule {
        Some(rule) => format!("{} ({rule})", attempt.outcome),
        None => attempt.outcome.to_string(),
    }
}

/// Names for the identifiers in attempts.
struct People {
    connections: Vec<domain::Connection>,
    users: Vec<domain::User>,
}

impl People {
    async fn of(installation: &Installation, company: &Company) -> Result<Self> {
        Ok(Self {
            connections: installation.store.connections(company.id).await?,
            users: installation.store.users(company.id).await?,
        })
    }

    fn connection(&self, attempt: &LoginAttempt) -> String {
        let found = self
            .connections
            .iter()
            .find(|connection| Some(connection.id) == attempt.connection_id);
        found.map_or_else(
            || attempt.kind.to_string(),
            |connection| connection.name.to_string(),
        )
    }

    fn user(&self, attempt: &LoginAttempt) -> String {
        let found = self
            .users
            .iter()
            .find(|user| Some(user.id) == attempt.user_id);
        found.map_or_else(|| "-".to_owned(), |user| user.email.to_string())
    }

    fn summary(&self, attempt: &LoginAttempt) -> Value {
        let user = attempt.user_id.map(|_| self.user(attempt));
        let connection = attempt.connection_id.map(|_| self.connection(attempt));
        json!({
            "code": attempt.code.to_string(),
            "kind": attempt.kind,
            "outcome": attempt.outcome,
            "rule": attempt.rule,
            "summary": attempt.summary,
            "connection": connection,
            "user": user,
            "started_at": timestamp(attempt.started_at),
            "finished_at": attempt.finished_at.map(timestamp),
        })
    }
}

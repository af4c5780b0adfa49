//! `attempts list`, `attempts show`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::checks::{print_advice, print_checks};
use crate::admin::{Fix, Refused, Side, SignInDetail, Signing};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, maybe_timestamp, timestamp};
use crate::domain::{AttemptKind, Code, Connection, ConnectionId, Outcome};
use crate::store::{SignInFilter, SignInRow};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AttemptsCommand {
    /// List a company's sign-ins, the newest first
    List(ListAttempts),
    /// Show every check of one sign-in
    Show(ShowAttempt),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ListAttempts {
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only those that ended so: `open`, `signed_in` or `refused`
    #[arg(long)]
    outcome: Option<Outcome>,
    /// Only those that succeeded with a warning
    #[arg(long)]
    warning: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowAttempt {
    /// The code on the user's page, such as K7QF-3XHD
    code: String,
    /// The company's slug, such as acme
    #[arg(long)]
    company: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl AttemptsCommand {
    pub(in crate::cli) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        match self {
            Self::List(list) => list.run(&installation, out).await,
            Self::Show(show) => show.run(&installation, out).await,
        }
    }
}

impl ListAttempts {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let admin = installation.admin(company.id).await?;
        let read = async |after, limit| {
            let filter = SignInFilter {
                outcome: self.outcome,
                warned: self.warning,
                after,
                ..SignInFilter::default()
            };
            let page = admin.sign_ins(&filter, limit).await?;
            Ok((page.rows, page.next))
        };
        let connections = admin.connections().await?;
        let listing = Listing {
            form: ListForm::new(self.json),
            describe: &|row| summary(row, &connections),
            header: ["CODE", "STARTED", "OUTCOME", "THROUGH", "USER", "SUMMARY"],
            row: &|row: &SignInRow| {
                [
                    row.code.to_string(),
                    timestamp(row.started_at),
                    outcome(row.outcome, row.rule.as_deref()),
                    through(row.kind, name(row.connection_id, &connections)),
                    row.email
                        .as_ref()
                        .map_or("-".to_owned(), ToString::to_string),
                    row.summary.clone(),
                ]
            },
            none: format!("{} has no such sign-in yet.", company.name),
        };
        listing.write_pages(Some(self.limit), read, out).await
    }
}

impl ShowAttempt {
    async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let company = installation.company(&self.company).await?;
        let code: Code = self.code.parse().map_err(|_| {
            CliError::unusable(
                format!("\"{}\" is not a sign-in's code.", self.code),
                "It has eight characters, such as K7QF-3XHD, and stands on the user's page.",
            )
        })?;
        let admin = installation.admin(company.id).await?;
        let detail = match admin.sign_in_detail(&code).await {
            Err(Refused::NotFound) => {
                return Err(CliError::refused(
                    format!("{} has no sign-in with the code {code}.", company.name),
                    format!(
                        "Records are kept for {} days. List them: vestibule attempts list --company {}",
                        installation.config.attempts.retention_days, company.slug
                    ),
                ));
            }
            other => other?,
        };
        if self.json {
            out.json(&describe(&detail, company.slug.as_str()))
        } else {
            print(&detail, company.slug.as_str(), out)
        }
    }
}

fn print(detail: &SignInDetail, company: &str, out: &mut Output) -> Result<()> {
    let attempt = &detail.attempt;
    let connection = detail.connection.as_ref();
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let nobody = detail.user.is_none() && detail.tester.is_none();
    let person = detail.email().map(|email| {
        if nobody {
            format!("{email}, who was not signed in")
        } else {
            email.to_string()
        }
    });
    let fields = [
        ("Sign-in", attempt.code.to_string()),
        ("Outcome", outcome(attempt.outcome, attempt.rule.as_deref())),
        (
            "Through",
            through(attempt.kind, connection.map(|it| it.name.to_string())),
        ),
        ("User", or_none(person)),
        ("Started", timestamp(attempt.started_at)),
        ("Finished", maybe_timestamp(attempt.finished_at)),
        ("Clocks", or_none(detail.clocks.clone())),
        ("Request", or_none(attempt.request_id.clone())),
        ("Goes on to", or_none(attempt.return_to.clone())),
    ];
    out.fields("", 12, fields)?;
    if !attempt.record.checks.is_empty() {
        out.line("")?;
    }
    print_checks(&attempt.record.checks, out)?;
    if let Some(signing) = &detail.signing {
        print_signing(signing, out)?;
    }
    if !attempt.summary.is_empty() {
        out.line("")?;
        out.line(&attempt.summary)?;
    }
    print_advice(&attempt.record.advice, out)?;
    print_fixes(detail, company, out)
}

/// The certificate of the message, and those of the connection.
fn print_signing(signing: &Signing, out: &mut Output) -> Result<()> {
    out.line("")?;
    out.line(signing.sentence())?;
    if let Some(signer) = &signing.signer {
        let subject = signer.subject.as_deref().unwrap_or("-");
        let sha1 = signer.sha1.as_deref().unwrap_or("-");
        print_thumbprints(subject, &signer.sha256, sha1, out)?;
    }
    for configured in &signing.configured {
        out.line(format!(
            "The connection has now, until {}:",
            timestamp(configured.not_after)
        ))?;
        print_thumbprints(
            &configured.subject,
            &configured.sha256,
            &configured.sha1,
            out,
        )?;
    }
    Ok(())
}

fn print_thumbprints(subject: &str, sha256: &str, sha1: &str, out: &mut Output) -> Result<()> {
    let fields = [("subject", subject), ("SHA-256", sha256), ("SHA-1", sha1)];
    out.fields("      ", 10, fields)
}

/// The fields to change, side by side with their values.
fn print_fixes(detail: &SignInDetail, company: &str, out: &mut Output) -> Result<()> {
    for (side, title) in [
        (Side::IdentityProvider, "At the identity provider:"),
        (Side::Here, "Here:"),
        (Side::Operator, "At the operator of this server:"),
    ] {
        let mut fixes = detail
            .fixes
            .iter()
            .filter(|fix| fix.side == side)
            .peekable();
        if fixes.peek().is_some() {
            out.line("")?;
            out.line(title)?;
        }
        for fix in fixes {
            match &fix.value {
                Some(value) => out.line(format!("  {}: {value}", fix.label()))?,
                None => out.line(format!("  {}", fix.label()))?,
            }
            let more = [detail.command(fix, company), detail.url(fix)];
            for line in more.into_iter().flatten() {
                out.line(format!("      {line}"))?;
            }
        }
    }
    Ok(())
}

fn outcome(outcome: Outcome, rule: Option<&str>) -> String {
    match rule {
        Some(rule) if outcome.has_warning(Some(rule)) => {
            format!("{outcome}, with a warning ({rule})")
        }
        Some(rule) => format!("{outcome} ({rule})"),
        None => outcome.to_string(),
    }
}

/// The connection's name, or the way that needs none.
fn through(kind: AttemptKind, connection: Option<String>) -> String {
    connection.unwrap_or_else(|| kind.to_string())
}

fn name(id: Option<ConnectionId>, connections: &[Connection]) -> Option<String> {
    let found = connections.iter().find(|it| Some(it.id) == id);
    found.map(|it| it.name.to_string())
}

/// A sign-in of the list.
fn summary(row: &SignInRow, connections: &[Connection]) -> Value {
    json!({
        "code": row.code.to_string(),
        "kind": row.kind,
        "outcome": row.outcome,
        "rule": row.rule,
        "warning": row.outcome.has_warning(row.rule.as_deref()).then_some(&row.summary),
        "summary": row.summary,
        "connection": name(row.connection_id, connections),
        "user": row.email,
        "started_at": timestamp(row.started_at),
        "finished_at": row.finished_at.map(timestamp),
    })
}

/// One sign-in with its checks.
fn describe(detail: &SignInDetail, company: &str) -> Value {
    let attempt = &detail.attempt;
    json!({
        "code": attempt.code.to_string(),
        "kind": attempt.kind,
        "outcome": attempt.outcome,
        "rule": attempt.rule,
        "warning": attempt.has_warning().then_some(&attempt.summary),
        "summary": attempt.summary,
        "connection": detail.connection.as_ref().map(|it| it.name.to_string()),
        "user": detail.email(),
        "signed_in": attempt.outcome == Outcome::SignedIn,
        "started_at": timestamp(attempt.started_at),
        "finished_at": attempt.finished_at.map(timestamp),
        "checks": attempt.record.checks,
        "advice": attempt.record.advice,
        "fixes": detail.fixes.iter().map(|it| fix(detail, it, company)).collect::<Vec<_>>(),
        "request_id": attempt.request_id,
        "return_to": attempt.return_to,
        "clocks": detail.drift.map(|drift| json!({
            "drift_seconds": drift.as_seconds_f64(),
            "text": detail.clocks,
        })),
        "signing": detail.signing.as_ref().map(signing),
    })
}

fn fix(detail: &SignInDetail, fix: &Fix, company: &str) -> Value {
    json!({
        "side": match fix.side {
            Side::IdentityProvider => "identity_provider",
            Side::Here => "here",
            Side::Operator => "operator",
        },
        "part": fix.part,
        "field": fix.field,
        "value": fix.value,
        "setting": fix.setting,
        "url": detail.url(fix),
        "command": detail.command(fix, company),
    })
}

fn signing(signing: &Signing) -> Value {
    let expected = signing.configured.iter().map(|it| {
        json!({
            "subject": it.subject,
            "sha256": it.sha256,
            "sha1": it.sha1,
            "not_after": timestamp(it.not_after),
        })
    });
    json!({
        "verified": signing.verified,
        "received": signing.signer.as_ref().map(|it| json!({
            "subject": it.subject,
            "sha256": it.sha256,
            "sha1": it.sha1,
        })),
        "expected": expected.collect::<Vec<_>>(),
    })
}

//! `explain`: the verdict on a Response, offline.
//!
//! Invariant: the verdict is that of the server on the same octets: the same functions, with the settings of a connection of
//! this installation, or with the defaults of an imported one, but for the NameID format, which is any unless one is named.

mod input;
mod judged;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::Setting;
use crate::cli::error::Result;
use crate::cli::output::Output;
use crate::domain::settings::{CLOCK_SKEW_SECONDS, MOST_CLOCK_SKEW_SECONDS};
use crate::saml::assertion::ValidatedAssertion;
use crate::saml::error::Requirement;
use crate::saml::response::{Expectation, ParsedResponse};
use crate::saml::signature::Trust;
use crate::saml::validate::validate;
use crate::saml::verdict::Verdict;
use crate::site::{self, Asked};
use crate::text;

use judged::Judged;
use report::Report;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    /// The Response: a file with XML, base64 or the form body that the browser posted; - is standard input
    #[arg(value_name = "RESPONSE")]
    response: PathBuf,
    /// Judge by a connection of this company, with its settings and our keys
    #[arg(long, value_name = "SLUG")]
    company: Option<String>,
    /// Which connection; not needed where there is one only
    #[arg(long, value_name = "NAME", requires = "company")]
    connection: Option<String>,
    /// The identity provider's metadata
    #[arg(long, value_name = "IDP.xml", required_unless_present = "company")]
    metadata: Option<PathBuf>,
    /// Our Identifier (Entity ID)
    #[arg(long, value_name = "SP", required_unless_present = "company")]
    entity_id: Option<String>,
    /// Our Reply URL (ACS)
    #[arg(long, value_name = "URL", required_unless_present = "company")]
    acs: Option<String>,
    /// Another value of a setting, as `connection set` takes it; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The request that it has to answer; without it, it is judged as unsolicited
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// When the request was made, if it asked the user to sign in again (`ForceAuthn`)
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    forced_at: Option<OffsetDateTime>,
    /// The time of the verdict [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    at: Option<OffsetDateTime>,
    /// Our private key in PEM, for an encrypted assertion; may be given several times
    #[arg(long = "key", value_name = "SP_KEY.pem")]
    keys: Vec<PathBuf>,
    /// Which one, when the metadata holds several identity providers
    #[arg(long, value_name = "E")]
    idp_entity_id: Option<String>,
    /// The NameID format that is required: a URN, email, or any [default: any, or the connection's]
    #[arg(long, value_name = "F")]
    name_id_format: Option<String>,
    #[arg(
        long,
        value_name = "S",
        value_parser = clap::value_parser!(u16).range(0..=i64::from(MOST_CLOCK_SKEW_SECONDS)),
        help = format!("How far the clocks may differ, in seconds [default: {CLOCK_SKEW_SECONDS}, or the connection's]")
    )]
    clock_skew: Option<u16>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(in crate::cli) async fn run(self, setting: &Setting, out: &mut Output) -> Result<ExitCode> {
        let at = self.at.unwrap_or_else(|| setting.clock.now());
        let judged = Judged::by(&self, setting, at).await?;
        let trust = site::trust(&judged.settings, judged.keys);
        let asked = Asked {
            request_id: self.request_id,
            forced_at: self.forced_at,
        };
        let (entity_id, acs_url) = (judged.entity_id, judged.acs_url);
        let expectation = site::expectation(&judged.settings, entity_id, acs_url, asked);
        let (verdict, hint) = match input::read(&self.response, judged.body_bytes)? {
            Ok(octets) => {
                let verdict = validate(&octets, &trust, &expectation, at);
                let hint = hint(&octets, &trust, &expectation, at, &verdict);
                (verdict, hint)
            }
            Err(error) => (Verdict::unread(&error), None),
        };
        let report = Report {
            at,
            warnings: &judged.warnings,
            trust: &trust,
            hint,
            time_hint: time_hint(&verdict).filter(|_| self.at.is_none()),
            verdict: &verdict,
        };
        if self.json {
            out.json(&report.to_json())?;
        } else {
            report.print(out)?;
        }
        Ok(if verdict.outcome().is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

/// When only the missing request ID refuses a Response: what it would be with it.
fn hint(
    octets: &[u8],
    trust: &Trust,
    expectation: &Expectation,
    at: OffsetDateTime,
    verdict: &Verdict<ValidatedAssertion>,
) -> Option<String> {
    let rejection = verdict.outcome().err()?;
    let about_request = matches!(
        rejection.requirement,
        Requirement::InResponseTo | Requirement::SubjectConfirmation
    );
    if expectation.request_id.is_some() || !about_request {
        return None;
    }
    let parsed = ParsedResponse::parse(octets).ok()?;
    let request_id = parsed.in_response_to()?.to_owned();
    let answering = Expectation {
        request_id: Some(request_id.clone()),
        ..expectation.clone()
    };
    let shown: String = request_id
        .chars()
        .filter(|c| !text::is_unseen(*c))
        .take(200)
        .collect();
    Some(
        match parsed.validate(trust, &answering, at, None).into_outcome() {
            Ok(_) => format!(
                "It answers the request {shown} and was judged as unsolicited. As the answer to that request it is accepted: add --request-id {shown}"
            ),
            Err(other) => format!(
                "It answers the request {shown} and was judged as unsolicited. With --request-id {shown} it is refused too: {other}"
            ),
        },
    )
}

/// When a Response is refused by the time, and that time is now: a kept one is judged by its own time.
fn time_hint(verdict: &Verdict<ValidatedAssertion>) -> Option<String> {
    let rejection = verdict.outcome().err()?;
    let by_time = match rejection.requirement {
        Requirement::CertificateValidity | Requirement::Conditions => true,
        Requirement::SubjectConfirmation => rejection.received.contains("our clock says"),
        _ => false,
    };
    // The check that passed holds a time that was read.
    let made = verdict
        .checks()
        .iter()
        .find(|check| check.requirement == Requirement::IssueInstant && check.passed);
    by_time.then(|| {
        let (at, when) = made.map_or_else(
            || ("TIME".to_owned(), "its IssueInstant".to_owned()),
            |check| (check.received.to_string(), check.received.to_string()),
        );
        format!("It was judged as of now. To judge it as of the time at which it was made ({when}), add --at {at}")
    })
}

fn parse_time(text: &str) -> std::result::Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write it as 2026-01-31T12:00:00Z".to_owned())
}

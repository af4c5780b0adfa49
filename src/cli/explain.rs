//! `explain`: the verdict on a Response, offline.
//!
//! Invariant: the verdict is that of the server: the same validator with the same defaults as an imported connection, but
//! for the NameID format, which is any unless one is named.

mod input;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use openssl::pkey::PKey;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{CliError, Result};
use super::import_metadata::read_file;
use super::output::Output;
use crate::domain::SamlSettings;
use crate::import;
use crate::saml::encryption::DecryptionKey;
use crate::saml::error::Requirement;
use crate::saml::metadata::{IdpMetadata, Imported};
use crate::saml::response::{Expectation, ParsedResponse, Verdict, validate};
use crate::saml::signature::Trust;
use crate::site;
use report::Report;

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The Response: a file with XML, base64 or the form body that the browser posted; - is standard input
    #[arg(value_name = "RESPONSE")]
    response: PathBuf,
    /// The identity provider's metadata
    #[arg(long, value_name = "IDP.xml")]
    metadata: PathBuf,
    /// Our Identifier (Entity ID)
    #[arg(long, value_name = "SP")]
    entity_id: String,
    /// Our Reply URL (ACS)
    #[arg(long, value_name = "URL")]
    acs: String,
    /// The request that it has to answer; without it, it is judged as unsolicited
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// The time of the verdict [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    at: Option<OffsetDateTime>,
    /// Our private key in PEM, for an encrypted assertion; may be given several times
    #[arg(long = "key", value_name = "SP_KEY.pem")]
    keys: Vec<PathBuf>,
    /// Which one, when the metadata holds several identity providers
    #[arg(long, value_name = "E")]
    idp_entity_id: Option<String>,
    /// The NameID format that is required: a URN, email, or any
    #[arg(long, value_name = "F", default_value = "any")]
    name_id_format: String,
    /// How far the clocks may differ, in seconds
    #[arg(long, value_name = "S", default_value_t = 180, value_parser = clap::value_parser!(u16).range(0..=300))]
    clock_skew: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(self, now: OffsetDateTime, out: &mut Output) -> Result<ExitCode> {
        let at = self.at.unwrap_or(now);
        let imported = self.import(at)?;
        let settings = self.settings(&imported.idp)?;
        let trust = site::trust(&settings, self.decryption_keys()?);
        let expectation = site::expectation(
            &settings,
            self.entity_id.clone(),
            self.acs.clone(),
            self.request_id.clone(),
        );
        let octets = input::read(&self.response)?;
        let verdict = validate(&octets, &trust, &expectation, at);
        let report = Report {
            at,
            imported: &imported,
            trust: &trust,
            hint: hint(&octets, &trust, &expectation, at, &verdict),
            time_hint: time_hint(&verdict).filter(|_| self.at.is_none()),
            verdict: &verdict,
        };
        if self.json {
            out.json(&report.to_json())?;
        } else {
            report.print(out)?;
        }
        Ok(if verdict.outcome.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }

    fn import(&self, at: OffsetDateTime) -> Result<Imported> {
        let bytes = read_file(&self.metadata)?;
        IdpMetadata::parse(&bytes, self.idp_entity_id.as_deref(), at).map_err(|error| {
            CliError::unusable(
                format!(
                    "The metadata {} cannot be used. {error}",
                    self.metadata.display()
                ),
                "With several identity providers in it, name one with --idp-entity-id.",
            )
        })
    }

    fn settings(&self, idp: &IdpMetadata) -> Result<SamlSettings> {
        let mut settings = import::settings(idp);
        settings.clock_skew_seconds = self.clock_skew;
        settings
            .set("name_id_format", &self.name_id_format)
            .map_err(|_| {
                CliError::unusable(
                    format!("\"{}\" is not a NameID format.", self.name_id_format),
                    "Give a format's URN, email, or any.",
                )
            })?;
        Ok(settings)
    }

    fn decryption_keys(&self) -> Result<Vec<DecryptionKey>> {
        self.keys.iter().map(|path| decryption_key(path)).collect()
    }
}

fn decryption_key(path: &Path) -> Result<DecryptionKey> {
    let pem = read_file(path)?;
    // The call-back stands in for OpenSSL's prompt on the terminal.
    PKey::private_key_from_pem_callback(&pem, |_| Ok(0))
        .ok()
        .and_then(DecryptionKey::new)
        .ok_or_else(|| {
            CliError::unusable(
                format!(
                    "The file {} is not an unencrypted RSA private key in PEM.",
                    path.display()
                ),
                "It begins with -----BEGIN PRIVATE KEY-----.",
            )
        })
}

/// When only the missing request ID refuses a Response: what it would be with it.
fn hint(
    octets: &[u8],
    trust: &Trust,
    expectation: &Expectation,
    at: OffsetDateTime,
    verdict: &Verdict,
) -> Option<String> {
    let rejection = verdict.outcome.as_ref().err()?;
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
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    Some(match parsed.validate(trust, &answering, at).outcome {
        Ok(_) => format!(
            "It answers the request {shown} and was judged as unsolicited. As the answer to that request it is accepted: add --request-id {shown}"
        ),
        Err(other) => format!(
            "It answers the request {shown} and was judged as unsolicited. With --request-id {shown} it is refused too: {other}"
        ),
    })
}

/// When a Response is refused by the time, and that time is now: a kept one is judged by its own time.
fn time_hint(verdict: &Verdict) -> Option<String> {
    let rejection = verdict.outcome.as_ref().err()?;
    let by_time = match rejection.requirement {
        Requirement::CertificateValidity | Requirement::Conditions => true,
        Requirement::SubjectConfirmation => rejection.received.contains("NotOnOrAfter"),
        _ => false,
    };
    // The check that passed holds a time that was read.
    let made = verdict
        .checks
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

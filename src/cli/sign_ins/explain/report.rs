//! What `explain` prints.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::cli::error::Result;
use crate::cli::output::{Output, timestamp};
use crate::cli::sign_ins::checks::{print_advice, print_checks};
use crate::domain;
use crate::saml::advice::advice;
use crate::saml::assertion::ValidatedAssertion;
use crate::saml::signature::Trust;
use crate::saml::verdict::Verdict;
use crate::site::record_check;

pub(super) struct ExplainReport<'a> {
    pub(super) at: OffsetDateTime,
    pub(super) warnings: &'a [String],
    pub(super) trust: &'a Trust,
    pub(super) verdict: &'a Verdict<ValidatedAssertion>,
    /// What else the person who asked has to know about a refusal.
    pub(super) hint: Option<String>,
    /// The same about the time of the verdict.
    pub(super) time_hint: Option<String>,
}

impl ExplainReport<'_> {
    pub(super) fn print(&self, out: &mut Output) -> Result<()> {
        out.line(format!(
            "Judged at {} against {}",
            timestamp(self.at),
            self.trust.idp_entity_id
        ))?;
        for key in &self.trust.keys {
            let (from, until) = key.validity();
            out.line(format!(
                "  signing certificate {} ({}), {} to {}",
                key.sha1_thumbprint(),
                key.subject(),
                from.date(),
                until.date()
            ))?;
        }
        for warning in self.warnings {
            out.line(format!("  ! {warning}"))?;
        }
        out.line("")?;
        let checks: Vec<domain::Check> = self
            .verdict
            .checks()
            .iter()
            .cloned()
            .map(record_check)
            .collect();
        print_checks(&checks, out)?;
        out.line("")?;
        out.line(self.sentence())?;
        match self.verdict.outcome() {
            Ok(assertion) => print_identity(assertion, out),
            Err(_) => print_advice(&self.advice(), out),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let checks: Vec<domain::Check> = self
            .verdict
            .checks()
            .iter()
            .cloned()
            .map(record_check)
            .collect();
        let rule = self.verdict.outcome().err();
        json!({
            "accepted": self.verdict.outcome().is_ok(),
            "rule": rule.map(|rejection| rejection.rule().to_string()),
            "summary": self.sentence(),
            "advice": self.advice(),
            "at": timestamp(self.at),
            "idp_entity_id": self.trust.idp_entity_id,
            "warnings": self.warnings,
            "checks": checks,
            "assertion": self.verdict.outcome().ok().map(identity),
        })
    }

    fn sentence(&self) -> String {
        match self.verdict.outcome() {
            Ok(assertion) => format!(
                "Accepted: the assertion {} of {} signs in {}.",
                assertion.id(),
                assertion.issuer(),
                assertion
                    .name_id()
                    .map_or("a user without NameID", |name| &name.value)
            ),
            Err(rejection) => format!(
                "Refused by rule {}. {}: {}. Expected: {}.",
                rejection.rule(),
                rejection.requirement.refused(),
                rejection.received,
                rejection.expected
            ),
        }
    }

    fn advice(&self) -> Vec<String> {
        let Err(rejection) = self.verdict.outcome() else {
            return Vec::new();
        };
        let mut all = match &self.hint {
            Some(hint) => vec![hint.clone()],
            None => advice(rejection),
        };
        all.extend(self.time_hint.clone());
        all
    }
}

fn print_identity(assertion: &ValidatedAssertion, out: &mut Output) -> Result<()> {
    if let Some(name) = assertion.name_id() {
        out.line(format!(
            "  NameID    {} ({})",
            name.value,
            name.format.as_deref().unwrap_or("no Format")
        ))?;
    }
    for (label, at) in [
        ("signed in", assertion.authn_instant()),
        ("ends", assertion.session_not_on_or_after()),
    ] {
        if let Some(at) = at {
            out.line(format!("  {label:<9} {}", timestamp(at)))?;
        }
    }
    if assertion.attributes().is_empty() {
        return out.line("  no attributes");
    }
    for attribute in assertion.attributes() {
        out.line(format!(
            "  {} = {}",
            attribute.name,
            attribute.values.join(" | ")
        ))?;
    }
    Ok(())
}

fn identity(assertion: &ValidatedAssertion) -> Value {
    let attributes: Vec<Value> = assertion
        .attributes()
        .iter()
        .map(|attribute| json!({"name": attribute.name, "values": attribute.values}))
        .collect();
    json!({
        "id": assertion.id(),
        "issuer": assertion.issuer(),
        "name_id": assertion.name_id(),
        "session_index": assertion.session_index(),
        "session_not_on_or_after": assertion.session_not_on_or_after().map(timestamp),
        "authn_instant": assertion.authn_instant().map(timestamp),
        "authn_context": assertion.authn_context(),
        "attributes": attributes,
    })
}

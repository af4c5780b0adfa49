//! A SAML Response becomes an [`Authenticated`] person, or a refusal.
//!
//! Nothing is written and nothing is asked of the database: what a Response is worth, its octets, the connection and the time decide.
//! The law is the room `saml`.
//!
//! Rules A to D, G and B9. Tests: `tests/vectors` for the law; `tests/it/sign_in/second_opinion.rs` for B9. The other half, which ends the
//! sign-in, is `finish.rs`.

use std::sync::Arc;

use super::authenticated::Authenticated;
use super::connection_test;
use super::name_id::name_id;
use super::record::{self, SignInRefusal};
use super::refusal_reason::RefusalReason;
use crate::app::App;
use crate::domain::{AttemptKind, Connection, Findings, NameId, Profile};
use crate::saml::error::{Rejection, Requirement};
use crate::saml::response::ParsedResponse;
use crate::site::{AnsweredRequest, Site, SiteConnection};
use crate::store::{FederatedProof, UsedAssertion};

/// From a Response to a person, without touching anything. A test is told what was found as well.
pub(super) fn authenticate(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    parsed: &ParsedResponse<'_>,
    answered: AnsweredRequest,
    kind: AttemptKind,
) -> Result<Authenticated, SignInRefusal> {
    let now = app.clock.now();
    let SiteConnection { connection, trust } = ready;
    let expectation = site.expectation(connection, answered);
    let second = app.cross_check.as_ref(); // rule B9
    let verdict = parsed.validate(trust, &expectation, now, second);
    let named = verdict.named().map(str::to_owned);
    let (checks, assertion) = match verdict.into_parts() {
        (checks, Ok(assertion)) => (checks, assertion),
        (checks, Err(rejection)) => {
            report_disagreement(connection, &rejection);
            return Err(SignInRefusal::from_rejection(&rejection, checks).naming(named.as_deref()));
        }
    };
    let record = record::without_advice(checks);
    let name_id = name_id(&assertion);
    let attributes = assertion
        .attributes()
        .iter()
        .map(|attribute| (attribute.name.as_str(), attribute.values.as_slice()));
    let findings = |person: Option<&Profile>| {
        (kind == AttemptKind::Test).then(|| {
            Box::new(Findings {
                person: person.cloned(),
                ..connection_test::findings(&connection.settings, &assertion)
            })
        })
    };
    let unnamed = NameId::new("", None);
    match Profile::read(
        &connection.settings,
        name_id.as_ref().unwrap_or(&unnamed),
        attributes,
    ) {
        Ok(profile) if connection.settings.refuses_groups(&profile.groups) => {
            let refusal = SignInRefusal::new(&RefusalReason::TooManyGroups).after(record);
            let name = assertion.name_id().map(|name| name.value.as_str());
            Err(refusal.finding(findings(Some(&profile))).naming(name))
        }
        Ok(profile) => Ok(Authenticated {
            findings: findings(Some(&profile)),
            age: assertion.drift(),
            session_end: assertion.session_not_on_or_after(),
            proof: FederatedProof {
                connection: Arc::clone(connection),
                profile,
                assertion: Some(UsedAssertion {
                    id: assertion.id().to_owned(),
                    expires_at: assertion.acceptable_until(),
                }),
                name_id,
                session_index: assertion.session_index().map(str::to_owned),
                logout_hint: None,
                authn_instant: assertion.authn_instant(),
                authn_context: assertion.authn_context().map(str::to_owned),
            },
            record,
        }),
        Err(error) => {
            let refusal = SignInRefusal::new(&RefusalReason::Claims(error)).after(record);
            let name = assertion.name_id().map(|name| name.value.as_str());
            Err(refusal.finding(findings(None)).naming(name))
        }
    }
}

/// The second implementation's refusal concerns the operator, who reads the log.
fn report_disagreement(connection: &Connection, rejection: &Rejection) {
    if rejection.requirement == Requirement::SecondOpinion {
        tracing::error!(
            connection = %connection.name,
            "the second implementation does not agree; the sign-in was refused, and its record says why"
        );
    }
}

//! The conditions: period, audience, and nothing that is not understood (rules D3 to D5).
//!
//! Vectors: `condition-*` and `audience-*`.

use crate::saml::difference;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::expectation::Expectation;
use crate::saml::instant;
use crate::saml::names;
use crate::xml::Element;
use time::OffsetDateTime;

/// Rules D3, D4, D5. Gives until when the assertion is valid.
pub(super) fn check_conditions(
    conditions: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<OffsetDateTime, Rejection> {
    let skew = expectation.clock_skew;
    let expected = || {
        format!(
            "now, {}, give or take {} s",
            instant::format(now),
            skew.whole_seconds()
        )
    };
    let (from, until) = (
        conditions.attribute("NotBefore"),
        conditions.attribute("NotOnOrAfter"),
    );
    let received = || {
        format!(
            "from {} until before {}",
            from.unwrap_or("any time"),
            until.unwrap_or("no end")
        )
    };
    let started =
        from.is_none_or(|from| instant::parse(from).is_some_and(|from| from <= now + skew));
    let end = until
        .and_then(instant::parse)
        .filter(|end| *end > now - skew);
    let Some(end) = end.filter(|_| started) else {
        return Err(checks.fail(Requirement::Conditions, expected(), received()));
    };
    checks.pass(Requirement::Conditions, expected(), received());
    check_audience(conditions, expectation, checks)?;
    let understood = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
    let unknown = conditions.children().find(|child| {
        child.namespace() != names::SAML || !understood.contains(&child.local_name())
    });
    match unknown {
        Some(condition) => Err(checks.fail(
            Requirement::KnownConditions,
            understood.join(", "),
            condition.name().to_owned(),
        )),
        None => Ok(end),
    }
}

/// Rule D4: at least one restriction, and every one names us.
fn check_audience(
    conditions: Element<'_>,
    expectation: &Expectation,
    checks: &mut Checks,
) -> Result<(), Rejection> {
    let mut restrictions = 0;
    for restriction in conditions.children_named(names::SAML, "AudienceRestriction") {
        restrictions += 1;
        let audiences: Vec<String> = restriction
            .children_named(names::SAML, "Audience")
            .map(|audience| audience.text().unwrap_or_default().into_owned())
            .collect();
        let met = audiences
            .iter()
            .any(|audience| expectation.names_us(audience));
        let received = if met {
            audiences.join(", ")
        } else {
            near_miss(&audiences, &expectation.entity_id)
        };
        checks.require(
            met,
            Requirement::Audience,
            expectation.entity_id.clone(),
            received,
        )?;
    }
    if restrictions == 0 {
        return Err(checks.fail(
            Requirement::Audience,
            expectation.entity_id.clone(),
            "no AudienceRestriction",
        ));
    }
    Ok(())
}

/// What was received, with how it differs where it nearly fits.
fn near_miss(audiences: &[String], entity_id: &str) -> String {
    if audiences.is_empty() {
        return "no Audience".to_owned();
    }
    let described = audiences
        .iter()
        .map(|audience| difference::describe(audience, entity_id));
    described.collect::<Vec<_>>().join(", ")
}

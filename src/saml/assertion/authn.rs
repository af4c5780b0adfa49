//! How and when the user was authenticated (rules D6, D8 and D9).
//!
//! Vectors: `authn-*`; with a server, `tests/it/sign_in/authentication.rs`. The other half, what is asked for, is `authn_request`.

use super::LONGEST_NAME;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::saml::expectation::{Authentication, Expectation};
use crate::saml::instant;
use crate::saml::names;
use crate::xml::Element;
use std::borrow::Cow;
use time::{Duration, OffsetDateTime};

/// How a record says that a connection asks for one thing and demands another (rule D9).
pub const NONE_WOULD_DO: &str = "none: the request asks for ";

/// What the statements say.
#[derive(Default)]
pub(super) struct Authn {
    pub(super) index: Option<String>,
    pub(super) not_on_or_after: Option<OffsetDateTime>,
    pub(super) instant: Option<OffsetDateTime>,
    pub(super) context: Option<String>,
}

/// One `AuthnStatement`: when, and how.
struct AuthnStatementElement<'d> {
    instant: Option<&'d str>,
    context: Option<Cow<'d, str>>,
}

/// Rules D6, D8 and D9. The instant and the context are those of one statement: the first that is what was asked for.
pub(super) fn check_authn(
    assertion: Element<'_>,
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<Authn, Rejection> {
    let mut authn = Authn::default();
    let mut statements = Vec::new();
    for statement in assertion.children_named(names::SAML, "AuthnStatement") {
        if let Some(text) = statement.attribute("SessionNotOnOrAfter") {
            let end = instant::parse(text).filter(|end| *end > now - expectation.clock_skew);
            let end = end.ok_or_else(|| {
                checks.fail(
                    Requirement::AuthnStatement,
                    "a SessionNotOnOrAfter in the future",
                    text.to_owned(),
                )
            })?;
            authn.not_on_or_after = Some(
                authn
                    .not_on_or_after
                    .map_or(end, |known: OffsetDateTime| known.min(end)),
            );
        }
        let index = statement.attribute("SessionIndex");
        let context = context(statement);
        let longest = index.map(str::len).max(context.as_ref().map(|it| it.len()));
        if longest.is_some_and(|length| length > LONGEST_NAME) {
            return Err(checks.fail(
                Requirement::AuthnStatement,
                "a SessionIndex and an AuthnContextClassRef of at most 1024 octets",
                "a longer one",
            ));
        }
        authn.index = authn.index.or_else(|| index.map(str::to_owned));
        statements.push(AuthnStatementElement {
            instant: statement.attribute("AuthnInstant"),
            context,
        });
    }
    if !statements.is_empty() {
        checks.pass(Requirement::AuthnStatement, "an AuthnStatement", "one");
    } else if expectation.authn_statement_optional {
        checks.pass(
            Requirement::AuthnStatement,
            "an AuthnStatement, or none by the connection's setting",
            "none",
        );
    } else {
        return Err(checks.fail(Requirement::AuthnStatement, "an AuthnStatement", "none"));
    }
    let told = asked_for(&statements, expectation, now, checks)?;
    authn.instant = told.and_then(|told| told.instant).and_then(instant::parse);
    authn.context = told.and_then(|told| told.context.as_deref().map(str::to_owned));
    Ok(authn)
}

fn context(statement: Element<'_>) -> Option<Cow<'_, str>> {
    statement
        .child(names::SAML, "AuthnContext")?
        .child(names::SAML, "AuthnContextClassRef")?
        .text()
}

/// Rules D8 and D9: the first statement that is fresh enough and of the right kind. Of several, none may lend the other what it
/// lacks. Where nothing was asked for, the first.
fn asked_for<'s, 'd>(
    statements: &'s [AuthnStatementElement<'d>],
    expectation: &Expectation,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<Option<&'s AuthnStatementElement<'d>>, Rejection> {
    let asked = &expectation.authentication;
    let skew = expectation.clock_skew;
    let is_timed = asked.forced_at.is_some() || asked.max_age.is_some();
    // What is compared is what our request said, in whole milliseconds; some providers cut the instant to the second.
    let forced_at = asked
        .forced_at
        .map(|at| at.replace_nanosecond(0).unwrap_or(at));
    let oldest = asked.max_age.map(|age| now.saturating_sub(age));
    let earliest = forced_at
        .max(oldest)
        .map(|earliest| earliest.saturating_sub(skew));
    let latest = now.saturating_add(skew);
    let is_fresh = |statement: &&AuthnStatementElement<'_>| {
        let at = statement.instant.and_then(instant::parse);
        earliest.is_none_or(|earliest| at.is_some_and(|at| earliest <= at && at <= latest))
    };
    let is_of_kind = |statement: &&AuthnStatementElement<'_>| {
        [&asked.requested, &asked.accepted].into_iter().all(|list| {
            list.is_empty()
                || statement
                    .context
                    .as_ref()
                    .is_some_and(|context| list.iter().any(|one| one == context))
        })
    };
    let fresh = statements.iter().find(is_fresh);
    let told = statements
        .iter()
        .find(|statement| is_fresh(statement) && is_of_kind(statement));
    let shown = told.or(fresh).or_else(|| statements.first());
    if is_timed {
        let expected = freshness(asked, earliest.unwrap_or(now));
        let received = match shown.and_then(|it| it.instant) {
            Some(at) => format!("AuthnInstant {at}"),
            None => "no AuthnInstant".to_owned(),
        };
        checks.require(fresh.is_some(), Requirement::Freshness, expected, received)?;
    }
    if !asked.requested.is_empty() || !asked.accepted.is_empty() {
        let received = match shown.and_then(|it| it.context.as_ref()) {
            Some(context) => format!("AuthnContextClassRef {context}"),
            None => "no AuthnContextClassRef".to_owned(),
        };
        checks.require(
            told.is_some(),
            Requirement::AuthnContext,
            kinds(asked),
            received,
        )?;
    }
    Ok(told)
}

/// What had to be, and who asked for it.
fn freshness(asked: &Authentication, earliest: OffsetDateTime) -> String {
    let earliest = instant::format(earliest);
    let age = asked.max_age.map(Duration::whole_seconds);
    match (asked.forced_at, age) {
        (Some(_), Some(age)) => format!(
            "an AuthnInstant from {earliest} on, because the request asked to sign in again (ForceAuthn), and the connection takes none older than {age} s"
        ),
        (Some(_), None) => format!(
            "an AuthnInstant from {earliest} on, because the request asked to sign in again (ForceAuthn)"
        ),
        (None, age) => format!(
            "an AuthnInstant from {earliest} on, because the connection takes none older than {} s",
            age.unwrap_or_default()
        ),
    }
}

fn kinds(asked: &Authentication) -> String {
    let list = |kinds: &[String]| kinds.join(" or ");
    match (asked.requested.as_slice(), asked.accepted.as_slice()) {
        (requested, []) => format!("{}, as the request asked", list(requested)),
        ([], accepted) => format!("{}, as the connection demands", list(accepted)),
        // Nothing would do.
        (requested, accepted) if !requested.iter().any(|one| accepted.contains(one)) => format!(
            "{NONE_WOULD_DO}{}, and the connection takes {} only",
            list(requested),
            list(accepted)
        ),
        (requested, accepted) => format!(
            "{}, as the request asked, and of these {}, as the connection demands",
            list(requested),
            list(accepted)
        ),
    }
}

//! Every line of advice, and what comes when it is followed: a line that is in no record, and one that nobody has tried, fail.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use vestibule::saml::advice::advice;
use vestibule::saml::binding::{EncodedResponse, decode_redirect};
use vestibule::saml::error::{Rejection, Requirement};
use vestibule::saml::logout::{LogoutExpectation, receive_redirect};
use vestibule::saml::validate::validate;
use vestibule::saml::verdict::Verdict;

use super::super::case::{Case, Message};
use super::fixes;
use table::{ELSEWHERE, EXPLAINED, LINES};

/// Nothing that anybody could change is known, and so nothing is advised.
const WITHOUT: &[Requirement] = &[Requirement::Encoding, Requirement::AssertionShape];

/// Why a vector is refused.
pub(in crate::vectors) fn refusal(case: &Case) -> Option<Rejection> {
    match &case.message {
        Message::Xml(octets) => validate(octets, &case.trust(), &case.expectation(), case.file.now)
            .into_outcome()
            .err(),
        Message::Form(body) => match EncodedResponse::from_form(body, 256 * 1024) {
            Ok(form) => {
                let xml = form.response.xml();
                validate(xml, &case.trust(), &case.expectation(), case.file.now)
                    .into_outcome()
                    .err()
            }
            Err(error) => Verdict::unread(&error).into_outcome().err(),
        },
        Message::Query(query) => {
            let message = decode_redirect(query).ok()?;
            let expectation = LogoutExpectation {
                slo_url: case.file.acs_url.clone(),
                extra_issuers: Vec::new(),
                clock_skew: case.skew(),
            };
            let verdict = receive_redirect(&message, &case.trust(), &expectation, case.file.now);
            verdict.into_outcome().err()
        }
    }
}

#[test]
fn every_line_of_advice_was_tried() {
    let cases: BTreeMap<String, Case> = Case::all("reject")
        .into_iter()
        .map(|case| (case.name.clone(), case))
        .collect();
    let mut given: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut failures = Vec::new();
    for case in cases.values() {
        let Some(rejection) = refusal(case) else {
            continue;
        };
        let lines = advice(&rejection);
        if WITHOUT.contains(&rejection.requirement) && !lines.is_empty() {
            failures.push(format!("{} has advice: {lines:?}", case.name));
        }
        if rejection.requirement == Requirement::Status {
            continue;
        }
        seen.insert(rejection.requirement.title());
        for text in lines {
            given.entry(text).or_default().push(&case.name);
        }
    }
    // What is given is known here.
    for (text, at) in &given {
        let is_known = |says: &str| text.contains(says);
        if !LINES.iter().any(|line| is_known(line.says)) && !EXPLAINED.iter().any(|it| is_known(it))
        {
            failures.push(format!("nobody has tried \"{text}\": {at:?}"));
        }
    }
    // What is known is given, and lets the message pass.
    let mut tried = BTreeSet::new();
    for line in LINES {
        let has_it = |name: &str| {
            given
                .iter()
                .any(|(text, at)| text.contains(line.says) && at.contains(&name))
        };
        for name in line.at {
            let case = &cases[*name];
            if !has_it(name) {
                failures.push(format!(
                    "{name} is not told \"{}\": {:?}",
                    line.says,
                    refusal(case)
                ));
                continue;
            }
            let mut mended = case.clone();
            (line.then)(&mut mended);
            match mended.judge() {
                Ok(_) => drop(tried.insert(refusal(case).unwrap().requirement.title())),
                Err(refused) => failures.push(format!("{name}: {}: {refused:?}", line.says)),
            }
        }
    }
    // Every requirement is tried, or there is nothing to try.
    for requirement in Requirement::ALL {
        let is_tried = tried.contains(requirement.title())
            || ELSEWHERE
                .iter()
                .any(|(elsewhere, _)| elsewhere == requirement);
        if is_tried == WITHOUT.contains(requirement) {
            failures.push(format!("{requirement:?} is tried: {is_tried}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_tried_elsewhere_is_a_test() {
    let sources = crate::support::test_sources();
    for (_, name) in ELSEWHERE {
        assert!(sources.contains(&format!("fn {name}()")), "{name}");
    }
}

/// What nobody can change has no field to change either.
#[test]
fn where_nothing_is_advised_no_field_is_named() {
    for case in Case::all("reject") {
        if case.file.metadata.is_some() {
            continue;
        }
        let Some(attempt) = super::attempt(&case) else {
            continue;
        };
        let found = fixes(
            &attempt,
            &super::company(&case),
            Some(&super::connection(&case)),
        );
        let lines = refusal(&case).map(|it| advice(&it)).unwrap_or_default();
        assert!(
            !lines.is_empty() || found.is_empty(),
            "{}: {found:?}",
            case.name
        );
    }
}

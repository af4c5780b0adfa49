//! Real Responses: accepted at their time; refused outside it, under any other key, and with any byte changed.

use super::case::{Case, Identity};
use time::{Duration, OffsetDateTime};
use vestibule::saml::error::Rule;
use vestibule::saml::instant;
use vestibule::saml::names;
use vestibule::saml::signature::ValidityPolicy;
use vestibule::saml::validate::validate;
use vestibule::xml::{Canonicalization, Document, Element, Limits, canonicalize};

fn samples() -> impl Iterator<Item = Case> {
    let cases = Case::all("accept").into_iter();
    cases.filter(|case| case.file.metadata.is_some())
}

#[test]
fn the_time_is_exact_to_the_second() {
    for mut case in samples() {
        let (from, until) = period(&case);
        // Some were recorded minutes after their certificate was made.
        case.file.settings.certificate_validity = Some(ValidityPolicy::Ignore);
        for (now, accepted) in [
            (from - Duration::SECOND, false),
            (from, true),
            (until - Duration::SECOND, true),
            (until, false),
        ] {
            case.file.now = now;
            match case.judge() {
                Ok(_) => assert!(accepted, "{} at {now}", case.name),
                Err(refusal) => {
                    assert!(!accepted, "{} at {now}: {refusal:?}", case.name);
                    let rules = [Rule::C5, Rule::D2, Rule::D3, Rule::D6];
                    assert!(rules.contains(&refusal.rule), "{}: {refusal:?}", case.name);
                }
            }
        }
    }
}

#[test]
fn no_other_key_verifies_it() {
    for case in samples() {
        for other in samples().filter(|other| other.name != case.name) {
            let mut trust = case.trust();
            trust.keys = other.trust().keys;
            let verdict = validate(case.xml(), &trust, &case.expectation(), case.file.now);
            let rejection = verdict.into_outcome().unwrap_err();
            assert_eq!(
                rejection.rule(),
                Rule::B3,
                "{} with {}",
                case.name,
                other.name
            );
        }
    }
}

#[test]
fn no_byte_of_it_can_be_changed() {
    for case in samples() {
        let signed = signed_range(case.xml());
        let identity = case.judge().unwrap();
        let (trust, expectation) = (case.trust(), case.expectation());
        for at in signed.step_by(7) {
            let mut octets = case.xml().to_vec();
            octets[at] ^= 1;
            let verdict = validate(&octets, &trust, &expectation, case.file.now);
            if let Ok(assertion) = verdict.into_outcome() {
                // A signature does not cover its own KeyInfo, which nobody trusts (rule B2), nor a declaration that nothing uses.
                let covered = canonical(&octets) == canonical(case.xml());
                assert!(covered, "{} at {at}", case.name);
                assert_eq!(
                    Identity::from(&assertion),
                    identity,
                    "{} at {at}",
                    case.name
                );
            }
        }
    }
}

/// From when and until before when a Response is acceptable, the skew included.
fn period(case: &Case) -> (OffsetDateTime, OffsetDateTime) {
    let document = Document::parse(case.xml(), &Limits::MESSAGE).unwrap();
    let times = |name: &str, of: &[&str]| -> Vec<OffsetDateTime> {
        let elements = document.elements();
        let elements = elements.filter(|element| of.contains(&element.local_name()));
        elements
            .filter_map(|element| instant::parse(element.attribute(name)?))
            .collect()
    };
    let from = [
        times("IssueInstant", &["Response", "Assertion"]),
        times("NotBefore", &["Conditions"]),
    ];
    let until = [
        times("NotOnOrAfter", &["Conditions", "SubjectConfirmationData"]),
        times("SessionNotOnOrAfter", &["AuthnStatement"]),
    ];
    let from = from.into_iter().flatten().max().unwrap();
    let until = until.into_iter().flatten().min().unwrap();
    (from - case.skew(), until + case.skew())
}

/// The octets that the signature covers.
fn canonical(xml: &[u8]) -> Vec<u8> {
    let document = Document::parse(xml, &Limits::MESSAGE).unwrap();
    let signature = signature(&document);
    let parent = signature.parent().unwrap();
    canonicalize(parent, Some(signature), Canonicalization::Exclusive(&[]))
}

fn signature<'d>(document: &'d Document<'_>) -> Element<'d> {
    let mut elements = document.elements();
    elements
        .find(|element| element.is(names::DS, "Signature"))
        .unwrap()
}

/// Where the signed element stands.
fn signed_range(xml: &[u8]) -> std::ops::Range<usize> {
    let document = Document::parse(xml, &Limits::MESSAGE).unwrap();
    signature(&document).parent().unwrap().source()
}

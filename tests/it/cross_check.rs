//! The second opinion (rule B9): samael agrees with every accepted vector, and whatever it says differently is a refusal.

use vestibule::saml::assertion::ValidatedAssertion;
use vestibule::saml::cross_check::{
    CrossCheck, Incomparable, SecondOpinion, SignatureQuestion, SignedIdentity, SignedPart,
    Uncommon,
};
use vestibule::saml::error::{Requirement, Rule, SamlCheck};
use vestibule::saml::response::ParsedResponse;
use vestibule::saml::signature::SignatureAlgorithm;
use vestibule::saml::verdict::Verdict;
use vestibule::second_opinion::second_opinion;

use crate::vectors::{Case, Message};

/// What samael cannot judge; it must agree with everything else.
const INCOMPARABLE: [(&str, &str); 12] = [
    ("rsa-pss-sha256", "samael does not know RSA-PSS"),
    ("rsa-pss-sha512", "samael does not know RSA-PSS"),
    ("encrypted-cbc-128-in-signed-response", NO_OWN_SIGNATURE),
    ("encrypted-cbc-192-in-signed-response", NO_OWN_SIGNATURE),
    ("encrypted-cbc-256-in-signed-response", NO_OWN_SIGNATURE),
    ("encrypted-gcm-in-signed-response", NO_OWN_SIGNATURE),
    ("encrypted-namespaces-from-outside", NO_OWN_SIGNATURE),
    (
        "comments-signed",
        "samael does not take comments in what is signed",
    ),
    (
        "id-with-digit-first",
        "samael does not take an ID that begins with a digit",
    ),
    ("name-encrypted-leaning-on-namespaces", ENCRYPTED_NAME),
    ("name-encrypted-opened", ENCRYPTED_NAME),
    ("name-encrypted-with-cbc", ENCRYPTED_NAME),
];
const ENCRYPTED_NAME: &str = "samael does not take an encrypted NameID";
const NO_OWN_SIGNATURE: &str = "the encrypted assertion has no signature of its own";

/// samael, with one answer changed.
#[derive(Debug)]
struct Changed {
    samael: Box<dyn SecondOpinion>,
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    /// It is told of no certificate.
    NoCertificate,
    Refuses,
    OtherOctets,
    CannotRead,
    OtherName,
    NoName,
    OtherId,
}

impl SecondOpinion for Changed {
    fn name(&self) -> &'static str {
        "a double"
    }

    fn knows(&self, algorithm: SignatureAlgorithm) -> bool {
        self.samael.knows(algorithm)
    }

    fn takes(&self, what: Uncommon) -> bool {
        self.samael.takes(what)
    }

    fn signed_octets(&self, question: &SignatureQuestion<'_>) -> Result<String, String> {
        let question = SignatureQuestion {
            certificates: match self.change {
                Change::NoCertificate => &[],
                _ => question.certificates,
            },
            ..*question
        };
        let octets = self.samael.signed_octets(&question)?;
        match self.change {
            Change::Refuses => Err("a wrong signature".to_owned()),
            Change::OtherOctets => Ok(octets + " "),
            _ => Ok(octets),
        }
    }

    fn identity(&self, signed: &str, part: SignedPart) -> Result<SignedIdentity, String> {
        let mut identity = self.samael.identity(signed, part)?;
        match self.change {
            Change::CannotRead => return Err("an unknown element".to_owned()),
            Change::OtherName => identity.name_id = Some("admin@contoso.com".to_owned()),
            Change::NoName => identity.name_id = None,
            Change::OtherId => identity.assertion_id.push('x'),
            _ => {}
        }
        Ok(identity)
    }
}

/// The verdict on a vector's Response after the second opinion.
fn reviewed(case: &Case, cross_check: &CrossCheck) -> Verdict<ValidatedAssertion> {
    let trust = case.trust();
    let parsed = ParsedResponse::parse(case.xml()).unwrap();
    parsed.validate(
        &trust,
        &case.expectation(),
        case.file.now,
        Some(cross_check),
    )
}

fn samael(incomparable: Incomparable) -> CrossCheck {
    CrossCheck::new(second_opinion().unwrap(), incomparable)
}

fn case(kind: &str, name: &str) -> Case {
    let mut cases = Case::all(kind).into_iter();
    cases.find(|case| case.name == name).unwrap()
}

fn last(verdict: &Verdict<ValidatedAssertion>) -> &SamlCheck {
    verdict.checks().last().unwrap()
}

#[test]
fn samael_agrees_with_every_vector_that_it_can_judge() {
    let (lenient, strict) = (
        samael(Incomparable::Passes),
        samael(Incomparable::IsRefused),
    );
    let (mut agreed, mut wrong) = (0, Vec::new());
    for case in Case::all("accept") {
        if !matches!(case.message, Message::Xml(_)) {
            continue;
        }
        let (lenient, strict) = (reviewed(&case, &lenient), reviewed(&case, &strict));
        let check = last(&lenient);
        let known = INCOMPARABLE.iter().find(|(name, _)| *name == case.name);
        let as_expected = match known {
            None => {
                agreed += 1;
                check.received == "the same" && strict.outcome().is_ok()
            }
            Some((_, why)) => {
                check.received == format!("not compared: {why}; accepted by the operator's setting")
                    && last(&strict).received == format!("not compared: {why}")
                    && matches!(strict.outcome(), Err(it) if it.rule() == Rule::B9)
            }
        };
        if !as_expected
            || lenient.outcome().is_err()
            || check.requirement != Requirement::SecondOpinion
        {
            wrong.push(format!(
                "{}: {check:?}, strict {:?}",
                case.name,
                last(&strict)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreed > 60, "{agreed}");
}

#[test]
fn every_disagreement_is_a_refusal() {
    // The Response signed, the assertion, both; encrypted; encrypted in a signed Response.
    for name in [
        "signed-response",
        "signed-assertion",
        "signed-both",
        "encrypted-gcm-256",
        "encrypted-gcm-both-signed",
    ] {
        let case = case("accept", name);
        for (change, received) in [
            (Change::Nothing, "the same"),
            (Change::Refuses, "a refusal: a wrong signature"),
            (Change::OtherOctets, "other signed octets"),
            (
                Change::CannotRead,
                "an assertion that it cannot read: an unknown element",
            ),
            (Change::OtherName, "another NameID: admin@contoso.com"),
            (Change::NoName, "no NameID"),
            (Change::OtherId, "another assertion ID: _assertionx"),
        ] {
            let double = Changed {
                samael: second_opinion().unwrap(),
                change,
            };
            let cross_check = CrossCheck::new(Box::new(double), Incomparable::Passes);
            let verdict = reviewed(&case, &cross_check);
            let check = last(&verdict);
            assert_eq!(check.requirement, Requirement::SecondOpinion, "{name}");
            assert_eq!(check.received, received, "{name}");
            assert!(check.expected.ends_with("from a double"), "{check:?}");
            let agrees = change == Change::Nothing;
            assert_eq!(check.passed, agrees, "{name}");
            assert_eq!(verdict.outcome().is_ok(), agrees, "{name}");
        }
    }
}

/// What it cannot judge of a message is no excuse for the rest.
#[test]
fn a_name_that_it_cannot_open_excuses_nothing_else() {
    let case = case("accept", "name-encrypted-opened");
    for (change, received) in [
        (Change::Refuses, "a refusal: a wrong signature"),
        (Change::OtherOctets, "other signed octets"),
        (Change::OtherName, "another NameID: admin@contoso.com"),
        (Change::OtherId, "another assertion ID: _assertionx"),
    ] {
        let double = Changed {
            samael: second_opinion().unwrap(),
            change,
        };
        let cross_check = CrossCheck::new(Box::new(double), Incomparable::Passes);
        let verdict = reviewed(&case, &cross_check);
        assert_eq!(last(&verdict).received, received);
        assert!(verdict.outcome().is_err(), "{received}");
    }
}

#[test]
fn only_the_certificate_that_signed_counts_for_it_as_well() {
    let case = case("accept", "signed-assertion");
    let double = Changed {
        samael: second_opinion().unwrap(),
        change: Change::NoCertificate,
    };
    let cross_check = CrossCheck::new(Box::new(double), Incomparable::Passes);
    let verdict = reviewed(&case, &cross_check);
    assert!(last(&verdict).received.starts_with("a refusal: "));
    assert!(verdict.outcome().is_err());
}

#[test]
fn a_refusal_stays_as_it_is() {
    let refused = case("reject", "signature-missing");
    let verdict = reviewed(&refused, &samael(Incomparable::IsRefused));
    assert_eq!(verdict.outcome().unwrap_err().rule(), Rule::B7);
    assert!(
        verdict
            .checks()
            .iter()
            .all(|check| check.requirement != Requirement::SecondOpinion)
    );
}

/// What is advised where it cannot judge: the operator's word lets the same message pass, and what the identity provider can do
/// instead is told where it helps, and nowhere else.
#[test]
fn what_is_advised_where_samael_cannot_judge_helps() {
    const SIGN: &str = "sign the assertion itself, with RSA-SHA256";
    const PLAIN: &str = "send the NameID as it is";
    let (lenient, strict) = (
        samael(Incomparable::Passes),
        samael(Incomparable::IsRefused),
    );
    for (name, why) in INCOMPARABLE {
        let refused = reviewed(&case("accept", name), &strict);
        let lines = vestibule::saml::advice::advice(&refused.into_outcome().unwrap_err());
        assert!(
            lines[0].contains("verification.cross_check = \"compare\""),
            "{lines:?}"
        );
        assert!(reviewed(&case("accept", name), &lenient).outcome().is_ok());
        let told = |words: &str| lines.iter().any(|line| line.contains(words));
        // The same person, sent as it is advised.
        let then = match why {
            "samael does not know RSA-PSS" => Some((SIGN, "signed-assertion")),
            NO_OWN_SIGNATURE => Some((SIGN, "encrypted-gcm-both-signed")),
            ENCRYPTED_NAME => Some((PLAIN, "signed-assertion")),
            _ => None,
        };
        for words in [SIGN, PLAIN] {
            let is_right = then.is_some_and(|(right, _)| right == words);
            assert_eq!(told(words), is_right, "{name}: {lines:?}");
        }
        assert_eq!(lines.len(), 1 + usize::from(then.is_some()), "{lines:?}");
        if let Some((_, mended)) = then {
            let verdict = reviewed(&case("accept", mended), &strict);
            assert!(verdict.outcome().is_ok(), "{name}: {mended}");
            assert_eq!(last(&verdict).received, "the same");
        }
    }
}

//! A second opinion on a good verdict (rule B9): another implementation has to verify the same signatures over the same
//! octets, and to read the same NameID and assertion ID from them.
//!
//! Invariants: it can only refuse; it is asked last, so that it sees nothing that another check refuses; whether it is able
//! to judge a message is known before it is asked, so that no failure of it counts as being unable.
//!
//! Tests: `tests/it/cross_check.rs`; with a server, `tests/it/sign_in/second_opinion.rs`. The implementation that is asked is the room
//! `second_opinion`.

use super::assertion::JudgedAssertion;
use super::error::{Checks, Rejection, Requirement};
use super::names;
use super::response::SignedAssertion;
use super::signature::{SignatureAlgorithm, SignedXml, Signer};
use crate::xml::{Document, Element, Limits};
use std::fmt;

/// How a record begins when there was nothing to compare.
pub const NOT_COMPARED: &str = "not compared: ";

/// Another implementation of SAML.
pub trait SecondOpinion: fmt::Debug + Send + Sync {
    /// Its name, for records.
    fn name(&self) -> &'static str;

    /// Whether it can verify such signatures at all.
    fn knows(&self, algorithm: SignatureAlgorithm) -> bool;

    /// Whether it can judge a message that holds this.
    fn takes(&self, what: Uncommon) -> bool;

    /// Verifies every signature in a document, and gives the octets that the outermost one covers; or why it refuses.
    fn signed_octets(&self, question: &SignatureQuestion<'_>) -> Result<String, String>;

    /// Whom signed octets speak of, a whole Response or an assertion; or why they cannot be read.
    fn identity(&self, signed: &str, part: SignedPart) -> Result<SignedIdentity, String>;
}

/// What a message may hold by our rules, and not every implementation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncommon {
    /// An ID that begins with a digit (rule A4).
    DigitFirst,
    /// Comments in what is signed (rule B4): a reference by `#ID` alone leaves them out (XML Signature 4.4.3.3).
    SignedComments,
    /// An `EncryptedID` instead of a `NameID` (rule D7).
    EncryptedName,
}

/// A document whose signatures are to be verified.
#[derive(Debug)]
pub struct SignatureQuestion<'a> {
    /// The document.
    pub document: &'a str,
    /// The certificates that the signatures were made with, DER.
    pub certificates: &'a [&'a [u8]],
    /// The connection allows SHA-1 (rule B4).
    pub sha1_allowed: bool,
}

/// What octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedPart {
    /// A Response with its assertion.
    Response,
    /// An assertion.
    Assertion,
}

/// What two implementations have to agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIdentity {
    /// The value of the `NameID`, where there is one.
    pub name_id: Option<String>,
    /// The assertion's ID.
    pub assertion_id: String,
}

/// What happens to a sign-in that the second implementation cannot judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomparable {
    /// It passes, and its record says so.
    Passes,
    /// It is refused.
    IsRefused,
}

/// The second implementation, and how strictly it is heard.
#[derive(Debug)]
pub struct CrossCheck {
    opinion: Box<dyn SecondOpinion>,
    incomparable: Incomparable,
}

/// Why there is no agreement.
enum NoAgreement {
    Disagreement(String),
    Incomparable(String),
}

impl CrossCheck {
    /// A cross-check by this implementation.
    pub fn new(opinion: Box<dyn SecondOpinion>, incomparable: Incomparable) -> Self {
        Self {
            opinion,
            incomparable,
        }
    }

    /// Holds an assertion that our own rules accept against the second opinion, and refuses when they differ.
    pub(super) fn ask(
        &self,
        judged: &JudgedAssertion<'_>,
        checks: &mut Checks,
    ) -> Result<(), Rejection> {
        let expected = format!(
            "the same signed octets, NameID and assertion ID from {}",
            self.opinion.name()
        );
        let signed = judged.signed();
        // One key may have made both signatures.
        let mut certificates: Vec<&[u8]> = signers(signed).map(Signer::certificate).collect();
        certificates.dedup();
        let question = SignatureQuestion {
            document: "",
            certificates: &certificates,
            sha1_allowed: signed.terms().trust.danger_allow_sha1,
        };
        let found = self.compare(judged, &question);
        let (passed, received) = match found {
            Ok(()) => (true, "the same".to_owned()),
            Err(NoAgreement::Incomparable(why)) => match self.incomparable {
                Incomparable::Passes => (
                    true,
                    format!("{NOT_COMPARED}{why}; accepted by the operator's setting"),
                ),
                Incomparable::IsRefused => (false, format!("{NOT_COMPARED}{why}")),
            },
            Err(NoAgreement::Disagreement(what)) => (false, what),
        };
        checks.require(passed, Requirement::SecondOpinion, expected, received)
    }

    fn compare(
        &self,
        judged: &JudgedAssertion<'_>,
        question: &SignatureQuestion<'_>,
    ) -> Result<(), NoAgreement> {
        let signed = judged.signed();
        if let Some(signer) = signers(signed).find(|signer| !self.opinion.knows(signer.algorithm()))
        {
            return Err(NoAgreement::Incomparable(format!(
                "{} does not know {}",
                self.opinion.name(),
                signer.algorithm().family()
            )));
        }
        if has_comments(signed) {
            self.must_take(Uncommon::SignedComments)?;
        }
        let Some(opened) = signed.opened() else {
            let (octets, part) = match signed.response() {
                Some(response) => (response.octets(), SignedPart::Response),
                None => (signed.octets(), SignedPart::Assertion),
            };
            let theirs = self.same_octets(signed.received(), octets, question)?;
            return self.same_identity(&theirs, part, judged);
        };
        // What stands in the message is the Response's signature, over the encrypted assertion.
        if let Some(response) = signed.response() {
            self.same_octets(signed.received(), response.octets(), question)?;
        }
        if signed.signer().is_none() {
            // Only we have decrypted it, and nothing signed shows that it is what was encrypted.
            return Err(NoAgreement::Incomparable(
                "the encrypted assertion has no signature of its own".to_owned(),
            ));
        }
        let theirs = self.same_octets(opened, signed.octets(), question)?;
        self.same_identity(&theirs, SignedPart::Assertion, judged)
    }

    fn same_octets(
        &self,
        document: &[u8],
        ours: &[u8],
        question: &SignatureQuestion<'_>,
    ) -> Result<String, NoAgreement> {
        let document = std::str::from_utf8(document)
            .map_err(|_| NoAgreement::Disagreement("a message that is not UTF-8".to_owned()))?;
        if has_digit_first(document) {
            self.must_take(Uncommon::DigitFirst)?;
        }
        let question = SignatureQuestion {
            document,
            ..*question
        };
        let theirs = self
            .opinion
            .signed_octets(&question)
            .map_err(|why| NoAgreement::Disagreement(format!("a refusal: {why}")))?;
        if theirs.as_bytes() == ours {
            Ok(theirs)
        } else {
            Err(NoAgreement::Disagreement("other signed octets".to_owned()))
        }
    }

    fn same_identity(
        &self,
        signed: &str,
        part: SignedPart,
        judged: &JudgedAssertion<'_>,
    ) -> Result<(), NoAgreement> {
        // Which name it is only we have decrypted; it must not read another one beside it.
        let encrypted = has_encrypted_name(judged.signed());
        let hidden = encrypted && !self.opinion.takes(Uncommon::EncryptedName);
        let theirs = self.opinion.identity(signed, part).map_err(|why| {
            NoAgreement::Disagreement(format!("an assertion that it cannot read: {why}"))
        })?;
        let name_id = judged.name_id().filter(|_| !hidden);
        let name_id = name_id.map(|name| &name.value);
        if theirs.name_id.as_ref() != name_id {
            return Err(NoAgreement::Disagreement(match theirs.name_id {
                Some(name) => format!("another NameID: {name}"),
                None => "no NameID".to_owned(),
            }));
        }
        if theirs.assertion_id != judged.id() {
            let id = theirs.assertion_id;
            return Err(NoAgreement::Disagreement(format!(
                "another assertion ID: {id}"
            )));
        }
        if encrypted {
            self.must_take(Uncommon::EncryptedName)?;
        }
        Ok(())
    }

    /// Nothing to compare, where it does not take what a message holds.
    fn must_take(&self, what: Uncommon) -> Result<(), NoAgreement> {
        if self.opinion.takes(what) {
            return Ok(());
        }
        let name = self.opinion.name();
        Err(NoAgreement::Incomparable(format!(
            "{name} does not take {}",
            what.describe()
        )))
    }
}

impl Uncommon {
    const fn describe(self) -> &'static str {
        match self {
            Self::DigitFirst => "an ID that begins with a digit",
            Self::SignedComments => "comments in what is signed",
            Self::EncryptedName => "an encrypted NameID",
        }
    }
}

/// Whether an ID in a document begins with a digit, in whatever namespace.
fn has_digit_first(document: &str) -> bool {
    Document::parse(document.as_bytes(), &Limits::MESSAGE).is_ok_and(|document| {
        document
            .elements()
            .flat_map(Element::attributes)
            .filter(|attribute| attribute.local_name() == "ID")
            .filter_map(|attribute| attribute.value().chars().next())
            .any(|first| first.is_ascii_digit())
    })
}

/// Whether there are comments in what is signed. In canonical octets nothing else looks like one.
fn has_comments(signed: &SignedAssertion<'_>) -> bool {
    let response = signed.response().map(SignedXml::octets);
    let mut signed = response.into_iter().chain([signed.octets()]);
    signed.any(|octets| octets.windows(4).any(|four| four == b"<!--"))
}

/// Whether the signed assertion has an `EncryptedID`.
fn has_encrypted_name(signed: &SignedAssertion<'_>) -> bool {
    Document::parse(signed.octets(), &Limits::MESSAGE).is_ok_and(|document| {
        let subject = document.root().child(names::SAML, "Subject");
        subject.is_some_and(|subject| subject.child(names::SAML, "EncryptedID").is_some())
    })
}

/// Who made the signatures.
fn signers<'s>(signed: &'s SignedAssertion<'_>) -> impl Iterator<Item = &'s Signer> {
    let response = signed.response().map(SignedXml::signer);
    response.into_iter().chain(signed.signer())
}

//! A second opinion on a good verdict (rule B9): another implementation has to verify the same signatures over the same
//! octets, and to read the same NameID and assertion ID from them.
//!
//! Invariants: it can only refuse; it is asked last, so that it sees nothing that another check refuses; whether it is able
//! to judge a message is known before it is asked, so that no failure of it counts as being unable.

use super::assertion::ValidatedAssertion;
use super::error::{Checks, Rejection, Requirement};
use super::names;
use super::response::{ParsedResponse, Verdict};
use super::signature::{SignatureAlgorithm, SignedXml, Signer, Trust};
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
    fn signed_octets(&self, question: &Question<'_>) -> Result<String, String>;

    /// Whom signed octets speak of, a whole Response or an assertion; or why they cannot be read.
    fn identity(&self, signed: &str, part: Part) -> Result<Identity, String>;
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
pub struct Question<'a> {
    /// The document.
    pub document: &'a str,
    /// The certificates that the signatures were made with, DER.
    pub certificates: &'a [Vec<u8>],
    /// The connection allows SHA-1 (rule B4).
    pub sha1_allowed: bool,
}

/// What octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A Response with its assertion.
    Response,
    /// An assertion.
    Assertion,
}

/// What two implementations have to agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
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

/// What a good verdict rests on.
#[derive(Debug)]
pub(super) struct Evidence {
    /// What the Response's signature covers, when it has one.
    pub(super) response: Option<SignedXml>,
    /// The octets that the claims were read from.
    pub(super) assertion: Vec<u8>,
    /// Who made the assertion's own signature, when it has one.
    pub(super) signer: Option<Signer>,
    /// What an encrypted assertion was opened to.
    pub(super) opened: Option<Vec<u8>>,
}

/// Why there is no agreement.
enum Finding {
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

    /// Holds a good verdict against the second opinion, and refuses when they differ. A refusal stays as it is.
    ///
    /// `certificates` are the connection's, DER.
    pub fn review(
        &self,
        parsed: &ParsedResponse<'_>,
        trust: &Trust,
        certificates: impl Iterator<Item = Vec<u8>>,
        verdict: Verdict,
    ) -> Verdict {
        let Verdict {
            checks,
            outcome: Ok(assertion),
            evidence: Some(evidence),
            ..
        } = verdict
        else {
            return verdict;
        };
        let mut checks = Checks::after(checks);
        let expected = format!(
            "the same signed octets, NameID and assertion ID from {}",
            self.opinion.name()
        );
        let has_signed = |der: &Vec<u8>| evidence.signers().any(|signer| signer.used(der));
        let question = Question {
            document: "",
            certificates: &certificates.filter(has_signed).collect::<Vec<_>>(),
            sha1_allowed: trust.danger_allow_sha1,
        };
        let rejection = match self.compare(parsed, &evidence, &assertion, &question) {
            Ok(()) => {
                checks.pass(Requirement::SecondOpinion, expected, "the same");
                None
            }
            Err(Finding::Incomparable(why)) if self.incomparable == Incomparable::Passes => {
                let received = format!("{NOT_COMPARED}{why}; accepted by the operator's setting");
                checks.pass(Requirement::SecondOpinion, expected, received);
                None
            }
            Err(Finding::Incomparable(why)) => {
                let received = format!("{NOT_COMPARED}{why}");
                Some(checks.fail(Requirement::SecondOpinion, expected, received))
            }
            Err(Finding::Disagreement(what)) => {
                Some(checks.fail(Requirement::SecondOpinion, expected, what))
            }
        };
        Verdict {
            checks: checks.into_vec(),
            named: None,
            outcome: rejection.map_or(Ok(assertion), Err::<_, Rejection>),
            evidence: None,
        }
    }

    fn compare(
        &self,
        parsed: &ParsedResponse<'_>,
        evidence: &Evidence,
        assertion: &ValidatedAssertion,
        question: &Question<'_>,
    ) -> Result<(), Finding> {
        if let Some(signer) = evidence
            .signers()
            .find(|signer| !self.opinion.knows(signer.algorithm))
        {
            return Err(Finding::Incomparable(format!(
                "{} does not know {}",
                self.opinion.name(),
                signer.algorithm.family()
            )));
        }
        if evidence.has_comments() {
            self.must_take(Uncommon::SignedComments)?;
        }
        let Some(opened) = &evidence.opened else {
            let (octets, part) = match &evidence.response {
                Some(response) => (response.octets(), Part::Response),
                None => (evidence.assertion.as_slice(), Part::Assertion),
            };
            let signed = self.same_octets(parsed.octets(), octets, question)?;
            return self.same_identity(&signed, part, evidence, assertion);
        };
        // What stands in the message is the Response's signature, over the encrypted assertion.
        if let Some(response) = &evidence.response {
            self.same_octets(parsed.octets(), response.octets(), question)?;
        }
        if evidence.signer.is_none() {
            // Only we have decrypted it, and nothing signed shows that it is what was encrypted.
            return Err(Finding::Incomparable(
                "the encrypted assertion has no signature of its own".to_owned(),
            ));
        }
        let signed = self.same_octets(opened, &evidence.assertion, question)?;
        self.same_identity(&signed, Part::Assertion, evidence, assertion)
    }

    fn same_octets(
        &self,
        document: &[u8],
        ours: &[u8],
        question: &Question<'_>,
    ) -> Result<String, Finding> {
        let document = std::str::from_utf8(document)
            .map_err(|_| Finding::Disagreement("a message that is not UTF-8".to_owned()))?;
        if has_digit_first(document) {
            self.must_take(Uncommon::DigitFirst)?;
        }
        let question = Question {
            document,
            ..*question
        };
        let theirs = self
            .opinion
            .signed_octets(&question)
            .map_err(|why| Finding::Disagreement(format!("a refusal: {why}")))?;
        if theirs.as_bytes() == ours {
            Ok(theirs)
        } else {
            Err(Finding::Disagreement("other signed octets".to_owned()))
        }
    }

    fn same_identity(
        &self,
        signed: &str,
        part: Part,
        evidence: &Evidence,
        assertion: &ValidatedAssertion,
    ) -> Result<(), Finding> {
        // Which name it is only we have decrypted; it must not read another one beside it.
        let encrypted = evidence.has_encrypted_name();
        let hidden = encrypted && !self.opinion.takes(Uncommon::EncryptedName);
        let theirs = self.opinion.identity(signed, part).map_err(|why| {
            Finding::Disagreement(format!("an assertion that it cannot read: {why}"))
        })?;
        let name_id = assertion.name_id.as_ref().filter(|_| !hidden);
        let name_id = name_id.map(|name| &name.value);
        if theirs.name_id.as_ref() != name_id {
            return Err(Finding::Disagreement(match theirs.name_id {
                Some(name) => format!("another NameID: {name}"),
                None => "no NameID".to_owned(),
            }));
        }
        if theirs.assertion_id != assertion.id {
            let id = theirs.assertion_id;
            return Err(Finding::Disagreement(format!("another assertion ID: {id}")));
        }
        if encrypted {
            self.must_take(Uncommon::EncryptedName)?;
        }
        Ok(())
    }

    /// Nothing to compare, where it does not take what a message holds.
    fn must_take(&self, what: Uncommon) -> Result<(), Finding> {
        if self.opinion.takes(what) {
            return Ok(());
        }
        let name = self.opinion.name();
        Err(Finding::Incomparable(format!(
            "{name} does not take {}",
            what.described()
        )))
    }
}

impl Uncommon {
    const fn described(self) -> &'static str {
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

impl Evidence {
    /// Whether there are comments in what is signed. In canonical octets nothing else looks like one.
    fn has_comments(&self) -> bool {
        let response = self.response.as_ref().map(SignedXml::octets);
        let mut signed = response.into_iter().chain([self.assertion.as_slice()]);
        signed.any(|octets| octets.windows(4).any(|four| four == b"<!--"))
    }

    /// Whether the signed assertion has an `EncryptedID`.
    fn has_encrypted_name(&self) -> bool {
        Document::parse(&self.assertion, &Limits::MESSAGE).is_ok_and(|document| {
            let subject = document.root().child(names::SAML, "Subject");
            subject.is_some_and(|subject| subject.child(names::SAML, "EncryptedID").is_some())
        })
    }

    /// Who made the signatures.
    fn signers(&self) -> impl Iterator<Item = &Signer> {
        let response = self.response.as_ref().map(SignedXml::signer);
        response.into_iter().chain(&self.signer)
    }
}

//! What the law requires of a SAML message.
//!
//! Invariant: every rejection names one [`Requirement`], and every requirement belongs to one [`Rule`] of the law.
//!
//! `docs/security.md` is the law; `tests/it/vectors/requirements.rs` holds that each requirement is shown. The other half, what is
//! required beyond a message, is `domain::FlowRequirement`.

use crate::verdict;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A check of this law.
pub type SamlCheck = verdict::Check<Requirement>;
/// The checks of one message.
pub type Checks = verdict::Checks<Requirement>;
/// Why a message is refused.
pub type Rejection = verdict::Rejection<Requirement>;

macro_rules! rules {
    ($($name:ident,)+) => {
        /// A numbered rule of the law.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(
            missing_docs,
            reason = "the variants are the rules' numbers; the requirements say what they mean"
        )]
        pub enum Rule { $($name,)+ }

        impl Rule {
            /// Its number, such as `D3`.
            pub const fn number(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }
        }
    };
}

rules! {
    A1, A2, A3, A4,
    B1, B2, B3, B4, B5, B6, B7, B8, B9,
    C1, C2, C3, C4, C5,
    D1, D2, D3, D4, D5, D6, D7, D8, D9,
    E1, E2, E3, E4, E5, E6,
    F1, F2, F3, F4, F5, F6,
    G1, G2, G3,
}

impl From<Rule> for &'static str {
    fn from(rule: Rule) -> Self {
        rule.number()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

macro_rules! requirements {
    ($($(#[doc = $doc:literal])+ $name:ident = $rule:ident, $title:literal, $refused:literal;)+) => {
        /// One thing that is required of a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Requirement { $($(#[doc = $doc])+ $name,)+ }

        impl Requirement {
            /// All requirements, in the order of the law.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The rule that this requirement belongs to.
            pub const fn rule(self) -> Rule {
                match self { $(Self::$name => Rule::$rule),+ }
            }

            /// What is required, for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// What is wrong with a message that does not meet it, for people; what was received follows.
            pub const fn refused(self) -> &'static str {
                match self { $(Self::$name => $refused),+ }
            }
        }

        impl verdict::Requirement for Requirement {
            type Rule = Rule;

            fn rule(self) -> Rule {
                self.rule()
            }

            fn title(self) -> &'static str {
                self.title()
            }

            fn refused(self) -> &'static str {
                self.refused()
            }
        }
    };
}

requirements! {
    /// The transport encoding: form, base64, size.
    Encoding = A1, "The message is transported as the binding says",
        "The message is not transported as the binding says";
    /// Strict XML.
    WellFormed = A3, "The message is strict XML",
        "The message is not strict XML";
    /// Identifiers are distinct, and are `NCName`s or begin with a digit.
    DistinctIds = A4, "Every ID is distinct and well-formed",
        "An ID is used twice, or is not well-formed";
    /// Where signatures may stand, and what may stand in them.
    SignaturePlacement = B1, "Signatures stand only where they may",
        "A signature stands where none may stand";
    /// The connection has a signing key.
    TrustedKey = B2, "The connection has a usable signing certificate",
        "The connection has no usable signing certificate";
    /// The signature's value verifies.
    SignatureValue = B3, "The signature verifies with a certificate of the connection",
        "No certificate of the connection verifies the signature";
    /// Algorithms are on the list.
    Algorithm = B4, "The algorithms of the signature are accepted",
        "The message is signed by an algorithm that is not accepted";
    /// The one reference, and its transforms.
    Reference = B5, "The signature covers exactly the element it stands in",
        "The signature does not cover exactly the element it stands in";
    /// The digest over the signed element.
    Digest = B6, "The signed content is unchanged",
        "The signed content was changed";
    /// The used assertion is covered.
    Coverage = B7, "The assertion is covered by a signature",
        "No signature covers the assertion as the connection demands";
    /// A logout message is signed (Profiles 4.4.3.1, 4.4.4.1).
    LogoutSignature = B7, "The logout message is signed",
        "The logout message is not signed";
    /// The certificate is within its validity.
    CertificateValidity = B8, "The signing certificate is within its validity",
        "The signing certificate is not valid now";
    /// Another implementation agrees, where the operator wants one asked.
    SecondOpinion = B9, "A second implementation reads the same identity from the same signed octets",
        "A second implementation does not confirm the identity";
    /// Root element, version, number of assertions.
    ResponseShape = C1, "The message is a SAML 2.0 Response with one assertion",
        "The message is not a SAML 2.0 Response with one assertion";
    /// Root element, version and parts of a logout message.
    LogoutShape = C1, "The message is a SAML 2.0 logout message",
        "The message is not a SAML 2.0 logout message";
    /// The identity provider reports success.
    Status = C2, "The identity provider reports success",
        "The identity provider refused the sign-in";
    /// Destination.
    Destination = C3, "The Response was sent to our Reply URL (ACS)",
        "The Response was sent to another address than our Reply URL (ACS)";
    /// Destination of a logout message.
    LogoutDestination = C3, "The logout message was sent to our Logout URL",
        "The logout message was sent to another address than our Logout URL";
    /// The Response's issuer.
    ResponseIssuer = C4, "The Response and its assertion have the same issuer",
        "The Response and its assertion have different issuers";
    /// Issue instants.
    IssueInstant = C5, "The message was not issued in the future",
        "The message was issued in the future";
    /// A logout request's `NotOnOrAfter`.
    LogoutTime = C5, "The logout request has not expired",
        "The logout request has expired";
    /// Version and schema of the assertion.
    AssertionShape = D1, "The assertion is a SAML 2.0 assertion",
        "The assertion is not a SAML 2.0 assertion";
    /// The assertion's issuer.
    Issuer = D1, "The issuer is the connection's identity provider",
        "The issuer is not the connection's identity provider";
    /// A bearer subject confirmation.
    SubjectConfirmation = D2, "A bearer confirmation is addressed to us, in time, and answers our request",
        "No bearer confirmation is addressed to us, in time, and answers our request";
    /// The period of validity.
    Conditions = D3, "The assertion is valid now",
        "The assertion is not valid now";
    /// Audience restrictions.
    Audience = D4, "The audience is our Identifier (Entity ID)",
        "The audience is not our Identifier (Entity ID)";
    /// Conditions that are not understood.
    KnownConditions = D5, "Every condition is understood",
        "A condition is not understood";
    /// The authentication statement.
    AuthnStatement = D6, "The assertion says how and when the user signed in",
        "The assertion does not say how and when the user signed in";
    /// The subject's name.
    NameId = D7, "The NameID names the user in the format of the connection",
        "The NameID does not name the user in the format of the connection";
    /// How fresh the authentication is.
    Freshness = D8, "The user signed in at the identity provider as recently as was asked",
        "The user did not sign in at the identity provider as recently as was asked";
    /// How the user was authenticated.
    AuthnContext = D9, "The user signed in at the identity provider in a way that was asked for",
        "The user did not sign in at the identity provider in a way that was asked for";
    /// The Response answers the request of this sign-in.
    InResponseTo = E1, "The Response answers the request of this sign-in",
        "The Response does not answer the request of this sign-in";
    /// Algorithms of encryption.
    EncryptionAlgorithm = G1, "The algorithms of the encryption are accepted",
        "The message is encrypted by an algorithm that is not accepted";
    /// CBC needs a signed Response around it, or the connection's switch.
    EncryptionIntegrity = G2, "Encryption without integrity stands inside a signed Response",
        "The encryption could be changed unnoticed, and no signed Response stands around it";
    /// Decryption.
    Decryption = G3, "The assertion can be decrypted with our key",
        "Our key does not decrypt the assertion";
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stays_small_and_on_one_line() {
        let mut checks = Checks::new();
        let rejection = checks.fail(Requirement::Issuer, "x", "a\nb".repeat(1_000));
        assert!(rejection.received.chars().count() <= 401);
        assert!(!rejection.received.contains('\n'));
    }

    #[test]
    fn a_refusal_does_not_read_like_a_success() {
        let rejection = Checks::new().fail(Requirement::Status, "Success", "Requester");
        assert_eq!(
            rejection.to_string(),
            "The identity provider refused the sign-in: Requester (C2). Expected: Success"
        );
    }
}

//! samael as the second opinion on sign-ins (rule B9): the only place that calls it.
//!
//! Invariant: it sees only messages that our own verdict has accepted, because it processes references before it has
//! checked a signature. Without the cargo feature `samael` there is none, and who asks for it is told.
//!
//! Tests: `tests/it/cross_check.rs` and `tests/it/samael.rs`. What it is asked is `saml::cross_check`.

use crate::saml::cross_check::SecondOpinion;

/// The second implementation, when this build has one.
pub fn second_opinion() -> Option<Box<dyn SecondOpinion>> {
    #[cfg(feature = "samael")]
    return Some(Box::new(with_samael::Samael));
    #[cfg(not(feature = "samael"))]
    None
}

#[cfg(feature = "samael")]
mod with_samael {
    use std::str::FromStr as _;

    use samael::crypto::{
        AllowedSignatureAlgorithm as Allowed, CertificateDer, Crypto, CryptoProvider as _,
        ReduceMode,
    };
    use samael::schema::{Assertion, Response};

    use crate::saml::cross_check::{
        SecondOpinion, SignatureQuestion, SignedIdentity, SignedPart, Uncommon,
    };
    use crate::saml::signature::SignatureAlgorithm;

    /// samael, on libxml2 and xmlsec1.
    #[derive(Debug)]
    pub(super) struct Samael;

    /// The algorithms of rule B4 that samael has. It has a name for SHA-1 in none of its lists.
    const ALLOWED: [Allowed; 6] = [
        Allowed::RsaSha256,
        Allowed::RsaSha384,
        Allowed::RsaSha512,
        Allowed::EcdsaSha256,
        Allowed::EcdsaSha384,
        Allowed::EcdsaSha512,
    ];

    impl SecondOpinion for Samael {
        fn name(&self) -> &'static str {
            "samael"
        }

        fn knows(&self, algorithm: SignatureAlgorithm) -> bool {
            !matches!(algorithm, SignatureAlgorithm::RsaPss(_))
        }

        /// xmlsec refuses such an ID and leaves such comments out; samael opens no `EncryptedID`.
        fn takes(&self, _: Uncommon) -> bool {
            false
        }

        fn signed_octets(&self, question: &SignatureQuestion<'_>) -> Result<String, String> {
            let certificates = question.certificates.iter().map(|der| der.to_vec());
            let certificates: Vec<_> = certificates.map(CertificateDer::from).collect();
            Crypto::reduce_xml_to_signed_with_allowed_algorithms(
                question.document,
                &certificates,
                ReduceMode::PreDigest,
                (!question.sha1_allowed).then_some(&ALLOWED),
            )
            .map_err(|error| error.to_string())
        }

        fn identity(&self, signed: &str, part: SignedPart) -> Result<SignedIdentity, String> {
            let assertion = match part {
                SignedPart::Assertion => {
                    Assertion::from_str(signed).map_err(|error| error.to_string())?
                }
                SignedPart::Response => Response::from_str(signed)
                    .map_err(|error| error.to_string())?
                    .assertion
                    .ok_or("there is no assertion")?,
            };
            let subject = assertion.subject.and_then(|subject| subject.name_id);
            Ok(SignedIdentity {
                name_id: subject.map(|name| name.value),
                assertion_id: assertion.id,
            })
        }
    }
}

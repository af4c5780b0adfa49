//! Octets that are signed (rule B6).
//!
//! Invariant: a [`SignedXml`] is only made of a [`SignedInfo`] that a key of the connection signed, and its octets have the digest
//! that stands there.
//!
//! Vectors: `digest-*` and `changed-*`.

use super::signed_info::SignedInfo;
use super::signer::Signer;
use crate::saml::error::{Checks, Rejection, Requirement};
use crate::xml::Element;

/// The canonical octets of an element, signed by a key of the connection. Claims are read from these and nothing else (rule B6).
#[derive(Debug)]
pub struct SignedXml {
    octets: Vec<u8>,
    signer: Signer,
}

impl SignedInfo {
    /// The octets that it covers: those of `parent`, without the signature.
    pub(super) fn cover(
        self,
        parent: Element<'_>,
        signature: Element<'_>,
        checks: &mut Checks,
    ) -> Result<SignedXml, Rejection> {
        let octets = self.reference().canonicalize(parent, signature, checks)?;
        let is_unchanged = self.reference().is_digest_of(&octets);
        checks.require(
            is_unchanged,
            Requirement::Digest,
            "the digest that was signed",
            if is_unchanged {
                "the same"
            } else {
                "another digest: the message was changed after it was signed"
            },
        )?;
        Ok(SignedXml {
            octets,
            signer: self.into_signer(),
        })
    }
}

impl SignedXml {
    /// The octets, without a copy, and who signed them.
    pub fn into_parts(self) -> (Vec<u8>, Signer) {
        (self.octets, self.signer)
    }

    /// Who signed them.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}

//! The ID token (OpenID Connect Core 1.0, sections 2 and 3.1.3.7; rules K and P), in the order of the law.
//!
//! Invariant: claims are parsed after the signature is verified, and a [`ValidatedIdToken`] has passed every rule of its connection.

mod rules;

use std::fmt;

use time::OffsetDateTime;

use super::callback::OpenRequest;
use super::client::Client;
use super::error::{Checks, Rejection};
use super::signed_token::{self, TokenKind};
use super::token_answer::TokenAnswer;
use crate::jose::json::Object;
use crate::jose::{Algorithm, KeySet, PublicKey, UnverifiedJws};

/// The longest token, in octets (rule H3).
pub const LONGEST_ID_TOKEN: usize = 64 * 1024;

const ID_TOKEN: TokenKind = TokenKind {
    longest: LONGEST_ID_TOKEN,
    types: &["JWT"],
};

/// An ID token that a key of the provider has signed. What it says is not looked at yet.
pub struct SignedIdToken {
    encoded: String,
    claims: Object,
    algorithm: Algorithm,
    key: PublicKey,
    access_token: String,
    open: OpenRequest,
}

/// An ID token that is for us, now, and for this sign-in.
pub struct ValidatedIdToken {
    encoded: String,
    claims: Object,
    issuer: String,
    subject: String,
    /// Entra's `tid` and `oid`.
    entra: Option<(String, String)>,
    auth_time: Option<OffsetDateTime>,
    access_token: String,
}

impl TokenAnswer {
    /// The key that signed the ID token, as its header says: who has no such key asks the provider once more (rule K4).
    pub fn kid(&self) -> Option<String> {
        let jws = UnverifiedJws::parse(self.id_token(), LONGEST_ID_TOKEN).ok()?;
        jws.header().kid().map(str::to_owned)
    }

    /// Verifies the ID token's signature (rules P1 to P3).
    pub fn verify(
        self,
        keys: &KeySet,
        client: &Client,
        checks: &mut Checks,
    ) -> Result<SignedIdToken, Rejection> {
        let signed = signed_token::verify(self.id_token(), ID_TOKEN, keys, client, checks)?;
        let claims = checks.object(signed.claims())?;
        let (encoded, access_token, open) = self.into_parts();
        Ok(SignedIdToken {
            encoded,
            claims,
            algorithm: signed.algorithm(),
            key: signed.key().clone(),
            access_token,
            open,
        })
    }
}

impl SignedIdToken {
    /// Judges what it says (rules P4 to P12).
    pub fn validate(
        self,
        client: &Client,
        now: OffsetDateTime,
        checks: &mut Checks,
    ) -> Result<ValidatedIdToken, Rejection> {
        rules::validate(self, client, now, checks)
    }
}

impl ValidatedIdToken {
    /// Who issued it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Entra's tenant and object ID of the user; none for other providers.
    pub fn entra(&self) -> Option<(&str, &str)> {
        self.entra
            .as_ref()
            .map(|(tenant, object)| (tenant.as_str(), object.as_str()))
    }

    /// When the user signed in at the provider, where it says so.
    pub const fn auth_time(&self) -> Option<OffsetDateTime> {
        self.auth_time
    }

    /// The token itself, which the provider wants back at a sign-out (rule T2).
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// All that it says.
    pub const fn claims(&self) -> &Object {
        &self.claims
    }

    /// The bearer token that came with it.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }
}

/// What a token says is its user's business.
impl fmt::Debug for SignedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIdToken")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ValidatedIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidatedIdToken")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

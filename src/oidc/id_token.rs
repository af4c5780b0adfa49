//! The ID token (OpenID Connect Core 1.0, sections 2 and 3.1.3.7; rules K and P), in the order of the law.
//!
//! Invariant: claims are parsed after the signature is verified, and a [`ValidatedIdToken`] has passed every rule of its connection.

mod rules;

use std::fmt;

use time::OffsetDateTime;

use super::callback::OpenRequest;
use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use super::token_answer::TokenAnswer;
use crate::jose::json::Object;
use crate::jose::{Algorithm, JwsError, KeySet, PublicKey, UnverifiedJws, VerifyError};

/// The longest token, in octets (rule H3).
pub const LONGEST_ID_TOKEN: usize = 64 * 1024;

/// An ID token that a key of the provider has signed. What it says is not looked at yet.
pub struct SignedIdToken {
    claims: Object,
    algorithm: Algorithm,
    key: PublicKey,
    access_token: String,
    open: OpenRequest,
}

/// An ID token that is for us, now, and for this sign-in.
pub struct ValidatedIdToken {
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
        let signed = verify(self.id_token(), keys, client, checks)?;
        let claims = signed.claims().map_err(|why| {
            checks.fail(Requirement::StrictJson, "a JSON object", why.to_string())
        })?;
        let (access_token, open) = self.into_parts();
        Ok(SignedIdToken {
            claims,
            algorithm: signed.algorithm(),
            key: signed.key().clone(),
            access_token,
            open,
        })
    }
}

fn verify(
    token: &str,
    keys: &KeySet,
    client: &Client,
    checks: &mut Checks,
) -> Result<crate::jose::SignedJws, Rejection> {
    let jws = UnverifiedJws::parse(token, LONGEST_ID_TOKEN).map_err(|why| {
        let requirement = match why {
            JwsError::TooLong { .. } => Requirement::AnswerSize,
            JwsError::Header(_) => Requirement::StrictJson,
            JwsError::HeaderMember(_) => Requirement::MemberType,
            _ => Requirement::TokenShape,
        };
        checks.fail(requirement, "three parts of base64url", why.to_string())
    })?;
    // A logout token and an access token have types of their own (RFC 8725, section 3.11).
    let typ = jws.header().typ();
    checks.require(
        typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")),
        Requirement::TokenType,
        "typ JWT, or none",
        typ.map_or("no typ".to_owned(), |typ| format!("typ {typ}")),
    )?;
    let kid = jws
        .header()
        .kid()
        .map_or("no kid".to_owned(), |kid| format!("kid {kid}"));
    let in_header = match jws.header().key_members() {
        [] => String::new(),
        members => format!(
            "; {} in its header is not looked at (K1)",
            members.join(", ")
        ),
    };
    let allowed: Vec<_> = client.algorithms.iter().map(|it| it.name()).collect();
    let algorithm = jws.header().algorithm().to_owned();
    let signed = jws
        .verify(keys, &client.algorithms)
        .map_err(|why| match &why {
            VerifyError::Critical => checks.fail(Requirement::Extensions, "no crit", "crit"),
            VerifyError::Algorithm { received } => {
                checks.fail(Requirement::Algorithm, allowed.join(", "), received.clone())
            }
            VerifyError::NoKey { .. } | VerifyError::Ambiguous(_) => {
                let expected = format!("one of {}", known_kids(keys));
                checks.fail(Requirement::KnownKey, expected, format!("{why}{in_header}"))
            }
            VerifyError::Signature => {
                let received = format!("{kid}: {why}{in_header}");
                checks.fail(
                    Requirement::Signature,
                    "a signature of the provider",
                    received,
                )
            }
        })?;
    checks.pass(Requirement::Algorithm, allowed.join(", "), algorithm);
    checks.pass(Requirement::Signature, "a signature of the provider", kid);
    Ok(signed)
}

/// How the provider calls its keys.
fn known_kids(keys: &KeySet) -> String {
    let named: Vec<_> = keys
        .keys()
        .iter()
        .map(|key| key.kid().unwrap_or("(a key without a name)"))
        .collect();
    named.join(", ")
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

//! A token's form, algorithm, key and signature (rules H3, K1, K3 and P1 to P3): the same for every token of a provider.

use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use crate::jose::{JwsError, KeySet, SignedJws, UnverifiedJws, VerifyError};

/// What a token has to be before anybody looks at what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenKind {
    /// The most octets (rule H3).
    pub(super) longest: usize,
    /// What `typ` may say, in any case; a token without it will do.
    pub(super) types: &'static [&'static str],
}

/// Verifies a token of the provider.
pub(super) fn verify(
    token: &str,
    kind: TokenKind,
    keys: &KeySet,
    client: &Client,
    checks: &mut Checks,
) -> Result<SignedJws, Rejection> {
    let jws = UnverifiedJws::parse(token, kind.longest).map_err(|why| {
        let requirement = match why {
            JwsError::TooLong { .. } => Requirement::AnswerSize,
            JwsError::Header(_) => Requirement::StrictJson,
            JwsError::HeaderMember(_) => Requirement::MemberType,
            _ => Requirement::TokenShape,
        };
        checks.fail(requirement, "three parts of base64url", why.to_string())
    })?;
    // A logout token, an access token and an ID token have types of their own (RFC 8725, section 3.11).
    let typ = jws.header().typ();
    let is_type = |typ: &str| kind.types.iter().any(|it| it.eq_ignore_ascii_case(typ));
    checks.require(
        typ.is_none_or(is_type),
        Requirement::TokenType,
        format!("typ {}, or none", kind.types.join(" or ")),
        typ.map_or("no typ".to_owned(), |typ| format!("typ {typ}")),
    )?;
    let by_key = jws
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
                let received = format!("{by_key}: {why}{in_header}");
                checks.fail(
                    Requirement::Signature,
                    "a signature of the provider",
                    received,
                )
            }
        })?;
    checks.pass(Requirement::Algorithm, allowed.join(", "), algorithm);
    checks.pass(
        Requirement::Signature,
        "a signature of the provider",
        by_key,
    );
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

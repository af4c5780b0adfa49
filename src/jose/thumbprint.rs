//! The thumbprint of a key (RFC 7638): the same for the same key, whoever writes it down.

use openssl::sha::sha256;

use super::base64url;
use super::error::JwkError;
use super::json::Object;

/// The thumbprint over the members that a kind of key must have, which are in the order of their names.
pub(super) fn thumbprint(jwk: &Object, required: &[&'static str]) -> Result<String, JwkError> {
    let mut members = Vec::with_capacity(required.len());
    for &member in required {
        let value = jwk.text(member)?.ok_or(JwkError::Value(member))?;
        // Both are base64url or a registered name by now: nothing in them needs an escape.
        members.push(format!("\"{member}\":\"{value}\""));
    }
    let text = format!("{{{}}}", members.join(","));
    Ok(base64url::encode(sha256(text.as_bytes())))
}

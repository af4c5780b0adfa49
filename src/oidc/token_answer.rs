//! The token endpoint's answer (RFC 6749, sections 5.1 and 5.2; rules N4 and N5).
//!
//! Invariant: the access token is opaque: it is passed on to the userinfo endpoint, and nobody reads it (rule N6).

use std::fmt;

use serde_json::Value;

use super::callback::{MatchedCallback, OpenRequest};
use super::error::{Checks, Rejection, Requirement};
use crate::jose::json::{JsonError, Object, WrongType};

/// The longest answer, in octets (rule H3).
pub const LONGEST_ANSWER: usize = 256 * 1024;

/// What a code was exchanged for.
pub struct TokenAnswer {
    id_token: String,
    access_token: String,
    open: OpenRequest,
}

/// What the token endpoint says instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRefusal {
    /// `error`.
    pub code: String,
    /// `error_description`: the provider's words, for the record.
    pub description: Option<String>,
    /// The first of `error_codes`: Entra's number, as in AADSTS7000215.
    pub number: Option<u64>,
}

impl TokenAnswer {
    /// Reads the answer to the redemption of a code; `is_json` is what its media type says.
    pub fn parse(
        callback: MatchedCallback,
        status: u16,
        is_json: bool,
        body: &[u8],
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let object = (body.len() <= LONGEST_ANSWER).then(|| Object::parse(body));
        let refusal = match &object {
            Some(Ok(object)) if is_json => TokenRefusal::find(object),
            _ => None,
        };
        if let Some(refusal) = refusal {
            let said = match &refusal.description {
                Some(description) => format!("{} (HTTP {status}): {description}", refusal.code),
                None => format!("{} (HTTP {status})", refusal.code),
            };
            return Err(checks.fail(Requirement::TokenRequest, "an ID token", said));
        }
        checks.require(
            status == 200 && is_json,
            Requirement::TokenRequest,
            "status 200 and JSON",
            format!(
                "status {status} and {}",
                if is_json { "JSON" } else { "no JSON" }
            ),
        )?;
        checks.size(body.len(), LONGEST_ANSWER)?;
        let object = object.unwrap_or(Err(JsonError::NotObject)).map_err(|why| {
            checks.fail(Requirement::TokenAnswer, "a JSON object", why.to_string())
        })?;
        Self::from_object(callback.into_open(), &object, checks)
    }

    fn from_object(
        open: OpenRequest,
        object: &Object,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let token_type = checks.typed(object.text("token_type"))?;
        let access_token = checks.typed(object.text("access_token"))?;
        let id_token = checks.typed(object.text("id_token"))?;
        checks.typed(check_expires_in(object))?;
        let is_bearer = token_type.is_some_and(|it| it.eq_ignore_ascii_case("Bearer"));
        checks.require(
            is_bearer,
            Requirement::TokenAnswer,
            "token_type Bearer",
            token_type.map_or("no token_type".to_owned(), |it| format!("token_type {it}")),
        )?;
        let mut required = |token: Option<&str>, missing: &'static str| match token {
            Some(token) => Ok(token.to_owned()),
            None => Err(checks.fail(Requirement::TokenAnswer, "both tokens", missing)),
        };
        let access_token = required(access_token, "no access_token")?;
        let id_token = required(id_token, "no id_token: the scope openid was not granted")?;
        checks.pass(Requirement::TokenAnswer, "an ID token", "an ID token");
        Ok(Self {
            id_token,
            access_token,
            open,
        })
    }

    pub(super) fn id_token(&self) -> &str {
        &self.id_token
    }

    /// The ID token, the access token and what they answer.
    pub(super) fn into_parts(self) -> (String, String, OpenRequest) {
        (self.id_token, self.access_token, self.open)
    }

    /// The bearer token for the userinfo endpoint.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }
}

impl TokenRefusal {
    /// The error in the body of an answer, if it has one.
    pub fn parse(body: &[u8]) -> Option<Self> {
        Self::find(&Object::parse(body).ok()?)
    }

    /// The error in an answer that has one.
    fn find(answer: &Object) -> Option<Self> {
        let text = |member| answer.get(member).and_then(Value::as_str);
        Some(Self {
            code: text("error")?.to_owned(),
            description: text("error_description").map(str::to_owned),
            number: answer
                .get("error_codes")
                .and_then(|codes| codes.get(0)?.as_u64()),
        })
    }
}

/// `expires_in`: a number, or a text of digits, as some providers send it. Nothing depends on it.
fn check_expires_in(object: &Object) -> Result<(), WrongType> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if object
        .text("expires_in")
        .is_ok_and(|text| text.is_none_or(is_digits))
    {
        return Ok(());
    }
    object.seconds("expires_in").map(drop)
}

/// Tokens are not shown.
impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").finish_non_exhaustive()
    }
}

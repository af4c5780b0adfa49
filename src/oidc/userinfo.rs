//! The userinfo endpoint's answer (OpenID Connect Core 1.0, section 5.3; rules Q1 to Q3).
//!
//! Invariant: a [`UserInfo`] is of the user whom the ID token names.

use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use super::id_token::ValidatedIdToken;
use super::signed_token::{self, TokenKind};
use super::token_answer::LONGEST_ANSWER;
use crate::jose::KeySet;
use crate::jose::json::Object;

const SIGNED_ANSWER: TokenKind = TokenKind {
    longest: LONGEST_ANSWER,
    types: &["JWT"],
};

/// An answer as it came.
#[derive(Debug, Clone, Copy)]
pub enum UserInfoAnswer<'a> {
    /// `application/json`.
    Plain(&'a [u8]),
    /// `application/jwt`.
    Signed(&'a str),
}

/// What the endpoint says of the user.
#[derive(Clone, PartialEq)]
pub struct UserInfo(Object);

impl UserInfo {
    /// Reads an answer. `must_be_signed` refuses a plain one.
    pub fn validate(
        answer: UserInfoAnswer<'_>,
        token: &ValidatedIdToken,
        must_be_signed: bool,
        keys: &KeySet,
        client: &Client,
        checks: &mut Checks,
    ) -> Result<Self, Rejection> {
        let claims = match answer {
            UserInfoAnswer::Plain(_) if must_be_signed => {
                let expected = "a signed answer, as the connection demands";
                return Err(checks.fail(Requirement::SignedUserInfo, expected, "plain JSON"));
            }
            UserInfoAnswer::Plain(body) => plain(body, checks)?,
            UserInfoAnswer::Signed(jwt) => signed(jwt, token, keys, client, checks)?,
        };
        let subject = checks.typed(claims.text("sub"))?;
        let (passed, received) = match subject {
            Some(subject) if subject == token.subject() => (true, "it is"),
            Some(_) => (false, "another sub"),
            None => (false, "no sub"),
        };
        let expected = "the sub of the ID token";
        checks.require(passed, Requirement::UserInfoSubject, expected, received)?;
        Ok(Self(claims))
    }

    pub(super) const fn claims(&self) -> &Object {
        &self.0
    }
}

fn plain(body: &[u8], checks: &mut Checks) -> Result<Object, Rejection> {
    checks.size(body.len(), LONGEST_ANSWER)?;
    checks.object(Object::parse(body))
}

/// `iss` and `aud` must be right (OpenID Connect Core 1.0, section 5.3.2).
fn signed(
    jwt: &str,
    token: &ValidatedIdToken,
    keys: &KeySet,
    client: &Client,
    checks: &mut Checks,
) -> Result<Object, Rejection> {
    let signed = signed_token::verify(jwt, SIGNED_ANSWER, keys, client, checks)?;
    let claims = checks.object(signed.claims())?;
    let issuers = checks
        .typed(claims.text_or_texts("iss"))?
        .unwrap_or_default();
    let audiences = checks
        .typed(claims.text_or_texts("aud"))?
        .unwrap_or_default();
    checks.require(
        issuers == [token.issuer()],
        Requirement::Issuer,
        token.issuer().to_owned(),
        issuers.join(", "),
    )?;
    checks.require(
        audiences == [client.client_id.as_str()],
        Requirement::Audience,
        client.client_id.clone(),
        audiences.join(", "),
    )?;
    Ok(claims)
}

/// The names alone.
impl std::fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("UserInfo").field(&self.0).finish()
    }
}

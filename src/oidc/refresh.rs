//! The provider is asked again while its user is signed in (OpenID Connect Core 1.0, section 12; rule T6).
//!
//! Invariant: an answer is of the same user, client and provider as the sign-in, or it is no answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::callback::OpenRequest;
use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use super::id_token::{LONGEST_ID_TOKEN, ValidatedIdToken};
use super::judge::{Judge, shown};
use super::signed_token::{self, TokenKind};
use super::token_answer::{LONGEST_ANSWER, TokenRefusal};
use crate::jose::json::Object;
use crate::jose::{KeySet, UnverifiedJws};

/// The longest refresh token that is kept, in octets.
const LONGEST_TOKEN: usize = 16 * 1024;
const ID_TOKEN: TokenKind = TokenKind {
    longest: LONGEST_ID_TOKEN,
    types: &["JWT"],
};

/// What is remembered of a sign-in, to ask again. It is sealed wherever it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct RememberedSignIn {
    token: String,
    subject: String,
    /// Entra's `tid` and `oid`.
    entra: Option<(String, String)>,
    auth_time: Option<i64>,
    nonce: String,
}

/// What the token endpoint answers to a refresh token.
pub struct RefreshedAnswer {
    id_token: Option<String>,
    token: Option<String>,
}

/// Why it gives none. The text is the provider's, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// The sign-in is over there: the account is disabled, the token revoked or idle.
    Ended(String),
    /// The provider wants to see the user.
    Interaction(String),
    /// Nothing is said of the user: too many questions, a failure, or something wrong with us.
    Later(String),
}

impl RememberedSignIn {
    /// Of a sign-in, if the provider gave a refresh token with it.
    pub fn of(token: &ValidatedIdToken, nonce: &str, answer: &[u8]) -> Option<Self> {
        let answer = Object::parse(answer).ok()?;
        let refresh = answer.text("refresh_token").ok()??;
        Some(Self {
            token: kept(refresh)?,
            subject: token.subject().to_owned(),
            entra: token
                .entra()
                .map(|(tenant, object)| (tenant.to_owned(), object.to_owned())),
            auth_time: token.auth_time().map(OffsetDateTime::unix_timestamp),
            nonce: nonce.to_owned(),
        })
    }

    /// As it is sealed.
    pub fn to_octets(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From what was sealed.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        serde_json::from_slice(octets).ok()
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

impl RefreshedAnswer {
    /// Reads the token endpoint's answer; `is_json` is what its media type says.
    pub fn parse(status: u16, is_json: bool, body: &[u8]) -> Result<Self, RefreshRefusal> {
        let later = |what: &str| RefreshRefusal::Later(format!("{what} (HTTP {status})"));
        if status == 429 || status >= 500 {
            return Err(later("no answer"));
        }
        if !is_json || body.len() > LONGEST_ANSWER {
            return Err(later("no JSON"));
        }
        if let Some(refusal) = TokenRefusal::parse(body) {
            let description = refusal.description.unwrap_or_default();
            let said = format!("{} (HTTP {status}): {description}", refusal.code);
            return Err(match refusal.code.as_str() {
                "invalid_grant" => RefreshRefusal::Ended(said),
                "interaction_required"
                | "login_required"
                | "consent_required"
                | "account_selection_required" => RefreshRefusal::Interaction(said),
                _ => RefreshRefusal::Later(said),
            });
        }
        let object = Object::parse(body).map_err(|_| later("no JSON object"))?;
        let text = |member| {
            let found = object
                .text(member)
                .map_err(|_| later("a member of another type"))?;
            Ok::<_, RefreshRefusal>(found.map(str::to_owned))
        };
        if status != 200 || text("access_token")?.is_none() {
            return Err(later("no tokens"));
        }
        Ok(Self {
            id_token: text("id_token")?,
            token: text("refresh_token")?.as_deref().and_then(kept),
        })
    }

    /// The key that signed the ID token, if there is one.
    pub fn kid(&self) -> Option<String> {
        let jws = UnverifiedJws::parse(self.id_token.as_deref()?, LONGEST_ID_TOKEN).ok()?;
        jws.header().kid().map(str::to_owned)
    }

    /// What is remembered, with the token that is used next time.
    pub fn remembered(&self, before: &RememberedSignIn) -> RememberedSignIn {
        RememberedSignIn {
            token: self.token.clone().unwrap_or_else(|| before.token.clone()),
            ..before.clone()
        }
    }

    /// What is remembered then. A new ID token, which need not be there, is held against the sign-in: P1 to P7 counted from this
    /// question, P11 and P12 (Core, section 12.2).
    pub fn validate(
        self,
        before: &RememberedSignIn,
        keys: &KeySet,
        client: &Client,
        (asked_at, now): (OffsetDateTime, OffsetDateTime),
        checks: &mut Checks,
    ) -> Result<RememberedSignIn, Rejection> {
        let after = self.remembered(before);
        let Some(id_token) = self.id_token else {
            return Ok(after);
        };
        let signed = signed_token::verify(&id_token, ID_TOKEN, keys, client, checks)?;
        let claims = checks.object(signed.claims())?;
        let open = OpenRequest {
            state_hash: [0; 32],
            nonce: before.nonce.clone(),
            started_at: asked_at,
            forced: false,
        };
        let mut judge = Judge {
            claims: &claims,
            client,
            now,
            checks,
        };
        let issuer = judge.issuer()?;
        judge.key_issuer(signed.key().issuer(), &issuer)?;
        judge.audience()?;
        judge.validity()?;
        judge.issued_at(&open)?;
        if judge.text("nonce")?.is_some() {
            judge.nonce(&open)?;
        }
        judge.same_time(before.auth_time)?;
        let subject = judge.subject()?;
        let is_same = subject == before.subject;
        same(judge.checks, is_same, Requirement::Subject, "sub")?;
        if let Some((tenant, object)) = &before.entra {
            let (its, other) = judge.entra()?;
            let is_same = its == *tenant && other == *object;
            same(judge.checks, is_same, Requirement::ObjectId, "tid and oid")?;
        }
        Ok(after)
    }
}

impl Judge<'_> {
    /// `auth_time` is of the sign-in, whenever the token is issued.
    fn same_time(&mut self, before: Option<i64>) -> Result<(), Rejection> {
        let at = self.time("auth_time")?;
        let now = at.map(OffsetDateTime::unix_timestamp);
        let differs = matches!((before, now), (Some(before), Some(now)) if before != now);
        self.checks.require(
            !differs,
            Requirement::Freshness,
            "the auth_time of the sign-in",
            shown("auth_time", at),
        )
    }
}

fn same(
    checks: &mut Checks,
    is_same: bool,
    requirement: Requirement,
    what: &'static str,
) -> Result<(), Rejection> {
    let received = if is_same { "the same" } else { "another" };
    let expected = format!("the {what} of the sign-in");
    checks.require(is_same, requirement, expected, received)
}

fn kept(token: &str) -> Option<String> {
    (!token.is_empty() && token.len() <= LONGEST_TOKEN).then(|| token.to_owned())
}

/// Tokens are not shown.
impl fmt::Debug for RememberedSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RememberedSignIn").finish_non_exhaustive()
    }
}

impl fmt::Debug for RefreshedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshedAnswer").finish_non_exhaustive()
    }
}

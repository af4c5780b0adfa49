//! Rules P4 to P12, one function each, in the order of the law. P4 to P6 are in `judge.rs`.

use openssl::hash::hash;
use openssl::memcmp;
use time::{Duration, OffsetDateTime};

use super::{SignedIdToken, ValidatedIdToken};
use crate::jose::Algorithm;
use crate::oidc::callback::OpenRequest;
use crate::oidc::client::Client;
use crate::oidc::error::{Checks, Rejection, Requirement};
use crate::oidc::issuer::{Issuer, is_guid};
use crate::oidc::judge::{Judge, shown};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// How much older than its sign-in a token may say it is: Entra dates its tokens five minutes back (rule P7).
const DATED_BACK: Duration = Duration::seconds(600);
/// The longest `sub` (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

pub(super) fn validate(
    token: SignedIdToken,
    client: &Client,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<ValidatedIdToken, Rejection> {
    let SignedIdToken {
        encoded,
        claims,
        algorithm,
        key,
        access_token,
        open,
    } = token;
    let mut judge = Judge {
        claims: &claims,
        client,
        now,
        checks,
    };
    let issuer = judge.issuer()?;
    judge.key_issuer(key.issuer(), &issuer)?;
    judge.audience()?;
    judge.validity()?;
    judge.issued_at(&open)?;
    judge.nonce(&open)?;
    let auth_time = judge.freshness(&open)?;
    judge.authn_context()?;
    let subject = judge.subject()?;
    judge.access_token_hash(algorithm, &access_token)?;
    judge.account_members()?;
    let entra = if client.issuer.is_entra() {
        Some(judge.entra()?)
    } else {
        None
    };
    Ok(ValidatedIdToken {
        encoded,
        claims,
        issuer,
        subject,
        entra,
        auth_time,
        access_token,
    })
}

impl Judge<'_> {
    /// P7.
    pub(in crate::oidc) fn issued_at(&mut self, open: &OpenRequest) -> Result<(), Rejection> {
        let skew = self.client.clock_skew;
        let earliest = open.started_at.saturating_sub(DATED_BACK + skew);
        let latest = self.now.saturating_add(skew);
        let issued = self.time("iat")?;
        self.checks.require(
            issued.is_some_and(|issued| (earliest..=latest).contains(&issued)),
            Requirement::IssuedAt,
            format!(
                "iat from {earliest} to {latest}; our clock says {}",
                self.now
            ),
            shown("iat", issued),
        )
    }

    /// P8. Neither nonce is shown.
    pub(in crate::oidc) fn nonce(&mut self, open: &OpenRequest) -> Result<(), Rejection> {
        let expected = open.nonce.as_bytes();
        let (passed, received) = match self.text("nonce")? {
            Some(nonce) if nonce.len() == expected.len() => {
                if memcmp::eq(nonce.as_bytes(), expected) {
                    (true, "it is")
                } else {
                    (false, "another nonce")
                }
            }
            Some(_) => (false, "another nonce"),
            None => (false, "no nonce"),
        };
        let sent = "the nonce that this sign-in sent";
        self.checks
            .require(passed, Requirement::Nonce, sent, received)
    }

    /// P9.
    fn freshness(&mut self, open: &OpenRequest) -> Result<Option<OffsetDateTime>, Rejection> {
        let at = self.time("auth_time")?;
        let age = match (open.forced, self.client.max_authentication_age) {
            (true, _) => Duration::ZERO,
            (false, Some(age)) => age,
            (false, None) => return Ok(at),
        };
        let earliest = open.started_at.saturating_sub(age + self.client.clock_skew);
        self.checks.require(
            at.is_some_and(|at| at >= earliest),
            Requirement::Freshness,
            format!("auth_time from {earliest}"),
            shown("auth_time", at),
        )?;
        Ok(at)
    }

    /// P10.
    fn authn_context(&mut self) -> Result<(), Rejection> {
        let accepted = &self.client.accepted_acr;
        if accepted.is_empty() {
            return Ok(());
        }
        let acr = self.text("acr")?;
        self.checks.require(
            acr.is_some_and(|acr| accepted.iter().any(|it| it == acr)),
            Requirement::AuthnContext,
            format!("acr {}", accepted.join(" or ")),
            acr.map_or("no acr".to_owned(), |acr| format!("acr {acr}")),
        )
    }

    /// P11.
    pub(in crate::oidc) fn subject(&mut self) -> Result<String, Rejection> {
        let subject = self.text("sub")?.unwrap_or_default();
        let fits = (1..=LONGEST_SUBJECT).contains(&subject.len())
            && subject.bytes().all(|octet| matches!(octet, b' '..=b'~'));
        self.checks.require(
            fits,
            Requirement::Subject,
            "sub: 1 to 255 ASCII characters",
            format!("sub of {} octets", subject.len()),
        )?;
        Ok(subject.to_owned())
    }

    /// P11: `at_hash`, the left half of the algorithm's digest.
    fn access_token_hash(
        &mut self,
        algorithm: Algorithm,
        access_token: &str,
    ) -> Result<(), Rejection> {
        let Some(received) = self.text("at_hash")? else {
            return Ok(());
        };
        let expected = hash(algorithm.digest(), access_token.as_bytes())
            .map(|digest| BASE64_URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2]));
        let passed = expected.is_ok_and(|expected| expected == received);
        self.checks.require(
            passed,
            Requirement::AccessTokenHash,
            "the hash of the access token",
            if passed { "it is" } else { "another hash" },
        )
    }

    /// H4, of what says whether groups are missing and, at Entra, whether somebody is a guest (rules S2 and R3).
    fn account_members(&mut self) -> Result<(), Rejection> {
        let claims = self.claims;
        self.checks.typed(claims.object("_claim_names"))?;
        if !self.client.issuer.is_entra() {
            return Ok(());
        }
        self.checks.typed(claims.text("idp"))?;
        self.checks.typed(claims.whole_number("acct"))?;
        self.checks.typed(claims.flag("hasgroups"))?;
        Ok(())
    }

    /// P12: the tenant and the user's object ID.
    pub(in crate::oidc) fn entra(&mut self) -> Result<(String, String), Rejection> {
        let tenant = self.text("tid")?.unwrap_or_default();
        let expected = match &self.client.issuer {
            Issuer::EntraTenant { tenant, .. } => tenant.as_str(),
            // The issuer was computed from a tenant of the list.
            _ => tenant,
        };
        let said = |member: &str, value: &str| match value {
            "" => format!("no {member}"),
            value => format!("{member} {value}"),
        };
        self.checks.require(
            is_guid(tenant) && tenant == expected,
            Requirement::Tenant,
            format!("tid {expected}"),
            said("tid", tenant),
        )?;
        let version = self.text("ver")?.unwrap_or_default();
        self.checks.require(
            version == "2.0",
            Requirement::TokenVersion,
            "ver 2.0",
            said("ver", version),
        )?;
        let object = self.text("oid")?.unwrap_or_default();
        self.checks.require(
            is_guid(object),
            Requirement::ObjectId,
            "oid: a GUID",
            said("oid", object),
        )?;
        Ok((tenant.to_owned(), object.to_owned()))
    }
}

//! Rules P4 to P12, one function each, in the order of the law.

use openssl::hash::hash;
use openssl::memcmp;
use time::{Duration, OffsetDateTime};

use super::{SignedIdToken, ValidatedIdToken};
use crate::jose::Algorithm;
use crate::jose::json::{Object, WrongType};
use crate::oidc::callback::OpenRequest;
use crate::oidc::client::Client;
use crate::oidc::error::{Checks, Rejection, Requirement};
use crate::oidc::issuer::{self, Issuer, is_guid};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// How much older than its sign-in a token may say it is: Entra dates its tokens five minutes back (rule P7).
const DATED_BACK: Duration = Duration::seconds(600);
/// The longest `sub` (OpenID Connect Core 1.0, section 2).
const LONGEST_SUBJECT: usize = 255;

/// One token under judgement.
struct Judge<'j> {
    claims: &'j Object,
    client: &'j Client,
    open: &'j OpenRequest,
    now: OffsetDateTime,
    checks: &'j mut Checks,
}

pub(super) fn validate(
    token: SignedIdToken,
    client: &Client,
    now: OffsetDateTime,
    checks: &mut Checks,
) -> Result<ValidatedIdToken, Rejection> {
    let SignedIdToken {
        claims,
        algorithm,
        key,
        access_token,
        open,
    } = token;
    let mut judge = Judge {
        claims: &claims,
        client,
        open: &open,
        now,
        checks,
    };
    let issuer = judge.issuer()?;
    judge.key_issuer(key.issuer(), &issuer)?;
    judge.audience()?;
    judge.authorized_party()?;
    judge.validity()?;
    judge.issued_at()?;
    judge.nonce()?;
    let auth_time = judge.freshness()?;
    judge.authn_context()?;
    let subject = judge.subject()?;
    judge.access_token_hash(algorithm, &access_token)?;
    let entra = match client.issuer.is_entra() {
        true => Some(judge.entra()?),
        false => None,
    };
    Ok(ValidatedIdToken {
        claims,
        issuer,
        subject,
        entra,
        auth_time,
        access_token,
    })
}

impl<'j> Judge<'j> {
    /// Rule H4: a member of the wrong type is not absent.
    fn typed<T>(&mut self, read: Result<T, WrongType>) -> Result<T, Rejection> {
        read.map_err(|wrong| {
            let expected = format!("{}: {}", wrong.member, wrong.expected);
            self.checks
                .fail(Requirement::MemberType, expected, wrong.received)
        })
    }

    fn text(&mut self, member: &str) -> Result<Option<&'j str>, Rejection> {
        let claims = self.claims;
        self.typed(claims.text(member))
    }

    fn time(&mut self, member: &str) -> Result<Option<OffsetDateTime>, Rejection> {
        let claims = self.claims;
        let Some(seconds) = self.typed(claims.seconds(member))? else {
            return Ok(None);
        };
        // A time after the year 9999 is as good as its last second.
        let last = OffsetDateTime::from_unix_timestamp(253_402_300_799);
        let time = OffsetDateTime::from_unix_timestamp(seconds).or(last);
        Ok(time.ok())
    }

    /// P4, for a list of tenants by J4.
    fn issuer(&mut self) -> Result<String, Rejection> {
        let received = self.text("iss")?.unwrap_or_default();
        let tenant = self.text("tid")?;
        let Some(expected) = self.client.issuer.of_token(tenant) else {
            let received = format!("a user of the tenant {}", tenant.unwrap_or("(none)"));
            let expected = "a tenant of the connection's list";
            return Err(self.checks.fail(Requirement::Tenant, expected, received));
        };
        let said = match received {
            "" => "no iss".to_owned(),
            received => issuer::received(&expected, received),
        };
        let is_expected = received == expected;
        self.checks
            .require(is_expected, Requirement::Issuer, expected.clone(), said)?;
        Ok(expected)
    }

    /// K5.
    fn key_issuer(&mut self, key_issuer: Option<&str>, issuer: &str) -> Result<(), Rejection> {
        let Some(key_issuer) = key_issuer.filter(|_| self.client.issuer.is_entra()) else {
            return Ok(());
        };
        let tenant = self.text("tid")?;
        self.checks.require(
            Issuer::is_of_key(key_issuer, issuer, tenant),
            Requirement::KeyIssuer,
            issuer.to_owned(),
            key_issuer.to_owned(),
        )
    }

    /// P5.
    fn audience(&mut self) -> Result<(), Rejection> {
        let claims = self.claims;
        let audiences = self.typed(claims.text_or_texts("aud"))?.unwrap_or_default();
        let own = self.client.client_id.as_str();
        let is_known =
            |audience: &&str| *audience == own || self.client.extra_audiences.contains(*audience);
        let passed = audiences.contains(&own) && audiences.iter().all(is_known);
        let received = match audiences.as_slice() {
            [] => "no aud".to_owned(),
            audiences => audiences.join(", "),
        };
        self.checks
            .require(passed, Requirement::Audience, own.to_owned(), received)
    }

    /// P5: `azp`, which several audiences must have.
    fn authorized_party(&mut self) -> Result<(), Rejection> {
        let claims = self.claims;
        let audiences = self.typed(claims.text_or_texts("aud"))?.unwrap_or_default();
        let own = self.client.client_id.as_str();
        match self.text("azp")? {
            Some(party) => self.checks.require(
                party == own,
                Requirement::AuthorizedParty,
                format!("azp {own}"),
                format!("azp {party}"),
            ),
            None if audiences.len() > 1 => Err(self.checks.fail(
                Requirement::AuthorizedParty,
                format!("azp {own}, because the token has several audiences"),
                "no azp",
            )),
            None => Ok(()),
        }
    }

    /// P6.
    fn validity(&mut self) -> Result<(), Rejection> {
        let (now, skew) = (self.now, self.client.clock_skew);
        let expiry = self.time("exp")?;
        self.checks.require(
            expiry.is_some_and(|expiry| expiry > now.saturating_sub(skew)),
            Requirement::Expiry,
            format!("exp after {now} less {skew}"),
            shown("exp", expiry),
        )?;
        match self.time("nbf")? {
            None => Ok(()),
            Some(from) => self.checks.require(
                from <= now.saturating_add(skew),
                Requirement::NotBefore,
                format!("nbf before {now} and {skew}"),
                shown("nbf", Some(from)),
            ),
        }
    }

    /// P7.
    fn issued_at(&mut self) -> Result<(), Rejection> {
        let skew = self.client.clock_skew;
        let earliest = self.open.started_at.saturating_sub(DATED_BACK + skew);
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
    fn nonce(&mut self) -> Result<(), Rejection> {
        let expected = self.open.nonce.as_bytes();
        let (passed, received) = match self.text("nonce")? {
            Some(nonce) if nonce.len() == expected.len() => {
                match memcmp::eq(nonce.as_bytes(), expected) {
                    true => (true, "it is"),
                    false => (false, "another nonce"),
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
    fn freshness(&mut self) -> Result<Option<OffsetDateTime>, Rejection> {
        let at = self.time("auth_time")?;
        let age = match (self.open.forced, self.client.max_authentication_age) {
            (true, _) => Duration::ZERO,
            (false, Some(age)) => age,
            (false, None) => return Ok(at),
        };
        let earliest = self
            .open
            .started_at
            .saturating_sub(age + self.client.clock_skew);
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
    fn subject(&mut self) -> Result<String, Rejection> {
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

    /// P12: the tenant and the user's object ID.
    fn entra(&mut self) -> Result<(String, String), Rejection> {
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

/// A time that came.
fn shown(member: &str, time: Option<OffsetDateTime>) -> String {
    time.map_or_else(|| format!("no {member}"), |time| format!("{member} {time}"))
}

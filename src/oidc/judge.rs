//! A token's claims under judgement: reading them by their types, and rules P4 to P6, which every token of a provider obeys.

use time::OffsetDateTime;

use super::client::Client;
use super::error::{Checks, Rejection, Requirement};
use super::issuer::{self, Issuer};
use crate::jose::json::Object;

/// The claims of one token.
pub(super) struct Judge<'j> {
    pub(super) claims: &'j Object,
    pub(super) client: &'j Client,
    pub(super) now: OffsetDateTime,
    pub(super) checks: &'j mut Checks,
}

impl<'j> Judge<'j> {
    pub(super) fn text(&mut self, member: &str) -> Result<Option<&'j str>, Rejection> {
        let claims = self.claims;
        self.checks.typed(claims.text(member))
    }

    pub(super) fn time(&mut self, member: &str) -> Result<Option<OffsetDateTime>, Rejection> {
        let claims = self.claims;
        let Some(seconds) = self.checks.typed(claims.seconds(member))? else {
            return Ok(None);
        };
        // A time after the year 9999 is as good as its last second.
        let last = OffsetDateTime::from_unix_timestamp(253_402_300_799);
        let time = OffsetDateTime::from_unix_timestamp(seconds).or(last);
        Ok(time.ok())
    }

    /// P4, for a list of tenants by J4.
    pub(super) fn issuer(&mut self) -> Result<String, Rejection> {
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
    pub(super) fn key_issuer(
        &mut self,
        key_issuer: Option<&str>,
        issuer: &str,
    ) -> Result<(), Rejection> {
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
    pub(super) fn audience(&mut self) -> Result<(), Rejection> {
        let (claims, client) = (self.claims, self.client);
        let own = client.client_id.as_str();
        let audiences = self.checks.typed(claims.text_or_texts("aud"))?;
        let audiences = audiences.unwrap_or_default();
        let is_known =
            |audience: &&str| *audience == own || client.extra_audiences.contains(*audience);
        let passed = audiences.contains(&own) && audiences.iter().all(is_known);
        let received = match audiences.as_slice() {
            [] => "no aud".to_owned(),
            audiences => audiences.join(", "),
        };
        self.checks
            .require(passed, Requirement::Audience, own.to_owned(), received)?;
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
    pub(super) fn validity(&mut self) -> Result<(), Rejection> {
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
}

/// A time that came.
pub(super) fn shown(member: &str, time: Option<OffsetDateTime>) -> String {
    time.map_or_else(|| format!("no {member}"), |time| format!("{member} {time}"))
}

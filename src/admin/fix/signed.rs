//! Fields about signatures, certificates, issuers, audiences and clocks.

use time::{Duration, OffsetDateTime};

use super::{BASIC, CERTIFICATES, Finder, Fix, there, value_in};
use crate::domain::RequiredSignature;
use crate::domain::settings::MOST_CLOCK_SKEW_SECONDS;
use crate::saml::advice::{has_space_around, is_unreadable, other_issuer};
use crate::saml::instant;
use crate::saml::names;

const UPDATE: &str = "Update Certificate";

impl Finder<'_> {
    pub(super) fn certificates(&self) -> Vec<Fix> {
        vec![
            there(CERTIFICATES, "App Federation Metadata Url"),
            self.here("Single Sign On Settings", "Metadata", "/metadata"),
            self.update(),
        ]
    }

    pub(super) fn signature(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        // Its certificate is there: what it signed was changed, and no certificate helps. Nor where there is nothing to verify.
        if received.contains("names the configured certificate") || is_unreadable(received) {
            return Vec::new();
        }
        let mut fixes = self.certificates();
        // With the certificate alone its issuer would still be another one.
        if other_issuer(received).is_some() {
            fixes.retain(|fix| fix.field != UPDATE);
        }
        fixes
    }

    /// Rule B4.
    pub(super) fn algorithm(&self) -> Vec<Fix> {
        if self.check.expected.contains("canonical") {
            return vec![there("XML signature", "Canonicalization method").to(names::EXC_C14N)];
        }
        if self.check.expected.contains("SHA-") {
            return vec![there(CERTIFICATES, "Signing Algorithm").to("SHA-256")];
        }
        Vec::new()
    }

    /// Rule B7.
    pub(super) fn coverage(&self) -> Vec<Fix> {
        let signed = match &*self.check.received {
            "the assertion is signed" | "the Response is signed" => true,
            "no signature" => false,
            // Both are there, so that no Signing Option is missing.
            _ => return Vec::new(),
        };
        let mut fixes = vec![there(CERTIFICATES, "Signing Option").to(self.signing_option())];
        if signed {
            fixes.push(self.setting("required_signature").to("either"));
        }
        fixes
    }

    /// Entra's words.
    fn signing_option(&self) -> &'static str {
        match self
            .connection
            .map(|it| it.settings.saml().required_signature)
        {
            Some(RequiredSignature::Both) => "Sign SAML response and assertion",
            Some(RequiredSignature::Response) => "Sign SAML response",
            _ => "Sign SAML assertion",
        }
    }

    /// Rule B8.
    pub(super) fn validity(&self) -> Vec<Fix> {
        vec![
            there(
                CERTIFICATES,
                "New Certificate, then Make certificate active",
            ),
            self.update(),
        ]
    }

    fn update(&self) -> Fix {
        self.here("x.509 Certificate", UPDATE, "/certificates")
    }

    /// Rule D1. The signature is good, so that the certificate is the right one.
    pub(super) fn issuer(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        if has_space_around(received) || matches!(received, "" | "none" | "several") {
            return Vec::new();
        }
        vec![self.setting("idp_entity_id").to(value_in(received))]
    }

    /// Rule D4.
    pub(super) fn audience(&self) -> Vec<Fix> {
        let mut fixes = vec![self.identifier()];
        let received = &*self.check.received;
        // A list keeps no white space around its values.
        let is_bare = !has_space_around(received);
        let received = value_in(received);
        let is_one = is_bare
            && !received.is_empty()
            && !received.starts_with("no Audience")
            && !received.contains([',', '…'])
            && !received.contains(char::is_whitespace);
        if is_one {
            let before = self.value("extra_audiences");
            let before = before.filter(|it| it != "none");
            let all = before.map_or_else(
                || received.to_owned(),
                |before| format!("{before},{received}"),
            );
            fixes.push(self.setting("extra_audiences").to(all));
        }
        fixes
    }

    /// Rules C5, D2 and D3: more skew, where as much as is needed may be set.
    pub(super) fn clock(&self) -> Option<Fix> {
        let most = i64::from(MOST_CLOCK_SKEW_SECONDS);
        let now = self.attempt.finished_at?;
        let times: Vec<OffsetDateTime> = self
            .check
            .received
            .split([' ', ';'])
            .filter_map(instant::parse)
            .collect();
        let apart = |at: OffsetDateTime| (now - at).abs();
        let nearest = times
            .into_iter()
            .map(apart)
            .filter(|it| *it > Duration::ZERO);
        // To the next half minute: the end of a period does not belong to it.
        let needed = nearest.min()? + Duration::SECOND;
        let seconds = (needed.whole_seconds() + 29) / 30 * 30;
        let present = self.connection?.settings.clock_skew_seconds;
        (needed.whole_seconds() < most && seconds > i64::from(present)).then(|| {
            self.setting("clock_skew_seconds")
                .to(seconds.min(most).to_string())
        })
    }

    /// What the identity provider calls our addresses.
    pub(super) fn reply_url(&self) -> Fix {
        there(BASIC, "Reply URL (Assertion Consumer Service URL)").to(self.company.acs_url())
    }
}

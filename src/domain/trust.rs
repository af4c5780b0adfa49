//! Versions of a connection's trust: whom it believes, and what it demands of them.
//!
//! Invariant: a version is written once and never changed; to go back to one makes another.

use time::OffsetDateTime;

use super::{CompanyId, ConnectionId, SamlSettings, UserId};

/// A connection's settings from one change of its trust on, until the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustVersion {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The company that it belongs to.
    pub company_id: CompanyId,
    /// 1 is the oldest that is kept.
    pub number: i64,
    /// When it came into force.
    pub at: OffsetDateTime,
    /// Who made it, as in the audit log.
    pub actor: String,
    /// The user who made it, when it was one.
    pub actor_id: Option<UserId>,
    /// All settings, as they were then.
    pub settings: SamlSettings,
}

/// A version in a list, without its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustLine {
    /// Its number.
    pub number: i64,
    /// When it came into force.
    pub at: OffsetDateTime,
    /// Who made it, as in the audit log.
    pub actor: String,
}

impl SamlSettings {
    /// The same trust with the conveniences of `other`: what decides neither who is believed, nor where users are sent to sign
    /// in, nor what an account may do.
    #[must_use]
    pub fn with_conveniences_of(mut self, other: &Self) -> Self {
        self.slo_url.clone_from(&other.slo_url);
        self.slo_response_url.clone_from(&other.slo_response_url);
        self.slo_binding = other.slo_binding;
        self.single_logout = other.single_logout;
        self.landing.clone_from(&other.landing);
        self.email_domains.clone_from(&other.email_domains);
        let (own, others) = (&mut self.attributes, &other.attributes);
        own.first_name.clone_from(&others.first_name);
        own.last_name.clone_from(&others.last_name);
        own.display_name.clone_from(&others.display_name);
        own.company.clone_from(&others.company);
        self
    }

    /// Whether nothing but conveniences differs.
    pub fn trusts_like(&self, other: &Self) -> bool {
        self.clone().with_conveniences_of(other) == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convenience_is_no_change_of_trust() {
        let settings = SamlSettings::default();
        for (key, value, alike) in [
            ("landing", "/welcome", true),
            ("slo_url", "https://idp.example/slo", true),
            ("email_domains", "contoso.com", true),
            ("attributes.first_name", "first", true),
            ("attributes.email", "mail", false),
            ("sso_post_url", "https://idp.example/sso", false),
            ("idp_entity_id", "https://idp.example", false),
            ("extra_audiences", "urn:x", false),
            ("required_signature", "both", false),
            ("danger_allow_sha1", "true", false),
            ("link", "contoso.com", false),
        ] {
            let mut changed = settings.clone();
            changed.set(key, value).unwrap();
            assert_ne!(changed, settings, "{key}");
            assert_eq!(changed.trusts_like(&settings), alike, "{key}");
            assert_eq!(settings.trusts_like(&changed), alike, "{key}");
        }
        let certified = SamlSettings {
            certificates: vec!["QQ==".into()],
            ..settings.clone()
        };
        assert!(!certified.trusts_like(&settings));
    }
}

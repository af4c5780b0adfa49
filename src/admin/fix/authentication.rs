//! Fields about when and how the person signed in at the identity provider (rules D8 and D9).

use super::{Finder, Fix, there};
use crate::saml::assertion::NONE_WOULD_DO;

impl Finder<'_> {
    /// Rule D8. Only what was asked for is taken back.
    pub(super) fn freshness(&self) -> Vec<Fix> {
        let mut fixes = Vec::new();
        // One that does not say when is no better if it happened just now.
        if self.check.received != "no AuthnInstant" {
            fixes.push(there("Conditional Access, Session", "Sign-in frequency"));
        }
        let expected = &self.check.expected;
        if expected.contains("ForceAuthn") {
            fixes.extend(self.if_set("force_authn", "false"));
        }
        if expected.contains("older than") {
            fixes.extend(self.if_set("max_authentication_age", "none"));
        }
        fixes
    }

    /// Rule D9: what came is taken as well; where nothing usable came, nothing is asked for any more.
    pub(super) fn authn_context(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        let came = received
            .strip_prefix("AuthnContextClassRef ")
            .filter(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic()))
            .filter(|it| !it.contains(','));
        let mut fixes = Vec::new();
        if !self.check.expected.starts_with(NONE_WOULD_DO) {
            fixes.push(there(
                "Conditional Access, Grant",
                "Require multifactor authentication",
            ));
        }
        for key in ["requested_authn_context", "accepted_authn_context"] {
            let Some(list) = self.value(key).filter(|list| list != "none") else {
                continue;
            };
            match came {
                Some(came) if list.split(',').any(|one| one == came) => {}
                Some(came) => fixes.push(self.setting(key).to(format!("{list},{came}"))),
                None => fixes.push(self.setting(key).to("none")),
            }
        }
        fixes
    }
}

//! What a provider wants back at a sign-out, sealed while the session lasts (rules T1 and T2).
//!
//! Invariant: what is sealed opens for the session that it was sealed for, and for the provider that gave it. Whoever has changed the
//! connection meanwhile to another one sends that one nothing.

use super::App;
use crate::domain::{AttemptId, OidcSettings};

/// The longest, in octets. It travels in an address, and servers take no endless ones; without it the provider asks the user.
const LONGEST: usize = 4096;

impl App {
    /// Seals a hint for the session that this attempt begins; none when it is too long.
    pub fn seal_logout_hint(
        &self,
        attempt: AttemptId,
        oidc: &OidcSettings,
        hint: &str,
    ) -> Option<Vec<u8>> {
        let fits = !hint.is_empty() && hint.len() <= LONGEST;
        fits.then(|| self.keys.seal(&purpose(attempt, oidc), hint.as_bytes()))
    }

    /// The hint of the session that this attempt began.
    pub fn open_logout_hint(
        &self,
        attempt: AttemptId,
        oidc: &OidcSettings,
        sealed: &[u8],
    ) -> Option<String> {
        let opened = self.keys.open(&purpose(attempt, oidc), sealed)?;
        String::from_utf8(opened).ok()
    }
}

fn purpose(attempt: AttemptId, oidc: &OidcSettings) -> String {
    let (issuer, client) = (oidc.issuer.of_document(), &oidc.client_id);
    format!("logout hint\n{attempt}\n{issuer}\n{client}")
}

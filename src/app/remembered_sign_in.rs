//! What a provider is asked with again, sealed for its session (rule T6).
//!
//! Invariant: it opens for the session that it was sealed for, and for the provider and client that it was given to.

use super::App;
use crate::domain::{OidcSettings, SessionKey};
use crate::oidc::RememberedSignIn;

impl App {
    /// Seals what is remembered for a session.
    pub fn seal_remembered(
        &self,
        session: SessionKey,
        oidc: &OidcSettings,
        remembered: &RememberedSignIn,
    ) -> Vec<u8> {
        self.keys
            .seal(&purpose(session, oidc), &remembered.to_octets())
    }

    /// What is remembered for a session; none of another one, or for another provider.
    pub fn open_remembered(
        &self,
        session: SessionKey,
        oidc: &OidcSettings,
        sealed: &[u8],
    ) -> Option<RememberedSignIn> {
        let opened = self.keys.open(&purpose(session, oidc), sealed)?;
        RememberedSignIn::from_octets(&opened)
    }
}

fn purpose(session: SessionKey, oidc: &OidcSettings) -> String {
    let (issuer, client) = (oidc.issuer.of_document(), &oidc.client_id);
    format!("refresh token\n{session}\n{issuer}\n{client}")
}

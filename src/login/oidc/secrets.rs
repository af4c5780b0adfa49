//! What only we know of a request that is open: its nonce and its code verifier (rule L1).
//!
//! Invariants: both follow from `state` and from what was asked, by a key that only this installation has; neither is stored, and
//! whoever reads the database has neither. Whoever changes what is asked of whom finds others.

use crate::app::App;
use crate::domain::{Company, Connection, OidcSettings};
use crate::keys;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const NONCE: &str = "openid nonce";
const VERIFIER: &str = "openid code verifier";

/// Whom a request asks, and where the answer goes: what has to be the same when it comes.
#[derive(Debug)]
pub(super) struct RequestBasis {
    text: String,
    pub(super) redirect_uri: String,
}

/// The secrets of one request.
pub(super) struct RequestSecrets {
    pub(super) nonce: String,
    pub(super) verifier: String,
}

impl RequestBasis {
    /// Of a request whose answer comes to the redirect URI with this code.
    pub(super) fn new(
        company: &Company,
        connection: &Connection,
        oidc: &OidcSettings,
        callback_code: &str,
    ) -> Self {
        let redirect_uri = company.callback_url(callback_code);
        let issuer = oidc.issuer.of_document();
        // No part holds a line end.
        let parts = [
            &connection.id.to_string(),
            &issuer,
            &oidc.client_id,
            &redirect_uri,
        ];
        let text = parts.map(|part| part.replace('\n', " ")).join("\n");
        Self { text, redirect_uri }
    }

    /// What the attempt keeps of it.
    pub(super) fn fingerprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(keys::hash(self.text.as_bytes()))
    }
}

impl RequestSecrets {
    /// Of the request with this state.
    pub(super) fn derive(app: &App, state: &str, basis: &RequestBasis) -> Self {
        let message = format!("{state}\n{}", basis.text);
        let derive = |purpose| app.keys.token(purpose, message.as_bytes());
        Self {
            nonce: derive(NONCE),
            verifier: derive(VERIFIER),
        }
    }
}

/// How an attempt is found by the hash of its state.
pub(super) fn request_id(state_hash: &[u8]) -> String {
    format!("openid:{}", BASE64_URL_SAFE_NO_PAD.encode(state_hash))
}

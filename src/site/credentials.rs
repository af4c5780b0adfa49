//! What a connection shows at its provider's token endpoint: a secret, or an assertion that its key signs (rules N1 to N3).
//!
//! Invariants: one way in a request, never two; a key or a secret opens for its own connection alone; each assertion is new.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use time::OffsetDateTime;

use crate::domain::{
    AssertionAudience, ClientAuthMethod, ClientKeyPair, ClientSecret, Connection, OidcSettings,
};
use crate::keys::{self, Keys};
use crate::oidc::{ClientAuthentication, ClientKey, Discovery};

/// What is shown, in the order in which it is tried: the newer secret before the older one, or an assertion. Empty when nothing
/// opens here.
pub fn authentications(
    keys: &Keys,
    connection: &Connection,
    oidc: &OidcSettings,
    discovery: &Discovery,
    now: OffsetDateTime,
) -> Vec<ClientAuthentication> {
    let secrets = oidc.secrets_in_force(now).iter();
    let secrets = secrets.filter_map(|it| open_secret(keys, connection, it));
    match oidc.client_authentication {
        ClientAuthMethod::SecretPost => secrets.map(ClientAuthentication::SecretPost).collect(),
        ClientAuthMethod::SecretBasic => secrets.map(ClientAuthentication::SecretBasic).collect(),
        ClientAuthMethod::PrivateKey => {
            let assertion = oidc.client_keys.first().and_then(|pair| {
                let key = client_key(keys, connection, pair)?;
                // Rule N3: one text, and at Entra ID always the token endpoint.
                let audience = match oidc.assertion_audience {
                    AssertionAudience::Issuer if !oidc.issuer.is_entra() => &discovery.issuer,
                    _ => &discovery.token_endpoint,
                };
                let jti = BASE64_URL_SAFE_NO_PAD.encode(keys::random::<20>());
                let made = key.assertion(&oidc.issuer, &oidc.client_id, audience, &jti, now);
                Some(ClientAuthentication::Assertion(made.ok()?))
            });
            assertion.into_iter().collect()
        }
    }
}

/// A secret as it was set; none when another installation sealed it, or for another connection.
fn open_secret(keys: &Keys, connection: &Connection, secret: &ClientSecret) -> Option<String> {
    let sealed = BASE64_STANDARD.decode(&secret.sealed).ok()?;
    let opened = keys.open(&connection.secret_purpose(), &sealed)?;
    String::from_utf8(opened).ok()
}

/// A key pair that is ready to sign; none when another installation sealed it, or for another connection.
pub fn client_key(keys: &Keys, connection: &Connection, pair: &ClientKeyPair) -> Option<ClientKey> {
    let sealed = BASE64_STANDARD.decode(&pair.sealed).ok()?;
    let opened = keys.open(&connection.key_purpose(), &sealed)?;
    let certificate = BASE64_STANDARD.decode(&pair.certificate).ok()?;
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(keys::hash(&certificate));
    ClientKey::read(
        &opened,
        pair.algorithm.as_str(),
        pair.kid.as_deref(),
        thumbprint,
    )
}

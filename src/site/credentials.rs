//! What a connection shows at a token endpoint, at a sign-in and when its directory is asked: a secret, or an assertion that its
//! key signs (rules N1 to N3).
//!
//! Invariants: one way in a request, never two; a key or a secret opens for its own connection alone; each assertion is new.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use time::OffsetDateTime;

use crate::domain::{
    AssertionAudience, ClientAuthMethod, ClientKeyPair, ClientSecret, Connection, OidcSettings,
};
use crate::keys::{self, Keys};
use crate::oidc::{ClientAuthentication, ClientKey, Discovery, Issuer};

/// Who asks a token endpoint, and what it has to show.
#[derive(Debug, Clone, Copy)]
pub struct ClientCredential<'a> {
    pub client_id: &'a str,
    pub method: ClientAuthMethod,
    /// Those that are tried, the newest first.
    pub secrets: &'a [ClientSecret],
    /// The key pair that signs assertions, and for which provider's form of them.
    pub key: Option<(&'a ClientKeyPair, &'a Issuer)>,
    /// Whom an assertion is for: one text (rule N3).
    pub audience: &'a str,
}

/// What a connection's sign-ins show.
pub fn sign_in_credential<'a>(
    oidc: &'a OidcSettings,
    discovery: &'a Discovery,
    now: OffsetDateTime,
) -> ClientCredential<'a> {
    ClientCredential {
        client_id: &oidc.client_id,
        method: oidc.client_authentication,
        secrets: oidc.secrets_in_force(now),
        key: oidc.client_keys.first().map(|pair| (pair, &oidc.issuer)),
        // Rule N3: at Entra ID always the token endpoint.
        audience: match oidc.assertion_audience {
            AssertionAudience::Issuer if !oidc.issuer.is_entra() => &discovery.issuer,
            _ => &discovery.token_endpoint,
        },
    }
}

/// What is shown, in the order in which it is tried: the newer secret before the older one, or an assertion. Empty when nothing
/// opens here.
pub fn authentications(
    keys: &Keys,
    connection: &Connection,
    credential: &ClientCredential<'_>,
    now: OffsetDateTime,
) -> Vec<ClientAuthentication> {
    let secrets = credential.secrets.iter();
    let secrets = secrets.filter_map(|it| open_secret(keys, connection, it));
    match credential.method {
        ClientAuthMethod::SecretPost => secrets.map(ClientAuthentication::SecretPost).collect(),
        ClientAuthMethod::SecretBasic => secrets.map(ClientAuthentication::SecretBasic).collect(),
        ClientAuthMethod::PrivateKey => {
            let assertion = credential.key.and_then(|(pair, issuer)| {
                let key = client_key(keys, connection, pair)?;
                let jti = BASE64_URL_SAFE_NO_PAD.encode(keys::random::<20>());
                let (client_id, audience) = (credential.client_id, credential.audience);
                let made = key.assertion(issuer, client_id, audience, &jti, now);
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

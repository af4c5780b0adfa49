//! How we show at a provider's token endpoint who we are: at a sign-in and when a directory is asked, by one mechanism.
//!
//! Rules N1 to N3 and N6. A secret is opened when it is needed, and not before.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::domain::{ClientAuthMethod, ClientSecret, Connection};
use crate::keys::Keys;
use crate::oidc::ClientAuthentication;

/// The ways in which a client of a connection can show who it is: the one to try first, and then the one before it (rule N1).
pub fn client_authentications<'a>(
    keys: &'a Keys,
    connection: &'a Connection,
    method: ClientAuthMethod,
    secrets: &'a [ClientSecret],
) -> impl Iterator<Item = ClientAuthentication> + Send + 'a {
    let opened = secrets
        .iter()
        .filter_map(|secret| open_secret(keys, connection, secret));
    opened.map(move |secret| match method {
        ClientAuthMethod::SecretPost => ClientAuthentication::SecretPost(secret),
        ClientAuthMethod::SecretBasic => ClientAuthentication::SecretBasic(secret),
    })
}

/// A secret as it was set; none when another installation sealed it, or for another connection.
fn open_secret(keys: &Keys, connection: &Connection, secret: &ClientSecret) -> Option<String> {
    let sealed = BASE64_STANDARD.decode(&secret.sealed).ok()?;
    let opened = keys.open(&connection.secret_purpose(), &sealed)?;
    String::from_utf8(opened).ok()
}

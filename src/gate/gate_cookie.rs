//! The cookie of a gate session (rule Q55): 256 random bits, of which the database has the hash.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::domain::SessionKey;
use crate::http::cookies::Cookie;
use crate::keys;

/// A new secret: the cookie's value, and how the database knows it.
pub(super) fn new_secret() -> (String, SessionKey) {
    let secret: [u8; 32] = keys::random();
    let value = BASE64_URL_SAFE_NO_PAD.encode(secret);
    (value, SessionKey(keys::hash(&secret)))
}

/// The key of the gate session that the browser shows, whatever it is worth.
pub(super) fn shown(headers: &HeaderMap, https: bool) -> Option<SessionKey> {
    hash_of(Cookie::Gate.read(headers, https)?).map(SessionKey)
}

/// The hash of a secret of 256 bits, as it stands in a cookie or in an address.
pub(super) fn hash_of(value: &str) -> Option<[u8; 32]> {
    let octets = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    let secret: [u8; 32] = octets.try_into().ok()?;
    Some(keys::hash(&secret))
}

//! The cookie of a gate session (rule Q55): 256 random bits, of which the database has the hash.

use axum::http::HeaderMap;

use crate::domain::SessionKey;
use crate::http::cookies::Cookie;
use crate::keys::secret_hash;

/// The key of the gate session that the browser shows, whatever it is worth.
pub(super) fn shown(headers: &HeaderMap, https: bool) -> Option<SessionKey> {
    secret_hash(Cookie::Gate.read(headers, https)?).map(SessionKey)
}

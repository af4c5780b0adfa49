//! The cookies: who is signed in, and which test variant a script asked for.
//!
//! Invariant: their names are not the server's. Cookies do not mind the port, so on 127.0.0.1 both sites see both.

use axum::http::{HeaderMap, HeaderValue, header};
use std::str::FromStr;

const SESSION: &str = "contoso-session";
const VARIANT: &str = "contoso-variant";

/// The handle of the session.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    read(headers, SESSION)
}

/// The variant that a test chose.
pub(super) fn variant<V: FromStr>(headers: &HeaderMap) -> Option<V> {
    read(headers, VARIANT)?.parse().ok()
}

/// `Set-Cookie` for a session. A handle is a GUID, which a header can hold.
pub(super) fn set_session(handle: &str) -> HeaderValue {
    HeaderValue::try_from(format!(
        "{SESSION}={handle}; Path=/; HttpOnly; SameSite=Lax"
    ))
    .unwrap_or_else(|_| clear_session())
}

pub(super) fn clear_session() -> HeaderValue {
    HeaderValue::from_static("contoso-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

//! The cookies: their names and attributes, in one place.
//!
//! Invariant: on https every cookie has the `__Host-` prefix (RFC 6265bis 4.1.3.2), so no sibling host can set it. On plain
//! http, which loopback names alone may use, browsers refuse the prefix and `Secure`, and `SameSite=None` needs `Secure`.

use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Holds the session ID.
    Session,
    /// Binds sign-ins to the browser that began them; used for login only (rule E2).
    Login,
    /// Says that an unsolicited Response of this browser was bounced a moment ago, and that nobody has signed in since (rule E5).
    Bounced,
    /// Names the connection that this browser last signed in through: a hint for a Response that nobody asked for (rule E5).
    Through,
    /// Says that an account with a password has signed in in this browser: strangers' tries do not count against it.
    Known,
    /// Holds the secret of a gate session, on an application's host (rule Q55).
    Gate,
    /// Names the companies that this browser has said to be of, at the hub (rule R39).
    Companies,
    /// Says that a browser was led back to an application a moment ago (rule Q29).
    Returned,
    /// Binds a form that is kept over a sign-in to the browser in which it was filled in.
    Form,
}

/// How long the login cookie lives, in seconds. Longer than an attempt, so that a slow sign-in gets a clear page.
const LOGIN_SECONDS: u32 = 3600;
/// How long a bounce is remembered, in seconds: long enough for the way round, short enough for the next click on a tile.
const BOUNCED_SECONDS: u32 = 30;
/// How long a browser is known to an account or a connection, in seconds: half a year after its last sign-in.
const KNOWN_SECONDS: u32 = 180 * 86_400;
/// How long it is remembered that a browser was led back to an application, in seconds.
const RETURNED_SECONDS: u32 = 10;
/// How long a form is kept, in seconds.
const FORM_SECONDS: u32 = 3600;
/// Longer than any value of ours.
const LONGEST_VALUE: usize = 128;

impl Cookie {
    fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-vestibule-session",
            (Self::Session, false) => "vestibule-session",
            (Self::Login, true) => "__Host-vestibule-login",
            (Self::Login, false) => "vestibule-login",
            (Self::Bounced, true) => "__Host-vestibule-bounced",
            (Self::Bounced, false) => "vestibule-bounced",
            (Self::Through, true) => "__Host-vestibule-through",
            (Self::Through, false) => "vestibule-through",
            (Self::Known, true) => "__Host-vestibule-known",
            (Self::Known, false) => "vestibule-known",
            (Self::Gate, true) => "__Host-vestibule-gate",
            (Self::Gate, false) => "vestibule-gate",
            (Self::Companies, true) => "__Host-vestibule-companies",
            (Self::Companies, false) => "vestibule-companies",
            (Self::Returned, true) => "__Host-vestibule-returned",
            (Self::Returned, false) => "vestibule-returned",
            (Self::Form, true) => "__Host-vestibule-form",
            (Self::Form, false) => "vestibule-form",
        }
    }

    /// `Set-Cookie` attributes.
    fn attributes(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session | Self::Gate | Self::Returned | Self::Companies, https) => lax(https),
            // Read with forms and pages of ours only.
            (Self::Known | Self::Form, true) => "; Path=/; HttpOnly; SameSite=Strict; Secure",
            (Self::Known | Self::Form, false) => "; Path=/; HttpOnly; SameSite=Strict",
            // The ACS is reached by a POST from the identity provider's site.
            (Self::Login | Self::Bounced | Self::Through, true) => {
                "; Path=/; HttpOnly; SameSite=None; Secure"
            }
            // Without the attribute, browsers still send a fresh cookie with a cross-site POST for two minutes ("Lax+POST").
            (Self::Login | Self::Bounced | Self::Through, false) => "; Path=/; HttpOnly",
        }
    }

    /// The cookie's value, when the browser sent exactly one that may be ours.
    pub fn read(self, headers: &HeaderMap, https: bool) -> Option<&str> {
        let name = self.name(https);
        let mut values =
            pairs(headers).filter_map(|(found, value)| (found == name).then_some(value));
        let value = values.next()?;
        (values.next().is_none() && is_value(value)).then_some(value)
    }

    /// A `Set-Cookie` header. None when `value` could not stand in a cookie.
    pub fn set(self, value: &str, https: bool) -> Option<HeaderValue> {
        if !is_value(value) {
            return None;
        }
        let age = match self {
            // Ends with the browser's session, and the server ends it earlier.
            Self::Session | Self::Gate => String::new(),
            Self::Returned => format!("; Max-Age={RETURNED_SECONDS}"),
            Self::Login => format!("; Max-Age={LOGIN_SECONDS}"),
            Self::Bounced => format!("; Max-Age={BOUNCED_SECONDS}"),
            Self::Known | Self::Through | Self::Companies => format!("; Max-Age={KNOWN_SECONDS}"),
            Self::Form => format!("; Max-Age={FORM_SECONDS}"),
        };
        HeaderValue::try_from(format!(
            "{}={value}{}{age}",
            self.name(https),
            self.attributes(https)
        ))
        .ok()
    }

    /// A `Set-Cookie` header that takes the cookie away.
    pub fn clear(self, https: bool) -> HeaderValue {
        HeaderValue::try_from(format!(
            "{}={}; Max-Age=0",
            self.name(https),
            self.attributes(https)
        ))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The names and values of all cookies that came.
pub(crate) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
}

/// What the names of our cookies begin with, on https and on plain http.
const OURS: [&[u8]; 2] = [b"__host-vestibule-", b"vestibule-"];

/// A `Cookie` header without ours (rule Q55); none when nothing is left.
pub(crate) fn without_ours(value: &HeaderValue) -> Option<HeaderValue> {
    let cookies = || value.as_bytes().split(|octet| *octet == b';');
    if !cookies().any(is_ours) {
        return Some(value.clone());
    }
    let others: Vec<&[u8]> = cookies()
        .filter(|cookie| !is_ours(cookie))
        .map(<[u8]>::trim_ascii)
        .filter(|cookie| !cookie.is_empty())
        .collect();
    let others = others.join(&b"; "[..]);
    if others.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&others).ok()
}

/// Whether a `Set-Cookie` header is about a cookie of ours.
pub(crate) fn sets_ours(value: &HeaderValue) -> bool {
    let first = value.as_bytes().split(|octet| *octet == b';').next();
    first.is_some_and(is_ours)
}

/// Whether a cookie has a name of ours, or none and a value that a browser would send back as one.
fn is_ours(cookie: &[u8]) -> bool {
    let cookie = cookie.trim_ascii();
    let named = cookie.strip_prefix(b"=").unwrap_or(cookie).trim_ascii();
    let begins = |ours: &&[u8]| {
        let beginning = named.get(..ours.len());
        beginning.is_some_and(|it| it.eq_ignore_ascii_case(ours))
    };
    OURS.iter().any(begins)
}

/// Attributes of a cookie that comes with every request of its own site, and with links from others.
pub(crate) const fn lax(https: bool) -> &'static str {
    if https {
        "; Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "; Path=/; HttpOnly; SameSite=Lax"
    }
}

/// Our values are base64url.
fn is_value(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= LONGEST_VALUE
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        cookies
            .iter()
            .map(|cookie| (header::COOKIE, HeaderValue::from_static(cookie)))
            .collect()
    }

    #[test]
    fn attributes_follow_the_scheme() {
        let text = |value: Option<HeaderValue>| value.unwrap().to_str().unwrap().to_owned();
        insta::assert_snapshot!(
            [
                text(Cookie::Session.set("v", true)),
                text(Cookie::Session.set("v", false)),
                text(Cookie::Login.set("v", true)),
                text(Cookie::Login.set("v", false)),
                text(Cookie::Through.set("v", true)),
                text(Cookie::Known.set("v", true)),
                text(Cookie::Known.set("v", false)),
                text(Some(Cookie::Session.clear(true))),
            ]
            .join("\n"),
            @r"
        __Host-vestibule-session=v; Path=/; HttpOnly; SameSite=Lax; Secure
        vestibule-session=v; Path=/; HttpOnly; SameSite=Lax
        __Host-vestibule-login=v; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=3600
        vestibule-login=v; Path=/; HttpOnly; Max-Age=3600
        __Host-vestibule-through=v; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=15552000
        __Host-vestibule-known=v; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=15552000
        vestibule-known=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=15552000
        __Host-vestibule-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0
        "
        );
        assert!(Cookie::Session.set("a;b", true).is_none());
    }

    // Q55, Q60
    #[test]
    fn an_application_neither_sees_nor_sets_ours() {
        let without = |text: &'static str| {
            let others = without_ours(&HeaderValue::from_static(text));
            others.map(|it| it.to_str().unwrap().to_owned())
        };
        for (came, left) in [
            ("a=b; c=d", Some("a=b; c=d")),
            ("a=b; __Host-vestibule-gate=x;c=d", Some("a=b; c=d")),
            ("vestibule-session=x", None),
            ("__host-Vestibule-start-1=x;; a", Some("a")),
            (
                "=__Host-vestibule-gate=x; a=vestibule-gate",
                Some("a=vestibule-gate"),
            ),
        ] {
            assert_eq!(without(came).as_deref(), left, "{came}");
        }
        for (set, ours) in [
            ("__Host-vestibule-gate=x; Path=/", true),
            ("vestibule-known=; Max-Age=0", true),
            (" =__Host-vestibule-gate=x", true),
            ("theirs=__Host-vestibule-gate", false),
            ("a=b; vestibule-gate=c", false),
        ] {
            assert_eq!(sets_ours(&HeaderValue::from_static(set)), ours, "{set}");
        }
    }

    #[test]
    fn a_cookie_is_read_when_it_is_unambiguous() {
        let sent = headers(&["a=b; __Host-vestibule-session=abc", "c=d"]);
        assert_eq!(Cookie::Session.read(&sent, true), Some("abc"));
        assert_eq!(
            Cookie::Session.read(&sent, false),
            None,
            "the plain name is another cookie"
        );
        assert_eq!(Cookie::Login.read(&sent, true), None);
        let twice = headers(&["vestibule-session=abc; vestibule-session=def"]);
        assert_eq!(Cookie::Session.read(&twice, false), None);
        for odd in [
            "vestibule-session=",
            "vestibule-session=a%20b",
            "vestibule-session=\"abc\"",
            "vestibule-session",
        ] {
            assert_eq!(Cookie::Session.read(&headers(&[odd]), false), None, "{odd}");
        }
    }
}
